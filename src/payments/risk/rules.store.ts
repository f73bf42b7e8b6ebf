import type { Context, Row, Scope, Write } from '#kit/context';
import { ownRows, rank, readOwn, statement, writeRows } from '#platform/db';
import { type Ladder, ladderFor } from './ladder.ts';

/** What an account wants otherwise than the standard. */
export type OwnRules = {
  readonly enabled?: boolean;
  readonly ladder?: Partial<Ladder>;
};

export type Rules = { readonly isOn: boolean; readonly ladder: Ladder };

const find = statement(
  'defence.find',
  `select settings from payments.defence_settings where ${ownRows}`,
);

export const loadOwnRules = async (context: Context, scope: Scope): Promise<OwnRules> => {
  const [row] = await readOwn<Row & { readonly settings: OwnRules }>(context, scope, find);
  return row?.settings ?? {};
};

const KEEP_MS = 5_000;
const KEPT_MAX = 10_000;
type Kept = { readonly rules: Rules; readonly untilMs: number };
const keptBy = new WeakMap<Context['database'], Map<string, Kept>>();

/** Kept for a moment, so that a payer costs no look-up of its own. */
export const loadRules = async (context: Context, scope: Scope): Promise<Rules> => {
  const kept = keptBy.get(context.database) ?? new Map<string, Kept>();
  keptBy.set(context.database, kept);
  const key = keyOf(scope);
  const known = kept.get(key);
  if (known !== undefined && context.clock.monotonicMs() < known.untilMs) return known.rules;

  const own = await loadOwnRules(context, scope);
  const rules: Rules = {
    isOn: own.enabled ?? true,
    ladder: ladderFor(scope.livemode, own.ladder ?? {}),
  };
  if (kept.size >= KEPT_MAX) kept.clear();
  kept.set(key, { rules, untilMs: context.clock.monotonicMs() + KEEP_MS });
  return rules;
};

/** In this process at once, in others within seconds. */
export const forgetRules = ({ database }: Pick<Context, 'database'>, scope: Scope): void => {
  keptBy.get(database)?.delete(keyOf(scope));
};

const keyOf = ({ accountId, livemode }: Scope): string => `${accountId} ${livemode}`;

const setRow = writeRows({
  name: 'defence.set',
  columns: { account_id: 'uuid', livemode: 'boolean', settings: 'jsonb' },
  key: 'account_id',
  rank: rank.insert,
  text: (given) => `insert into payments.defence_settings as s (account_id, livemode, settings)
select account_id, livemode, settings from ${given}
on conflict (account_id, livemode) do update set settings = excluded.settings
returning s.account_id::text as key`,
});

export const setOwnRules = (scope: Scope, own: OwnRules): Write => ({
  into: setRow,
  row: [scope.accountId, scope.livemode, JSON.stringify(own)],
});
