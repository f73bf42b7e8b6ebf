// What the clock does: it ends what the payer or the directory server left open, and takes away the
// value of a proof that nobody used.

import type { Context, Scope } from '#kit/context';
import type { Uuid } from '#kit/ids';
import type { Due } from '#platform/db';
import { lookAtEach } from '#platform/jobs';
import { listDue, loadAuthentication, updateAuthentication } from './authentications.store.ts';
import { changeAuthentication } from './change-authentication.ts';

const AT_MOST = 50;

/** Says how many it looked at. */
export const expireAuthentications = lookAtEach<Due>({
  atOnce: AT_MOST,
  find: (context, atMost) =>
    context.database.system((tx) => listDue(tx, context.clock.now(), atMost)),
  // As the checks name it: nobody else does.
  spell: ({ id }) => id,
  look: (context, { scope, id }) => expireOne(context, scope, id, context.clock.now()),
});

const expireOne = async (
  context: Context,
  scope: Scope,
  id: Uuid,
  nowMs: number,
): Promise<boolean> => {
  const found = await loadAuthentication(context, scope, id);
  if (found === undefined || found.dueAtMs === null || found.dueAtMs > nowMs) return false;
  if (found.state === 'completed') {
    const learned = { ...found.learned, cavv: null };
    const after = { ...found, version: found.version + 1, dueAtMs: null, learned };
    // Who loses here lost to whoever used the proof, which takes the value away as well.
    await context.database.commit(scope, [updateAuthentication(scope, after)]);
    return true;
  }
  await changeAuthentication(context, scope, id, (current) =>
    current.dueAtMs !== null && current.dueAtMs <= nowMs
      ? {
          event: 'expire',
          learned: { why: current.state === 'asking' ? 'directory_silent' : 'too_late' },
        }
      : null,
  );
  return true;
};
