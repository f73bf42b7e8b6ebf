// What Stripe says it settled: a list of balance transactions, as GET /v1/balance_transactions answers for
// one payout, or for the account since the last, with `expand[]=data.source`. It is read whole or not at all,
// and a type that nobody knows stops it: what it would be booked as must not be guessed.

import { NumberText, parseJsonText } from '#kit/http-client';
import type { SettlementReader, SettlementRow } from '#rails/connectors';
import { amountAt, get, idAt, isJson, type Json, objectAt, textAt } from './api.ts';

const PAGE = 100;

export const settlement: SettlementReader = {
  read: (text) => {
    const list = listIn(parseJsonText(text));
    if (list['has_more'] !== false) throw new Error('The list goes on: it was not read to its end');
    const rows = rowsOf(list);
    const batch = rows.find(({ kind }) => kind === 'payout')?.providerId ?? null;
    return rows.map((row) => ({ ...row, batch }));
  },
  // The list is newest first, and what came after the cursor stands before it. What was there when the
  // account was first asked is taken as far as one page goes: the rest was never a payment of ours.
  poll: async (call, cursor) => {
    const { status, body } = await get(call, '/v1/balance_transactions', {
      limit: String(PAGE),
      'expand[]': 'data.source',
      ending_before: cursor,
    });
    if (status !== 200) throw new Error(`The provider answered ${status} to its settlement`);
    const list = listIn(body);
    const rows = rowsOf(list).map((row) => ({ ...row, batch: null }));
    return {
      rows,
      cursor: rows[0]?.key ?? cursor,
      hasMore: cursor !== null && list['has_more'] === true,
    };
  },
};

type List = Json & { readonly data: readonly unknown[] };

const listIn = (list: unknown): List => {
  if (!isJson(list) || !Array.isArray(list['data'])) throw new Error('It is no list');
  return list as List;
};

const rowsOf = ({ data }: List): readonly Omit<SettlementRow, 'batch'>[] =>
  data.map((each, at) => {
    if (!isJson(each)) throw new Error(`Row ${at + 1} is no balance transaction`);
    return rowOf(each);
  });

const kinds: Readonly<Record<string, SettlementRow['kind']>> = {
  charge: 'payment',
  payment: 'payment',
  refund: 'refund',
  payment_refund: 'refund',
  refund_failure: 'adjustment',
  payment_failure_refund: 'adjustment',
  payment_reversal: 'adjustment',
  adjustment: 'adjustment',
  reserve_transaction: 'adjustment',
  reserved_funds: 'adjustment',
  topup: 'adjustment',
  topup_reversal: 'adjustment',
  transfer: 'adjustment',
  transfer_cancel: 'adjustment',
  transfer_failure: 'adjustment',
  transfer_refund: 'adjustment',
  stripe_fee: 'fee',
  stripe_fx_fee: 'fee',
  tax_fee: 'fee',
  application_fee: 'fee',
  application_fee_refund: 'fee',
  payout: 'payout',
  payout_cancel: 'payout',
  payout_failure: 'payout',
};

/** An adjustment says in its category what it is about. */
const categories: Readonly<Record<string, SettlementRow['kind']>> = {
  dispute: 'chargeback',
  dispute_reversal: 'chargeback_reversal',
};

const rowOf = (transaction: Json): Omit<SettlementRow, 'batch'> => {
  const key = wanted(textAt(transaction, 'id'), 'id', 'a row');
  const type = wanted(textAt(transaction, 'type'), 'type', key);
  const kind = kinds[type];
  if (kind === undefined) throw new Error(`${key} is of a type that is not known: ${type}`);
  const category = textAt(transaction, 'reporting_category') ?? '';
  const [gross, fee, net] = [
    amountOf(transaction, 'amount', key),
    amountOf(transaction, 'fee', key),
    amountOf(transaction, 'net', key),
  ];
  if (gross - fee !== net) throw new Error(`${key} does not add up`);
  const source = objectAt(transaction, 'source');
  const currency = wanted(textAt(transaction, 'currency'), 'currency', key);
  return {
    key,
    kind: kind === 'adjustment' ? (categories[category] ?? kind) : kind,
    reference: textAt(objectAt(source ?? {}, 'metadata') ?? {}, 'tollgate_reference'),
    providerId:
      (kind === 'payment' && source !== null ? idAt(source, 'payment_intent') : null) ??
      idAt(transaction, 'source'),
    currency,
    gross,
    fee,
    net,
    ...askedIn(source, { gross, currency }),
    bookedAtMs: momentOf(transaction, 'created', key),
    availableOn: new Date(momentOf(transaction, 'available_on', key)).toISOString().slice(0, 10),
    raw: rawOf(transaction),
  };
};

/** A charge and a refund say what they are of; the row, what of it was settled, in the account's currency. */
const askedIn = (
  source: Json | null,
  { gross, currency }: Pick<SettlementRow, 'gross' | 'currency'>,
): Pick<SettlementRow, 'asked'> => {
  const amount = source === null ? null : amountAt(source, 'amount');
  const of = source === null ? null : textAt(source, 'currency');
  if (amount === null || of === null) return {};
  const size = gross < 0n ? -gross : gross;
  return amount === size && of === currency ? {} : { asked: { amount, currency: of } };
};

const wanted = <T>(value: T | null, name: string, of: string): T => {
  if (value === null) throw new Error(`${of} has no ${name}`);
  return value;
};

/** Whole minor units, signed. */
const amountOf = (transaction: Json, name: string, key: string): bigint => {
  const value = transaction[name];
  const text = value instanceof NumberText && /^-?\d{1,18}$/.test(value.text) ? value.text : null;
  return BigInt(wanted(text, name, key));
};

const momentOf = (transaction: Json, name: string, key: string): number =>
  Number(amountOf(transaction, name, key)) * 1_000;

const rawOf = (transaction: Json): Record<string, string> =>
  Object.fromEntries(
    Object.entries(transaction).flatMap(([name, value]) => {
      if (value instanceof NumberText) return [[name, value.text]];
      return typeof value === 'string' ? [[name, value]] : [];
    }),
  );
