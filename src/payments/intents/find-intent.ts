import type { Context, Scope } from '#kit/context';
import { parseId } from '#kit/ids';
import { type Charge, INTENT, loadChargesOfIntent } from '#payments/charges';
import { missingIn, secretAsId } from '#platform/http';
import { loadIntent } from './intents.store.ts';
import type { PaymentIntent } from './payment-intent.ts';

/** The intent of that id; or the refusal that says what is wrong with it. `param` names it if not the URL. */
export const findIntent = async (
  context: Context,
  scope: Scope,
  spelled: string,
  param?: string,
): Promise<PaymentIntent> => {
  const id = parseId(INTENT, spelled);
  const intent = id && (await loadIntent(context, scope, id));
  if (intent && !intent.isDirect) return intent;
  if (/^pi_\w+_secret_/.test(spelled)) throw secretAsId('PaymentIntent', param);
  throw await missingIn(
    scope,
    { noun: 'payment_intent', id: spelled, inUrl: 'intent', param },
    (other) => id && loadIntent(context, other, id),
  );
};

/**
 * With its latest charge, in one round trip. One of the two may be of a moment later, so this is for who changes
 * both: what is written by the older one loses by its version, and is decided anew.
 */
export const findIntentWithCharge = async (
  context: Context,
  scope: Scope,
  spelled: string,
  param?: string,
): Promise<{ readonly intent: PaymentIntent; readonly charge: Charge | undefined }> => {
  const id = parseId(INTENT, spelled);
  const [intent, charges] = await Promise.all([
    findIntent(context, scope, spelled, param),
    id === null ? [] : loadChargesOfIntent(context, scope, id),
  ]);
  return { intent, charge: charges.find((charge) => charge.id === intent.latestChargeId) };
};
