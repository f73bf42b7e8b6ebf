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
  const taken: FeeRule[] = [];
  const parts: Part[] = [];
  for (const rule of rules) {
    if (!fits(rule, facts) || taken.some(({ group }) => group === rule.group)) continue;
    taken.push(rule);
    parts.push(...partsOf(rule, facts));
  }
  const some = parts.filter(({ amount }) => amount !== 0n);
  return {
    amount: some.reduce((sum, { amount }) => sum + amount, 0n),
    details: some.map(({ type, description, amount }) => ({
      type,
      description,
      amount: String(amount),
    })),
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

type Part = Omit<FeeDetail, 'amount'> & { readonly amount: bigint };

const partsOf = (rule: FeeRule, facts: FeeFacts): Part[] => {
  const { description } = rule;
  const own: Part = { type: 'stripe_fee', description, amount: ownPart(rule, facts) };
  if (rule.passThrough !== true) return [own];
  const interchange = share(rule, facts, interchangeFor(rule, facts));
  const scheme = share(rule, facts, rule.schemePpm ?? 0);
  const type = 'payment_method_passthrough_fee';
  return [
    { type, description: 'Interchange', amount: interchange },
    { type, description: 'Scheme fees', amount: scheme },
    own,
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
