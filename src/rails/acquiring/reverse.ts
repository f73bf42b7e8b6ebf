// Takes back what may have happened at the host, because nobody heard what did. The reversal is stored,
// with its numbers, before it is sent, and repeated under them until the host has acknowledged it; it is
// never dropped. From the moment it is stored the original counts as taken back: an approval that comes
// now is kept and changes nothing.

import type { Write } from '#kit/context';
import type { Outcome } from '#rails/operations';
import { loadMessages, moveMessage } from './acquiring.store.ts';
import { type CardMessage, originalOf, tookNothing } from './card-message.ts';
import { type CardCall, exchange, keepMisfit, numbered, store } from './exchange.ts';
import { PURCHASE, REFUND, spellMessage } from './messages.ts';
import { type Moved, readReversal } from './read-answer.ts';

export const reverse = async (call: CardCall, reference: string): Promise<Outcome> => {
  const { context, scope, operation, link } = call;
  const messages = await loadMessages(context, scope, operation.id);
  const [first] = messages;
  if (first === undefined) return neverSent(call);
  if (first.state === 'taken_back' && messages.length === 1) {
    return { outcome: 'reversed', code: 'never_sent' };
  }
  if (first.state === 'acknowledged') return { outcome: 'unknown', code: 'moved_meanwhile' };
  await link.ready(call.deadlineMs);

  const stored = messages.findLast((message) => message.part > 0 && !tookNothing(message));
  const reversal = stored ?? (await storeReversal(call, first, messages.length));
  if (reversal === null) return { outcome: 'unknown', code: 'moved_meanwhile' };

  const heard = await exchange(call, reversal, 'if_there', (card) =>
    spellMessage(link.profile, {
      message: reversal,
      isRepeat: stored !== undefined,
      processing: operation.kind === 'refund' ? REFUND : PURCHASE,
      card: card && { ...card, cvc: null },
      facts: { reference },
      original: originalOf(first),
    }),
  );
  if (heard.heard === 'nothing') return { outcome: 'unknown', code: heard.why };

  const outcome = readReversal({
    profile: link.profile,
    operation,
    sent: reversal,
    original: first,
    answer: heard.message,
    nowMs: context.clock.now(),
    moves: movedBack(operation.kind),
  });
  if (outcome.outcome === 'too_early' || outcome.outcome === 'refused') {
    // The host would go on answering the same under these numbers: the next one has new ones.
    await context.database.commit(scope, [moveMessage(scope, reversal, outcome.outcome)]);
    const code = 'code' in outcome ? outcome.code : 'no_original_yet';
    return { outcome: 'unknown', code, isAnswer: true };
  }
  if (outcome.outcome === 'unknown' && outcome.code.startsWith('answer_')) {
    await keepMisfit(call, heard.message, outcome.code);
  }
  return outcome;
};

/** No row, no byte: and from now on none can follow, because the place of the row is taken. */
const neverSent = async (call: CardCall): Promise<Outcome> => {
  const nothing = await numbered(call, { part: 0, mti: '0100' });
  const kept = await store(call, { ...nothing, state: 'taken_back' });
  return kept
    ? { outcome: 'reversed', code: 'never_sent' }
    : { outcome: 'unknown', code: 'moved_meanwhile' };
};

const storeReversal = async (
  call: CardCall,
  first: CardMessage,
  part: number,
): Promise<CardMessage | null> => {
  const { scope, link, place } = call;
  const { acquirer, terminal, merchant } = first;
  const reversal = await numbered(
    { ...call, place: { ...place, acquirer, terminal, merchant } },
    { part, mti: link.profile.types.reversal, rrn: first.rrn },
  );
  // The first reversal is a race with a late answer, or with the word of others, and one of the two wins it.
  const taken: readonly Write[] =
    first.state === 'taken_back' ? [] : [moveMessage(scope, first, 'taken_back')];
  return (await store(call, reversal, taken)) ? reversal : null;
};

/** How the host counts the reversal of something it had booked, and we had not heard of. */
const movedBack = (kind: CardCall['operation']['kind']): readonly Moved[] => {
  if (kind === 'sale' || kind === 'capture') return ['debit', 'debit_reversed'];
  return kind === 'refund' ? ['credit', 'credit_reversed'] : [];
};
