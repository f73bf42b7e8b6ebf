// What a dispute and its charge become by what a provider told, or by what the merchant did: pure.

import type { Fee } from '#books/fees';
import { type Charge, countTaken } from '#payments/charges';
import type { EventKind } from '#platform/events';
import type { DisputeTold } from '#rails/connectors';
import type { Booking, Dispute } from './dispute.ts';
import {
  after,
  type DisputeStep,
  isInquiry,
  isOver,
  mayBecome,
  mayHaveBecome,
} from './dispute-states.ts';
import {
  disputeClosed,
  disputeCreated,
  disputeFundsReinstated,
  disputeFundsWithdrawn,
  disputeUpdated,
} from './events.ts';
import { freeOfCharge, reinstatement, withdrawal } from './postings.ts';

export type DecidedDispute = {
  readonly dispute: Dispute;
  readonly charge: Charge;
  readonly kinds: readonly EventKind[];
  readonly booked: Booking | null;
  /** What the merchant has lost for good now. */
  readonly lost: bigint;
};

type Known = { readonly dispute: Dispute; readonly charge: Charge };
type At = { readonly fee: Fee; readonly nowMs: number };
type Moved = Pick<DisputeTold, 'status' | 'amount' | 'currency' | 'moved' | 'respondByMs'>;

export const openDispute = (known: Known, told: DisputeTold, at: At): DecidedDispute => {
  const decided = move(known, told, at) ?? forPerson(known);
  return { ...decided, kinds: [disputeCreated, ...moneyKinds(decided.booked)] };
};

/** Null: nothing follows from it. */
export const hearDispute = (known: Known, told: DisputeTold, at: At): DecidedDispute | null => {
  if (told.status === known.dispute.status && told.moved === 0n) return null;
  const { ahead, ...dispute } = known.dispute;
  if (ahead === undefined) return hearMoved(known, told, at);
  const rest = { ...known, dispute };
  if (Number(told.moved) === ahead && told.currency === dispute.currency) {
    // A person was faster: it stands in the books by their word.
    return hearMoved(rest, { ...told, moved: 0n }, at) ?? nothing(rest, dispute, []);
  }
  // Their word covers the very next movement of what was over, and none of a later round.
  const isStillAwaited = told.moved === 0n && isOver(told.status);
  return hearMoved(isStillAwaited ? known : rest, told, at);
};

const hearMoved = (known: Known, told: DisputeTold, at: At): DecidedDispute | null => {
  const { dispute } = known;
  if (told.status === dispute.status && told.moved === 0n) return null;
  const isOutOfTurn = told.status !== dispute.status && !isHeardOf(dispute, told);
  const decided = isOutOfTurn ? null : move(known, told, at);
  if (decided === null) return forPerson(known);
  const kind = isOver(told.status) ? disputeClosed : disputeUpdated;
  return { ...decided, kinds: [kind, ...moneyKinds(decided.booked)] };
};

/** A step that was left out is believed where money that fits has moved with what came of it. */
const isHeardOf = ({ status: before }: Dispute, { status, moved }: DisputeTold): boolean =>
  mayBecome(before, status) || (moved !== 0n && mayHaveBecome(before, status));

export const personSays = ['won', 'lost', 'warning_closed'] as const;
export type PersonSays = (typeof personSays)[number];

/**
 * What a person says came of it, with the money that is not where that leaves it. `lastTold` is the last movement that
 * the bank has told, heard or not: it is not told again. Null: it cannot be.
 */
export const decideDispute = (
  known: Known,
  says: PersonSays,
  at: At,
  lastTold: Pick<DisputeTold, 'moved' | 'currency'> | undefined,
): DecidedDispute | null => {
  const { ahead, ...dispute } = known.dispute;
  const { status, amount, currency, counted, respondByMs } = dispute;
  if (!mayBecome(status, says) && !mayHaveBecome(status, says)) return null;
  const moved = counted - (says === 'lost' ? amount : 0n);
  const told = { status: says, amount, currency, moved, respondByMs };
  // What they said before was wrong: the bank has taken nothing anew, and asks for no second fee. What it had given back
  // by its own word it has.
  const isCorrected = status === 'won' && ahead !== undefined;
  const cost = isCorrected ? { ...at, fee: freeOfCharge } : at;
  const decided = move({ ...known, dispute }, told, cost);
  if (decided === null) return null;
  const isTold = lastTold?.moved === moved && lastTold.currency === currency;
  const awaited = moved === 0n ? ahead : isTold ? undefined : Number(moved);
  return {
    ...decided,
    dispute: {
      ...decided.dispute,
      needsReview: false,
      ...(awaited === undefined ? {} : { ahead: awaited }),
    },
    kinds: [disputeClosed, ...moneyKinds(decided.booked)],
  };
};

/** Null: it cannot be done to a dispute that is as this one. */
export const stepDispute = (
  known: Known,
  step: DisputeStep,
  { nowMs }: Pick<At, 'nowMs'>,
): DecidedDispute | null => {
  const status = after(known.dispute.status, step);
  if (status === null) return null;
  const dispute: Dispute = {
    ...known.dispute,
    status,
    owedAnswer: step === 'submitted' ? 'evidence' : 'concession',
    ...(step === 'submitted' ? submitted(known.dispute, nowMs) : {}),
  };
  return finish(nothing(known, dispute, [isOver(status) ? disputeClosed : disputeUpdated]));
};

const submitted = ({ submissions, respondByMs }: Dispute, nowMs: number): Partial<Dispute> => ({
  submissions: submissions + 1,
  isLate: respondByMs !== null && respondByMs < nowMs,
});

const nothing = (
  { charge }: Known,
  dispute: Dispute,
  kinds: readonly EventKind[],
): DecidedDispute => ({ dispute, charge, kinds, booked: null, lost: 0n });

/** What cannot be moves nothing. */
const forPerson = (known: Known): DecidedDispute =>
  nothing(known, { ...known.dispute, needsReview: true }, []);

const moneyKinds = (booked: Booking | null): EventKind[] => {
  if (booked === null) return [];
  return [booked.purpose === 'dispute' ? disputeFundsWithdrawn : disputeFundsReinstated];
};

/** Null: it does not fit. */
const move = ({ dispute, charge }: Known, told: Moved, at: At): DecidedDispute | null => {
  const as: Dispute = {
    ...dispute,
    status: told.status,
    respondByMs: told.respondByMs,
    caseType: caseTypeOf(dispute, told),
  };
  if (!fits(as, charge, told)) return null;
  if (told.moved < 0n) return finish(withdraw(as, charge, told, at));
  if (told.moved > 0n) return reinstate(as, charge, at);
  return finish(nothing({ dispute, charge }, as, []));
};

/** Only whole disputes of the charge's own currency move, once in each direction, and as what came of them says. */
const fits = (dispute: Dispute, charge: Charge, told: Moved): boolean => {
  const isWhole = told.moved === 0n || abs(told.moved) === dispute.amount;
  const isTaken = told.moved < 0n;
  const isInTurn = told.moved === 0n || isTaken === (dispute.counted === 0n);
  const isOfItsOwn = told.currency === charge.currency && told.amount === dispute.amount;
  return isWhole && isInTurn && isOfItsOwn && agrees(dispute, told);
};

/** Where the money is after it: what is won is the merchant's, what is lost is not, and an inquiry moves none. */
const agrees = ({ status, counted }: Dispute, { moved }: Moved): boolean => {
  if (status === 'won') return moved === counted;
  return isInquiry(status) ? moved === 0n : status === 'under_review' || moved <= 0n;
};

const abs = (amount: bigint): bigint => (amount < 0n ? -amount : amount);

/**
 * Of what was refunded already nothing is left to count: then the dispute is fought with the refund as its
 * evidence, and the books show that the bank took more than the payment was. Should the refund fail, it counts.
 */
const withdraw = (
  dispute: Dispute,
  charge: Charge,
  told: Moved,
  { fee, nowMs }: At,
): DecidedDispute => {
  const cost = told.status === 'prevented' ? freeOfCharge : fee;
  const booked = withdrawal(dispute.rounds, dispute.amount, cost, nowMs);
  return {
    dispute: {
      ...dispute,
      withdrawn: dispute.amount,
      counted: dispute.amount,
      rounds: dispute.rounds + 1,
      bookings: [...dispute.bookings, booked],
    },
    charge: countTaken({
      ...charge,
      isDisputed: true,
      chargedBackBeyond: charge.chargedBackBeyond + dispute.amount,
    }),
    kinds: [],
    booked,
    lost: 0n,
  };
};

const reinstate = (dispute: Dispute, charge: Charge, { nowMs }: At): DecidedDispute => {
  const { rounds, counted, withdrawn } = dispute;
  const booked = reinstatement(rounds - 1, counted, nowMs, withdrawn === 0n);
  return {
    dispute: {
      ...dispute,
      withdrawn: 0n,
      counted: 0n,
      bookings: [...dispute.bookings, booked],
    },
    charge: countTaken(giveBack(charge, counted)),
    kinds: [],
    booked,
    lost: 0n,
  };
};

/** What was taken beyond the payment comes back first. */
const giveBack = (charge: Charge, amount: bigint): Charge => {
  const { chargedBack, chargedBackBeyond } = charge;
  const beyond = amount < chargedBackBeyond ? amount : chargedBackBeyond;
  return {
    ...charge,
    chargedBack: chargedBack - (amount - beyond),
    chargedBackBeyond: chargedBackBeyond - beyond,
  };
};

/** What is over and was not given back is lost. */
const finish = (decided: DecidedDispute): DecidedDispute => {
  const { dispute } = decided;
  if (!isOver(dispute.status) || dispute.withdrawn === 0n) return decided;
  return { ...decided, dispute: { ...dispute, withdrawn: 0n }, lost: dispute.withdrawn };
};

const caseTypeOf = ({ caseType }: Dispute, { status }: Moved): Dispute['caseType'] =>
  caseType === 'inquiry' && !isInquiry(status) ? 'chargeback' : caseType;
