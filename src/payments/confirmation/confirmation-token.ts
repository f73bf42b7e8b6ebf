// A confirmation token: a method and what belongs to confirming with it, collected by a payer's page and
// used once. The card itself is in the vault from the beginning.

import type Stripe from 'stripe';
import { type PaymentMethod, renderPaymentMethod } from '#cards/methods';
import { spellId, type Uuid, uuidMs } from '#kit/ids';
import type { Wire } from '#kit/wire';
import type { MandateData } from './mandate-data.ts';

export const CONFIRMATION_TOKEN = 'ctoken';
const LIVES_MS = 12 * 60 * 60 * 1000;

export type ConfirmationToken = {
  readonly id: Uuid;
  /** As it is spelled: `pi_…` or `seti_…`. */
  readonly usedBy: string | null;
  /** As it was then. */
  readonly method: PaymentMethod;
  readonly returnUrl: string | null;
  readonly setupFutureUsage: 'off_session' | 'on_session' | null;
  readonly shipping: TokenShipping | null;
  /** A security code that was typed again: the token that holds it. */
  readonly cvcToken?: string;
  readonly mandate?: MandateData;
};

export type TokenShipping = {
  readonly address: Readonly<Record<string, string | null>>;
  readonly name: string;
  readonly phone: string | null;
};

export const expiresAtMs = ({ id }: Pick<ConfirmationToken, 'id'>): number => uuidMs(id) + LIVES_MS;

type Shown = Wire<Stripe.ConfirmationToken>;

export const renderToken = (token: ConfirmationToken, livemode: boolean) => {
  const { usedBy } = token;
  return {
    id: spellId(CONFIRMATION_TOKEN, token.id),
    object: 'confirmation_token',
    created: Math.floor(uuidMs(token.id) / 1000),
    expires_at: usedBy === null ? Math.floor(expiresAtMs(token) / 1000) : null,
    livemode,
    mandate_data: mandateShown(token),
    metadata: {},
    payment_intent: usedBy?.startsWith('pi_') === true ? usedBy : null,
    payment_method_options:
      token.cvcToken === undefined ? null : { card: { cvc_token: token.cvcToken } },
    payment_method_preview: previewOf(token, livemode),
    return_url: token.returnUrl,
    setup_future_usage: token.setupFutureUsage,
    setup_intent: usedBy?.startsWith('seti_') === true ? usedBy : null,
    shipping: token.shipping as Shown['shipping'],
    use_stripe_sdk: true,
  } satisfies Shown;
};

const mandateShown = ({ mandate }: ConfirmationToken): Shown['mandate_data'] => {
  if (mandate === undefined) return null;
  const { type, address, userAgent } = mandate;
  const online = type === 'online' ? { ip_address: address, user_agent: userAgent } : null;
  return { customer_acceptance: { online, type } };
};

/** The method as it will be, without what it has only once it is one. */
const previewOf = (
  { method }: ConfirmationToken,
  livemode: boolean,
): Shown['payment_method_preview'] => {
  const {
    id: _id,
    object: _object,
    created: _created,
    livemode: _livemode,
    metadata: _metadata,
    ...preview
  } = renderPaymentMethod(method, livemode) as Record<string, unknown>;
  return preview as Shown['payment_method_preview'];
};
