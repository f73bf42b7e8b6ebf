import type { Context } from '#kit/context';
import { newUuid } from '#kit/ids';
import type { Mail } from './mail.ts';

/** A mail of its own, under a Message-ID of its own: mailboxes hide what they have seen before. */
export const againTo = (
  context: Pick<Context, 'clock' | 'random'>,
  first: Mail,
  to: string,
): Mail => ({
  ...first,
  id: newUuid(context),
  to,
  resendOf: first.id,
  state: 'waiting',
  attempts: 0,
  dueAtMs: context.clock.now(),
  leaseEpoch: 0,
  tries: [],
});
