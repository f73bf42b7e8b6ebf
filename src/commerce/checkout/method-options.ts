// What a session says of single ways to pay: told to the payment, or the setup, that it makes.

import type Stripe from 'stripe';
import type { Static } from 'typebox';
import { optionsOfOthers } from '#cards/methods';
import type { Wire } from '#kit/wire';
import { awayParameters, type IntentAsked } from '#payments/intents';
import type { SetupAsked } from '#payments/setup';
import { arrayOf, boolean, emptyable, object, oneOf, text } from '#platform/http';
import { brandNames, fundingNames, renderCardsRefused } from './cards-refused.ts';
import type { CheckoutSession } from './session.ts';

const brands = oneOf(...brandNames);
const ifAvailable = oneOf('if_available', 'never');

export const methodOptionsParameters = object({
  ...optionsOfOthers,
  ...awayParameters,
  bancontact: object({ setup_future_usage: oneOf('none', 'off_session') }),
  card: object({
    capture_method: oneOf('manual'),
    installments: object({ enabled: boolean() }),
    request_extended_authorization: ifAvailable,
    request_incremental_authorization: ifAvailable,
    request_multicapture: ifAvailable,
    request_overcapture: ifAvailable,
    request_three_d_secure: oneOf('any', 'automatic', 'challenge'),
    restrictions: object({
      brands_blocked: arrayOf(brands),
      funding_types_blocked: arrayOf(oneOf(...fundingNames)),
    }),
    setup_future_usage: oneOf('none', 'off_session', 'on_session'),
    statement_descriptor_suffix_kana: text(22),
    statement_descriptor_suffix_kanji: text(17),
  }),
});

/** Of links nothing else can be said. */
export const linkOptionsParameters = object({
  card: emptyable(
    object({ restrictions: emptyable(object({ brands_blocked: emptyable(arrayOf(brands)) })) }),
  ),
});

type Asked = Static<typeof methodOptionsParameters> | undefined;

/** In the words of payments. */
export const optionsForPayment = (asked: Asked): Pick<IntentAsked, 'payment_method_options'> => {
  if (asked === undefined) return {};
  const { card, bancontact, eps, ideal, p24 } = asked;
  const { restrictions: _none, ...known } = card ?? {};
  return {
    payment_method_options: {
      ...(card === undefined ? {} : { card: known }),
      ...(bancontact === undefined ? {} : { bancontact }),
      ...(eps === undefined ? {} : { eps }),
      ...(ideal === undefined ? {} : { ideal }),
      ...(p24 === undefined ? {} : { p24 }),
    },
  };
};

export const optionsForSetup = (asked: Asked): Pick<SetupAsked, 'payment_method_options'> => {
  const wanted = asked?.card?.request_three_d_secure;
  return wanted === undefined
    ? {}
    : { payment_method_options: { card: { request_three_d_secure: wanted } } };
};

/** Whether the card that it is paid with is to be kept. */
export const isKeeping = ({
  setup_future_usage: future,
  payment_method_options: options,
}: IntentAsked): boolean => (options?.card?.setup_future_usage ?? future ?? 'none') !== 'none';

type Shown = NonNullable<Wire<Stripe.Checkout.Session>['payment_method_options']>;

export const renderMethodOptions = (
  session: Pick<CheckoutSession, 'cardsRefused' | 'intentData' | 'setupData'>,
): Shown => {
  const { intentData, setupData } = session;
  const { card, bancontact, eps, ideal, p24 } = intentData.payment_method_options ?? {};
  const asks = card ?? setupData.payment_method_options?.card;
  const {
    capture_method: capture,
    installments,
    request_extended_authorization: extended,
    request_incremental_authorization: increment,
    request_multicapture: several,
    request_overcapture: overcapture,
    setup_future_usage: future,
    statement_descriptor_suffix_kana: kana,
    statement_descriptor_suffix_kanji: kanji,
  } = card ?? {};
  const once = { setup_future_usage: 'none' } as const;
  return {
    card: {
      ...(capture ? { capture_method: capture } : {}),
      ...(installments?.enabled === undefined
        ? {}
        : { installments: { enabled: installments.enabled } }),
      ...(extended ? { request_extended_authorization: extended } : {}),
      ...(increment ? { request_incremental_authorization: increment } : {}),
      ...(several ? { request_multicapture: several } : {}),
      ...(overcapture ? { request_overcapture: overcapture } : {}),
      request_three_d_secure: asks?.request_three_d_secure ?? 'automatic',
      ...renderCardsRefused(session),
      ...(future ? { setup_future_usage: future } : {}),
      ...(kana ? { statement_descriptor_suffix_kana: kana } : {}),
      ...(kanji ? { statement_descriptor_suffix_kanji: kanji } : {}),
    },
    ...(bancontact?.setup_future_usage ? { bancontact: once } : {}),
    ...(eps?.setup_future_usage ? { eps: once } : {}),
    ...(ideal?.setup_future_usage ? { ideal: once } : {}),
    ...(p24?.setup_future_usage ? { p24: once } : {}),
  };
};
