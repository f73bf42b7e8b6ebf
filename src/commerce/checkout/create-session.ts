import type { Static } from 'typebox';
import { findCustomerNamed } from '#cards/customers';
import { withoutLink } from '#cards/methods';
import type { Context, Scope, Write } from '#kit/context';
import { newUuid } from '#kit/ids';
import {
  checkIntentAsked,
  claimOrder,
  type IntentAsked,
  loadIntentOfOrder,
  orderInUse,
  orderIsOfPayment,
} from '#payments/intents';
import { checkSetupAsked, type SetupAsked } from '#payments/setup';
import {
  ApiError,
  mergeMetadata,
  type Outcome,
  parameterMissing,
  type TypedRequest,
} from '#platform/http';
import { readBranding } from './branding.ts';
import { type AskedOfCards, readCardsRefused } from './cards-refused.ts';
import { optionsForPayment, optionsForSetup } from './method-options.ts';
import { readNameCollection } from './name-collection.ts';
import { pageMerchant } from './page-state.ts';
import { readCustomFields } from './read-custom-fields.ts';
import { areOlder, readLines, readShippingOptions } from './read-lines.ts';
import { notYet } from './refusals.ts';
import { refuseCollection, refuseNotYet } from './refuse-not-yet.ts';
import { answerWith } from './render-session.ts';
import { readSavedMethods } from './saved-methods.ts';
import { blankSession, type CheckoutSession, nothingCollected, type UiMode } from './session.ts';
import { newSessionSecret, spellSession } from './session-id.ts';
import type { createParameters } from './session-parameters.ts';
import { insertSession, loadSessionOfOrder } from './sessions.store.ts';
import { publicUrlOf } from './settings.ts';
import { priced } from './totals.ts';
import { refuseMethods, waysOfSession } from './ways-of-session.ts';

type Request = TypedRequest<typeof createParameters>;
type Asked = Static<typeof createParameters>;

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;

export const createSession = async (context: Context, request: Request): Promise<Outcome> => {
  const { scope, parameters: asked } = request;
  refuseNotYet(asked);
  refuseModes(asked);
  refuseCollection(
    asked.payment_method_collection,
    asked.mode === 'setup' ? 'always' : 'if_required',
  );
  const session = await newSession(context, request);
  const registered = await registeredBefore(context, request, session);
  if (registered !== null) return registered;
  return {
    ...answerWith(session, scope, request.expand),
    writes: [insertSession(scope, session), ...orderWrites(scope, session)],
  };
};

export const orderWrites = (scope: Scope, { id, orderReference }: CheckoutSession): Write[] =>
  orderReference === null ? [] : [claimOrder(scope, { orderReference, kind: 'session', id })];

/** An order has one session that can be paid or was, or a payment, with or without an idempotency key. */
const registeredBefore = async (
  context: Context,
  { scope, expand }: Request,
  { orderReference, amount, currency }: CheckoutSession,
): Promise<Outcome | null> => {
  if (orderReference === null) return null;
  const [known, intent] = await Promise.all([
    loadSessionOfOrder(context, scope, orderReference),
    loadIntentOfOrder(context, scope, orderReference),
  ]);
  if (intent !== undefined) throw orderIsOfPayment(intent, scope.livemode);
  if (known === undefined) return null;
  if (known.amount !== amount || known.currency !== currency) {
    throw orderInUse(
      'This order_reference already has a Checkout Session with another amount or currency. Expire that one first.',
    );
  }
  return answerWith(known, scope, expand);
};

const refuseModes = (asked: Asked): void => {
  const { line_items: lines = [], mode = areOlder(lines) ? 'payment' : undefined } = asked;
  if (mode === undefined) throw parameterMissing('mode');
  if (mode === 'subscription') {
    throw notYet('mode', 'Subscriptions are', "use the mode 'payment' or 'setup'");
  }
  const [name] = notIn[mode].filter((each) => asked[each] !== undefined);
  if (name !== undefined) {
    throw new ApiError(400, `You can not pass \`${name}\` in \`${mode}\` mode.`, { param: name });
  }
};

/** What says something of a payment has nothing to say of a card that is kept, and the other way round. */
const notIn = {
  payment: ['setup_intent_data'],
  setup: [
    'line_items',
    'order_reference',
    'payment_intent_data',
    'shipping_address_collection',
    'shipping_options',
    'submit_type',
  ],
} as const satisfies Record<CheckoutSession['mode'], readonly (keyof Asked)[]>;

const newSession = async (context: Context, request: Request): Promise<CheckoutSession> => {
  const { scope, parameters: asked } = request;
  const id = newUuid(context);
  const secret = newSessionSecret(context);
  const customer =
    asked.customer === undefined
      ? null
      : await findCustomerNamed(context, scope, asked.customer, 'customer');
  const isSetup = asked.mode === 'setup';
  const shared = isSetup ? readCollected(asked) : readShared(context, asked);
  const options = isSetup ? {} : optionsForPayment(asked.payment_method_options);
  checkIntentAsked(options);
  const expiresAtMs = expiryOf(context, asked.expires_at);
  const session: CheckoutSession = {
    ...blankSession,
    ...shared,
    mode: isSetup ? 'setup' : 'payment',
    paymentStatus: isSetup ? 'no_payment_required' : 'unpaid',
    intentData: { ...shared.intentData, ...options },
    setupData: {
      ...readSetupData(asked.setup_intent_data),
      ...optionsForSetup(isSetup ? asked.payment_method_options : undefined),
    },
    ...wayBack(asked),
    id,
    secret,
    expiresAtMs,
    dueAtMs: expiresAtMs,
    customerId: customer?.id ?? null,
    orderReference: asked.order_reference ?? null,
    pageUrl: `${publicUrlOf(context)}/c/${spellSession(scope, { id, secret })}`,
    confirmationText: null,
    clientReferenceId: asked.client_reference_id ?? null,
    ...updateOf(asked),
    ...(await brandingOf(context, scope, asked)),
    ...readSavedMethods(asked.saved_payment_method_options),
    ...(asked.payment_method_data?.allow_redisplay === undefined
      ? {}
      : { allowRedisplay: asked.payment_method_data.allow_redisplay }),
    ...(asked.wallet_options?.link?.display === undefined
      ? {}
      : { linkDisplay: asked.wallet_options.link.display }),
    customerEmail: asked.customer_email ?? null,
    customerCreation: customer === null ? (asked.customer_creation ?? 'if_required') : null,
    locale: asked.locale ?? null,
    recovery: readRecovery(asked),
    types: withoutLink(asked.payment_method_types ?? null),
    allowedTypes: asked.allowed_payment_method_types ?? null,
    excludedTypes: asked.excluded_payment_method_types ?? null,
    originContext: asked.origin_context ?? null,
    integrationIdentifier: asked.integration_identifier ?? null,
    collected: {
      ...nothingCollected,
      email: asked.customer_email ?? customer?.email ?? null,
      name: customer?.name ?? null,
      phone: customer?.phone ?? null,
    },
  };
  const whole = priced(session);
  await refuseMethods(context, scope, whole);
  const offered = (await waysOfSession(context, scope, whole)).map(({ type }) => type);
  return { ...whole, offered };
};

const brandingOf = async (
  context: Context,
  scope: Scope,
  { branding_settings: branding, ui_mode: mode }: Asked,
): Promise<Pick<CheckoutSession, 'branding'>> => {
  if (branding === undefined) return {};
  if (uiModes[mode ?? ''] === 'elements') refuseWith('elements', { branding_settings: branding });
  return { branding: readBranding(branding, await pageMerchant(context, scope)) };
};

const updateOf = ({
  customer,
  customer_update: asked,
}: Asked): Pick<CheckoutSession, 'customerUpdate'> => {
  if (asked === undefined) return {};
  if (customer === undefined) {
    throw new ApiError(
      400,
      '`customer_update` can only be used with `customer`: there is none to update.',
      { param: 'customer_update' },
    );
  }
  const told = (['address', 'name', 'shipping'] as const).filter((name) => asked[name] === 'auto');
  return told.length === 0 ? {} : { customerUpdate: told };
};

const uiModes: Readonly<Record<string, UiMode>> = {
  elements: 'elements',
  custom: 'elements',
  embedded_page: 'embedded_page',
  embedded: 'embedded_page',
  hosted_page: 'hosted_page',
  hosted: 'hosted_page',
};

const wayBack = (
  asked: Asked,
): Pick<
  CheckoutSession,
  'uiMode' | 'successUrl' | 'cancelUrl' | 'returnUrl' | 'redirectOnCompletion'
> => {
  const uiMode = uiModes[asked.ui_mode ?? 'hosted_page'] ?? 'hosted_page';
  const { success_url: success, cancel_url: cancel, return_url: back } = asked;
  const redirect = asked.redirect_on_completion;
  if (uiMode === 'hosted_page') {
    if (success === undefined) throw parameterMissing('success_url');
    refuseWith(uiMode, { return_url: back, redirect_on_completion: redirect });
    return {
      uiMode,
      successUrl: success,
      cancelUrl: cancel ?? null,
      returnUrl: null,
      redirectOnCompletion: null,
    };
  }
  refuseWith(uiMode, { success_url: success, cancel_url: cancel });
  if (back === undefined && redirect !== 'never') throw parameterMissing('return_url');
  return {
    uiMode,
    successUrl: null,
    cancelUrl: null,
    returnUrl: back ?? null,
    redirectOnCompletion: uiMode === 'elements' ? null : (redirect ?? 'always'),
  };
};

const refuseWith = (uiMode: UiMode, given: Readonly<Record<string, unknown>>): void => {
  const param = Object.keys(given).find((name) => given[name] !== undefined);
  if (param === undefined) return;
  throw new ApiError(400, `${param} cannot be used when ui_mode is ${uiMode}.`, { param });
};

const expiryOf = ({ clock }: Context, asked: number | undefined): number => {
  const nowMs = clock.now();
  if (asked === undefined) return nowMs + DAY_MS;
  const atMs = asked * 1000;
  // A second on either side, as the caller counts in whole ones.
  if (atMs < nowMs + 30 * MINUTE_MS - 1_000 || atMs > nowMs + DAY_MS + 1_000) {
    throw new ApiError(
      400,
      'The `expires_at` timestamp must be at least 30 minutes from Checkout Session creation and at most 24 hours.',
      { param: 'expires_at' },
    );
  }
  return atMs;
};

const readRecovery = ({ after_expiration: after }: Asked): CheckoutSession['recovery'] => {
  if (after?.recovery === undefined) return null;
  if (after.recovery.allow_promotion_codes === true) {
    throw notYet('after_expiration[recovery][allow_promotion_codes]', 'Promotion codes are');
  }
  return { enabled: after.recovery.enabled, allowPromotionCodes: false };
};

type Shared = Pick<
  Asked,
  | 'billing_address_collection'
  | 'consent_collection'
  | 'currency'
  | 'custom_fields'
  | 'custom_text'
  | 'line_items'
  | 'metadata'
  | 'name_collection'
  | 'payment_intent_data'
  | 'phone_number_collection'
  | 'shipping_address_collection'
  | 'shipping_options'
  | 'submit_type'
> & { readonly payment_method_options?: AskedOfCards };

export type SharedOfSession = Pick<
  CheckoutSession,
  | 'billingAddress'
  | 'asksPhone'
  | 'cardsRefused'
  | 'consentCollection'
  | 'currency'
  | 'customFields'
  | 'customText'
  | 'intentData'
  | 'lines'
  | 'metadata'
  | 'nameCollection'
  | 'shippingChosen'
  | 'shippingCountries'
  | 'shippingOptions'
  | 'submitType'
>;

/** What a session says by itself, and a link for all the sessions it opens. */
export const readShared = (
  context: Pick<Context, 'clock' | 'random'>,
  asked: Shared,
): SharedOfSession => {
  const { line_items: items = [], shipping_address_collection: countries } = asked;
  if (items.length === 0) throw parameterMissing('line_items');
  const lines = readLines(context, items);
  const currency = lines[0]?.price.currency ?? null;
  if (asked.currency !== undefined && asked.currency !== currency) {
    throw new ApiError(400, 'The currency is not that of the line items.', { param: 'currency' });
  }
  const shippingOptions = readShippingOptions(context, asked.shipping_options ?? [], currency);
  return {
    ...readCollected(asked),
    lines,
    currency,
    shippingOptions,
    shippingChosen: shippingOptions[0]?.id ?? null,
    shippingCountries: countries?.allowed_countries.map((code) => code.toUpperCase()) ?? null,
    submitType: asked.submit_type ?? null,
    intentData: readIntentData(asked.payment_intent_data),
  };
};

/** What is asked of the payer, whatever for; with nothing to be paid yet. */
export const readCollected = (asked: Shared): SharedOfSession => {
  const consent = asked.consent_collection;
  return {
    lines: [],
    currency: asked.currency ?? null,
    shippingOptions: [],
    shippingChosen: null,
    shippingCountries: null,
    submitType: null,
    intentData: {},
    metadata: mergeMetadata({}, asked.metadata),
    billingAddress: asked.billing_address_collection ?? null,
    asksPhone: asked.phone_number_collection?.enabled ?? false,
    cardsRefused: readCardsRefused(asked.payment_method_options),
    nameCollection: readNameCollection(asked.name_collection),
    customFields: readCustomFields(asked.custom_fields ?? []),
    customText: {
      afterSubmit: asked.custom_text?.after_submit?.message ?? null,
      shippingAddress: asked.custom_text?.shipping_address?.message ?? null,
      submit: asked.custom_text?.submit?.message ?? null,
      terms: asked.custom_text?.terms_of_service_acceptance?.message ?? null,
    },
    consentCollection:
      consent === undefined
        ? null
        : {
            reuseAgreement: consent.payment_method_reuse_agreement?.position ?? null,
            promotions: consent.promotions ?? null,
            terms: consent.terms_of_service ?? null,
          },
  };
};

const readSetupData = (asked: Asked['setup_intent_data'] = {}): SetupAsked => {
  checkSetupAsked(asked);
  return asked;
};

/** What the payment would refuse is refused here, long before anybody wants to pay. */
export const readIntentData = (asked: Asked['payment_intent_data'] = {}): IntentAsked => {
  const {
    application_fee_amount: _fee,
    on_behalf_of: _account,
    transfer_data: _transfer,
    ...data
  } = asked;
  checkIntentAsked(data);
  return data;
};
