import type { Context, Scope } from '#kit/context';
import { parseId, type Uuid } from '#kit/ids';
import { type Charge, INTENT, loadChargesOfIntent } from '#payments/charges';
import { resourceMissing, secretAsId } from '#platform/http';
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
  if (!intent || intent.isDirect) throw await intentMissing(context, scope, spelled, id, param);
  return intent;
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

const LOOKS_LIKE_SECRET = /^pi_\w+_secret_/;

const intentMissing = async (
  context: Context,
  scope: Scope,
  spelled: string,
  id: Uuid | null,
  param?: string,
) => {
  if (LOOKS_LIKE_SECRET.test(spelled)) return secretAsId('PaymentIntent', param);
  const other = { ...scope, livemode: !scope.livemode };
  const similar = id !== null && (await loadIntent(context, other, id)) !== undefined;
  return resourceMissing({
    noun: 'payment_intent',
    id: spelled,
    inUrl: 'intent',
    ...(param === undefined ? {} : { param }),
    ...(similar ? { existsIn: other.livemode ? ('live' as const) : ('test' as const) } : {}),
  });
};
