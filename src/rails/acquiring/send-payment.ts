// What begins something at the host: an authorization, a purchase, the verification of a card; and what
// begins a movement of its own on an old reference: a refund, and the raising of an authorization. None of them is ever sent twice: when
// its answer is lost, only its reversal follows.

import { NotSent } from '#kit/http-client';
import { loadOperation, type Outcome } from '#rails/operations';
import { loadMessages, moveMessage } from './acquiring.store.ts';
import { type CardMessage, originalOf } from './card-message.ts';
import { currencyNumber } from './currencies.ts';
import { type CardCall, exchange, keepMisfit, numbered, store } from './exchange.ts';
import type { Heard } from './link.ts';
import { type CardInHand, type Facts, PURCHASE, REFUND, spellMessage } from './messages.ts';
import type { Entry } from './profile.ts';
import { ANOTHERS, type Moved, readAnswer } from './read-answer.ts';
import { reverseAgain } from './reverse-again.ts';

export type Payment = {
  readonly kind: 'authorize' | 'sale' | 'verify';
  readonly facts: Facts;
  readonly entry: Entry;
  /** The merchant's category, field 18. */
  readonly category: string;
  /** Of the card, as far as it is known. */
  readonly country: string | null;
};

export const sendPayment = (call: CardCall, payment: Payment): Promise<Outcome> =>
  begin(call, {
    mti: payment.kind === 'sale' ? '0200' : '0100',
    processing: PURCHASE,
    moves: payment.kind === 'sale' ? ['debit'] : [],
    ...payment,
  });

export type Refund = {
  /** A message of what is given back: its reference is the refund's too. */
  readonly original: CardMessage;
  readonly facts: Facts;
  readonly category: string;
};

export const sendRefund = (call: CardCall, { original, ...refund }: Refund): Promise<Outcome> =>
  begin(call, {
    mti: '0200',
    rrn: original.rrn,
    processing: REFUND,
    moves: ['credit'],
    country: null,
    ...refund,
  });

export type Increment = {
  /** The authorization's message: its reference is that of all that raises it. */
  readonly original: CardMessage;
  readonly authorizationCode: string | null;
  readonly facts: Facts;
  readonly entry: Entry;
  readonly category: string;
};

/** Asks for so much more. The first authorization stands, whatever becomes of this one. */
export const sendIncrement = (
  call: CardCall,
  { original, authorizationCode, facts, ...increment }: Increment,
): Promise<Outcome> =>
  begin(call, {
    mti: '0100',
    rrn: original.rrn,
    raises: { original, authorizationCode },
    processing: PURCHASE,
    moves: [],
    country: null,
    facts: { ...facts, initiator: 'merchant', increments: true },
    ...increment,
  });

type Beginning = {
  readonly mti: string;
  readonly rrn?: string;
  /** What it raises; only a message that stands beside another has one. */
  readonly raises?: { readonly original: CardMessage; readonly authorizationCode: string | null };
  readonly processing: string;
  readonly moves: readonly Moved[];
  readonly facts: Facts;
  readonly entry?: Entry;
  readonly category: string;
  readonly country: string | null;
};

const begin = async (call: CardCall, given: Beginning): Promise<Outcome> => {
  const { operation, link, deadlineMs } = call;
  if (currencyNumber(operation.currency) === undefined) throw new NotSent('currency_not_taken');
  await link.ready(deadlineMs);
  const { mti, rrn } = given;
  const sent = await numbered(call, { part: 0, mti, ...(rrn === undefined ? {} : { rrn }) });
  if (!(await store(call, sent))) return alreadyThere(call);

  const heard = await exchange(call, sent, 'needed', (card: CardInHand | null) =>
    spellMessage(link.profile, {
      message: sent,
      isRepeat: false,
      processing: given.processing,
      card,
      facts: given.facts,
      category: given.category,
      ...(given.entry === undefined ? {} : { entry: given.entry }),
      ...(given.raises === undefined
        ? {}
        : {
            authorizationCode: given.raises.authorizationCode,
            original: originalOf(given.raises.original),
          }),
    }),
  );
  return concluded(call, sent, heard, given);
};

/** The same operation was begun before. If it was taken back before it left, it never will leave. */
const alreadyThere = async ({ context, scope, operation }: CardCall): Promise<Outcome> => {
  const [first, ...reversals] = await loadMessages(context, scope, operation.id);
  if (first?.state === 'taken_back' && reversals.length === 0) throw new NotSent('taken_back');
  return { outcome: 'unknown', code: 'sent_before' };
};

export const concluded = async (
  call: CardCall,
  sent: CardMessage,
  heard: Heard,
  { moves, country = null }: { readonly moves: readonly Moved[]; readonly country?: string | null },
): Promise<Outcome> => {
  if (heard.heard === 'nothing') return { outcome: 'unknown', code: heard.why };
  const { context, operation, link } = call;
  const outcome = readAnswer({
    profile: link.profile,
    operation,
    sent,
    answer: heard.message,
    nowMs: context.clock.now(),
    moves,
    country,
  });
  const isAnothers = outcome.outcome === 'pending' && outcome.code === ANOTHERS;
  if (isAnothers) await keepMisfit(call, heard.message, ANOTHERS);
  const isLate = context.clock.now() > call.deadlineMs;
  // A refund that is on its way is booked there like one that is done.
  const isBooked = outcome.outcome === 'approved' || (outcome.outcome === 'pending' && !isAnothers);
  return isLate && isBooked ? lateApproval(call, sent, heard, outcome) : outcome;
};

/**
 * An approval that comes late is as good as any, as long as nobody has begun to take it back. The
 * database says who was first. After that the reversal stands, and the approval is only kept.
 */
const lateApproval = async (
  call: CardCall,
  sent: CardMessage,
  heard: Extract<Heard, { heard: 'answer' }>,
  outcome: Outcome,
): Promise<Outcome> => {
  const { context, scope, operation } = call;
  const commit = await context.database.commit(scope, [moveMessage(scope, sent, 'answered_late')]);
  if (commit.ok) return outcome;
  const [first] = await loadMessages(context, scope, operation.id);
  if (first?.state === 'acknowledged') return outcome;
  await keepMisfit(call, heard.message, 'approved_after_reversal');
  // Once the reversal is acknowledged, its evidence outweighs this one, and both are kept.
  await reverseAgain(context, scope, operation.id);
  const now = await loadOperation(context, scope, operation.id);
  return now?.state === 'reversed' ? outcome : { outcome: 'unknown', code: 'taken_back' };
};
