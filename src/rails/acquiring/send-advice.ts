// What follows an authorization and must be taken by the host: its completion, and its voiding. Both are
// stored before they are sent, under numbers they keep, and repeated until they are answered: a host
// knows a repeat by these numbers and answers what it answered first.

import { NotSent } from '#kit/http-client';
import type { Outcome } from '#rails/operations';
import { loadMessages } from './acquiring.store.ts';
import { type CardMessage, originalOf } from './card-message.ts';
import { type CardCall, exchange, numbered, store } from './exchange.ts';
import { type Facts, PURCHASE, spellMessage } from './messages.ts';
import type { Moved } from './read-answer.ts';
import { concluded } from './send-payment.ts';

export type Completion = {
  /** The authorization's message. */
  readonly original: CardMessage;
  readonly authorizationCode: string | null;
  readonly isLast: boolean;
  readonly reference: string;
  readonly descriptor?: string | undefined;
};

export const sendCompletion = (
  call: CardCall,
  { original, authorizationCode, isLast, reference, descriptor }: Completion,
): Promise<Outcome> =>
  advise(call, {
    mti: call.link.profile.types.completion,
    original,
    amount: call.operation.amount,
    authorizationCode,
    facts: { reference, descriptor, moreFollows: !isLast },
    moves: ['debit'],
  });

export type Voiding = {
  readonly original: CardMessage;
  /** What its approval moved: nothing for an authorization, money for a purchase. */
  readonly moves: readonly Moved[];
  readonly reference: string;
};

/** Takes back an approval that is known. It is not the reversal of a lost answer: see `reverse.ts`. */
export const sendVoid = (
  call: CardCall,
  { original, moves, reference }: Voiding,
): Promise<Outcome> =>
  advise(call, {
    mti: call.link.profile.types.reversal,
    original,
    // All that is held: what raised the authorization goes with it.
    amount: call.operation.amount,
    authorizationCode: null,
    facts: { reference },
    moves,
  });

type Advice = {
  readonly mti: string;
  readonly original: CardMessage;
  readonly amount: bigint;
  readonly authorizationCode: string | null;
  readonly facts: Facts;
  readonly moves: readonly Moved[];
};

const advise = async (call: CardCall, advice: Advice): Promise<Outcome> => {
  const { context, scope, operation, link, deadlineMs } = call;
  const { original, amount } = advice;
  await link.ready(deadlineMs);
  const [before] = await loadMessages(context, scope, operation.id);
  const sent =
    before ?? (await numbered(call, { part: 0, mti: advice.mti, rrn: original.rrn, amount }));
  if (before === undefined && !(await store(call, sent))) {
    throw new NotSent('sent_by_another_process');
  }
  const heard = await exchange(call, sent, 'if_there', (card) =>
    spellMessage(link.profile, {
      message: sent,
      isRepeat: before !== undefined,
      processing: PURCHASE,
      card: card && { ...card, cvc: null },
      facts: advice.facts,
      authorizationCode: advice.authorizationCode,
      original: originalOf(original),
    }),
  );
  return concluded(call, sent, heard, advice);
};
