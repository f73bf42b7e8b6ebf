// One attempt at a payment: who could do it is asked in turn, until one of them was really sent something.
// Two commits each: what is begun, with the claim of the request's key; then what was learned, with the
// answer. No second candidate is asked while anything may be alive with the first.

import { type PaymentMethod, wayToPay } from '#cards/methods';
import { shownProof } from '#cards/three-ds';
import { assert, present } from '#kit/assert';
import type { Context, Scope, Write } from '#kit/context';
import { newUuid, type Uuid } from '#kit/ids';
import { appendChange } from '#platform/events';
import { type Outcome, refuse } from '#platform/http';
import { type Accounts, type Candidate, type PaymentRequest, railsOf } from '#rails/connectors';
import type { Change, Sent } from '#rails/operations';
import { answerOf, type Shows } from './answer.ts';
import { asItIs } from './as-it-is.ts';
import type { Asking } from './asking.ts';
import { authenticate } from './authenticate.ts';
import { type Begun, beginning } from './begin-attempt.ts';
import { claimFor } from './claim-exemption.ts';
import { intentCreated, intentSnapshot } from './events.ts';
import { type Concluded, concludeAsked, conclusionOf, holding } from './hear.ts';
import { kindAt, offeredBy } from './offered-by.ts';
import { writePayment } from './payment.ts';
import { isManual, type PaymentIntent } from './payment-intent.ts';
import { requestOf } from './payment-request.ts';
import { nobodyTakes } from './refusals.ts';
import { returnAddressOf } from './return-address.ts';
import { isHeldToTake, takeHeld } from './take-held.ts';
import { type Proven, useProof } from './use-proof.ts';

export type Attempt = {
  /** As it was read; null for one that is made now. */
  readonly before: PaymentIntent | null;
  /** As it is to be paid. */
  readonly intent: PaymentIntent;
  readonly method: PaymentMethod;
  /** What stores a method that came with the request. */
  readonly methodWrites: readonly Write[];
  /** Takes back what such a method left in the vault. */
  readonly undo: () => Promise<void>;
  readonly offSession: boolean;
  /** Without its payer: one of a series. */
  readonly isRecurring: boolean;
  readonly authentication: PaymentRequest['authentication'];
  /** Of whose proof use is made, instead. */
  readonly authenticationId?: Uuid;
  /** The payer is there, and may be asked who they are should the card's bank want it. */
  readonly mayAsk: boolean;
  /** Whoever pays said that they are no place to be asked. */
  readonly errorOnAction?: boolean;
  /** By the page that confirms, over itself. */
  readonly useSdk?: boolean;
  /** Nobody wants the holder to be asked before the card's bank says so: why not may be claimed. */
  readonly mayClaim: boolean;
  /** As they were read ahead. */
  readonly accounts?: Accounts;
  readonly shows: Shows;
};

/** Null: another request was faster, and everything is to be read and decided anew. */
export const sendAttempt = async (
  context: Context,
  request: Asking,
  attempt: Attempt,
): Promise<Outcome | null> => {
  const { scope } = request;
  const candidates = await candidatesFor(context, scope, attempt);

  let begun = beginning(context, scope, attempt, candidates[0]);
  for (const [index, candidate] of candidates.entries()) {
    const isLast = index === candidates.length - 1;
    const sent = await sendOne(context, request, { attempt, begun, candidate, isLast });
    if (sent === 'overtaken') return null;
    if ('asks' in sent) return askAfterDecline(context, request, attempt, sent.asks);
    if ('held' in sent) return takeHeld(context, request, sent.held, attempt.shows);
    if (sent.wentOn === null) return sent.outcome;
    const { intent, charge } = sent.wentOn;
    const following = candidates[index + 1];
    assert(following, 'Only where another candidate is left is the payment kept open');
    begun = {
      before: { intent, charge },
      intent: { ...intent, attempts: intent.attempts + 1, dueAtMs: null },
      charge: {
        ...charge,
        attempt: intent.attempts + 1,
        connectorAccountId: following.connectorAccountId,
        kind: kindAt(following, intent),
        ...offeredBy(following, intent),
      },
      isFirst: false,
    };
  }
  return null;
};

const candidatesFor = async (
  context: Context,
  scope: Scope,
  { intent, method, accounts }: Attempt,
): Promise<readonly Candidate[]> => {
  const brand = method.card?.brand;
  const wanted = {
    operation: isManual(intent) ? 'authorize' : 'purchase',
    method: method.type,
    ...(brand === undefined ? {} : { brand }),
    currency: intent.currency,
  } as const;
  const candidates = await railsOf(context).candidates(scope, wanted, accounts);
  if (candidates.length === 0) throw nobodyTakes(method.type, intent.currency);
  return candidates;
};

type SentOne =
  | 'overtaken'
  /** The card's bank wants its holder to be asked. */
  | { readonly asks: Change }
  /** It is held, and not taken yet. */
  | { readonly held: Concluded }
  | { readonly outcome: Outcome; readonly wentOn: null }
  /** Nothing has left, and another candidate is there. */
  | { readonly wentOn: Concluded };

const sendOne = async (
  context: Context,
  request: Asking,
  input: {
    readonly attempt: Attempt;
    readonly begun: Begun;
    readonly candidate: Candidate;
    readonly isLast: boolean;
  },
): Promise<SentOne> => {
  const { attempt, begun, candidate, isLast } = input;
  const { scope } = request;
  const operationId = newUuid(context);
  const { authenticationId } = attempt;
  const proven: Proven =
    authenticationId === undefined
      ? { authentication: attempt.authentication, writes: [] }
      : await useProof(context, scope, {
          intent: begun.intent,
          method: attempt.method,
          at: candidate,
          operationId,
          authenticationId,
        });
  const { authentication } = proven;
  const exemption = await claimFor(context, scope, { ...attempt, ...proven, candidate });
  const payment = {
    ...begun,
    charge: {
      ...begun.charge,
      threeDSecure: authentication && shownProof(authentication),
      exemption,
    },
  };
  const written = writePayment(context, scope, { ...payment, kinds: [] }, request.cause);
  const created = begun.before.intent === null ? createdWrites(context, request, attempt) : [];
  const { intent } = written;
  const charge = present(written.charge, 'The charge');

  let last: { readonly change: Change; readonly concluded: Concluded } | null = null;
  const operation = {
    intentId: intent.id,
    kind: begun.charge.kind,
    ordinal: 1,
    attempt: intent.attempts,
  } as const;
  const sent = await holding(
    context,
    operation,
    {
      payment: { intent, charge, method: attempt.method },
      cause: request.cause,
      isReroutable: !isLast,
      holder: holderOf(attempt, authentication),
    },
    () =>
      railsOf(context).send(context, scope, {
        ...operation,
        id: operationId,
        connectorAccountId: candidate.connectorAccountId,
        candidate,
        amount: intent.amount,
        currency: intent.currency,
        isFirst: begun.before.intent === null,
        request: requestOf({
          ...attempt,
          intent,
          authentication,
          exemption,
          returnUrl: wayBackOf(context, scope, attempt, intent),
        }),
        intent: [
          ...(begun.isFirst ? request.claim(intent.id) : []),
          ...(begun.isFirst ? attempt.methodWrites : []),
          ...created,
          ...written.writes,
          ...proven.writes,
        ],
        writes: async (change) => {
          const concluded = present(
            await conclusionOf(context, scope, change),
            'The payment of this operation',
          );
          last = { change, concluded };
          if (isLeftToNext(concluded, isLast, change) || isAsked(concluded, change)) return [];
          if (isHeldToTake(concluded.intent)) return [];
          return request.conclude(answerOf(concluded, attempt.shows, scope.livemode));
        },
      }),
  );
  if (begun.isFirst) await tellClaimed(request, attempt, sent);
  if (!sent.ok) return 'overtaken';

  const learned = last as { readonly change: Change; readonly concluded: Concluded } | null;
  if (learned === null || learned.change.after.version !== sent.operation.version) {
    return { outcome: await asItIs(context, scope, intent.id, attempt.shows), wentOn: null };
  }
  if (isAsked(learned.concluded, learned.change)) return { asks: learned.change };
  if (isHeldToTake(learned.concluded.intent)) return { held: learned.concluded };
  return isLeftToNext(learned.concluded, isLast, learned.change)
    ? { wentOn: learned.concluded }
    : { outcome: { body: null, concluded: true }, wentOn: null };
};

/** Once there is a proof nobody is asked again. */
const holderOf = (
  { mayAsk, errorOnAction, intent }: Attempt,
  authentication: Attempt['authentication'],
) => {
  if (authentication !== null) return null;
  if (mayAsk) return 'may_be_asked';
  // A charge of the older API knows no question at all, and is declined.
  return errorOnAction === true && !intent.isDirect ? 'must_not_be_asked' : null;
};

/** The key may be another request's: then nothing was begun here, and a new card is taken back. */
const tellClaimed = async (request: Asking, attempt: Attempt, sent: Sent): Promise<void> => {
  try {
    request.claimed(sent);
    if (!sent.ok && sent.code === 'lost' && sent.lost.name === 'tokens.use') {
      throw refuse('token_already_used', {
        message: 'You cannot use a Stripe token more than once.',
      });
    }
  } catch (error) {
    await attempt.undo();
    throw error;
  }
};

/** Who pays at a bank of their own comes back to us first, who ask what came of it. */
const wayBackOf = (
  context: Context,
  scope: Scope,
  { method }: Attempt,
  { id, returnUrl }: PaymentIntent,
): string | null =>
  wayToPay(method.type)?.isRedirect === true ? returnAddressOf(context, scope, id) : returnUrl;

const isLeftToNext = (concluded: Concluded, isLast: boolean, change: Change): boolean =>
  !isLast && change.conclusion.state === 'not_sent' && concluded.charge.status === 'pending';

/** A no that is kept open, because the holder is asked. */
const isAsked = (concluded: Concluded, change: Change): boolean =>
  change.conclusion.state === 'declined' && concluded.charge.status === 'pending';

/** The attempt has failed, and the payer is asked; or it has failed, and that is all. */
const askAfterDecline = async (
  context: Context,
  request: Asking,
  attempt: Attempt,
  change: Change,
): Promise<Outcome> => {
  const { scope } = request;
  const { intent, method, shows, useSdk = false } = attempt;
  const said = await authenticate(context, scope, {
    intent,
    method,
    offSession: false,
    demandedBy: 'bank',
    isInPage: useSdk,
  });
  const holder = said.ok || said.why === 'refused' ? null : { ...said, useSdk };
  const concluded = await concludeAsked(context, scope, { change, holder, cause: request.cause });
  if (concluded !== null) {
    const commit = await context.database.commit(scope, [
      ...concluded.writes,
      ...(await request.conclude(answerOf(concluded, shows, scope.livemode))),
    ]);
    if (commit.ok) return { body: null, concluded: true };
  }
  return asItIs(context, scope, intent.id, shows);
};

/** Shown as it was registered: what came of it is told by events of its own. */
const createdWrites = (context: Context, request: Asking, { intent }: Attempt): Write[] =>
  intent.isDirect
    ? []
    : [
        appendChange(context, {
          scope: request.scope,
          objectId: intent.id,
          sequence: 1,
          kinds: [intentCreated],
          snapshot: intentSnapshot(intent),
          request: request.cause,
        }),
      ];
