// Fee rules as an operator writes them, in JSON. What is misspelt is refused: a rule that silently fits
// nothing would be found out by finance, a month later.

import { currencies } from '#kit/money';
import type { FeeRule } from './fee-rules.ts';
import { origins } from './origin.ts';

export type RulesRead =
  | { readonly ok: true; readonly rules: readonly FeeRule[] }
  | { readonly ok: false; readonly problem: string };

type Test = (value: unknown) => boolean;

const isText: Test = (value) => typeof value === 'string' && value !== '' && value.length <= 200;
const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const isAmount: Test = (value) => Number.isSafeInteger(value) && Number(value) >= 0;
const isAmounts: Test = (value) =>
  isObject(value) &&
  Object.entries(value).every(([code, amount]) => currencies.has(code) && isAmount(amount));
const oneOf =
  (...words: readonly string[]): Test =>
  (value) =>
    words.includes(String(value));
const listOf =
  (test: Test): Test =>
  (value) =>
    Array.isArray(value) && value.length > 0 && value.every(test);

const fundings = ['credit', 'debit', 'prepaid', 'unknown'];
const isShare: Test = (value) => isAmount(value) && Number(value) <= 1_000_000;

const conditions: Readonly<Record<string, Test>> = {
  methods: listOf(isText),
  currencies: listOf((code) => currencies.has(String(code))),
  brands: listOf(isText),
  fundings: listOf(oneOf(...fundings)),
  origins: listOf(oneOf(...origins)),
};

const fields: Readonly<Record<string, Test>> = {
  group: isText,
  description: isText,
  occasion: oneOf('payment', 'refund', 'dispute', 'payout'),
  when: (value) =>
    isObject(value) && Object.entries(value).every(([name, of]) => conditions[name]?.(of) ?? false),
  home: (value) => typeof value === 'string' && /^[A-Z]{2}$/.test(value),
  ratePpm: isShare,
  fixed: isAmounts,
  fixedElse: isAmount,
  passThrough: (value) => typeof value === 'boolean',
  interchangePpm: (value) =>
    isObject(value) &&
    Object.entries(value).every(([name, ppm]) => fundings.includes(name) && isShare(ppm)),
  schemePpm: isShare,
  minimum: isAmounts,
  maximum: isAmounts,
  rounding: oneOf('half_up', 'half_even', 'up', 'down'),
};
const required = ['group', 'description', 'occasion'];

export const readRules = (value: unknown): RulesRead => {
  if (!Array.isArray(value)) return { ok: false, problem: 'Fee rules are a list.' };
  for (const [place, rule] of value.entries()) {
    const problem = isObject(rule) ? problemOf(rule) : 'is no rule';
    if (problem !== null) return { ok: false, problem: `Rule ${place + 1} ${problem}.` };
  }
  return { ok: true, rules: value as FeeRule[] };
};

const problemOf = (rule: Record<string, unknown>): string | null => {
  const missing = required.find((name) => rule[name] === undefined);
  if (missing !== undefined) return `has no ${missing}`;
  for (const [name, value] of Object.entries(rule)) {
    if (!Object.hasOwn(fields, name)) return `has the unknown field ${name}`;
    if (!fields[name]?.(value)) return `has a ${name} that cannot be`;
  }
  return lackOf(rule);
};

/** What is well spelled and would still never fit, or would pass on nothing. */
const lackOf = (rule: Record<string, unknown>): string | null => {
  const { when, home, passThrough, interchangePpm, occasion } = rule;
  if (isObject(when) && when['origins'] !== undefined && home === undefined) {
    return 'asks where a card comes from and does not say from where that is seen: add home, the country of the merchant';
  }
  if (passThrough !== true) return null;
  if (occasion !== 'payment') return 'passes on what is taken of payments alone';
  if (!isObject(interchangePpm) || Object.keys(interchangePpm).length === 0) {
    return 'passes on what issuer and network take and does not say how much: add interchangePpm, and schemePpm';
  }
  return null;
};
