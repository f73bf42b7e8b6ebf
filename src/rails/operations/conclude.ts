// What is known of an operation, from all that was ever learned of it. The one place where that is
// decided: an answer, a webhook, a look-up and a line of a statement end here and nowhere else.
//
// Words are merged as a lattice, so that neither their order nor their repetition matters:
//
//   unknown < not_sent < pending, action_required < declined < approved < reversed
//
// Between pending and action_required the later word counts. What does not fit (another amount, another
// currency, another reference, a word nobody knows) decides nothing and is seen by a person; so is a no
// beside a yes. No evidence at all leaves everything as it is.

import type { Echo, Evidence, Outcome, Told } from './evidence.ts';
import type { Operation } from './operation.ts';
import { type Concluded, isFinished, next, type OperationState } from './operation-states.ts';

export type Alert =
  | 'amount_differs'
  | 'currency_differs'
  | 'reference_differs'
  | 'contradiction'
  | 'may_be_paid_back_twice'
  | 'unmapped_status';

export type Conclusion = {
  readonly state: OperationState;
  readonly code: string | null;
  /** What moved: the operation's amount once it is approved, else nothing. */
  readonly amount: bigint | null;
  /** Whom the operation waits for. */
  readonly missing: 'evidence' | 'provider' | 'payer' | 'person' | null;
  /** Sorted, each once. */
  readonly alerts: readonly Alert[];
  readonly needsReview: boolean;
  /** The provider's name for it, and what else it told, with the word that counts. */
  readonly providerId: string | null;
  readonly told: Told | null;
};

type Concerned = Pick<
  Operation,
  'state' | 'code' | 'amount' | 'currency' | 'reference' | 'sends' | 'deadlineMs'
>;

export const conclude = (operation: Concerned, evidence: readonly Evidence[]): Conclusion => {
  const considered = new Set<string>();
  for (const each of evidence) for (const id of each.considered) considered.add(id);
  const isNews = ({ id }: Evidence): boolean => considered.size === 0 || !considered.has(id);
  const weighed = evidence.map((each) => weigh(operation, evidence, each));

  const word = strongestOf(weighed);
  const state =
    word === null ? operation.state : (next(operation.state, word.means) ?? operation.state);

  const alerts: Alert[] = [];
  for (const { from, differs } of weighed) {
    if (!isNews(from)) continue;
    alerts.push(...differs);
    if (from.kind === 'books') alerts.push('may_be_paid_back_twice');
    if (from.says.outcome === 'unknown' && from.says.unmapped !== undefined) {
      alerts.push('unmapped_status');
    }
  }
  if (contradicts(weighed, isNews)) alerts.push('contradiction');

  return {
    state,
    code: word === null ? operation.code : word.code,
    amount: state === 'approved' ? operation.amount : null,
    missing: missingIn(state),
    alerts: alerts.length === 0 ? alerts : [...new Set(alerts)].sort(),
    needsReview: alerts.length > 0,
    ...saidWith(word, weighed),
  };
};

/** A later word may leave out the provider's id that an earlier one named. */
const saidWith = (
  word: Weighed | null,
  weighed: readonly Weighed[],
): Pick<Conclusion, 'providerId' | 'told'> => {
  const told = word !== null && 'told' in word.from.says ? word.from.says.told : undefined;
  return { providerId: namedIn(word) ?? namedByOthers(weighed), told: told ?? null };
};

const namedByOthers = (weighed: readonly Weighed[]): string | null => {
  for (const each of weighed) {
    const named = each.differs.length === 0 ? namedIn(each) : null;
    if (named !== null) return named;
  }
  return null;
};

const namedIn = (word: Weighed | null): string | null =>
  word !== null && 'providerId' in word.from.says ? (word.from.says.providerId ?? null) : null;

type Weighed = {
  readonly from: Evidence;
  readonly means: Concluded;
  readonly code: string | null;
  /** In what it does not fit: then it means nothing. */
  readonly differs: readonly Alert[];
};

const weigh = (operation: Concerned, all: readonly Evidence[], from: Evidence): Weighed => {
  const { says, atMs } = from;
  const differs = differences(operation, says);
  const [difference] = differs;
  if (difference !== undefined) return { from, differs, means: 'unknown', code: difference };

  switch (says.outcome) {
    case 'not_found':
      return countsAsAbsent(operation, says.horizonMs, atMs)
        ? { from, differs, means: 'declined', code: 'not_found' }
        : { from, differs, means: 'unknown', code: 'not_found_yet' };
    case 'not_sent':
      return neverLeft(operation, all)
        ? { from, differs, means: 'not_sent', code: says.code }
        : { from, differs, means: 'unknown', code: 'sent_before' };
    default:
      return { from, differs, means: says.outcome, code: says.code ?? null };
  }
};

/** A provider may be slow to find what it has, and only it can say how slow. */
const countsAsAbsent = (operation: Concerned, horizonMs: number | null, askedAtMs: number) =>
  horizonMs !== null && askedAtMs >= operation.deadlineMs + horizonMs;

/** One call that provably stayed here proves nothing of the calls before it. */
const neverLeft = (operation: Concerned, all: readonly Evidence[]): boolean => {
  const stayed = new Set(
    all.flatMap(({ says, send }) => (says.outcome === 'not_sent' && send !== null ? [send] : [])),
  );
  if (operation.sends === 0) return false;
  for (let send = 1; send <= operation.sends; send += 1) if (!stayed.has(send)) return false;
  return true;
};

const strength: Readonly<Record<Concluded, number>> = {
  unknown: 0,
  not_sent: 1,
  pending: 2,
  action_required: 2,
  declined: 3,
  approved: 4,
  reversed: 5,
};

const strongestOf = (weighed: readonly Weighed[]): Weighed | null =>
  weighed.reduce<Weighed | null>(
    (strongest, each) => (strongest === null || outweighs(each, strongest) ? each : strongest),
    null,
  );

const outweighs = (a: Weighed, b: Weighed): boolean => {
  const byStrength = strength[a.means] - strength[b.means];
  if (byStrength !== 0) return byStrength > 0;
  if (a.from.atMs !== b.from.atMs) return a.from.atMs > b.from.atMs;
  return a.from.id > b.from.id;
};

/**
 * A yes beside a no; a sign of life of a call that provably stayed here. What a person says of it answers the no that
 * they considered.
 */
const contradicts = (
  weighed: readonly Weighed[],
  isNews: (evidence: Evidence) => boolean,
): boolean => {
  // Alone, as it is for most.
  if (weighed.length < 2) return false;
  const everySendStayed = weighed.some(({ means }) => means === 'not_sent');
  const clash = (a: Weighed, b: Weighed): boolean =>
    (a.means === 'approved' && b.means === 'declined' && !answers(a, b)) ||
    (a.from.says.outcome === 'not_sent' &&
      isSignOfLife(b) &&
      !answers(b, a) &&
      (everySendStayed || (a.from.send !== null && a.from.send === b.from.send)));
  return weighed.some((a) =>
    weighed.some((b) => clash(a, b) && (isNews(a.from) || isNews(b.from))),
  );
};

const answers = (word: Weighed, no: Weighed): boolean => word.from.considered.includes(no.from.id);

const isSignOfLife = ({ means, from }: Weighed): boolean =>
  from.says.outcome !== 'not_found' && means !== 'unknown' && means !== 'not_sent';

const differences = (operation: Concerned, says: Outcome): Alert[] => {
  if (says.outcome === 'not_sent' || says.outcome === 'unknown' || says.outcome === 'not_found') {
    return [];
  }
  const { amount, currency, reference }: Partial<Echo> = says;
  const found: Alert[] = [];
  if (isSaid(amount) && amount !== operation.amount) found.push('amount_differs');
  if (isSaid(currency) && currency !== operation.currency) found.push('currency_differs');
  if (isSaid(reference) && reference !== operation.reference) found.push('reference_differs');
  return found;
};

const isSaid = <T>(value: T | null | undefined): value is T =>
  value !== null && value !== undefined;

const missingIn = (state: OperationState): Conclusion['missing'] => {
  if (isFinished(state)) return null;
  if (state === 'pending') return 'provider';
  if (state === 'action_required') return 'payer';
  return state === 'human' ? 'person' : 'evidence';
};
