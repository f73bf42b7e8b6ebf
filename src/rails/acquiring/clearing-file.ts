// The file of a merchant's day at an acquirer. Plain text, one record a line, fields parted by a
// bar, in a form of our own that any bank's form can be made of:
//
//   H|TOLLGATE CLEARING|1|host|acquirer|merchant|business day|file
//   D|debit|business day|terminal|merchant|rrn|stan|authorization code|currency|amount|reference|operation
//   T|currency|debits|amount|debits reversed|amount|credits|amount|credits reversed|amount|net
//   F|number of D records|number of T records
//
// Amounts are in minor units. Each entry is in one file, once; the file of a day is the same bytes
// whenever it is asked for, and what came after it was written is in the file of the next day.

import { present } from '#kit/assert';
import type { Context, Scope } from '#kit/context';
import { newUuid, type Uuid } from '#kit/ids';
import {
  type ClearingFile,
  type Day,
  type Entry,
  keepFile,
  loadFile,
  loadFileOf,
  takeEntries,
} from './clearing.store.ts';
import { netOf, noTotals, type Totals } from './totals.ts';

const names = ['debit', 'debit_reversed', 'credit', 'credit_reversed'] as const;
const totalOf = {
  debit: 'debits',
  debit_reversed: 'debitsReversed',
  credit: 'credits',
  credit_reversed: 'creditsReversed',
} as const satisfies Record<(typeof names)[number], keyof Totals>;

export const clearingFile = async (
  context: Pick<Context, 'database' | 'clock' | 'random' | 'crashPoint'>,
  scope: Scope,
  day: Day,
): Promise<ClearingFile> => {
  const written = await loadFileOf(context, scope, day);
  if (written !== undefined) return written;
  const kept = await context.database.system(async (tx) => {
    const id = newUuid(context);
    const entries = await takeEntries(tx, scope, id, day);
    const body = spellFile(id, day, entries);
    return keepFile(tx, scope, day, { id, body, lines: entries.length });
  });
  context.crashPoint('clearing.written');
  return present(await loadFile(context, scope, kept), 'the clearing file');
};

const spellFile = (id: Uuid, day: Day, entries: readonly Entry[]): string => {
  const totals = totalsOf(entries);
  const records = [
    ['H', 'TOLLGATE CLEARING', '1', day.host, day.acquirer, day.merchant, day.businessDay, id],
    ...entries.map((entry) => [
      'D',
      directionOf(entry),
      entry.businessDay,
      entry.terminal,
      entry.merchant,
      entry.rrn,
      entry.stan,
      entry.authorizationCode ?? '',
      entry.currency,
      String(entry.amount),
      entry.reference,
      entry.operationId,
    ]),
    ...[...totals].map(([currency, total]) => [
      'T',
      currency,
      ...names.flatMap((name) => {
        const { count, amount } = total[totalOf[name]];
        return [String(count), String(amount)];
      }),
      String(netOf(total)),
    ]),
    ['F', String(entries.length), String(totals.size)],
  ];
  return records.map((fields) => `${fields.join('|')}\n`).join('');
};

const directionOf = ({ direction }: Entry): (typeof names)[number] =>
  present(names[direction - 1], 'a direction');

const totalsOf = (entries: readonly Entry[]): ReadonlyMap<string, Totals> => {
  const totals = new Map<string, Totals>();
  for (const entry of entries) {
    const before = totals.get(entry.currency) ?? noTotals;
    const kind = totalOf[directionOf(entry)];
    const { count, amount } = before[kind];
    totals.set(entry.currency, {
      ...before,
      [kind]: { count: count + 1, amount: amount + entry.amount },
    });
  }
  return totals;
};
