// What the acquirer and the bank do by themselves when its time has come, as facts. Each is derived from
// what is written and nothing else: a world that was killed in the middle finds the rest due again.

import type { BankFact } from './bank-fact.ts';
import {
  type BankState,
  clearableOf,
  closesAt,
  merchantKey,
  type NetworkPosition,
  opensAt,
} from './bank-state.ts';
import { addBusinessDays, businessDayFrom, dayOf } from './calendar.ts';
import { totalsOf } from './clearing-item.ts';
import { PRICE_VERSION } from './fees.ts';
import { accountOf, magicAccounts } from './iban.ts';

export type Due = { readonly atMs: number; readonly facts: () => readonly BankFact[] };

/** T + 1: sales of a day are on the merchant's account on the next day of the bank. */
const FUNDED_AFTER_DAYS = 1;
const ACQUIRER = 'Sandbox Acquiring';

/** In the order in which they come first when they are due together. */
export const dueOfBank = (bank: BankState): readonly Due[] => [
  ...[...bank.unsettled.values()].map((position) => ({
    atMs: opensAt(position.valueDay),
    facts: () => settle(bank, position),
  })),
  ...[...bank.unfunded].map((id) => ({
    atMs: opensAt(bank.batches.get(id)?.valueDay ?? bank.bankDay),
    facts: () => fund(bank, id),
  })),
  ...[...bank.waitingPayments].map(([id, day]) => ({
    atMs: opensAt(day),
    facts: () => movePayment(bank, id, day),
  })),
  {
    atMs: closesAt(bank.bankDay),
    facts: () => [{ fact: 'bank_day_closed', day: bank.bankDay }],
  },
  { atMs: bank.cutOverAtMs, facts: () => cutOver(bank, { isScheduled: true }) },
];

/** Ends the cycle: what the networks owe, what each merchant gets, and then that it is over. */
export const cutOver = (
  bank: BankState,
  { isScheduled }: { isScheduled: boolean },
): readonly BankFact[] => {
  const { cycle } = bank;
  const day = dayOf(bank.cutOverAtMs - 1);
  const valueDay = addBusinessDays(day, FUNDED_AFTER_DAYS);
  const facts: BankFact[] = [];
  for (const [key, amountMinor] of bank.networkDue) {
    const [network = '', currency = ''] = key.split('/');
    if (amountMinor === 0n) continue;
    facts.push({ fact: 'network_cleared', cycle, network, currency, amountMinor, valueDay });
  }
  let number = [...bank.batches.values()].filter((batch) => batch.cycle === cycle).length;
  for (const open of bank.openItems.values()) {
    const items = clearableOf(bank, open.values());
    const [first] = items;
    if (first === undefined) continue;
    const { merchant, currency } = first;
    number += 1;
    const totals = totalsOf(items);
    const carriedInMinor = bank.carried.get(merchantKey(merchant, currency)) ?? 0n;
    const owedMinor = carriedInMinor + totals.netMinor;
    facts.push({
      fact: 'batch_closed',
      batch: {
        id: `${day.replaceAll('-', '')}-${cycle}-${number}`,
        cycle,
        day,
        valueDay,
        merchant,
        currency,
        priceVersion: PRICE_VERSION,
        ...totals,
        carriedInMinor,
        fundedMinor: owedMinor > 0n ? owedMinor : 0n,
      },
    });
  }
  return [...facts, { fact: 'cycle_closed', cycle, day, batches: number, isScheduled }];
};

const settle = (bank: BankState, position: NetworkPosition): readonly BankFact[] => {
  const { valueDay: day, ...settled } = position;
  const { opened, iban } = accountFor(bank, ACQUIRER, position.currency, 'acquirer');
  return [...opened, { fact: 'network_settled', ...settled, day, iban }];
};

const fund = (bank: BankState, batchId: string): readonly BankFact[] => {
  const batch = bank.batches.get(batchId);
  if (batch === undefined) return [];
  const { merchant, currency, fundedMinor: amountMinor, valueDay: day } = batch;
  const from = accountFor(bank, ACQUIRER, currency, 'acquirer');
  const to = accountFor(bank, merchant, currency, 'merchant');
  const ibans = { from: from.iban, to: to.iban };
  return [
    ...from.opened,
    ...to.opened,
    { fact: 'batch_funded', batchId, merchant, currency, amountMinor, day, ...ibans },
  ];
};

export const accountFor = (
  bank: BankState,
  holder: string,
  currency: string,
  owner: 'acquirer' | 'merchant',
): { readonly iban: string; readonly opened: readonly BankFact[] } => {
  const iban = accountOf(holder, currency);
  if (bank.accounts.has(iban)) return { iban, opened: [] };
  return { iban, opened: [{ fact: 'bank_account_opened', iban, holder, currency, owner }] };
};

const movePayment = (bank: BankState, id: string, day: string): readonly BankFact[] => {
  const known = bank.payments.get(id);
  if (known === undefined) return [];
  const { payment, state } = known;
  if (state === 'executed') {
    const reason = magicAccounts.get(payment.creditor)?.reason ?? 'MS03';
    return [{ fact: 'payment_returned', payment, day, reason }];
  }
  const account = bank.accounts.get(payment.debtor);
  if (account === undefined || account.balanceMinor < payment.amountMinor) {
    return [{ fact: 'payment_rejected', payment, day, reason: 'AM04' }];
  }
  const creditor = bank.accounts.get(payment.creditor);
  const isInternal = creditor?.currency === payment.currency;
  return [{ fact: 'payment_executed', payment, day, isInternal }];
};

/** A payment that leaves on a day is carried out on the first one after the file came. */
export const executionDayOf = (requestedDay: string, nowMs: number): string => {
  const next = addBusinessDays(dayOf(nowMs), 1);
  const wished = businessDayFrom(requestedDay);
  return wished > next ? wished : next;
};
