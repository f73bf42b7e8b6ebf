// What may be said of ways to pay that send their payer away, should one of them be used: in which language
// they are asked, and that they are not kept, which none of them can be.

import type { Static } from 'typebox';
import { ApiError, boolean, emptyable, object, oneOf } from '#platform/http';
import type { PaymentIntent } from './payment-intent.ts';

const kept = emptyable(oneOf('none', 'off_session'));
const notKept = oneOf('none');

export const awayParameters = {
  bancontact: emptyable(
    object({ preferred_language: oneOf('de', 'en', 'fr', 'nl'), setup_future_usage: kept }),
  ),
  eps: emptyable(object({ setup_future_usage: notKept })),
  ideal: emptyable(object({ setup_future_usage: kept })),
  p24: emptyable(object({ setup_future_usage: notKept, tos_shown_and_accepted: boolean() })),
} as const;

type Name = keyof typeof awayParameters;
type Asked = { readonly [K in Name]?: Static<(typeof awayParameters)[K]> | undefined };
type Options = {
  readonly preferred_language?: 'de' | 'en' | 'fr' | 'nl';
  readonly setup_future_usage?: 'none';
  readonly tos_shown_and_accepted?: boolean;
};

export type AwayOptions = { readonly [K in Name]?: Options };

const names = Object.keys(awayParameters) as readonly Name[];

/** As everywhere, what was not sent keeps its value, and what was sent empty is unset. */
export const withAwayOptions = (intent: PaymentIntent, asked: Asked | undefined): PaymentIntent => {
  if (asked === undefined || names.every((name) => asked[name] === undefined)) return intent;
  const { awayOptions: before = {}, ...rest } = intent;
  const awayOptions: { [K in Name]?: Options } = { ...before };
  for (const name of names) {
    const given = asked[name];
    if (given === undefined) continue;
    delete awayOptions[name];
    if (given !== null) awayOptions[name] = { ...before[name], ...optionsOf(name, given) };
  }
  return Object.keys(awayOptions).length === 0 ? rest : { ...rest, awayOptions };
};

type Given = { readonly [name: string]: string | boolean | null | undefined };

const optionsOf = (name: Name, given: Given): Options => {
  if (given['setup_future_usage'] === 'off_session') {
    throw new ApiError(
      400,
      `The payment method type "${name}" cannot be used with setup_future_usage: it pays once.`,
      { param: `payment_method_options[${name}][setup_future_usage]` },
    );
  }
  return Object.fromEntries(
    Object.entries(given).map(([field, value]) => [field, value ?? undefined]),
  );
};

/** Of the ways that the payment may take. */
export const renderAwayOptions = ({
  types,
  awayOptions = {},
}: Pick<PaymentIntent, 'types' | 'awayOptions'>) => ({
  ...(types?.includes('bancontact') === true
    ? { bancontact: { preferred_language: 'en' as const, ...shown(awayOptions.bancontact) } }
    : {}),
  ...(types?.includes('eps') === true ? { eps: shown(awayOptions.eps) } : {}),
  ...(types?.includes('ideal') === true ? { ideal: shown(awayOptions.ideal) } : {}),
  ...(types?.includes('p24') === true ? { p24: shown(awayOptions.p24) } : {}),
});

const shown = ({ tos_shown_and_accepted: _terms, ...options }: Options = {}) => options;

/** What its provider is told, beside what the payer chose. */
export const chosenFor = (
  { awayOptions = {} }: PaymentIntent,
  type: string,
): Readonly<Record<string, string>> => {
  const { preferred_language: language, tos_shown_and_accepted: terms } =
    awayOptions[type as Name] ?? {};
  return {
    ...(language === undefined ? {} : { preferred_language: language }),
    ...(terms === true ? { tos_shown_and_accepted: 'true' } : {}),
  };
};
