// When the payer has come back from being asked who they are: the card is verified with the proof, or the
// setup has failed.

import { renderPaymentMethod } from '#cards/methods';
import { present } from '#kit/assert';
import type { Context, Scope } from '#kit/context';
import type { Uuid } from '#kit/ids';
import { askingByItself, type Proof } from '#payments/intents';
import { authenticationFailed } from './conclude-setup.ts';
import { refuse, verify } from './confirm-setup.ts';
import { methodOf } from './hear.ts';
import { renderSetup } from './render-setup.ts';
import { loadAttempts, loadSetup } from './setup.store.ts';
import type { SetupIntent } from './setup-intent.ts';
import { keepingOf } from './unkept.ts';

const ROUNDS_MAX = 10;

/** The setup intent as it is afterwards. One that waits for nobody any more is left as it is. */
export const goOnSetup = async (
  context: Context,
  scope: Scope,
  setupId: Uuid,
  proof: Proof,
  /** In which the holder was asked; an end of an older one is nothing to a setup that asks anew. */
  of?: Uuid,
): Promise<SetupIntent> => {
  for (let round = 1; round <= ROUNDS_MAX; round += 1) {
    const setup = present(await loadSetup(context, scope, setupId), 'The setup intent');
    if (setup.status !== 'requires_action') return setup;
    if (of !== undefined && setup.authenticationId !== of) return setup;
    if (await goOnOnce(context, scope, setup, proof)) break;
  }
  return present(await loadSetup(context, scope, setupId), 'The setup intent');
};

/** False: somebody was faster, and it is to be read anew. */
const goOnOnce = async (
  context: Context,
  scope: Scope,
  setup: SetupIntent,
  proof: Proof,
): Promise<boolean> => {
  const attemptId = present(setup.latestAttemptId, 'The attempt that waits');
  const attempts = await loadAttempts(context, scope, [attemptId]);
  const method = present(await methodOf(context, scope, setup.methodId), 'The method that waits');
  const asking = askingByItself(scope);
  const confirming = {
    before: setup,
    setup,
    method,
    methodWrites: [],
    undo: async () => {},
    useSdk: false,
    shows: renderSetup,
    waiting: present(attempts.get(attemptId), 'The attempt that waits'),
  };
  const keeping = proof.ok ? await keepingOf(context, scope, setup, method) : null;
  // A bank is not asked about a card that nobody can keep.
  if (proof.ok && keeping?.ok === true) {
    return (await verify(context, asking, confirming, proof)) !== null;
  }
  const error =
    keeping?.ok === false
      ? keeping.error
      : authenticationFailed(renderPaymentMethod(method, scope.livemode));
  const { writes = [] } = await refuse(context, asking, confirming, error);
  return (await context.database.commit(scope, writes)).ok;
};
