import type { Context } from '#kit/context';
import { INTENT } from '#payments/charges';
import {
  lockTimeout,
  type Outcome,
  parametersUnknown,
  refuse,
  secretKeyRequired,
  type TypedRequest,
} from '#platform/http';
import { asItIs } from './as-it-is.ts';
import { checkClientSecret, showsFor } from './client-secret.ts';
import { confirmOnce, refuseByState } from './confirm-once.ts';
import { readForPayment } from './confirm-payment.ts';
import { findIntent } from './find-intent.ts';
import { type confirmParameters, pageParameters } from './intent-parameters.ts';
import { refuseOptionsFromPage } from './page-options.ts';
import { endAtProvider, isPayerAway } from './payer-away.ts';
import type { PaymentIntent } from './payment-intent.ts';
import { refuseMade } from './refusals.ts';
import { takingMethod, undoing } from './take-method.ts';

type Request = TypedRequest<typeof confirmParameters>;

/** How often another request may be faster. */
const ROUNDS_MAX = 10;

export const confirmIntent = async (context: Context, request: Request): Promise<Outcome> => {
  const { scope, parameters: asked } = request;
  const shows = showsFor(request.principal);
  refuseFromPage(request);
  if (request.resumes !== null) return asItIs(context, scope, request.resumes, shows);

  const spelled = request.path['intent'] ?? '';
  const take = takingMethod(context, scope, asked);
  const accounts = readForPayment(context, scope);
  const found = await findIntent(context, scope, spelled);
  checkClientSecret(request.principal, found, asked.client_secret);
  refuseMade(found, scope.livemode, 'confirm');
  refuseByHand(request, found);
  const first = await withoutOldTry(context, request, found);
  refuseByState(first, scope.livemode, asked);
  const taken = await take({ prefix: INTENT, id: first.id });
  return undoing(taken, async () => {
    for (let round = 1, before = first; round <= ROUNDS_MAX; round += 1) {
      const outcome = await confirmOnce(context, request, { before, taken, accounts });
      if (outcome !== null) return outcome;
      before = await findIntent(context, scope, spelled);
    }
    throw lockTimeout();
  });
};

/** Whoever takes another way to pay gives up the one they were sent away for: it is ended at its provider first. */
const withoutOldTry = async (
  context: Context,
  { scope, parameters: asked }: Request,
  found: PaymentIntent,
): Promise<PaymentIntent> => {
  const { payment_method: method, payment_method_data: data, confirmation_token: token } = asked;
  const isAnother = method !== undefined || data !== undefined || token !== undefined;
  return isAnother && isPayerAway(found) ? endAtProvider(context, scope, found.id) : found;
};

/** Whoever confirms by hand wants every attempt to be their server's. */
const refuseByHand = ({ principal }: Request, { confirmationMethod }: PaymentIntent): void => {
  if (principal.kind !== 'publishable' || confirmationMethod === 'automatic') return;
  throw refuse('secret_key_required', {
    message:
      'This PaymentIntent was created with confirmation_method=manual: it is confirmed on your server, with your secret API key, and not with a publishable one.',
  });
};

const refuseFromPage = ({ principal, parameters }: Request): void => {
  if (principal.kind !== 'publishable') return;
  const others = Object.keys(parameters).filter((name) => !pageParameters.has(name));
  if (others.length === 0) return refuseOptionsFromPage(parameters.payment_method_options);
  if (others.includes('off_session')) throw secretKeyRequired();
  throw parametersUnknown(others);
};
