// Group commit. Requests hand in units of rows; what is waiting when the lane's last batch returns
// goes out as one transaction with one statement per table. One fsync then serves many requests.
//
// A unit is all or nothing. When a row of a unit loses (its key is taken, its version is old) the
// batch is rolled back and run again without that unit: losers are rare, and a batch that undid half
// a unit would not be. A statement that fails outright makes every unit run alone, so that one broken
// unit cannot take its neighbours down.
//
// An unanswered COMMIT is not a failure. The transaction's number was learned before, and a new
// connection asks what became of it. A server that has crashed in between may have given the number to
// another transaction, since ours left no trace if it was lost: where that can be, its word counts only against us.

import { setTimeout as wait } from 'node:timers/promises';
import { present } from '#kit/assert';
import type {
  Commit,
  CrashPoint,
  Row,
  Scope,
  Statement,
  Write,
  WriteStatement,
} from '#kit/context';
import { type Connection, DatabaseUnavailable, isServerError } from './connection.ts';
import { asLockedOut, CommitUnknown, isLockedOut, scopeValues } from './transaction.ts';
import { createWholeRows } from './whole-rows.ts';
import type { Call } from './wire.ts';

export type LaneSettings = {
  readonly connect: () => Promise<Connection>;
  readonly livemode: boolean;
  readonly unitsMax: number;
  /** More units than this waiting: the caller is told to come back rather than kept in memory. */
  readonly waitingMax: number;
  readonly crashPoint: (point: CrashPoint) => void;
  readonly observe?: (batch: { units: number; seconds: number }) => void;
  readonly monotonicMs: () => number;
};

export type Lane = {
  submit(scope: Scope, writes: readonly Write[]): Promise<Commit>;
  close(): Promise<void>;
};

type Unit = {
  readonly accountId: string;
  readonly writes: readonly Write[];
  readonly resolve: (outcome: Commit) => void;
  readonly reject: (error: unknown) => void;
};

// Every statement of a batch goes by key: it is planned once, and never so that a table is read through.
const enterBatch: Statement = {
  name: 'enter_batch',
  text: `select set_config('app.accounts', $1, true), set_config('app.livemode', $2, true),
                set_config('plan_cache_mode', 'force_generic_plan', true),
                set_config('enable_hashjoin', 'off', true), set_config('enable_mergejoin', 'off', true),
                pg_current_xact_id()::text as xid, pg_postmaster_start_time()::text as server,
                clock_timestamp()::text as at`,
};
const begin: Statement = { name: 'begin', text: 'begin' };
const commit: Statement = { name: 'commit', text: 'commit' };
const rollback: Statement = { name: 'rollback', text: 'rollback' };
export const statusOf: Statement = {
  name: 'xact_status',
  // A recovery from a crash ends with a checkpoint, and the numbers after it are those that nobody remembers to have
  // given. Whether there was one since is told by the server's life and by the checkpoint's time, in whole seconds.
  text: `select pg_xact_status($1::text::xid8) as status,
                case when server = $2 and checkpointed + interval '1 second' <= $3::timestamptz then 'same'
                     when (server <> $2 or checkpointed > $3::timestamptz) and first_after <= $1::numeric then 'lost'
                     else 'unclear' end as history
           from (select pg_postmaster_start_time()::text as server, checkpoint_time as checkpointed,
                        split_part(next_xid, ':', 1)::numeric * 4294967296 + split_part(next_xid, ':', 2)::numeric as first_after
                   from pg_control_checkpoint()) now`,
};

/** What a batch learned as it began: its transaction's number, and which life of the server gave it. */
type Entered = { readonly xid: string; readonly server: string; readonly at: string };
type Status = {
  readonly status: string | null;
  /** Whether the number is still ours: nothing has crashed since, ours was lost in a crash, or nobody can know. */
  readonly history: 'same' | 'lost' | 'unclear';
};
const NUMBER_OF_THE_FUTURE = '22023';

export const createLane = (settings: LaneSettings): Lane => {
  const waiting: Unit[] = [];
  const wholeRows = createWholeRows();
  let connection: Connection | null = null;
  let running: Promise<void> | null = null;
  let closed = false;

  const submit = (scope: Scope, writes: readonly Write[]): Promise<Commit> =>
    new Promise((resolve, reject) => {
      if (closed) return reject(new DatabaseUnavailable('The gateway is stopping.'));
      if (waiting.length >= settings.waitingMax) {
        return reject(new DatabaseUnavailable('Too many writes are waiting for the database.'));
      }
      waiting.push({ accountId: scope.accountId, writes, resolve, reject });
      running ??= drain();
    });

  const drain = async (): Promise<void> => {
    // One turn of the event loop lets the requests that arrived together leave together.
    await new Promise((resolve) => setImmediate(resolve));
    while (waiting.length > 0) {
      const startedMs = settings.monotonicMs();
      const units = waiting.splice(0, settings.unitsMax);
      await runBatch(units);
      settings.observe?.({
        units: units.length,
        seconds: (settings.monotonicMs() - startedMs) / 1000,
      });
    }
    running = null;
  };

  const runBatch = async (units: readonly Unit[]): Promise<void> => {
    // Who was told that it lost must not be tried again: its caller has gone on without it.
    const open = new Set(units);
    try {
      await commitTogether(units, open);
    } catch (error) {
      if (open.size === 1 || !isServerError(error)) {
        for (const unit of open) unit.reject(asLockedOut(error));
        return;
      }
      await commitEach([...open]);
    }
  };

  /** Where one waits in vain for what others hold, those behind it would too, one after the other. */
  const commitEach = async (units: readonly Unit[]): Promise<void> => {
    let locked: unknown = null;
    for (const unit of units) {
      if (locked !== null) {
        unit.reject(locked);
        continue;
      }
      await commitTogether([unit], new Set([unit])).catch((error: unknown) => {
        if (isLockedOut(error)) locked = asLockedOut(error);
        unit.reject(asLockedOut(error));
      });
    }
  };

  /** Settles every unit it was given, or throws and leaves in `open` those it has told nothing. */
  const commitTogether = async (units: readonly Unit[], open: Set<Unit>): Promise<void> => {
    let left = units;
    while (left.length > 0) {
      const attempt = await tryCommit(left);
      if (attempt.committed) {
        for (const unit of left) unit.resolve({ ok: true });
        return;
      }
      for (const [unit, lost] of attempt.losers) {
        open.delete(unit);
        unit.resolve({ ok: false, lost });
      }
      left = left.filter((unit) => !attempt.losers.has(unit));
    }
  };

  type Attempt =
    | { committed: true }
    | { committed: false; losers: ReadonlyMap<Unit, WriteStatement> };

  // Mostly nobody loses: then a statement for which one would is an error, and COMMIT is said while they are run.
  // Only otherwise it is asked who did.
  const tryCommit = async (units: readonly Unit[], keys?: 'keys'): Promise<Attempt> => {
    const current = openNow() ?? (await openConnection());
    const tables = byStatement(units);
    const unknown = wholeRows.unknownTo(current, tables);
    if (unknown.length > 0) await wholeRows.learn(current, unknown);
    const asked = tables.some(areTwoOfOne) ? 'keys' : keys;
    const entering: Call = {
      statement: enterBatch,
      values: scopeValues(accountsOf(units), settings.livemode),
    };
    const calls = wholeRows.callsFor(current, tables, asked);
    const batch = { current, tables, entering, calls };
    const areSure = calls.every(({ statement }) => statement.isSure);
    try {
      return areSure ? await commitAtOnce(batch) : await commitOnceHeard(batch);
    } catch (error) {
      if (!current.broken) await current.send(rollback).catch(() => {});
      if (wholeRows.isNotTaken(error)) return tryCommit(units, keys);
      const areAsked = asked === 'keys';
      if (!areAsked && isServerError(error) && lost.has(error.code))
        return tryCommit(units, 'keys');
      throw error;
    }
  };

  type Batch = {
    readonly current: Connection;
    readonly tables: readonly Table[];
    readonly entering: Call;
    readonly calls: readonly Call[];
  };

  const commitAtOnce = async (batch: Batch): Promise<Attempt> => {
    const { current, tables, entering, calls } = batch;
    let entered: Entered | undefined;
    const areNotes = tables.every(({ statement }) => statement.isNote);
    if (areNotes) settings.crashPoint('commit.before');
    // What is to be looked up should COMMIT not be answered is known before it is said. It is an exchange of its own,
    // so that the server waits for it no longer than for anybody; behind an error it undoes what there is.
    let committed = null as Promise<unknown> | null;
    const heard = ([row]: readonly Row[]): void => {
      entered = row as Entered;
      settings.crashPoint('commit.before');
      committed = current.send(commit);
      committed.catch(() => {});
    };
    // What is said together outside of BEGIN is a transaction of its own, and committed with its last statement.
    const said = areNotes
      ? [entering, ...calls]
      : [{ statement: begin }, { ...entering, heard }, ...calls];
    try {
      await current.sendTogether(said);
      await committed;
    } catch (error) {
      // An answer, or so early a silence that COMMIT was not said.
      if (entered === undefined || !current.broken) throw error;
      if ((await outcomeOf(entered)) === 'aborted') throw error;
    }
    settings.crashPoint('commit.after');
    return { committed: true };
  };

  const commitOnceHeard = async ({ current, tables, entering, calls }: Batch): Promise<Attempt> => {
    const rows = await current.sendTogether([{ statement: begin }, entering, ...calls]);
    const told = calls.map(({ statement }, index) =>
      statement.isSure ? null : ((rows[index + 2] ?? []) as Returned[]),
    );
    const losers = findLosers(tables, told);
    if (losers.size > 0) {
      await current.send(rollback);
      return { committed: false, losers };
    }

    settings.crashPoint('commit.before');
    const [entered] = (rows[1] ?? []) as Entered[];
    try {
      await current.send(commit);
    } catch (error) {
      if (isServerError(error)) throw error;
      if ((await outcomeOf(present(entered, 'The batch'))) === 'aborted') throw error;
    }
    settings.crashPoint('commit.after');
    return { committed: true };
  };

  const openNow = (): Connection | null => (connection?.broken === false ? connection : null);

  const openConnection = async (): Promise<Connection> => {
    const open = openNow();
    if (open !== null) return open;
    connection?.destroy();
    connection = null;
    connection = await settings.connect();
    return connection;
  };

  /** What became of a COMMIT that nobody answered. Only the database may say. */
  const outcomeOf = async ({ xid, server, at }: Entered): Promise<'committed' | 'aborted'> => {
    for (let waitMs = 50; waitMs <= 6_400; waitMs *= 2) {
      try {
        const asked = await openConnection();
        const [row] = await asked.send<Status>(statusOf, [xid, server, at]);
        if (row?.status === 'aborted') return 'aborted';
        if (row?.status === 'committed') {
          if (row.history === 'same') return 'committed';
          if (row.history === 'lost') return 'aborted';
          throw new CommitUnknown(`transaction ${xid}`);
        }
      } catch (error) {
        if (error instanceof CommitUnknown) throw error;
        // Not given out yet by a server that has crashed: then ours was lost with the crash.
        if (isServerError(error) && error.code === NUMBER_OF_THE_FUTURE) return 'aborted';
        if (isServerError(error)) throw new CommitUnknown(`transaction ${xid}`, { cause: error });
      }
      await wait(waitMs);
    }
    throw new CommitUnknown(`transaction ${xid}`);
  };

  return {
    submit,
    close: async () => {
      closed = true;
      await running;
      await connection?.close();
    },
  };
};

type Table = {
  readonly statement: WriteStatement;
  readonly rows: { readonly unit: Unit; readonly row: readonly unknown[] }[];
};

const byStatement = (units: readonly Unit[]): Table[] => {
  const tables = new Map<string, Table>();
  for (const unit of units) {
    for (const { into, row } of unit.writes) {
      let table = tables.get(into.name);
      if (table === undefined) {
        table = { statement: into, rows: [] };
        tables.set(into.name, table);
      }
      table.rows.push({ unit, row });
    }
  }
  // Rows in the order of their keys: two lanes then lock in one order and cannot wait in a circle.
  for (const { statement, rows } of tables.values()) {
    if (rows.length === 1) continue;
    const key = statement.keyColumn;
    rows.sort((a, b) => (String(a.row[key]) < String(b.row[key]) ? -1 : 1));
  }
  return [...tables.values()].sort((a, b) => a.statement.rank - b.statement.rank);
};

const accountsOf = (units: readonly Unit[]): readonly string[] => {
  const [{ accountId } = { accountId: '' }] = units;
  return units.every((unit) => unit.accountId === accountId)
    ? [accountId]
    : [...new Set(units.map((unit) => unit.accountId))];
};

/** A row that is there already, or fewer than were given. */
const lost = new Set(['23505', '22012']);

const areTwoOfOne = ({ statement, rows }: Table): boolean =>
  statement.isNote !== true && hasTwoOfOne(rows, statement.keyColumn);

/** For each row that took effect its key. */
type Returned = { readonly key: string };

/** `returned`: by each statement; null where it would have been an error to lose. */
const findLosers = (
  tables: readonly Table[],
  returned: readonly (readonly Returned[] | null)[],
): Map<Unit, WriteStatement> => {
  const losers = new Map<Unit, WriteStatement>();
  tables.forEach(({ statement, rows }, index) => {
    const told = returned[index] ?? null;
    if (told === null) return;
    // As it mostly is; a set of all keys would cost what a hundred comparisons do not.
    if (told.length === rows.length && !hasTwoOfOne(rows, statement.keyColumn)) return;
    const won = new Set(told.map(({ key }) => key));
    const taken = new Set<string>();
    for (const { unit, row } of rows) {
      const key = String(row[statement.keyColumn]);
      // Two rows of one key cannot both have won, whatever the statement says of the key.
      if (won.has(key) && !taken.has(key)) {
        taken.add(key);
        continue;
      }
      if (!losers.has(unit)) losers.set(unit, statement);
    }
  });
  return losers;
};

/** The rows are in the order of their keys. */
const hasTwoOfOne = (rows: Table['rows'], key: number): boolean =>
  rows.length > 1 &&
  rows.some(({ row }, index) => index > 0 && rows[index - 1]?.row[key] === row[key]);
