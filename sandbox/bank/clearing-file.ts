// The file in which a merchant names what moved on a day, read line by line: a header, one line for each
// movement, totals of each currency, and how many lines there were. A file whose counts or totals are not
// its own is refused whole; a line that the acquirer has not booked, or was named before, is refused alone.

import { createHash } from 'node:crypto';
import type { BankFact, Movement, RefusedLine } from './bank-fact.ts';
import type { BankState } from './bank-state.ts';
import { numberOf } from './currencies.ts';

export type ClearingFile = {
  readonly id: string;
  readonly merchant: string;
  readonly day: string;
  readonly movements: readonly Movement[];
};

export type ClearingFileRead =
  | { readonly ok: true; readonly file: ClearingFile }
  | { readonly ok: false; readonly says: string };

const refuse = (says: string): ClearingFileRead => ({ ok: false, says });

export const readClearingFile = (text: string): ClearingFileRead => {
  const records = text.split('\n').map((line) => line.split('|'));
  if (records.pop()?.join('') !== '') return refuse('The last line has no end: the file was cut.');
  const [header = [], ...rest] = records;
  const trailer = rest.pop() ?? [];
  const [, title, version, , , merchant, day, id] = header;
  if (header[0] !== 'H' || title !== 'TOLLGATE CLEARING' || version !== '1') {
    return refuse('The first line is not the header of a clearing file.');
  }
  if (!id || !merchant || !/^\d{4}-\d\d-\d\d$/.test(day ?? '')) {
    return refuse('The header names no merchant, day or file.');
  }
  const lines = rest.filter(([kind]) => kind === 'D');
  const totals = rest.filter(([kind]) => kind === 'T');
  const counts = [String(lines.length), String(totals.length)];
  if (trailer[0] !== 'F' || lines.length + totals.length !== rest.length) {
    return refuse('The last line is not the end of a clearing file, or a line is of no kind.');
  }
  if (trailer.slice(1).join() !== counts.join())
    return refuse('The counts of the last line differ.');

  const movements: Movement[] = [];
  for (const [at, line] of lines.entries()) {
    const movement = movementOf(line, merchant);
    if (movement === undefined) return refuse(`Line ${at + 2} cannot be read.`);
    movements.push(movement);
  }
  const wrong = totals.find((total) => total[1] === undefined || !isTotalOf(total, movements));
  if (wrong !== undefined) return refuse(`The totals of ${wrong[1]} are not those of its lines.`);
  const named = new Set(totals.map(([, currency = '']) => numberOf(currency.toUpperCase())));
  if (movements.some(({ currency }) => !named.has(currency))) {
    return refuse('A currency has no totals.');
  }
  return { ok: true, file: { id, merchant, day: day as string, movements } };
};

const directions = ['debit', 'debit_reversed', 'credit', 'credit_reversed'] as const;

const movementOf = (line: readonly string[], merchant: string): Movement | undefined => {
  const [
    ,
    direction,
    day = '',
    terminal = '',
    of,
    rrn = '',
    stan = '',
    ,
    letters = '',
    amount = '',
  ] = line;
  const known = directions.find((one) => one === direction);
  const currency = numberOf(letters.toUpperCase());
  if (known === undefined || currency === undefined || !/^\d{1,18}$/.test(amount)) return undefined;
  if (of !== merchant) return undefined;
  return {
    direction: known,
    merchant,
    terminal,
    rrn,
    stan,
    currency,
    amountMinor: BigInt(amount),
    day,
  };
};

/** Count and amount of each direction, then the net. */
const isTotalOf = (
  [, letters = '', ...told]: readonly string[],
  movements: readonly Movement[],
): boolean => {
  const own = movements.filter(({ currency }) => currency === numberOf(letters.toUpperCase()));
  const of = (direction: Movement['direction']) => {
    const some = own.filter((each) => each.direction === direction);
    return [
      BigInt(some.length),
      some.reduce((sum, { amountMinor }) => sum + amountMinor, 0n),
    ] as const;
  };
  const sums = directions.map(of);
  const [debits, debitsReversed, credits, creditsReversed] = sums.map(([, sum]) => sum);
  const net = (debits ?? 0n) - (debitsReversed ?? 0n) - (credits ?? 0n) + (creditsReversed ?? 0n);
  return told.join() === [...sums.flat(), net].join();
};

/** What names a movement on both sides. Its day does not: clocks differ around midnight. */
export const movementKey = (of: Movement): string =>
  [of.direction, of.terminal, of.rrn, of.stan, of.currency, of.amountMinor].join('/');

export const takeClearingFile = (
  bank: BankState,
  { id, merchant, day, movements }: ClearingFile,
  sha256: string,
): BankFact => {
  const booked = bank.unnamed.get(merchant);
  const named = new Set<string>();
  const refused: RefusedLine[] = [];
  for (const [at, movement] of movements.entries()) {
    const key = movementKey(movement);
    if (booked?.has(key) === true && !named.has(key)) named.add(key);
    else refused.push({ line: at + 2, says: whyRefused(bank, named, key) });
  }
  const missing = [...(booked?.values() ?? [])].filter(
    (movement) => movement.day <= day && !named.has(movementKey(movement)),
  );
  return {
    fact: 'clearing_file_taken',
    id,
    sha256,
    merchant,
    day,
    named: [...named],
    refused,
    missing,
  };
};

const whyRefused = (bank: BankState, named: ReadonlySet<string>, key: string): string =>
  named.has(key) || bank.named.has(key)
    ? 'It was named before.'
    : 'Nothing of that kind was booked.';

export const digestOfFile = (text: string): string =>
  createHash('sha256').update(text).digest('hex');
