// Fee rules as an operator writes them, in JSON. What is misspelt is refused: a rule that silently fits
// nothing would be found out by finance, a month later.

import { currencies } from '#kit/money';
import type { FeeRule } from './fee-rules.ts';
import { neverTaken } from './never-taken.ts';
import { origins } from './origin.ts';

export type FeeWords = { readonly methods: readonly string[]; readonly brands: readonly string[] };

export type RulesRead =
  | { readonly ok: true; readonly rules: readonly FeeRule[] }
  | { readonly ok: false; readonly problem: string };

/** What a field may hold, and the words for it. */
type Kind = { readonly holds: (value: unknown) => boolean; readonly is: string };

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const isWhole = (value: unknown, most: number): boolean =>
  Number.isSafeInteger(value) && Number(value) >= 0 && Number(value) <= most;
const isCurrency = (value: unknown): boolean => typeof value === 'string' && currencies.has(value);

const text: Kind = {
  holds: (value) => typeof value === 'string' && value !== '' && value.length <= 200,
  is: 'a text of 1 to 200 characters',
};
const amount: Kind = {
  holds: (value) => isWhole(value, Number.MAX_SAFE_INTEGER),
  is: 'a whole number, zero or more',
};
const share: Kind = {
  holds: (value) => isWhole(value, 1_000_000),
  is: 'a whole number of millionths from 0 to 1000000: 2.9 % is 29000',
};
const oneOf = (...words: readonly string[]): Kind => ({
  holds: (value) => words.some((word) => word === value),
  is: `one of ${words.join(', ')}`,
});
const listOf = ({ holds, is }: Kind): Kind => ({
  holds: (value) => Array.isArray(value) && value.length > 0 && value.every(holds),
  is: `a list of at least one, each ${is}`,
});
const mapOf = (name: Kind, of: Kind): Kind => ({
  holds: (value) =>
    isObject(value) && Object.entries(value).every(([key, it]) => name.holds(key) && of.holds(it)),
  is: `an object: the name is ${name.is}, the value ${of.is}`,
});

/** Groups of countries, and what nobody lives in, have such letters too. */
const noCountries = new Set(['EU', 'EZ', 'UN', 'QO', 'XA', 'XB', 'ZZ']);
const countryNames = new Intl.DisplayNames('en', { type: 'region', fallback: 'none' });
const isCountry = (value: unknown): boolean =>
  typeof value === 'string' &&
  /^[A-Z]{2}$/.test(value) &&
  !noCountries.has(value) &&
  countryNames.of(value) !== undefined &&
  // No card says that it is of UK: it says GB.
  new Intl.Locale(`und-${value}`).region === value;

const currency: Kind = { holds: isCurrency, is: 'a currency in small letters, as in usd' };
const amounts = mapOf(currency, amount);
const funding = oneOf('credit', 'debit', 'prepaid', 'unknown');

const conditionsBy = ({ methods, brands }: FeeWords): Readonly<Record<string, Kind>> => ({
  methods: listOf(oneOf(...methods)),
  currencies: listOf(currency),
  brands: listOf(oneOf(...brands)),
  fundings: listOf(funding),
  origins: listOf(oneOf(...origins)),
});
const conditionNames = ['methods', 'currencies', 'brands', 'fundings', 'origins'];

const fields: Readonly<Record<string, Kind>> = {
  group: text,
  description: text,
  occasion: oneOf('payment', 'refund', 'dispute'),
  when: { holds: isObject, is: `an object with some of ${conditionNames.join(', ')}` },
  home: {
    holds: isCountry,
    is: 'a country in two capital letters, as in DE, or GB and not UK',
  },
  ratePpm: share,
  fixed: amounts,
  fixedElse: amount,
  passThrough: { holds: (value) => typeof value === 'boolean', is: 'true or false' },
  interchangePpm: mapOf(funding, share),
  schemePpm: share,
  minimum: amounts,
  maximum: amounts,
  rounding: oneOf('half_up', 'half_even', 'up', 'down'),
};
const required = ['group', 'description', 'occasion'];

export const readRules = (value: unknown, words: FeeWords): RulesRead => {
  if (!Array.isArray(value))
    return { ok: false, problem: 'Fee rules are a list: [ { … }, { … } ].' };
  for (const [place, rule] of value.entries()) {
    const problem = isObject(rule)
      ? problemOf(rule, conditionsBy(words))
      : 'is no rule: it is an object with group, description and occasion';
    if (problem !== null) return { ok: false, problem: `Rule ${place + 1} ${problem}.` };
  }
  const rules = value as FeeRule[];
  for (const [place, rule] of rules.entries()) {
    const problem = neverTaken(rule, rules.slice(0, place));
    if (problem !== null) return { ok: false, problem: `Rule ${place + 1} ${problem}.` };
  }
  return { ok: true, rules };
};

const problemOf = (
  rule: Record<string, unknown>,
  conditions: Readonly<Record<string, Kind>>,
): string | null => {
  const missing = required.find((name) => rule[name] === undefined);
  if (missing !== undefined) return `has no ${missing}: it is ${fields[missing]?.is}`;
  return (
    misspeltIn(rule, fields, '') ??
    (isObject(rule['when']) ? misspeltIn(rule['when'], conditions, 'when.') : null) ??
    lackOf(rule)
  );
};

const misspeltIn = (
  given: Record<string, unknown>,
  known: Readonly<Record<string, Kind>>,
  within: string,
): string | null => {
  for (const [name, value] of Object.entries(given)) {
    const kind = Object.hasOwn(known, name) ? known[name] : undefined;
    if (kind === undefined) {
      return `has the unknown field ${within}${name}: there are ${Object.keys(known).join(', ')}`;
    }
    if (!kind.holds(value)) return `has a ${within}${name} that cannot be: it is ${kind.is}`;
  }
  return null;
};

const amountsOf = (given: unknown): Readonly<Record<string, number>> =>
  isObject(given) ? (given as Record<string, number>) : {};

/** What is well spelled and would still never fit, or would pass on nothing. */
const lackOf = (rule: Record<string, unknown>): string | null => {
  const { when, home, passThrough, interchangePpm, occasion } = rule;
  if (isObject(when) && when['origins'] !== undefined && home === undefined) {
    return 'asks where a card comes from and does not say from where that is seen: add home, the country of the merchant';
  }
  const crossed = Object.entries(amountsOf(rule['minimum'])).find(
    ([name, least]) => least > (amountsOf(rule['maximum'])[name] ?? least),
  );
  if (crossed !== undefined) {
    return `has a minimum above its maximum in ${crossed[0]}: small payments would cost more than large ones`;
  }
  if (passThrough !== true) return null;
  if (occasion !== 'payment') return 'passes on what is taken of payments alone';
  if (!isObject(interchangePpm) || Object.keys(interchangePpm).length === 0) {
    return 'passes on what issuer and network take and does not say how much: add interchangePpm, and schemePpm';
  }
  return null;
};
