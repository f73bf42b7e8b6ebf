// Reads. Those that wait for a connection leave together with the next that is free, each in its own
// scope: they cost one round trip and one transaction where it would be one for each, and what several of
// them ask is asked once, also where they ask for different rows by their keys. One that fails is told so;
// the others are then asked again, each alone.

import { present } from '#kit/assert';
import type { Row, Scope, Statement } from '#kit/context';
import type { Connection } from './connection.ts';
import type { Pool } from './pool.ts';
import { asLockedOut, enterToRead, readOnce, scopeValues } from './transaction.ts';
import { type Call, failedAt } from './wire.ts';

export type Reads = <T extends Row>(
  scope: Scope | null,
  statement: Statement,
  values: readonly unknown[],
) => Promise<T[]>;

type Read = {
  readonly scope: Scope;
  readonly call: Call;
  readonly resolve: (rows: Row[]) => void;
  readonly reject: (error: unknown) => void;
};

const TOGETHER_MAX = 64;
/** More connections than this would only carry fewer reads each. */
const QUICK_BATCHES_MAX = 3;
/** From then on it is a slow read, which holds up nobody but those that left with it. */
const QUICK_MS = 20;

export const createReads = (pool: Pool): Reads => {
  const waiting: Read[] = [];
  let quick = 0;

  const leave = (): void => {
    while (waiting.length > 0 && quick < QUICK_BATCHES_MAX) {
      quick += 1;
      void leaveTogether(waiting.splice(0, TOGETHER_MAX));
    }
  };

  const leaveTogether = async (reads: readonly Read[]): Promise<void> => {
    let isCounted = true;
    const stepAside = (): void => {
      if (!isCounted) return;
      isCounted = false;
      quick -= 1;
      leave();
    };
    const slow = setTimeout(stepAside, QUICK_MS);
    await readTogether(pool, reads);
    clearTimeout(slow);
    stepAside();
  };

  return <T extends Row>(scope: Scope | null, statement: Statement, values: readonly unknown[]) => {
    // A statement without a name is a search: it may take its time. One without a scope must not have one.
    if (scope === null || statement.name === '') {
      return pool
        .use((connection) => readOnce<T>(connection, scope, statement, values))
        .catch((error: unknown) => {
          throw asLockedOut(error);
        });
    }
    return new Promise<T[]>((resolve, reject) => {
      const call = { statement, values };
      waiting.push({ scope, call, resolve: (rows) => resolve(rows as T[]), reject });
      // Those that are asked for in one turn leave together.
      if (waiting.length === 1) process.nextTick(leave);
    });
  };
};

const readTogether = async (pool: Pool, reads: readonly Read[]): Promise<void> => {
  const { calls, places } = inScopes(reads);
  try {
    const rows = await pool.use((connection) => connection.sendTogether(calls));
    const shared = sharedBy(reads, places, rows);
    for (const [index, read] of reads.entries()) {
      const place = places[index] ?? 0;
      read.resolve(ownOf(read, rows[place], shared[place]));
    }
  } catch (error) {
    // Which of them failed is not known where the database is away: then nobody need ask again.
    const failed = places.find((place) => place === failedAt(error));
    const isItsOwn = places.filter((place) => place === failed).length === 1;
    for (const [index, read] of reads.entries()) {
      if (failed === undefined || (isItsOwn && failed === places[index]))
        read.reject(asLockedOut(error));
      else void readAlone(pool, read);
    }
  }
};

const readAlone = async (pool: Pool, { scope, call, resolve, reject }: Read): Promise<void> => {
  const { statement, values = [] } = call;
  const ask = (connection: Connection) => readOnce(connection, scope, statement, values);
  await pool.use(ask).then(resolve, (error: unknown) => reject(asLockedOut(error)));
};

const enterOf = ({ accountId, livemode }: Scope): Call => ({
  statement: enterToRead,
  values: scopeValues([accountId], livemode),
});

/** The scope is entered before each read whose scope is not that of the read before it. */
const inScopes = (reads: readonly Read[]): { calls: Call[]; places: number[] } => {
  const [first] = reads;
  if (first !== undefined && reads.length === 1) {
    return { calls: [enterOf(first.scope), first.call], places: [1] };
  }
  const calls: Call[] = [];
  const places: number[] = [];
  const keysAt = new Map<number, Set<unknown>>();
  let entered: Scope | null = null;
  for (const [index, read] of reads.entries()) {
    const same = reads.findIndex((earlier) => asksTheSame(earlier, read));
    if (same < index) {
      const place = places[same] ?? 0;
      places.push(place);
      addKeys(keysAt, place, calls[place], read);
      continue;
    }
    const { scope, call } = read;
    if (entered === null || !isSame(entered, scope)) {
      calls.push(enterOf(scope));
      entered = scope;
    }
    places.push(calls.push(call) - 1);
  }
  for (const [place, keys] of keysAt) {
    const { statement, values = [] } = present(calls[place], 'The call that asks the same');
    const all = values.map((value, at) => (at === statement.by?.value ? [...keys] : value));
    calls[place] = { statement, values: all };
  }
  return { calls, places };
};

/** The keys of a read that finds rows by an array of them. */
const keysOf = ({ statement, values }: Call): readonly unknown[] | undefined =>
  statement.by && (values?.[statement.by.value] as readonly unknown[]);

/** What is asked for by several keys is asked for once, by all of them. */
const addKeys = (
  keysAt: Map<number, Set<unknown>>,
  place: number,
  asked: Call | undefined,
  read: Read,
): void => {
  const more = keysOf(read.call);
  if (asked === undefined || more === undefined) return;
  const keys = keysAt.get(place) ?? new Set(keysOf(asked));
  for (const key of more) keys.add(key);
  keysAt.set(place, keys);
};

type RowsByKey = ReadonlyMap<unknown, readonly Row[]>;

/** By the place of a call that several asked, each by their keys: its rows by these. */
const sharedBy = (
  reads: readonly Read[],
  places: readonly number[],
  rows: readonly (readonly Row[])[],
): (RowsByKey | undefined)[] => {
  const shared: (RowsByKey | undefined)[] = [];
  const askedOnce: boolean[] = [];
  for (const [index, { call }] of reads.entries()) {
    const place = places[index] ?? 0;
    const { by } = call.statement;
    if (by === undefined || shared[place] !== undefined) continue;
    if (askedOnce[place]) shared[place] = Map.groupBy(rows[place] ?? [], (row) => row[by.column]);
    askedOnce[place] = true;
  }
  return shared;
};

/** What others asked for beside it is theirs. */
const ownOf = ({ call }: Read, rows: readonly Row[] = [], shared: RowsByKey | undefined): Row[] => {
  const { by } = call.statement;
  const keys = keysOf(call);
  if (by === undefined || keys === undefined || shared === undefined) return [...rows];
  if (keys.length === 1) return [...(shared.get(keys[0]) ?? [])];
  return rows.filter((row) => keys.includes(row[by.column]));
};

const isSame = (a: Scope, b: Scope): boolean =>
  a.accountId === b.accountId && a.livemode === b.livemode;

const asksTheSame = (a: Read, b: Read): boolean =>
  a.call.statement === b.call.statement &&
  isSame(a.scope, b.scope) &&
  (a.call.values ?? []).every(
    (value, at) => at === a.call.statement.by?.value || haveSameValues(value, b.call.values?.[at]),
  );

const haveSameValues = (a: unknown, b: unknown): boolean => {
  if (a === b) return true;
  if (!Array.isArray(a) || !Array.isArray(b) || a.length !== b.length) return false;
  return a.every((value, index) => haveSameValues(value, b[index]));
};
