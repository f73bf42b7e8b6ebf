// What the acquirer's clearing and the bank know, made of the facts of the journal.

import { assert, present } from '#kit/assert';
import type { BankFact, Batch, Movement, Payment, PaymentFile } from './bank-fact.ts';
import { addBusinessDays, addDays, businessDayFrom, dayOf, startOf } from './calendar.ts';
import { movementKey } from './clearing-file.ts';
import { type ClearingItem, totalsOf } from './clearing-item.ts';
import { magicAccounts } from './iban.ts';

export type EntryKind =
  | 'network_settlement'
  | 'acquirer_funding'
  | 'payment'
  | 'incoming_payment'
  | 'payment_return';

export type BankEntry = {
  /** Of the bank, unique; AcctSvcrRef of a statement. */
  readonly reference: string;
  readonly kind: EntryKind;
  readonly day: string;
  /** Above zero is a credit. */
  readonly amountMinor: bigint;
  readonly counterparty: string;
  readonly counterpartyIban: string;
  readonly endToEndId: string;
  readonly remittance: string;
  readonly reason: string;
};

export type BankAccount = {
  readonly iban: string;
  readonly holder: string;
  readonly currency: string;
  readonly owner: 'acquirer' | 'merchant';
  balanceMinor: bigint;
  readonly entries: BankEntry[];
};

export type PaymentState = 'accepted' | 'executed' | 'rejected' | 'returned';
export type KnownPayment = {
  readonly payment: Payment;
  readonly messageId: string;
  state: PaymentState;
  reason: string;
  /** The day of what happened last, or is to happen next. */
  day: string;
};

export type ClosedBatch = Batch & { readonly items: readonly ClearingItem[]; isFunded: boolean };
export type NetworkPosition = Omit<Extract<BankFact, { fact: 'network_cleared' }>, 'fact'>;

export type TakenFile = Omit<Extract<BankFact, { fact: 'clearing_file_taken' }>, 'fact'>;
type Unnamed = Movement & { readonly itemKey: string };

export type BankState = {
  /** When the day of the acquirer ends, and the number of the cycle that then ends. */
  cutOverAtMs: number;
  cycle: number;
  readonly closedCycles: { readonly cycle: number; readonly day: string; readonly atMs: number }[];
  /** By merchant and currency, then by key, in the order in which they came. */
  readonly openItems: Map<string, Map<string, ClearingItem>>;
  /** By merchant, then by key: what moved and stood in no clearing file yet. */
  readonly unnamed: Map<string, Map<string, Unnamed>>;
  readonly named: Set<string>;
  readonly clearingFiles: Map<string, TakenFile>;
  /** Merchants who are paid for what their files name, and keys of items that were named. */
  readonly clearedByFile: Set<string>;
  readonly presented: Set<string>;
  /** What merchants owe; below zero, by merchant and currency. */
  readonly carried: Map<string, bigint>;
  readonly batches: Map<string, ClosedBatch>;
  readonly unfunded: Set<string>;
  /** What a network owes and has not cleared, by network and currency. */
  readonly networkDue: Map<string, bigint>;
  readonly unsettled: Map<string, NetworkPosition>;
  /** When the day of the bank ends. */
  bankDay: string;
  readonly closedDays: string[];
  readonly accounts: Map<string, BankAccount>;
  readonly files: Map<string, PaymentFile>;
  readonly payments: Map<string, KnownPayment>;
  /** Payments that have something before them, by id, with the day of it. */
  readonly waitingPayments: Map<string, string>;
};

export const emptyBankState = (): BankState => ({
  cutOverAtMs: Number.POSITIVE_INFINITY,
  cycle: 1,
  closedCycles: [],
  openItems: new Map(),
  unnamed: new Map(),
  named: new Set(),
  clearingFiles: new Map(),
  clearedByFile: new Set(),
  presented: new Set(),
  carried: new Map(),
  batches: new Map(),
  unfunded: new Set(),
  networkDue: new Map(),
  unsettled: new Map(),
  bankDay: '9999-12-31',
  closedDays: [],
  accounts: new Map(),
  files: new Map(),
  payments: new Map(),
  waitingPayments: new Map(),
});

const DAY_MS = 86_400_000;
/** When the bank books what is due on a day, and when it ends the day and writes statements. */
const BANK_OPENS_MS = 6 * 3_600_000;
const BANK_CLOSES_MS = 18 * 3_600_000;

export const opensAt = (day: string): number => startOf(day) + BANK_OPENS_MS;
export const closesAt = (day: string): number => startOf(day) + BANK_CLOSES_MS;

export const beginBank = (bank: BankState, atMs: number): void => {
  const day = dayOf(atMs);
  bank.cutOverAtMs = startOf(day) + DAY_MS;
  bank.bankDay = businessDayFrom(atMs < closesAt(day) ? day : addDays(day, 1));
};

export const merchantKey = (merchant: string, currency: string): string =>
  `${merchant}/${currency}`;
const positionKey = (network: string, currency: string): string => `${network}/${currency}`;

/** What is taken back before it was cleared is not cleared at all. */
export const addItem = (bank: BankState, item: ClearingItem, takesBack?: string): void => {
  const key = merchantKey(item.merchant, item.currency);
  const open = bank.openItems.get(key) ?? new Map<string, ClearingItem>();
  bank.openItems.set(key, open);
  if (takesBack === undefined || !open.delete(takesBack)) open.set(item.key, item);
};

export const addMovement = (bank: BankState, movement: Movement, itemKey: string): void => {
  const of = bank.unnamed.get(movement.merchant) ?? new Map<string, Unnamed>();
  bank.unnamed.set(movement.merchant, of.set(movementKey(movement), { ...movement, itemKey }));
};

/** Of a merchant who clears by file, what a file has named; and what no message made, like a chargeback. */
export const clearableOf = (
  { clearedByFile, presented }: BankState,
  items: Iterable<ClearingItem>,
): ClearingItem[] =>
  [...items].filter(
    ({ merchant, stan, key }) => !clearedByFile.has(merchant) || stan === '' || presented.has(key),
  );

export const addDue = (bank: BankState, network: string, currency: string, by: bigint): void => {
  const key = positionKey(network, currency);
  bank.networkDue.set(key, (bank.networkDue.get(key) ?? 0n) + by);
};

export const applyBankFact = (bank: BankState, fact: BankFact, atMs: number): void => {
  switch (fact.fact) {
    case 'clearing_file_taken': {
      const { fact: _, ...taken } = fact;
      takeNamed(bank, taken);
      return;
    }
    case 'cleared_by_file':
      if (fact.isOn) bank.clearedByFile.add(fact.merchant);
      else bank.clearedByFile.delete(fact.merchant);
      return;
    case 'network_cleared': {
      const { fact: _, ...position } = fact;
      addDue(bank, fact.network, fact.currency, -fact.amountMinor);
      const reference = settlementReference(position);
      // A cut-over that was killed in the middle clears the rest under the same cycle.
      const before = bank.unsettled.get(reference)?.amountMinor ?? 0n;
      bank.unsettled.set(reference, { ...position, amountMinor: before + fact.amountMinor });
      return;
    }
    case 'batch_closed':
      closeBatch(bank, fact.batch);
      return;
    case 'cycle_closed':
      assert(fact.cycle === bank.cycle, 'Cycles are closed one after the other');
      bank.closedCycles.push({ cycle: fact.cycle, day: fact.day, atMs });
      bank.cycle += 1;
      if (fact.isScheduled) bank.cutOverAtMs += DAY_MS;
      return;
    case 'bank_account_opened': {
      const { fact: _, ...account } = fact;
      bank.accounts.set(fact.iban, { ...account, balanceMinor: 0n, entries: [] });
      return;
    }
    case 'network_settled':
      bank.unsettled.delete(settlementReference(fact));
      book(bank, fact.iban, {
        ...plain('network_settlement', settlementReference(fact), fact.day, fact.amountMinor),
        counterparty: `${fact.network} clearing`,
        remittance: `Cycle ${fact.cycle}`,
      });
      return;
    case 'batch_funded':
      fund(bank, fact);
      return;
    case 'payments_accepted':
      for (const payment of fact.file.payments) {
        const { id, executionDay } = payment;
        const { messageId } = fact.file;
        bank.payments.set(id, {
          payment,
          messageId,
          state: 'accepted',
          reason: '',
          day: executionDay,
        });
        bank.waitingPayments.set(id, executionDay);
      }
      bank.files.set(fact.file.messageId, fact.file);
      return;
    case 'payments_refused':
      return;
    case 'payment_executed':
    case 'payment_rejected':
    case 'payment_returned':
      movePayment(bank, fact);
      return;
    case 'bank_day_closed':
      assert(fact.day === bank.bankDay, 'The days of the bank end one after the other');
      bank.closedDays.push(fact.day);
      bank.bankDay = businessDayFrom(addDays(fact.day, 1));
  }
};

const settlementReference = (of: {
  readonly cycle: number;
  readonly network: string;
  readonly currency: string;
}): string => `NET-${of.cycle}-${of.network.toUpperCase()}-${of.currency}`;

const takeNamed = (bank: BankState, taken: TakenFile): void => {
  bank.clearingFiles.set(taken.id, taken);
  const unnamed = bank.unnamed.get(taken.merchant);
  for (const key of taken.named) {
    const { itemKey } = present(unnamed?.get(key), 'What is named was booked');
    bank.presented.add(itemKey);
    bank.named.add(key);
    unnamed?.delete(key);
  }
};

const closeBatch = (bank: BankState, batch: Batch): void => {
  const key = merchantKey(batch.merchant, batch.currency);
  const open = bank.openItems.get(key);
  const items = clearableOf(bank, open?.values() ?? []);
  const { netMinor, count } = totalsOf(items);
  assert(count === batch.count && netMinor === batch.netMinor, 'A batch is what was open');
  assert(!bank.batches.has(batch.id), 'A batch is closed once');
  for (const item of items) open?.delete(item.key);
  if (open?.size === 0) bank.openItems.delete(key);
  bank.batches.set(batch.id, { ...batch, items, isFunded: false });
  bank.carried.set(key, batch.carriedInMinor + netMinor - batch.fundedMinor);
  if (batch.fundedMinor > 0n) bank.unfunded.add(batch.id);
};

const fund = (bank: BankState, fact: Extract<BankFact, { fact: 'batch_funded' }>): void => {
  const batch = present(bank.batches.get(fact.batchId), 'The batch that is funded');
  assert(bank.unfunded.delete(fact.batchId), 'A batch is funded once');
  batch.isFunded = true;
  const entry = {
    ...plain('acquirer_funding', `FND-${batch.id}`, fact.day, fact.amountMinor),
    endToEndId: batch.id,
    remittance: `Settlement ${batch.id}`,
  };
  const [from, to] = [accountAt(bank, fact.from), accountAt(bank, fact.to)];
  book(bank, fact.from, {
    ...entry,
    amountMinor: -fact.amountMinor,
    counterparty: to.holder,
    counterpartyIban: to.iban,
  });
  book(bank, fact.to, { ...entry, counterparty: from.holder, counterpartyIban: from.iban });
};

type Moved = Extract<
  BankFact,
  { fact: 'payment_executed' | 'payment_rejected' | 'payment_returned' }
>;

const movePayment = (bank: BankState, fact: Moved): void => {
  const { payment, day } = fact;
  const known = present(bank.payments.get(payment.id), 'A payment that moves is known');
  const isFirst = fact.fact !== 'payment_returned';
  assert(known.state === (isFirst ? 'accepted' : 'executed'), 'A payment moves once');
  bank.waitingPayments.delete(payment.id);
  known.day = day;
  known.reason = 'reason' in fact ? fact.reason : '';
  const entry = {
    ...plain(isFirst ? 'payment' : 'payment_return', payment.id, day, payment.amountMinor),
    endToEndId: payment.endToEndId,
    remittance: payment.remittance ?? '',
    counterparty: payment.creditorName,
    counterpartyIban: payment.creditor,
    reason: known.reason,
  };
  if (fact.fact === 'payment_rejected') {
    known.state = 'rejected';
  } else if (fact.fact === 'payment_returned') {
    known.state = 'returned';
    book(bank, payment.debtor, { ...entry, reference: `RET-${payment.id}` });
  } else {
    known.state = 'executed';
    book(bank, payment.debtor, { ...entry, amountMinor: -payment.amountMinor });
    const fate = magicAccounts.get(payment.creditor);
    if (fate?.happens === 'returned') {
      bank.waitingPayments.set(payment.id, addBusinessDays(day, fate.afterBusinessDays));
    }
    if (!fact.isInternal) return;
    const from = accountAt(bank, payment.debtor);
    book(bank, payment.creditor, {
      ...entry,
      kind: 'incoming_payment',
      counterparty: from.holder,
      counterpartyIban: from.iban,
    });
  }
};

const plain = (
  kind: EntryKind,
  reference: string,
  day: string,
  amountMinor: bigint,
): BankEntry => ({
  reference,
  kind,
  day,
  amountMinor,
  counterparty: '',
  counterpartyIban: '',
  endToEndId: '',
  remittance: '',
  reason: '',
});

const accountAt = (bank: BankState, iban: string): BankAccount =>
  present(bank.accounts.get(iban), 'An account that is booked on is open');

const book = (bank: BankState, iban: string, entry: BankEntry): void => {
  const account = accountAt(bank, iban);
  account.entries.push(entry);
  account.balanceMinor += entry.amountMinor;
};
