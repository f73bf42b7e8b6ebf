// An account is under attack: most of what is tried there fails. Said in the log and written down once in
// ten minutes, for whoever runs the installation and for the account's own list.

import { type Context, type Row, realClock, type Scope, type Write } from '#kit/context';
import { insertRows, ownRows, rank, readOwn, spellTime, statement } from '#platform/db';
import type { Tally } from './tries.store.ts';

const PERIOD_MS = 10 * 60_000;
const KEPT_MAX = 10_000;

type Noted = Map<string, number>;
const notedBy = new WeakMap<Context['database'], Noted>();

const notedOf = ({ database }: Pick<Context, 'database'>): Noted => {
  const noted = notedBy.get(database) ?? new Map<string, number>();
  notedBy.set(database, noted);
  return noted;
};

export const noteAttack = async (
  context: Context,
  scope: Scope,
  { bad, good }: Pick<Tally, 'bad' | 'good'>,
): Promise<void> => {
  const noted = notedOf(context);
  const period = Math.floor(realClock(context.clock).now() / PERIOD_MS);
  const key = `${scope.accountId} ${scope.livemode}`;
  if (noted.get(key) === period) return;
  if (noted.size >= KEPT_MAX) noted.clear();
  noted.set(key, period);
  context.log.warn(
    { accountId: scope.accountId, livemode: scope.livemode, why: 'card_testing', count: bad },
    'cards are being tested at an account: payers there have to prove work, and then who they are',
  );
  await context.database.commit(scope, [
    insertAttack(scope, { beganAtMs: period * PERIOD_MS, tries: bad + good, inVain: bad }),
  ]);
};

/** Of this process, within the last ten minutes. */
export const accountsUnderAttack = (context: Pick<Context, 'database' | 'clock'>): number => {
  const period = Math.floor(realClock(context.clock).now() / PERIOD_MS);
  return [...notedOf(context).values()].filter((noted) => noted >= period - 1).length;
};

export type Attack = {
  readonly beganAtMs: number;
  readonly tries: number;
  readonly inVain: number;
};

// Another process may have said so in the same ten minutes.
const insertAttackRow = insertRows({
  name: 'card_attacks.insert',
  table: 'payments.card_attacks',
  columns: {
    account_id: 'uuid',
    livemode: 'boolean',
    began_at: 'timestamptz',
    tries: 'integer',
    in_vain: 'integer',
  },
  key: 'account_id',
  rank: rank.insert,
  orNothing: true,
});

const insertAttack = (scope: Scope, attack: Attack): Write => ({
  into: insertAttackRow,
  row: [scope.accountId, scope.livemode, spellTime(attack.beganAtMs), attack.tries, attack.inVain],
});

const list = statement(
  'card_attacks.list',
  `select extract(epoch from began_at) * 1000 as began_at, tries, in_vain
     from payments.card_attacks where ${ownRows}
    order by began_at desc limit 100`,
);

export const listAttacks = async (context: Context, scope: Scope): Promise<readonly Attack[]> => {
  const rows = await readOwn<
    Row & { readonly began_at: string; readonly tries: number; readonly in_vain: number }
  >(context, scope, list);
  return rows.map((row) => ({
    beganAtMs: Number(row.began_at),
    tries: row.tries,
    inVain: row.in_vain,
  }));
};
