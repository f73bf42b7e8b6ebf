// Hears what becomes of the card that a session wanted to keep, in the transaction that writes it.

import { present } from '#kit/assert';
import type { SetupListener } from '#payments/setup';
import { afterSetup } from './after-setup.ts';
import { MAKER } from './made.ts';
import { loadSession } from './sessions.store.ts';
import { writeSession } from './write-session.ts';

export const onSetup: SetupListener = async (context, scope, { setup, kinds, cause }) => {
  if (setup.madeBy?.object !== MAKER) return [];
  const before = present(
    await loadSession(context, scope, setup.madeBy.id),
    'The session that made the setup',
  );
  const change = afterSetup(before, {
    setup,
    failed: kinds.some(({ type }) => type === 'setup_intent.setup_failed'),
    nowMs: context.clock.now(),
  });
  if (change === null) return [];
  const { session: after, kinds: told } = change;
  return writeSession(context, scope, { before, after, kinds: told, cause }).writes;
};
