// Group commit. Requests hand in units of rows; what is waiting when the lane's last batch returns
// goes out as one transaction with one statement per table. One fsync then serves many requests.
//
// A unit is all or nothing. When a row of a unit loses (its key is taken, its version is old) the
// batch is rolled back and run again without that unit: losers are rare, and a batch that undid half
// a unit would not be. A statement that fails outright makes every unit run alone, so that one broken
// unit cannot take its neighbours down.
//
// An unanswered COMMIT is not a failure: it is asked what became of it (`unanswered-commit.ts`).
//
// Where so many wait that the next batch is full already, it is said behind the one before, whose COMMIT has been said
// but not answered (`line.ts`).
//
// A database that stands still holds up nobody for longer than callers wait. Behind a batch that is not answered for some
// seconds the next goes out beside it, on a connection of its own; later it is cut, and told what is known.

import { Bug, present } from '#kit/assert';
import type {
  Commit,
  CrashPoint,
  Row,
  Scope,
  Statement,
  Write,
  WriteStatement,
} from '#kit/context';
import {
  areTwoOfOne,
  byStatement,
  findLosers,
  findStrays,
  type Returned,
  type Table,
  type Unit,
} from './batch.ts';
import { type Connection, DatabaseUnavailable, isAnswered, isServerError } from './connection.ts';
import { alone, beginOn, type Line, lineOn, takesMore, type Way } from './line.ts';
import { asLockedOut, isLockedOut, scopeValues } from './transaction.ts';
import { type Entered, outcomeOf } from './unanswered-commit.ts';
import { isOfAnother } from './wall.ts';
import { createWholeRows } from './whole-rows.ts';
import { type Call, failedAt } from './wire.ts';

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
  /** How many units wait for the next batch. */
  readonly waiting: number;
  close(): Promise<void>;
};

// Every statement of a batch goes by key: it is planned once, and never so that a table is read through.
const enterBatch: Statement = {
  name: 'enter_batch',
  text: `select set_config('app.accounts', $1, true), set_config('app.livemode', $2, true),
                set_config('plan_cache_mode', 'force_generic_plan', true),
                set_config('enable_hashjoin', 'off', true), set_config('enable_mergejoin', 'off', true),
                pg_current_xact_id()::text as xid, pg_postmaster_start_time()::text as server,
                pg_current_wal_flush_lsn()::text as flushed, pg_current_wal_insert_lsn()::text as written`,
};
const begin: Statement = { name: 'begin', text: 'begin' };
const commit: Statement = { name: 'commit', text: 'commit' };
const rollback: Statement = { name: 'rollback', text: 'rollback' };
/** Of a silence: after that its callers hear that nobody knows. A little before, it was cut. */
const UNCLEAR_AFTER_MS = 7_750;
/** We may have stood still ourselves, and not the database. */
const LOOKED_UP_FOR_MS_MIN = 1_000;

export const createLane = (settings: LaneSettings): Lane => {
  const waiting: Unit[] = [];
  const wholeRows = createWholeRows();
  const underWay = new Set<Promise<void>>();
  let line: Line | null = null;
  /** Told whenever the next batch might leave. */
  let look = (): void => {};
  let running: Promise<void> | null = null;
  let closed = false;

  const submit = (scope: Scope, writes: readonly Write[]): Promise<Commit> =>
    new Promise((resolve, reject) => {
      if (closed) return reject(new DatabaseUnavailable('The gateway is stopping.'));
      if (waiting.length >= settings.waitingMax) {
        return reject(new DatabaseUnavailable('Too many writes are waiting for the database.'));
      }
      const other = writes.find((write) => isOfAnother(scope, write));
      if (other) return reject(ofAnother(other.into));
      waiting.push({ accountId: scope.accountId, writes, resolve, reject });
      running ??= drain();
      look();
    });

  const drain = async (): Promise<void> => {
    // One turn of the event loop lets the requests that arrived together leave together.
    await new Promise((resolve) => setImmediate(resolve));
    while (waiting.length > 0) {
      await canLeave();
      const before = line;
      line = await takeLine();
      if (before !== null) giveBack(before);
      // Who was before may have failed meanwhile.
      if (line === null || !takesMore(line, isFull())) continue;
      const batch = runBatch(line, waiting.splice(0, settings.unitsMax));
      underWay.add(batch);
      void batch.finally(() => underWay.delete(batch));
    }
    running = null;
  };

  const canLeave = (): Promise<void> =>
    new Promise((resolve) => {
      look = () => {
        if (line !== null && !line.isStuck && !takesMore(line, isFull())) return;
        look = () => {};
        resolve();
      };
      look();
    });

  const isFull = (): boolean => waiting.length >= settings.unitsMax;

  /** Null: there is none, and whoever waited for one has been told so. */
  const takeLine = async (): Promise<Line | null> => {
    if (line?.isStuck === false && !line.connection.broken) return line;
    try {
      return lineOn(await settings.connect());
    } catch (error) {
      for (const unit of waiting.splice(0)) unit.reject(error);
      return null;
    }
  };

  /** One that others went beside, and that goes on, is not needed twice. */
  const giveBack = (given: Line): void => {
    if (given === line || given.ways.length > 0 || given.connection.broken) return;
    void given.connection.close();
  };

  const runBatch = async (on: Line, units: readonly Unit[]): Promise<void> => {
    const startedMs = settings.monotonicMs();
    const way = beginOn(on, startedMs, () => look());
    await settleAll(way, units);
    way.settle();
    giveBack(on);
    settings.observe?.({
      units: units.length,
      seconds: (settings.monotonicMs() - startedMs) / 1000,
    });
  };

  const settleAll = async (way: Way, units: readonly Unit[]): Promise<void> => {
    // Who was told that it lost must not be tried again: its caller has gone on without it.
    const open = new Set(units);
    try {
      await commitTogether(way, units, open);
    } catch (error) {
      if (open.size === 1 || !isServerError(error)) {
        for (const unit of open) unit.reject(asLockedOut(error));
        return;
      }
      await commitEach(way, [...open]);
    }
  };

  /** Where one waits in vain for what others hold, those behind it would too, one after the other. */
  const commitEach = async (way: Way, units: readonly Unit[]): Promise<void> => {
    let why: unknown = null;
    for (const unit of units) {
      if (why !== null) {
        unit.reject(why);
        continue;
      }
      await commitTogether(way, [unit], new Set([unit])).catch((error: unknown) => {
        unit.reject(asLockedOut(error));
        if (isLockedOut(error)) why = asLockedOut(error);
        // Nothing was said of those behind it, whatever is known of this one.
        else if (way.line.connection.broken) {
          why = new DatabaseUnavailable('The database does not answer.', { cause: error });
        }
      });
    }
  };

  /** Settles every unit it was given, or throws and leaves in `open` those it has told nothing. */
  const commitTogether = async (
    way: Way,
    units: readonly Unit[],
    open: Set<Unit>,
  ): Promise<void> => {
    let left = units;
    while (left.length > 0) {
      const attempt = await tryCommit(way, left);
      if (attempt.committed) {
        tellCommitted(left);
        return;
      }
      for (const [unit, lost] of attempt.losers) {
        open.delete(unit);
        unit.resolve({ ok: false, lost });
      }
      for (const [unit, into] of attempt.strays) {
        open.delete(unit);
        unit.reject(ofAnother(into));
      }
      left = left.filter((unit) => !attempt.losers.has(unit) && !attempt.strays.has(unit));
    }
  };

  /** What waits leaves first: otherwise the server would have nothing to do while these go on. */
  const tellCommitted = (units: readonly Unit[]): void => {
    const tell = (): void => {
      for (const unit of units) {
        for (const write of unit.writes) write.committed?.();
        unit.resolve({ ok: true });
      }
    };
    if (waiting.length > 0) setImmediate(tell);
    else tell();
  };

  type Attempt =
    | { committed: true }
    | {
        committed: false;
        losers: ReadonlyMap<Unit, WriteStatement>;
        strays: ReadonlyMap<Unit, WriteStatement>;
      };

  // Mostly nobody loses: then a statement for which one would is an error, and COMMIT is said while they are run.
  // Only otherwise it is asked who did.
  const tryCommit = async (way: Way, units: readonly Unit[], keys?: 'keys'): Promise<Attempt> => {
    if (way.isBegun) await alone(way);
    way.isBegun = true;
    const { connection } = way.line;
    // Whatever was said before has been answered.
    way.looks = 0;
    way.triedMs = settings.monotonicMs();
    const tables = byStatement(units);
    const unknown = wholeRows.unknownTo(connection, tables);
    if (unknown.length > 0) await wholeRows.learn(connection, unknown);
    const asked = tables.some(areTwoOfOne) ? 'keys' : keys;
    const entering: Call = {
      statement: enterBatch,
      values: scopeValues(accountsOf(units), settings.livemode),
    };
    const calls = wholeRows.callsFor(connection, tables, asked);
    const batch = { way, tables, entering, calls };
    const areSure = calls.every(({ statement }) => statement.isSure);
    try {
      return areSure ? await commitAtOnce(batch) : await commitOnceHeard(batch);
    } catch (error) {
      // A COMMIT behind an error has undone what there was, and what stands behind it is another's.
      if (!way.isSaid && !connection.broken) await connection.send(rollback).catch(() => {});
      await alone(way);
      if (wholeRows.isNotTaken(error, calls)) return tryCommit(way, units, keys);
      if (!way.wasUnprepared && isServerError(error) && error.code === UNKNOWN_STATEMENT) {
        way.wasUnprepared = true;
        return tryCommit(way, units, keys);
      }
      const areAsked = asked === 'keys';
      if (!areAsked && isServerError(error) && lost.has(error.code))
        return tryCommit(way, units, 'keys');
      if (units.length > 1 || !isServerError(error) || !isRefusal.test(error.code)) throw error;
      const losers = await losersBeside(batch, error);
      if (losers.size === 0) throw error;
      return { committed: false, losers, strays: new Map() };
    }
  };

  type Batch = {
    readonly way: Way;
    readonly tables: readonly Table[];
    readonly entering: Call;
    readonly calls: readonly Call[];
  };

  const commitAtOnce = async (batch: Batch): Promise<Attempt> => {
    const { way, tables, entering, calls } = batch;
    let entered: Entered | undefined;
    const areNotes = tables.every(({ statement }) => statement.isNote);
    if (areNotes) settings.crashPoint('commit.before');
    // What is to be looked up should COMMIT not be answered is known before it is said. It is an exchange of its own,
    // so that the server waits for it no longer than for anybody; behind an error it undoes what there is.
    let committed = null as Promise<unknown> | null;
    const heard = ([row]: readonly Row[]): void => {
      entered = row as Entered;
      settings.crashPoint('commit.before');
      committed = way.line.connection.send(commit);
      committed.catch(() => {});
      way.isSaid = true;
      look();
    };
    // What is said together outside of BEGIN is a transaction of its own, and committed with its last statement.
    const said = areNotes
      ? [entering, ...calls]
      : [{ statement: begin }, { ...entering, heard }, ...calls];
    try {
      await way.line.connection.sendTogether(said);
      await committed;
      way.isSaid = false;
    } catch (error) {
      // So early a silence that COMMIT was not said.
      if (entered === undefined) throw error;
      await mustBeCommitted(way, entered, error);
    }
    settings.crashPoint('commit.after');
    return { committed: true };
  };

  const commitOnceHeard = async ({ way, tables, entering, calls }: Batch): Promise<Attempt> => {
    const { connection } = way.line;
    const rows = await connection.sendTogether([{ statement: begin }, entering, ...calls]);
    const told = calls.map(({ statement }, index) =>
      statement.isSure ? null : ((rows[index + BEFORE_TABLES] ?? []) as Returned[]),
    );
    const strays = findStrays(tables, told);
    // What was lost to a stray is none.
    const losers = strays.size > 0 ? new Map() : findLosers(tables, told);
    if (losers.size > 0 || strays.size > 0) {
      await connection.send(rollback);
      return { committed: false, losers, strays };
    }

    settings.crashPoint('commit.before');
    const [entered] = (rows[1] ?? []) as Entered[];
    try {
      await connection.send(commit);
    } catch (error) {
      await mustBeCommitted(way, present(entered, 'The batch'), error);
    }
    settings.crashPoint('commit.after');
    return { committed: true };
  };

  /**
   * Who decided by a row that is old by now may write what a constraint refuses, and must hear that it lost rather than
   * that it is wrong. So all but what was refused is tried, and undone.
   */
  const losersBeside = async (
    { way, tables, entering }: Batch,
    error: unknown,
  ): Promise<ReadonlyMap<Unit, WriteStatement>> => {
    const { connection } = way.line;
    const refused = tables[(failedAt(error) ?? 0) - BEFORE_TABLES];
    if (connection.broken || refused === undefined) return new Map();
    const others = tables.filter((table) => table !== refused);
    const calls = wholeRows.callsFor(connection, others, 'keys');
    try {
      const rows = await connection.sendTogether([{ statement: begin }, entering, ...calls]);
      return findLosers(others, rows.slice(BEFORE_TABLES) as Returned[][]);
    } catch {
      // What else is wrong says nothing of losers.
      return new Map();
    } finally {
      if (!connection.broken) await connection.send(rollback).catch(() => {});
    }
  };

  /** An answer says by itself that it is not. Of a silence the database is asked. */
  const mustBeCommitted = async (way: Way, entered: Entered, error: unknown): Promise<void> => {
    if (isAnswered(error) || !way.line.connection.broken) throw error;
    way.line.wasCut();
    const leftMs = way.triedMs + UNCLEAR_AFTER_MS - settings.monotonicMs();
    const limitMs = Math.max(LOOKED_UP_FOR_MS_MIN, leftMs);
    if ((await outcomeOf(settings.connect, entered, limitMs)) === 'aborted') throw error;
  };

  return {
    submit,
    get waiting() {
      return waiting.length;
    },
    close: async () => {
      closed = true;
      await running;
      await Promise.all(underWay);
      await line?.connection.close();
    },
  };
};

const accountsOf = (units: readonly Unit[]): readonly string[] => {
  const [{ accountId } = { accountId: '' }] = units;
  return units.every((unit) => unit.accountId === accountId)
    ? [accountId]
    : [...new Set(units.map((unit) => unit.accountId))];
};

const ofAnother = ({ name }: WriteStatement): Bug =>
  new Bug(`${name} was to write for one account what is another's, or the other mode's`);

/** A row that is there already, or fewer than were given. */
const lost = new Set(['23505', '22012']);
/** Named first by a batch that failed before it. */
const UNKNOWN_STATEMENT = '26000';
/** By a constraint of the database. */
const isRefusal = /^23/;
/** BEGIN, and what a batch may see. */
const BEFORE_TABLES = 2;
