// Whose turn it is to be looked at. Every connector account has a pace and places of its own, and none has a second turn
// while another waits for its first. The pace is a share of what its provider hears of it anyway, for the accounts of many
// merchants may lead to one bank. Those that are not answered share half of all places: a provider that hangs may have
// hundreds of accounts, and each of them would keep its own full.

import type { Clock } from '#kit/context';
import type { Uuid } from '#kit/ids';
import { type Budget, type BudgetSettings, fullBudget, spend } from './pace.ts';
import type { Usual } from './usual.ts';

export type TurnSettings = {
  /** Of each connector account, at most. */
  readonly budget: BudgetSettings;
  /** So many are looked at at a time, of all accounts. */
  readonly atOnce: number;
};

export type Turns = {
  /** How many may be begun now, and the accounts whose turn it is not. `failing` are known not to be answered. */
  next(failing: readonly Uuid[]): {
    readonly atMost: number;
    readonly butOf: readonly Uuid[];
    /** None is left out for having had its turn alone. */
    readonly isFirst: boolean;
  };
  /** One of this account is begun; what it gives is called at its end. */
  begin(account: Uuid): () => void;
  /** Whether its provider answered when it was last asked. */
  heard(account: Uuid, answered: boolean): void;
  usual(account: Uuid, usual: Usual): void;
  /** Of those who had no turn yet nothing is due: it is everybody's again. */
  again(): void;
};

/** So many accounts together may take all that there is; one alone takes its share. */
const SHARES = 5;
/** Of what is usual, so much is added by looking. */
const ADDED_SHARE = 0.1;
/**
 * Of the pace, where little is usual, or not known yet: such a shop wants to know as well. Payers who are away are looked
 * after at that pace too, and what nobody knows is not to wait behind them.
 */
const LEAST_SHARE = 0.5;
/** Longer than until what is usual of an account is learned for the second time from then, while it is looked at: once it may fail. */
const LATELY_MS = 150_000;
/** So many are taken in one turn. */
const TURN = 5;
/** Of the places, for all together that are not answered. Whoever is has the rest. */
const UNANSWERED_SHARE = 0.5;

export const createTurns = (clock: Clock, { budget: pace, atOnce }: TurnSettings): Turns => {
  const burstSeconds = pace.burst / pace.perSecond;
  const share = Math.max(1, Math.floor(atOnce / SHARES));
  const turn = Math.max(1, Math.min(TURN, share, Math.floor(pace.burst)));
  const unansweredMax = Math.max(turn, Math.floor(atOnce * UNANSWERED_SHARE));
  const budgets = new Map<Uuid, Budget>();
  const underWay = new Map<Uuid, number>();
  const unanswered = new Set<Uuid>();
  const usual = new Map<Uuid, { readonly perSecond: number; readonly atMs: number }>();
  let workers = 1;
  let hadTheirs = new Set<Uuid>();
  /** Those not answered, while their places are taken. */
  let kept: ReadonlySet<Uuid> = new Set();
  let begun = 0;

  /** What may be added for so many usual calls, not less and not more than that. */
  const added = (calls: number, least: number, most: number): number =>
    Math.min(Math.max(calls * ADDED_SHARE, least), most) / workers;

  const paceOf = (account: Uuid): BudgetSettings => ({
    perSecond: added(
      usual.get(account)?.perSecond ?? 0,
      pace.perSecond * LEAST_SHARE,
      pace.perSecond,
    ),
    burst: pace.burst,
  });

  /** Of those that were looked at lately. */
  const paceOfAll = (): BudgetSettings => {
    const sinceMs = clock.monotonicMs() - LATELY_MS;
    for (const [account, { atMs }] of usual) if (atMs < sinceMs) usual.delete(account);
    const calls = [...usual.values()].reduce((sum, { perSecond }) => sum + perSecond, 0);
    const perSecond = added(calls, pace.perSecond * SHARES * LEAST_SHARE, pace.perSecond * SHARES);
    // However many workers there are, each has a turn at a time.
    return { perSecond, burst: Math.max(turn, perSecond * burstSeconds) };
  };
  let ofAll = fullBudget(paceOfAll(), clock.monotonicMs());

  const placesOf = (accounts: Iterable<Uuid>): number =>
    [...accounts].reduce((sum, each) => sum + (underWay.get(each) ?? 0), 0);

  const tokensOf = (budget: Budget, of: BudgetSettings): number =>
    spend(budget, of, Number.POSITIVE_INFINITY, clock.monotonicMs()).granted;

  const isOut = (account: Uuid): boolean => {
    if ((underWay.get(account) ?? 0) + turn > share) return true;
    const budget = budgets.get(account);
    if (budget === undefined) return false;
    const tokens = tokensOf(budget, paceOf(account));
    if (tokens >= Math.floor(pace.burst)) budgets.delete(account);
    return tokens < turn;
  };

  return {
    next: (failing) => {
      const atMost = Math.min(turn, atOnce - begun, tokensOf(ofAll, paceOfAll()));
      const silent = unanswered.union(new Set(failing));
      kept = placesOf(silent) + turn > unansweredMax ? silent : new Set();
      const known = new Set([...hadTheirs, ...budgets.keys(), ...underWay.keys(), ...kept]);
      return {
        atMost,
        butOf: [...known].filter((each) => hadTheirs.has(each) || kept.has(each) || isOut(each)),
        isFirst: hadTheirs.isSubsetOf(kept),
      };
    },
    begin: (account) => {
      const nowMs = clock.monotonicMs();
      ofAll = spend(ofAll, paceOfAll(), 1, nowMs).budget;
      const its = paceOf(account);
      budgets.set(
        account,
        spend(budgets.get(account) ?? fullBudget(its, nowMs), its, 1, nowMs).budget,
      );
      underWay.set(account, (underWay.get(account) ?? 0) + 1);
      begun += 1;
      hadTheirs.add(account);
      return () => {
        begun -= 1;
        const left = (underWay.get(account) ?? 0) - 1;
        if (left > 0) underWay.set(account, left);
        else underWay.delete(account);
      };
    },
    heard: (account, answered) => {
      if (answered) unanswered.delete(account);
      else unanswered.add(account);
    },
    usual: (account, { perSecond, workers: alive }) => {
      usual.set(account, { perSecond, atMs: clock.monotonicMs() });
      workers = Math.max(1, alive);
    },
    // Of those that wait for a place of their half nothing is known: their order stays.
    again: () => {
      hadTheirs = hadTheirs.intersection(kept);
    },
  };
};
