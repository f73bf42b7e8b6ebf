// Rules that are well spelled and that no payment will ever come to: it would be found out by finance, a month later.

import type { FeeRule } from './fee-rules.ts';
import { hasRegion } from './origin.ts';

type When = NonNullable<FeeRule['when']>;

/** What is wrong with it and what to do; null where something may fit it. `before` are those above it. */
export const neverTaken = (rule: FeeRule, before: readonly FeeRule[]): string | null =>
  ofNoCard(rule) ?? ofNoRegion(rule) ?? coveredBy(rule, before);

/** Of what is no card neither brand nor funding nor origin is known. */
const ofNoCard = ({ when = {} }: FeeRule): string | null => {
  const { methods } = when;
  if (methods === undefined || methods.includes('card')) return null;
  const asked = (['brands', 'fundings', 'origins'] as const).find(
    (name) => when[name] !== undefined,
  );
  if (asked === undefined) return null;
  return `can never fit: when.${asked} is known of cards alone, and when.methods names none. Add card to when.methods, or leave when.${asked} out`;
};

const ofNoRegion = ({ when, home }: FeeRule): string | null => {
  const wanted = when?.origins;
  if (wanted === undefined || home === undefined || hasRegion(home)) return null;
  if (wanted.some((origin) => origin !== 'region')) return null;
  return `can never fit: when.origins asks for region, and its home, ${home}, lies outside of the European Economic Area. Use international, or a home inside of it`;
};

const coveredBy = (rule: FeeRule, before: readonly FeeRule[]): string | null => {
  const place = before.findIndex((each) => isAlwaysFirst(each, rule));
  if (place === -1) return null;
  return `can never be taken: rule ${place + 1} of the same group fits whatever it fits, and stands before it. Put it before rule ${place + 1}, or give one of them another group or a narrower when`;
};

const isAlwaysFirst = (first: FeeRule, second: FeeRule): boolean =>
  first.group === second.group &&
  first.occasion === second.occasion &&
  isWider('methods', first, second) &&
  isWider('currencies', first, second) &&
  isWider('brands', first, second) &&
  isWider('fundings', first, second) &&
  isWider('origins', first, second) &&
  (first.when?.origins === undefined || first.home === second.home);

const isWider = (name: keyof When, first: FeeRule, second: FeeRule): boolean => {
  const wider: readonly string[] | undefined = first.when?.[name];
  const narrower: readonly string[] | undefined = second.when?.[name];
  if (wider === undefined) return true;
  return narrower !== undefined && narrower.every((each) => wider.includes(each));
};
