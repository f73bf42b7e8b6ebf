// What falls due, whosever it is. Functions of the database find it and say whose it is; the work on a
// row then runs under that scope.

import type { Context, Scope, Statement, Tx, Write } from '#kit/context';
import type { Uuid } from '#kit/ids';
import { spellTime } from './spell.ts';
import { rank, statement, writeRows } from './write.ts';

export type Owned = { readonly account_id: string; readonly livemode: boolean };

export const scopeOf = ({ account_id, livemode }: Owned): Scope => ({
  accountId: account_id,
  livemode,
});

export type Due = { readonly scope: Scope; readonly id: Uuid };

/** `text` is asked with the moment, how many at most, and the accounts whose turn it is not. */
export const findDue = (name: string, text: string) => {
  const found = statement(name, text);
  return (tx: Tx, nowMs: number, atMost: number, butOf: readonly string[]): Promise<Due[]> =>
    dueRows(tx, found, [spellTime(nowMs), atMost, butOf]);
};

export type LeaseLimits = {
  readonly nowMs: number;
  readonly atMost: number;
  readonly leaseMs: number;
};

/** `text` is asked with the moment, how many at most, and for how long nobody else may take them. */
export const leaseDue = (name: string, text: string) => {
  const lease = statement(name, text);
  return (tx: Tx, { nowMs, atMost, leaseMs }: LeaseLimits): Promise<Due[]> =>
    dueRows(tx, lease, [spellTime(nowMs), atMost, leaseMs]);
};

const dueRows = async (tx: Tx, found: Statement, values: readonly unknown[]): Promise<Due[]> => {
  const rows = await tx.query<Owned & { id: Uuid }>(found, values);
  return rows.map((row) => ({ scope: scopeOf(row), id: row.id }));
};

/** What was done with a row under the lease that was taken on it. */
type Concluded = {
  readonly id: Uuid;
  readonly state: number;
  readonly attempts: number;
  readonly dueAtMs: number | null;
  readonly tries: readonly unknown[];
  readonly leaseEpoch: number;
};

/** Only under the lease that was taken: who slept past it changes nothing. */
export const concluding = ({
  name,
  table,
  also,
  where,
}: {
  readonly name: string;
  readonly table: string;
  /** What else the row then says, of what is `given`. */
  readonly also?: string;
  /** A further condition on the row as it stands, which is called `kept`. */
  readonly where?: string;
}) => {
  const into = writeRows({
    name,
    columns: {
      account_id: 'uuid',
      livemode: 'boolean',
      id: 'uuid',
      state: 'smallint',
      attempts: 'smallint',
      due_at: 'timestamptz',
      tries: 'json',
      lease_epoch: 'integer',
    },
    key: 'id',
    rank: rank.update,
    text: (given) => `update ${table} kept
   set state = given.state, attempts = given.attempts, due_at = given.due_at, tries = given.tries
       ${also === undefined ? '' : `, ${also}`}
  from ${given}
 where kept.account_id = given.account_id and kept.livemode = given.livemode
   and kept.id = given.id and kept.lease_epoch = given.lease_epoch
   ${where === undefined ? '' : `and ${where}`}
returning kept.id::text as key`,
  });
  return (scope: Scope, it: Concluded): Write => ({
    into,
    row: [
      scope.accountId,
      scope.livemode,
      it.id,
      it.state,
      it.attempts,
      it.dueAtMs,
      JSON.stringify(it.tries),
      it.leaseEpoch,
    ],
  });
};

/** `text` forgets what is older than an id, so many at most, and says how many as `gone`. */
export const forgetting = (name: string, text: string) => {
  const forget = statement(name, text);
  return async (context: Pick<Context, 'database'>, before: Uuid, atMost: number) => {
    const [row] = await context.database.system((tx) =>
      tx.query<{ gone: number }>(forget, [before, atMost]),
    );
    return row?.gone ?? 0;
  };
};
