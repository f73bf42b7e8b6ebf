// The payer has come back from being asked, or will not: what they were asked for goes on by itself. It is registered
// in the transaction in which the answer is, so no process has to live for it to happen.

import { type AuthenticationListener, findAuthentication } from '#cards/three-ds';
import { assert } from '#kit/assert';
import type { Context, Scope } from '#kit/context';
import type { Uuid } from '#kit/ids';
import { enqueue, type JobKind } from '#platform/jobs';
import { goOn, type Proof } from './go-on.ts';
import { loadIntent } from './intents.store.ts';

/** One module's way of going on: what hears of an authentication, the job that follows, and what the job does. */
export const goingOn = (
  job: string,
  module: {
    readonly isOurs: (context: Context, scope: Scope, intentId: Uuid) => Promise<boolean>;
    readonly goOn: (
      context: Context,
      scope: Scope,
      intentId: Uuid,
      proof: Proof,
      of: Uuid,
    ) => Promise<unknown>;
  },
) => {
  const onAuthentication: AuthenticationListener = (context, scope, { after }) =>
    Promise.resolve([
      enqueue(context, { name: job, payload: { ...scope, authentication: after.id } }),
    ]);

  /** By the answer of the card's bank to one question; as long as there is none, nothing happens. */
  const goOnAfter = async (context: Context, scope: Scope, id: Uuid): Promise<void> => {
    const found = await findAuthentication(context, scope, id);
    if (found === undefined || found.now?.state === 'challenge') return;
    const { now, authentication } = found;
    // Each module is told of all.
    if (!(await module.isOurs(context, scope, authentication.intentId))) return;
    const proof: Proof =
      now?.state === 'refused'
        ? { ok: false }
        : {
            ok: true,
            authentication: null,
            ...(now?.state === 'done' ? { authenticationId: id } : {}),
          };
    await module.goOn(context, scope, authentication.intentId, proof, id);
  };

  const goOnJob: JobKind = {
    name: job,
    run: async (context, payload) => {
      const { accountId, livemode, authentication: id } = payload;
      assert(typeof accountId === 'string' && typeof id === 'string', 'Whose, and which');
      await goOnAfter(context, { accountId, livemode: livemode === true }, id);
    },
  };
  return { onAuthentication, goOnAfter, goOnJob };
};

export const { onAuthentication, goOnAfter, goOnJob } = goingOn('payments.go_on', {
  isOurs: async (context, scope, id) => (await loadIntent(context, scope, id)) !== undefined,
  goOn,
});
