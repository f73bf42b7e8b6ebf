// A confirmation token: a method and what belongs to confirming with it, collected by a payer's page and
// used once. The card itself is in the vault from the beginning.

import type Stripe from 'stripe';
import { type PaymentMethod, renderPaymentMethod } from '#cards/methods';
import { spellId, type Uuid, uuidMs } from '#kit/ids';
import type { Wire } from '#kit/wire';

export const CONFIRMATION_TOKEN = 'ctoken';
export const LIVES_MS = 12 * 60 * 60 * 1000;

export type ConfirmationToken = {
  readonly id: Uuid;
  /** As it is spelled: `pi_…` or `seti_…`. */
  readonly usedBy: string | null;
  /** As it was then. */
  readonly method: PaymentMethod;
  readonly returnUrl: string | null;
  readonly setupFutureUsage: 'off_session' | 'on_session' | null;
  readonly shipping: TokenShipping | null;
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
    mandate_data: null,
    metadata: {},
    payment_intent: usedBy?.startsWith('pi_') === true ? usedBy : null,
    payment_method_options: null,
    payment_method_preview: previewOf(token, livemode),
    return_url: token.returnUrl,
    setup_future_usage: token.setupFutureUsage,
    setup_intent: usedBy?.startsWith('seti_') === true ? usedBy : null,
    shipping: token.shipping as Shown['shipping'],
    use_stripe_sdk: true,
  } satisfies Shown;
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
