// What a payment, refund, dispute or payout costs the merchant, by a set of rules. Pure, in integers;
// each part is rounded once, and its share stands in the details that the merchant sees.

import { apiExponent } from '#books/currencies';
import type { FeeDetail } from '#books/ledger';
import { divide } from '#kit/money';
import type { FeeFacts, FeeRule, FeeRuleSet } from './fee-rules.ts';
import { type Origin, originOf } from './origin.ts';

export type Fee = {
  readonly amount: bigint;
  readonly details: readonly FeeDetail[];
  /** Of the rules: the movement remembers it. */
  readonly version: number;
};

const MILLION = 1_000_000n;

export const feeOf = ({ rules, version }: FeeRuleSet, facts: FeeFacts): Fee => {
  const taken = new Map<string, FeeRule>();
  for (const rule of rules) {
    if (fits(rule, facts) && !taken.has(rule.group)) taken.set(rule.group, rule);
  }
  const parts = [...taken.values()].flatMap((rule) => partsOf(rule, facts));
  const details = parts.filter(({ amount }) => amount !== '0');
  return {
    amount: details.reduce((sum, { amount }) => sum + BigInt(amount), 0n),
    details,
    version,
  };
};

const fits = ({ occasion, when = {}, home }: FeeRule, facts: FeeFacts): boolean =>
  occasion === facts.occasion &&
  includes(when.methods, facts.method) &&
  includes(when.currencies, facts.currency) &&
  includes(when.brands, facts.brand) &&
  includes(when.fundings, facts.funding) &&
  includes(when.origins, originIn(home, facts));

const originIn = (home: string | undefined, { country }: FeeFacts): Origin | undefined =>
  home === undefined || country === undefined ? undefined : originOf(home, country);

const includes = (wanted: readonly string[] | undefined, fact: string | undefined): boolean =>
  wanted === undefined || (fact !== undefined && wanted.includes(fact));

const partsOf = (rule: FeeRule, facts: FeeFacts): FeeDetail[] => {
  const own = ownPart(rule, facts);
  const passed: (readonly [string, bigint])[] =
    rule.passThrough === true
      ? [
          ['Interchange', share(rule, facts, interchangeFor(rule, facts))],
          ['Scheme fees', share(rule, facts, rule.schemePpm ?? 0)],
        ]
      : [];
  return [
    ...passed.map(([description, amount]) => ({
      type: 'payment_method_passthrough_fee' as const,
      description,
      amount: String(amount),
    })),
    { type: 'stripe_fee', description: rule.description, amount: String(own) },
  ];
};

const interchangeFor = ({ interchangePpm = {} }: FeeRule, { funding }: FeeFacts): number =>
  interchangePpm[funding ?? 'unknown'] ?? Math.max(0, ...Object.values(interchangePpm));

const share = ({ rounding = 'half_up' }: FeeRule, { amount }: FeeFacts, ppm: number): bigint =>
  divide(amount * BigInt(ppm), MILLION, rounding);

const ownPart = (rule: FeeRule, facts: FeeFacts): bigint => {
  const { currency } = facts;
  const fee = share(rule, facts, rule.ratePpm ?? 0) + fixedPart(rule, currency);
  const [least, most] = [rule.minimum?.[currency], rule.maximum?.[currency]];
  if (least !== undefined && fee < BigInt(least)) return BigInt(least);
  if (most !== undefined && fee > BigInt(most)) return BigInt(most);
  return fee;
};

const fixedPart = ({ fixed = {}, fixedElse = 0 }: FeeRule, currency: string): bigint => {
  const named = Object.hasOwn(fixed, currency) ? fixed[currency] : undefined;
  if (named !== undefined) return BigInt(named);
  const scaled = BigInt(fixedElse) * 10n ** BigInt(apiExponent(currency));
  return divide(scaled, 100n, 'half_up');
};
