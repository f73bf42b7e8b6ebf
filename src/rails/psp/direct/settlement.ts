// The acquirer's settlement reports: one for what a merchant sold in one currency in one cycle. They are read by
// the names of their columns and believed whole or not at all: the last line has to add up.

import { assert, present } from '#kit/assert';
import { NumberText, parseJsonText } from '#kit/http-client';
import { DID_NOT_ARRIVE, findOperationOf } from '#rails/acquiring';
import type {
  AccountCall,
  ConnectorAccount,
  SettlementReader,
  SettlementRow,
} from '#rails/connectors';
import { loadByReference, loadOfIntent, loadOperation, type Operation } from '#rails/operations';
import { settingsOf } from './settings.ts';

/** Of one cycle there are as many as the merchant has currencies; a cycle is read whole. */
const REPORTS = 50;

export const settlement: SettlementReader = {
  read: (text) => readReport(text),
  poll: async (call, cursor) => {
    const address = addressOf(call.account);
    if (address === null) return null;
    const { merchant_id: merchant } = settingsOf(call.account.settings);
    const after = cursor ?? '0';
    const query = new URLSearchParams({ merchant, after, limit: String(REPORTS) });
    const list = parseJsonText(await ask(call, `${address}?${query.toString()}`)) as Json;
    const told = list['batches'];
    assert(Array.isArray(told), 'The bank lists its reports');
    const batches = (told as Json[]).map((each) => ({
      cycle: textOf(each, 'cycle'),
      id: textOf(each, 'id'),
    }));
    const hasMore = list['has_more'] === true;
    // Where the list goes on, its last cycle may go on too.
    const last = batches.at(-1)?.cycle;
    const whole = hasMore ? batches.filter(({ cycle }) => cycle !== last) : batches;
    assert(!hasMore || whole.length > 0, 'A cycle has fewer reports than are asked for at once');
    const rows: SettlementRow[] = [];
    for (const { id } of whole) {
      const text = await ask(call, `${address}/${encodeURIComponent(id)}.csv`);
      for (const row of readReport(text)) rows.push(await withReference(call, row));
    }
    return { rows, cursor: whole.at(-1)?.cycle ?? cursor, hasMore };
  },
};

const addressOf = ({ settings }: ConnectorAccount): string | null =>
  settingsOf(settings).settlement_url?.replace(/\/+$/, '') ?? null;

const ask = async ({ http }: AccountCall, url: string): Promise<string> => {
  const { status, body } = await http({ method: 'GET', url, headers: {} });
  if (status !== 200) throw new Error(`The bank answered ${status} to its settlement`);
  return body.toString();
};

type Json = Readonly<Record<string, unknown>>;
const textOf = (json: Json, name: string): string => {
  const value = json[name];
  const text = value instanceof NumberText ? value.text : value;
  assert(typeof text === 'string', `The bank says ${name}`);
  return text;
};

/** The report names the payment; the numbers of the message say which of its operations it was. */
const withReference = async (call: AccountCall, row: SettlementRow): Promise<SettlementRow> => {
  const { context, scope } = call;
  const { rrn = '', stan = '', terminal = '' } = row.raw;
  const id = stan === '' ? null : await findOperationOf(context, scope, { rrn, stan, terminal });
  const operation =
    id === null ? await onlyOneOf(call, row) : await loadOperation(context, scope, id);
  return operation === undefined ? row : { ...row, reference: operation.reference };
};

/** What no message of ours took back: of several that have that amount none is meant, unless all of them came back. */
const onlyOneOf = async (
  { context, scope, account }: AccountCall,
  { kind, reference, currency, gross }: SettlementRow,
): Promise<Operation | undefined> => {
  const isOf = takenBack[kind];
  if (isOf === undefined || reference === null) return undefined;
  const [named] = await loadByReference(context, scope, account.id, reference);
  if (named === undefined || isOf.has(named.kind)) return named;
  const size = gross < 0n ? -gross : gross;
  const fitting = (await loadOfIntent(context, scope, named.intentId)).filter(
    (each) =>
      isOf.has(each.kind) &&
      each.connectorAccountId === account.id &&
      each.amount === size &&
      each.currency === currency,
  );
  const isClear = fitting.length === 1 || fitting.every(({ state }) => state === 'reversed');
  return isClear ? fitting[0] : undefined;
};

const takenBack: Readonly<Partial<Record<SettlementRow['kind'], ReadonlySet<string>>>> = {
  payment_reversal: new Set(['sale', 'capture']),
  refund_failure: new Set(['refund']),
};

const kinds: Readonly<Record<string, SettlementRow['kind']>> = {
  sale: 'payment',
  refund: 'refund',
  sale_reversal: 'payment_reversal',
  refund_reversal: 'refund_failure',
  refund_failure: 'refund_failure',
  chargeback: 'chargeback',
  chargeback_reversal: 'chargeback_reversal',
  dispute_fee: 'fee',
};

const readReport = (text: string): readonly SettlementRow[] => {
  const [names = [], ...lines] = recordsOf(text);
  const records = lines.map((fields) => {
    if (fields.length !== names.length) throw new Error('A line has more or fewer columns');
    return Object.fromEntries(names.map((name, at) => [name, fields[at] ?? '']));
  });
  const total = records.pop();
  if (total?.['record'] !== 'total') throw new Error('The report was cut off: it has no total');
  const rows = records.map(rowOf);
  const sums = { items: BigInt(rows.length), gross: 0n, net: 0n };
  for (const { gross, net } of rows) {
    sums.gross += gross;
    sums.net += net;
  }
  for (const [name, sum] of Object.entries(sums)) {
    if (amountIn(total, name) !== sum) throw new Error(`The ${name} of the total differ`);
  }
  return rows;
};

type Fields = Readonly<Record<string, string>>;

const rowOf = (fields: Fields, at: number): SettlementRow => {
  const batch = wanted(fields, 'batch');
  const told = wanted(fields, 'kind');
  const kind = kinds[told];
  if (kind === undefined) throw new Error(`Line ${at + 2} is of a kind that is not known: ${told}`);
  const [gross, net] = [amountIn(fields, 'gross'), amountIn(fields, 'net')];
  const fee =
    amountIn(fields, 'interchange') +
    amountIn(fields, 'scheme_fee') +
    amountIn(fields, 'acquirer_fee');
  if (gross - fee !== net) throw new Error(`Line ${at + 2} does not add up`);
  const bookedAtMs = Date.parse(wanted(fields, 'booked_at'));
  if (!Number.isFinite(bookedAtMs)) throw new Error(`Line ${at + 2} has no booked_at`);
  return {
    // A report is the same to the byte whenever it is asked for.
    key: `${batch}#${at + 1}`,
    kind,
    ...(told === 'refund_failure' ? { code: DID_NOT_ARRIVE } : {}),
    reference: fields['reference'] || null,
    // One payment may have several disputes, and what they move is expected under their own names.
    providerId: isOfDispute(kind) ? fields['dispute'] || null : null,
    currency: wanted(fields, 'currency').toLowerCase(),
    gross,
    fee,
    net,
    bookedAtMs,
    availableOn: wanted(fields, 'value_date'),
    batch,
    raw: fields,
  };
};

const isOfDispute = (kind: SettlementRow['kind']): boolean =>
  kind === 'chargeback' || kind === 'chargeback_reversal';

const wanted = (fields: Fields, name: string): string => {
  const text = fields[name];
  if (text === undefined || text === '') throw new Error(`A line has no ${name}`);
  return text;
};

/** Whole minor units, signed. */
const amountIn = (fields: Fields, name: string): bigint => {
  const text = wanted(fields, name);
  if (!/^-?\d{1,18}$/.test(text)) throw new Error(`${name} is no whole number`);
  return BigInt(text);
};

/** RFC 4180. */
const recordsOf = (text: string): readonly string[][] => {
  if (!text.endsWith('\n')) throw new Error('The report was cut off in a line');
  const records: string[][] = [[]];
  const fields = /("(?:[^"]|"")*"|[^",\r\n]*)(,|\r?\n)/gy;
  for (let at = 0; at < text.length; at = fields.lastIndex) {
    const [, field = '', end] = fields.exec(text) ?? [];
    if (end === undefined) throw new Error('The report has a line that cannot be read');
    const plain = field.startsWith('"') ? field.slice(1, -1).replaceAll('""', '"') : field;
    present(records.at(-1), 'a record').push(plain);
    if (end !== ',') records.push([]);
  }
  records.pop();
  return records;
};
