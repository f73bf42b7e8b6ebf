// When the payer has come back from being asked who they are: the payment goes on with the proof, or has
// failed. Nobody's request is behind it; the page that asked shows what came of it.

import { loadMethods, parseMethodId } from '#cards/methods';
import type { Authentication } from '#cards/three-ds';
import { present } from '#kit/assert';
import type { Context, Scope } from '#kit/context';
import type { Uuid } from '#kit/ids';
import { askingByItself } from './asking.ts';
import { refuseConfirmation } from './confirm-payment.ts';
import { next } from './intent-states.ts';
import { loadIntent } from './intents.store.ts';
import { writePayment } from './payment.ts';
import type { PaymentIntent } from './payment-intent.ts';
import { renderIntent } from './render-intent.ts';
import { sendAttempt } from './send-attempt.ts';

export type Proof =
  | {
      readonly ok: true;
      readonly authentication: Authentication | null;
      /** Of whose proof the payment makes use. */
      readonly authenticationId?: Uuid;
    }
  | { readonly ok: false };

const ROUNDS_MAX = 10;

/** The intent as it is afterwards. One that waits for nobody any more is left as it is. */
export const goOn = async (
  context: Context,
  scope: Scope,
  intentId: Uuid,
  proof: Proof,
  /** In which the payer was asked; an end of an older one is nothing to a payment that asks anew. */
  of?: Uuid,
): Promise<PaymentIntent> => {
  for (let round = 1; round <= ROUNDS_MAX; round += 1) {
    const intent = present(await loadIntent(context, scope, intentId), 'The intent');
    if (intent.status !== 'requires_action' || intent.doing !== null) return intent;
    if (of !== undefined && intent.authenticationId !== of) return intent;
    if (await goOnOnce(context, scope, intent, proof)) break;
  }
  return present(await loadIntent(context, scope, intentId), 'The intent');
};

/** Whoever confirms by hand does it once more, on their server: only then is anything paid. */
const waitForServer = async (
  context: Context,
  scope: Scope,
  before: PaymentIntent,
  { authenticationId }: Extract<Proof, { ok: true }>,
): Promise<boolean> => {
  const { writes } = writePayment(
    context,
    scope,
    {
      before: { intent: before, charge: null },
      intent: {
        ...before,
        status: next(before.status, 'method_given') ?? before.status,
        nextAction: null,
        authenticationId: authenticationId ?? null,
      },
      charge: null,
      kinds: [],
    },
    null,
  );
  return (await context.database.commit(scope, writes)).ok;
};

/** False: somebody was faster, and it is to be read anew. */
const goOnOnce = async (
  context: Context,
  scope: Scope,
  before: PaymentIntent,
  proof: Proof,
): Promise<boolean> => {
  const id = before.methodId === null ? null : parseMethodId(before.methodId);
  const method = (await loadMethods(context, scope, id === null ? [] : [id])).get(id ?? '');
  const asking = askingByItself(scope);
  const common = {
    before,
    intent: before,
    method: present(method, 'The method that waits'),
    methodWrites: [],
    undo: async () => {},
    offSession: false,
    isRecurring: false,
    shows: renderIntent,
  };
  if (proof.ok && before.confirmationMethod === 'manual') {
    return waitForServer(context, scope, before, proof);
  }
  if (proof.ok) {
    const { authentication, authenticationId } = proof;
    const attempt = {
      ...common,
      authentication,
      // Asked once: a bank that wants it again gets no for an answer.
      mayAsk: false,
      mayClaim: false,
      ...(authenticationId === undefined ? {} : { authenticationId }),
    };
    return (await sendAttempt(context, asking, attempt)) !== null;
  }
  const { writes = [] } = await refuseConfirmation(
    context,
    asking,
    { ...common, errorOnAction: false, useSdk: false },
    'payment_intent_authentication_failure',
  );
  return (await context.database.commit(scope, writes)).ok;
};
