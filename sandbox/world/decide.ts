// One request against what the world knows: the facts that follow, and the answer. Pure; the same
// request in the same world is always decided alike.

import { assert } from '#kit/assert';
import { passesLuhn } from '#kit/log';
import { authorizationCodeOf, cardTokenOf } from '../context.ts';
import {
  type Approval,
  type Change,
  complete,
  HOLD_MS,
  increment,
  opening,
  refund,
  reverse,
} from '../issuer/approval.ts';
import { authorize, type Limits, standIn, type Verdict } from '../issuer/authorize.ts';
import { type Card, cardByNumber } from '../issuer/test-cards.ts';
import { networkOf } from '../networks/networks.ts';
import { judgeProof, type ProofVerdict } from '../three-ds/authentication.ts';
import type { Fact } from './fact.ts';
import type { Answer, Request } from './request.ts';
import { accountKey, batchKey, dayOf, isUpTo, type Known, rrnKey, type State } from './state.ts';
import { netOf, noTotals, sameTotals, sumOf, type Totals } from './totals.ts';

export type Decided = { readonly facts: readonly Fact[]; readonly answer: Answer };

/** What a fault changes before anything is decided. */
export type Disturbance =
  | { readonly kind: 'decline'; readonly code: string }
  | { readonly kind: 'issuer_down' };

export type DecideSettings = {
  /** A bank that keeps a reversal for the original that may still come, or one that forgets it. */
  readonly reversalBeforeOriginal: 'keep' | 'forget';
};

export type World = {
  readonly state: State;
  readonly seed: string;
  readonly nowMs: number;
  readonly settings: DecideSettings;
};

export const decide = (world: World, request: Request, disturbance?: Disturbance): Decided => {
  const { identity } = request;
  const known = world.state.known.get(identity.key);
  if (known !== undefined) {
    // The same number for another request is a mistake of whoever counts; nothing is done for it.
    const isSame = known.identity.fingerprint === identity.fingerprint;
    return { facts: [], answer: isSame ? known.answer : { 39: '94' } };
  }
  if (disturbance?.kind === 'decline') {
    // An advice or a reversal that met a malfunction is taken when it is repeated, so it is not kept.
    return isMoneyAsked(request)
      ? declined(request, disturbance.code)
      : { facts: [], answer: { 39: disturbance.code } };
  }
  switch (identity.kind) {
    case 'authorization':
    case 'purchase':
      return decideApproval(world, request, identity.kind, disturbance?.kind === 'issuer_down');
    case 'increment':
      return decideIncrement(world, request, disturbance?.kind === 'issuer_down');
    case 'completion':
      return decideCompletion(world, request);
    case 'refund':
      return decideRefund(world, request);
    case 'reversal':
      return decideReversal(world, request);
    case 'totals':
      return compareTotals(world, request);
  }
};

const isMoneyAsked = ({ identity: { kind } }: Request): boolean =>
  kind === 'authorization' || kind === 'increment' || kind === 'purchase' || kind === 'refund';

const declined = (request: Request, code: string, more: Answer = {}): Decided => {
  const answer = { ...more, 39: code };
  return { facts: [{ fact: 'declined', request: request.identity, answer }], answer };
};

const decideApproval = (
  world: World,
  request: Request,
  kind: Approval['kind'],
  isIssuerDown: boolean,
): Decided => {
  const { identity, cardNumber = '' } = request;
  if (world.state.reversedUnseen.has(identity.trace)) return declined(request, '79');
  if (networkOf(cardNumber) === undefined) return declined(request, '15');
  const card = passesLuhn(cardNumber) ? cardByNumber(cardNumber) : undefined;
  if (card === undefined) return declined(request, '14');

  // A network that stands in has no key of the issuer's and cannot check a value.
  const proof = isIssuerDown ? 'none' : proofOf(world, request);
  if (proof === 'wrong' || proof === 'used') return declined(request, '63');
  const { exemption: code, currency } = identity;
  const asked = {
    ...request.asked,
    isAuthenticated: proof === 'good',
    ...(code === undefined ? {} : { exemption: { code, currency } }),
  };
  const { account, opened } = accountOf(world, card, identity.currency);
  const verdict = isIssuerDown
    ? standIn(card, asked, world.nowMs)
    : authorize(card, account, asked, world.nowMs);
  const checks = { 44: spellChecks(verdict) };
  if (!verdict.isApproved) return declined(request, verdict.code, checks);

  const authorizationCode = authorizationCodeOf(world.seed, identity.key);
  const answer = { 38: authorizationCode, 39: verdict.code, ...checks };
  if (asked.amountMinor === 0n) {
    return { facts: [{ fact: 'verified', request: identity, answer }], answer };
  }
  const approval = approvalOf(world, request, card, kind, authorizationCode);
  const change = opening(kind, asked.amountMinor);
  const approved: Fact = {
    fact: 'approved',
    request: identity,
    answer,
    approval,
    change,
    isStandIn: isIssuerDown,
    ...(proof === 'good' && request.proof.transaction !== undefined
      ? { proof: request.proof.transaction }
      : {}),
  };
  return { facts: [...opened, approved], answer };
};

/** The value is checked over what is asked for here: another amount, merchant or card is another value. */
const proofOf = ({ seed, state }: World, { identity, proof }: Request): ProofVerdict =>
  judgeProof(seed, state, proof, {
    card: identity.card ?? '',
    merchant: identity.merchant,
    amountMinor: identity.amountMinor,
    currency: identity.amountMinor === 0n ? '999' : identity.currency,
  });

const spellChecks = ({ checks }: Verdict): string =>
  checks.cvc + checks.addressLine + checks.postalCode;

/** What a holder has when the world first hears of the card in that currency. */
const OPENING_MINOR = 1_000_000_000_000n;
const noLimits: Limits = { amountMinor: null, countPerDay: null };

const accountOf = ({ state, seed, nowMs }: World, { number, network }: Card, currency: string) => {
  const card = cardTokenOf(seed, number);
  const limits = state.limits.get(card) ?? noLimits;
  const known = state.accounts.get(accountKey(card, currency));
  if (known !== undefined) {
    const availableMinor = known.balanceMinor - known.heldMinor;
    const approvedToday = known.day === dayOf(nowMs) ? known.approvedToday : 0;
    return { account: { availableMinor, approvedToday, limits }, opened: [] };
  }
  const openingMinor = OPENING_MINOR;
  const last4 = number.slice(-4);
  const opened: Fact = { fact: 'account_opened', card, last4, network, currency, openingMinor };
  return {
    account: { availableMinor: openingMinor, approvedToday: 0, limits },
    opened: [opened],
  };
};

const approvalOf = (
  { seed, nowMs }: World,
  { identity, asked }: Request,
  card: Card,
  kind: Approval['kind'],
  authorizationCode: string,
): Approval => ({
  id: identity.key,
  kind,
  card: cardTokenOf(seed, card.number),
  network: card.network,
  funding: card.funding,
  rrn: identity.rrn,
  terminal: identity.terminal,
  merchant: identity.merchant,
  institution: identity.institution,
  ...(identity.paymentReference === undefined
    ? {}
    : { paymentReference: identity.paymentReference }),
  authorizationCode,
  currency: identity.currency,
  approvedMinor: asked.amountMinor,
  heldMinor: 0n,
  capturedMinor: 0n,
  refundedMinor: 0n,
  chargedBackMinor: 0n,
  state: kind === 'authorization' ? 'held' : 'captured',
  heldUntilMs: nowMs + HOLD_MS,
  ...laterOf(card),
});

const laterOf = ({ later }: Card): Pick<Approval, 'later'> => {
  const { directory: _, availableAtOnce: __, ...afterwards } = later;
  return Object.keys(afterwards).length === 0 ? {} : { later: afterwards };
};

/** The holder was there for the first; what raises it is the merchant's, and needs no proof of its own. */
const decideIncrement = (world: World, request: Request, isIssuerDown: boolean): Decided => {
  const { identity, cardNumber = '' } = request;
  if (world.state.reversedUnseen.has(identity.trace)) return declined(request, '79');
  const found = originalOf(world.state, request);
  const approval = found?.approvalId && world.state.approvals.get(found.approvalId);
  if (!approval) return declined(request, '25');
  const card = cardByNumber(cardNumber);
  if (card === undefined || !isAbout(request, approval)) return declined(request, '64');
  if (card.raising === 'declines') return declined(request, '57');
  const asked = { ...request.asked, isAuthenticated: true };
  const { account } = accountOf(world, card, identity.currency);
  const verdict = isIssuerDown
    ? standIn(card, asked, world.nowMs)
    : authorize(card, account, asked, world.nowMs);
  if (!verdict.isApproved) return declined(request, verdict.code);
  if (asked.amountMinor === 0n) return declined(request, '13');
  const changed = increment(approval, asked.amountMinor);
  if (!changed.ok) return declined(request, changed.code);
  return booked('incremented', request, approval, changed.change, approval.authorizationCode);
};

const decideCompletion = (world: World, request: Request): Decided => {
  const { identity, moreFollows } = request;
  if (world.state.reversedUnseen.has(identity.trace)) return declined(request, '79');
  const found = originalOf(world.state, request);
  const approval = found?.approvalId
    ? world.state.approvals.get(found.approvalId)
    : byRrn(world.state, request);
  if (approval === undefined) return declined(request, '25');
  if (!isAbout(request, approval)) return declined(request, '64');
  const { amountMinor } = identity;
  const changed = complete(approval, { amountMinor, isLast: !moreFollows });
  if (!changed.ok) return declined(request, changed.code);
  return booked('completed', request, approval, changed.change, approval.authorizationCode);
};

const decideRefund = (world: World, request: Request): Decided => {
  if (world.state.reversedUnseen.has(request.identity.trace)) return declined(request, '79');
  const approval = byRrn(world.state, request);
  if (approval === undefined) return declined(request, '25');
  if (!isAbout(request, approval)) return declined(request, '64');
  const changed = refund(approval, request.identity.amountMinor);
  if (!changed.ok) return declined(request, changed.code);
  const code = authorizationCodeOf(world.seed, request.identity.key);
  const isUnderWay = approval.later?.refund === 'pending';
  return booked('refunded', request, approval, changed.change, code, isUnderWay ? '09' : '00');
};

const decideReversal = (world: World, request: Request): Decided => {
  const { state, settings } = world;
  const { identity, original } = request;
  const found = originalOf(state, request);
  if (found === undefined || original === undefined) {
    if (original === undefined || settings.reversalBeforeOriginal === 'forget') {
      return declined(request, '25');
    }
    const answer = { 39: '00' };
    return { facts: [{ fact: 'reversal_kept', request: identity, answer, original }], answer };
  }
  const nothing = (): Decided => {
    const answer = { 39: '00' };
    return { facts: [{ fact: 'nothing_to_reverse', request: identity, answer }], answer };
  };
  if (found.approvalId === undefined || found.change === undefined) return nothing();
  const approval = state.approvals.get(found.approvalId);
  assert(approval !== undefined, 'What was changed is there');
  if (!isAbout(request, approval)) return declined(request, '64');
  // Whoever did not hear the answer to one reversal may send another: the money is back already.
  if (state.reversed.has(found.identity.key)) return nothing();
  const isOpening = found.identity.key === approval.id;
  const changed = reverse(approval, found.change, isOpening ? 'opening' : 'later');
  if (!changed.ok) return declined(request, changed.code);
  const { change } = changed;
  const answer = { 38: approval.authorizationCode, 39: '00' };
  const of = found.identity.key;
  const approvalId = approval.id;
  return {
    facts: [{ fact: 'reversed', request: identity, answer, approvalId, change, of }],
    answer,
  };
};

const booked = (
  fact: 'completed' | 'incremented' | 'refunded',
  { identity }: Request,
  approval: Approval,
  change: Change,
  code: string,
  responseCode: '00' | '09' = '00',
): Decided => {
  const answer = { 38: code, 39: responseCode };
  return {
    facts: [{ fact, request: identity, answer, approvalId: approval.id, change }],
    answer,
  };
};

/** The message that field 90 names; one with another retrieval reference is not it. */
const originalOf = (state: State, { identity, original }: Request): Known | undefined => {
  if (original === undefined) return undefined;
  const key = state.traces.get(original);
  const found = key === undefined ? undefined : state.known.get(key);
  return found?.identity.rrn === identity.rrn ? found : undefined;
};

/** The approval of that retrieval reference that fits best: the code given, or money to give back. */
const byRrn = (state: State, { identity, authorizationCode }: Request): Approval | undefined => {
  const ids = state.approvalsByRrn.get(rrnKey(identity.terminal, identity.rrn)) ?? [];
  const found = ids.flatMap((id) => state.approvals.get(id) ?? []);
  if (authorizationCode !== undefined && identity.kind === 'completion') {
    return found.find((approval) => approval.authorizationCode === authorizationCode);
  }
  return (
    found.find(
      (approval) => approval.capturedMinor - approval.refundedMinor >= identity.amountMinor,
    ) ?? found[0]
  );
};

const isAbout = ({ identity }: Request, approval: Approval): boolean =>
  identity.currency === approval.currency &&
  (identity.card === undefined || identity.card === approval.card);

const compareTotals = ({ state }: World, request: Request): Decided => {
  const { identity, isAdvice, upToDay, totals: theirs = noTotals } = request;
  const days = [...(state.batches.get(batchKey(identity.institution, identity.currency)) ?? [])];
  const ours = sumOf(days.flatMap(([day, totals]) => (isUpTo(day, upToDay) ? [totals] : [])));
  const isAgreed = sameTotals(ours, theirs);
  const answer = { 39: isAgreed ? '00' : '95', 66: isAgreed ? '1' : '2', ...spellTotals(ours) };
  const isClosed = isAgreed || isAdvice;
  return {
    facts: [
      {
        fact: 'totals_compared',
        request: identity,
        answer,
        isAgreed,
        isClosed,
        ...(upToDay === undefined ? {} : { upToDay }),
        ours,
        theirs,
      },
    ],
    answer,
  };
};

const spellTotals = (totals: Totals): Answer => {
  const net = netOf(totals);
  const digits = String(net < 0n ? -net : net).padStart(16, '0');
  return {
    74: String(totals.credits.count),
    75: String(totals.creditsReversed.count),
    76: String(totals.debits.count),
    77: String(totals.debitsReversed.count),
    86: String(totals.credits.amountMinor),
    87: String(totals.creditsReversed.amountMinor),
    88: String(totals.debits.amountMinor),
    89: String(totals.debitsReversed.amountMinor),
    97: (net < 0n ? 'D' : 'C') + digits,
  };
};
