import type { Context, Row, Scope, Write } from '#kit/context';
import { insertRows, rank, spellTime, statement, writeRows } from '#platform/db';
import { type FeeRule, type FeeRuleSet, STANDARD_FEES } from './fee-rules.ts';

type RulesRow = Row & { readonly version: number; readonly rules: readonly FeeRule[] };

const insertVersion = insertRows({
  name: 'fees.insert',
  table: 'books.fee_rules',
  columns: {
    account_id: 'uuid',
    livemode: 'boolean',
    version: 'integer',
    valid_from: 'timestamptz',
    rules: 'json',
  },
  key: 'version',
  rank: rank.insert,
  orNothing: true,
});

const inForce = statement(
  'fees.in_force',
  `select r.version, r.rules from books.fee_rules r
    where r.account_id = $1 and r.livemode = $2 and r.valid_from <= $3::timestamptz
      and not exists (select from books.fee_withdrawals w
                       where (w.account_id, w.livemode, w.version) = (r.account_id, r.livemode, r.version))
    order by r.valid_from desc, r.version desc limit 1`,
);
const newest = statement(
  'fees.newest',
  `select version, rules from books.fee_rules
    where account_id = $1 and livemode = $2 order by version desc limit 1`,
);

const all = statement(
  'fees.all',
  `select r.version, r.rules, r.valid_from as "validFromMs", w.withdrawn_at as "withdrawnAtMs"
     from books.fee_rules r
     left join books.fee_withdrawals w
       on (w.account_id, w.livemode, w.version) = (r.account_id, r.livemode, r.version)
    where r.account_id = $1 and r.livemode = $2 order by r.version desc`,
);

const setOf = (row: RulesRow | undefined): FeeRuleSet =>
  row === undefined ? STANDARD_FEES : { version: row.version, rules: row.rules };

type Kept = { readonly set: Promise<FeeRuleSet>; readonly untilMs: number };
/** A new price may take so long to reach every process; a payment then costs no look-up of its own. */
const KEEP_MS = 2_000;
const KEPT_MAX = 10_000;
const keptBy = new WeakMap<Context['database'], Map<string, Kept>>();

/** The rules in force now; the standard ones where nobody has set any. */
export const loadFeeRules = (context: Context, scope: Scope): Promise<FeeRuleSet> => {
  const kept = keptBy.get(context.database) ?? new Map<string, Kept>();
  keptBy.set(context.database, kept);
  const key = `${scope.accountId} ${scope.livemode}`;
  const known = kept.get(key);
  if (known !== undefined && context.clock.monotonicMs() < known.untilMs) return known.set;

  const set = readFeeRules(context, scope);
  if (kept.size >= KEPT_MAX) kept.clear();
  kept.set(key, { set, untilMs: context.clock.monotonicMs() + KEEP_MS });
  set.catch(() => {
    if (kept.get(key)?.set === set) kept.delete(key);
  });
  return set;
};

const readFeeRules = async (context: Context, scope: Scope): Promise<FeeRuleSet> => {
  const [row] = await context.database.read<RulesRow>(scope, inForce, [
    scope.accountId,
    scope.livemode,
    spellTime(context.clock.now()),
  ]);
  return setOf(row);
};

export const loadNewestVersion = async (context: Context, scope: Scope): Promise<number> => {
  const [row] = await context.database.read<RulesRow>(scope, newest, [
    scope.accountId,
    scope.livemode,
  ]);
  return row?.version ?? STANDARD_FEES.version;
};

export type FeeRuleVersion = FeeRuleSet & {
  /** Null: the built-in ones, in force until others were. */
  readonly validFromMs: number | null;
  /** Before it began: it never will. */
  readonly withdrawnAtMs: number | null;
};
type VersionRow = RulesRow & {
  readonly validFromMs: number;
  readonly withdrawnAtMs: number | null;
};

/** All that ever were, the newest first: each entry remembers the version by which its fee was reckoned. */
export const listFeeRules = async (
  context: Pick<Context, 'database'>,
  scope: Scope,
): Promise<readonly FeeRuleVersion[]> => [
  ...(await context.database.read<VersionRow>(scope, all, [scope.accountId, scope.livemode])),
  { ...STANDARD_FEES, validFromMs: null, withdrawnAtMs: null },
];

export const insertFeeRules = (
  scope: Scope,
  set: FeeRuleSet & { readonly validFromMs: number },
): Write => ({
  into: insertVersion,
  row: [
    scope.accountId,
    scope.livemode,
    set.version,
    spellTime(set.validFromMs),
    JSON.stringify(set.rules),
  ],
});

/** What begins sooner may have begun somewhere when it is withdrawn. */
export const WITHDRAWN_BEFORE_MS = 60_000;

// The clock of who asks may be late. In test mode it is one that is moved, which the database knows nothing of.
const withdraw = writeRows({
  name: 'fees.withdraw',
  columns: {
    account_id: 'uuid',
    livemode: 'boolean',
    version: 'integer',
    withdrawn_at: 'timestamptz',
  },
  key: 'version',
  rank: rank.insert,
  text: (given) => `insert into books.fee_withdrawals (account_id, livemode, version, withdrawn_at)
select r.account_id, r.livemode, r.version, given.withdrawn_at
  from ${given} join books.fee_rules r
    on r.account_id = given.account_id and r.livemode = given.livemode and r.version = given.version
 where r.valid_from >= case when r.livemode then greatest(given.withdrawn_at, clock_timestamp())
                            else given.withdrawn_at end + interval '${WITHDRAWN_BEFORE_MS} milliseconds'
on conflict do nothing
returning version::text as key`,
});

/** Loses where there is no such version, or it begins too soon, or was withdrawn already. */
export const insertWithdrawal = (
  scope: Scope,
  { version, atMs }: { readonly version: number; readonly atMs: number },
): Write => ({
  into: withdraw,
  row: [scope.accountId, scope.livemode, version, spellTime(atMs)],
});
