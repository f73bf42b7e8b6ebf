// What the clock does: it ends what the payer or the directory server left open, and takes away the
// value of a proof that nobody used.

import type { Context, Scope } from '#kit/context';
import { eachInTurn } from '#kit/failure';
import type { Uuid } from '#kit/ids';
import { listDue, loadAuthentication, updateAuthentication } from './authentications.store.ts';
import { changeAuthentication } from './change-authentication.ts';

const AT_MOST = 100;

/** Says how many it looked at. */
export const expireAuthentications = async (context: Context): Promise<number> => {
  const nowMs = context.clock.now();
  const due = await context.database.system((tx) => listDue(tx, nowMs, AT_MOST));
  await eachInTurn(due, ({ scope, id }) => expireOne(context, scope, id, nowMs));
  return due.length;
};

const expireOne = async (context: Context, scope: Scope, id: Uuid, nowMs: number) => {
  const found = await loadAuthentication(context, scope, id);
  if (found === undefined || found.dueAtMs === null || found.dueAtMs > nowMs) return;
  if (found.state === 'completed') {
    const learned = { ...found.learned, cavv: null };
    const after = { ...found, version: found.version + 1, dueAtMs: null, learned };
    // Who loses here lost to whoever used the proof, which takes the value away as well.
    await context.database.commit(scope, [updateAuthentication(scope, after)]);
    return;
  }
  await changeAuthentication(context, scope, id, (current) =>
    current.dueAtMs !== null && current.dueAtMs <= nowMs
      ? {
          event: 'expire',
          learned: { why: current.state === 'asking' ? 'directory_silent' : 'too_late' },
        }
      : null,
  );
};
