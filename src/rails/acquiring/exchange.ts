// One message of an operation, out and back: its numbers are committed, then the card is opened, the
// message packed and written in one go, and the card closed again before anybody waits for the answer.
//
// Whatever is thrown here as `NotSent` is proven: the row may be there, and not a byte has left.

import type { OpenCard } from '#cards/vault';
import type { Context, Scope, Write } from '#kit/context';
import { NotSent } from '#kit/http-client';
import type { Message } from '#kit/iso8583';
import { type Operation, spellOperation } from '#rails/operations';
import { insertMessage } from './acquiring.store.ts';
import { type CardMessage, newMessage, type Place } from './card-message.ts';
import { keepStray } from './dead-letter.ts';
import type { Heard, Link } from './link.ts';
import type { CardInHand } from './messages.ts';

/** What all messages of an operation need; a connector makes it of its own call. */
export type CardCall = {
  readonly context: Context;
  readonly scope: Scope;
  readonly operation: Operation;
  readonly link: Link;
  readonly place: Place;
  /** Milliseconds since 1970. */
  readonly deadlineMs: number;
  /** Throws `NotSent` when the card is gone. */
  readonly withCard: <T>(use: (card: OpenCard) => Promise<T>) => Promise<T>;
};

export const numbered = async (
  { context, operation, link, place }: CardCall,
  given: Pick<CardMessage, 'part' | 'mti'> &
    Partial<Pick<CardMessage, 'rrn' | 'amount' | 'currency'>>,
): Promise<CardMessage> =>
  newMessage(context, place, {
    operationId: operation.id,
    amount: operation.amount,
    currency: operation.currency,
    ...given,
    stan: await link.traceNumbers.next(),
  });

/** False when there is one already: of a process that was ended, or of the one that took it back. */
export const store = async (
  { context, scope }: CardCall,
  message: CardMessage,
  more: readonly Write[] = [],
): Promise<boolean> => {
  const commit = await context.database.commit(scope, [insertMessage(scope, message), ...more]);
  context.crashPoint('acquiring.stored');
  return commit.ok;
};

export const exchange = async (
  call: CardCall,
  sent: CardMessage,
  card: 'needed' | 'if_there' | 'none',
  spell: (card: CardInHand | null) => Message,
): Promise<Heard> => {
  const { context, link, deadlineMs } = call;
  const write = (inHand: CardInHand | null): { readonly answer: Promise<Heard> } => {
    const untilMs = deadlineMs + link.profile.timing.lateMs;
    const under = link.ask(spell(inHand), { deadlineMs, untilMs });
    context.crashPoint('acquiring.written');
    return under;
  };
  // It may have gone down while the numbers were committed, and come back in a moment.
  await link.ready(deadlineMs);
  const { answer } = await withCardIf(call, card, write);
  const heard = await answer;
  if (heard.heard === 'nothing') {
    const { why } = heard;
    context.log.warn(
      { why, about: spellOperation(call.operation.id) },
      'A card message has no answer',
    );
  }
  return heard;
};

const withCardIf = async <T>(
  call: CardCall,
  need: 'needed' | 'if_there' | 'none',
  write: (card: CardInHand | null) => T,
): Promise<T> => {
  if (need === 'none') return write(null);
  let opened = false;
  try {
    return await call.withCard((card) => {
      opened = true;
      return Promise.resolve(write(inHand(card)));
    });
  } catch (error) {
    // A reversal goes out without the card when the card is gone: it must go out.
    if (need === 'if_there' && !opened && error instanceof NotSent) return write(null);
    throw error;
  }
};

const inHand = ({ number, expMonth, expYear, cvc }: OpenCard): CardInHand => ({
  number: number.toString('latin1'),
  expiry: String(expYear % 100).padStart(2, '0') + String(expMonth).padStart(2, '0'),
  cvc: cvc === null ? null : cvc.toString('latin1'),
});

/** An answer under our numbers that is not ours is kept for people to look at. */
export const keepMisfit = async (
  { context, operation, link }: CardCall,
  message: Message,
  problem: string,
): Promise<void> => {
  await keepStray(context, link.host, message, problem, operation.id);
};
