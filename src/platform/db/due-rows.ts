// What falls due, whosever it is. Functions of the database find it and say whose it is; the work on a
// row then runs under that scope.

import type { Scope, Statement, Tx } from '#kit/context';
import type { Uuid } from '#kit/ids';
import { spellTime } from './spell.ts';
import { statement } from './write.ts';

export type Owned = { readonly account_id: string; readonly livemode: boolean };

export const scopeOf = ({ account_id, livemode }: Owned): Scope => ({
  accountId: account_id,
  livemode,
});

export type Due = { readonly scope: Scope; readonly id: Uuid };

/** `text` is asked with the moment and how many at most. */
export const findDue = (name: string, text: string) => {
  const found = statement(name, text);
  return (tx: Tx, nowMs: number, atMost: number): Promise<Due[]> =>
    dueRows(tx, found, [spellTime(nowMs), atMost]);
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
