// The payer has come back from being asked, or will not: the setup goes on by itself. It is registered in the
// transaction in which the answer is, so no process has to live for it to happen.

import { type AuthenticationListener, findAuthentication } from '#cards/three-ds';
import { assert } from '#kit/assert';
import type { Context, Scope } from '#kit/context';
import type { Uuid } from '#kit/ids';
import type { Proof } from '#payments/intents';
import { enqueue, type JobKind } from '#platform/jobs';
import { goOnSetup } from './go-on.ts';
import { loadSetup } from './setup.store.ts';

const GO_ON_JOB = 'setup.go_on';

export const onAuthentication: AuthenticationListener = (context, scope, { after }) =>
  Promise.resolve([
    enqueue(context, { name: GO_ON_JOB, payload: { ...scope, authentication: after.id } }),
  ]);

export const goOnJob: JobKind = {
  name: GO_ON_JOB,
  run: async (context, payload) => {
    const { accountId, livemode, authentication: id } = payload;
    assert(typeof accountId === 'string' && typeof id === 'string', 'Whose, and which');
    await goOnAfter(context, { accountId, livemode: livemode === true }, id);
  },
};

/** By the answer of the card's bank to one question; as long as there is none, nothing happens. */
export const goOnAfter = async (context: Context, scope: Scope, id: Uuid): Promise<void> => {
  const found = await findAuthentication(context, scope, id);
  if (found === undefined || found.now?.state === 'challenge') return;
  const { intentId } = found.authentication;
  // Most are asked for payments.
  if ((await loadSetup(context, scope, intentId)) === undefined) return;
  const { now } = found;
  const proof: Proof =
    now?.state === 'refused'
      ? { ok: false }
      : {
          ok: true,
          authentication: null,
          ...(now?.state === 'done' ? { authenticationId: id } : {}),
        };
  await goOnSetup(context, scope, intentId, proof, id);
};
