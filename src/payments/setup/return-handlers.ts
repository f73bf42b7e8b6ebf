// The way back of a payer who was asked by their card's bank before the card is kept: what they answered is taken on
// first, then they are sent to where the merchant wants them, with what came of it.

import type { Context, Scope } from '#kit/context';
import { spellId, type Uuid } from '#kit/ids';
import { onceKnown, readReturnToken, returnHandlersOf, withOutcome } from '#payments/intents';
import type { PlainHandler } from '#platform/http';
import { goOnAfter } from './hear-authentication.ts';
import { clientSecretOf, SETUP } from './render-setup.ts';
import { loadSetup } from './setup.store.ts';
import type { SetupIntent } from './setup-intent.ts';

export const setupReturnHandlers = (context: Context): readonly PlainHandler[] =>
  returnHandlersOf(context, 'setup', async (payer, token) => {
    const named = readReturnToken(payer, token, 'setup');
    const setup =
      named === null ? undefined : await afterReturn(payer, named.scope, named.intentId);
    if (setup === undefined || setup.returnUrl === null) return null;
    return withOutcome(setup.returnUrl, {
      setup_intent: spellId(SETUP, setup.id),
      setup_intent_client_secret: clientSecretOf(setup),
      redirect_status: redirectStatus(setup),
    });
  });

const afterReturn = async (
  context: Context,
  scope: Scope,
  setupId: Uuid,
): Promise<SetupIntent | undefined> => {
  const setup = await loadSetup(context, scope, setupId);
  if (setup === undefined) return undefined;
  if (setup.status === 'requires_action' && setup.authenticationId !== null) {
    await goOnAfter(context, scope, setup.authenticationId);
  }
  return onceKnown(context, () => loadSetup(context, scope, setupId));
};

const redirectStatus = ({ status }: SetupIntent): 'succeeded' | 'pending' | 'failed' => {
  if (status === 'succeeded') return 'succeeded';
  return status === 'processing' || status === 'requires_action' ? 'pending' : 'failed';
};
