// Stripe's documented test cards: what is known of each before it is used, and under which ready-made
// ids. What a card does when it is charged is the business of the sandbox's issuers, not of this table.
//
// Origin: Stripe's public testing page, by way of two public copies of it, compared 2026-11-20.

import type { Brand } from './brand-ranges.ts';

export type Funding = 'credit' | 'debit' | 'prepaid' | 'unknown';

export type TestCard = {
  readonly number: string;
  /** `pm_card_<suffix>` is the ready-made method, `tok_<suffix>` the token. */
  readonly suffixes: readonly string[];
  readonly brand: Brand;
  readonly funding: Funding;
  readonly country: string;
  /** The other network of a co-branded card. */
  readonly coBrand?: 'cartes_bancaires';
  /** Attaching it to a customer is refused with this. */
  readonly attach?: AttachRefusal;
  readonly threeDSecure: 'supported' | 'not_supported';
};

export type AttachRefusal = {
  readonly code: 'card_declined' | 'expired_card' | 'incorrect_cvc' | 'processing_error';
  readonly declineCode?: string;
};

type More = Partial<Omit<TestCard, 'number' | 'suffixes' | 'brand'>>;

const card = (number: string, brand: Brand, suffixes: string, more: More = {}): TestCard => ({
  number,
  suffixes: suffixes === '' ? [] : suffixes.split(' '),
  brand,
  funding: 'credit',
  country: 'US',
  threeDSecure: 'supported',
  ...more,
});

const declines = (
  number: string,
  suffixes: string,
  code: AttachRefusal['code'],
  declineCode?: string,
): TestCard =>
  card(number, 'visa', suffixes, {
    attach: { code, ...(declineCode === undefined ? {} : { declineCode }) },
  });

const plain: readonly TestCard[] = [
  card('4242424242424242', 'visa', 'visa'),
  card('4000056655665556', 'visa', 'visa_debit', { funding: 'debit' }),
  card('5555555555554444', 'mastercard', 'mastercard'),
  card('2223003122003222', 'mastercard', ''),
  card('5200828282828210', 'mastercard', 'mastercard_debit', { funding: 'debit' }),
  card('5105105105105100', 'mastercard', 'mastercard_prepaid', { funding: 'prepaid' }),
  card('378282246310005', 'amex', 'amex amex_threeDSecureNotSupported', {
    threeDSecure: 'not_supported',
  }),
  card('371449635398431', 'amex', '', { threeDSecure: 'not_supported' }),
  card('6011111111111117', 'discover', 'discover'),
  card('6011000990139424', 'discover', ''),
  card('6011981111111113', 'discover', '', { funding: 'debit' }),
  card('3056930009020004', 'diners', 'diners'),
  card('36227206271667', 'diners', ''),
  card('3566002020360505', 'jcb', 'jcb'),
  card('6200000000000005', 'unionpay', 'unionpay'),
  card('6200000000000047', 'unionpay', '', { funding: 'debit' }),
  card('6205500000000000004', 'unionpay', ''),
  card('4000058400000063', 'visa', 'debit_incrementalAuthAuthorized', { funding: 'debit' }),
  card('4000008400000076', 'visa', 'credit_disableEnterpriseCardFeatures'),
  card('4111111111111111', 'visa', ''),
  card('4012888888881881', 'visa', ''),
  card('30569309025904', 'diners', ''),
  card('38520000023237', 'diners', ''),
  card('4000002500001001', 'visa', 'visa_cartesBancaires', {
    country: 'FR',
    coBrand: 'cartes_bancaires',
  }),
  card('5555552500001001', 'mastercard', 'mastercard_cartesBancaires', {
    country: 'FR',
    coBrand: 'cartes_bancaires',
  }),
];

/** Country, number, and the number's own suffix: its country in lower case. */
const national = `
AE 4000007840000001|AT 4000000400000008|AU 4000000360000006|BE 4000000560000004|BG 4000001000000000
BR 4000000760000002|BY 4000001120000005|CA 4000001240000000|CH 4000007560000009|CN 4000001560000002
CY 4000001960000008|CZ 4000002030000002|DE 4000002760000016|DK 4000002080000001|EE 4000002330000009
ES 4000007240000007|FI 4000002460000001|FR 4000002500000003|GB 4000008260000000|GI 4000002920000005
GR 4000003000000030|HK 4000003440000004|HR 4000001910000009|HU 4000003480000005|IE 4000003720000005
IN 4000003560000008|IT 4000003800000008|JP 4000003920000003|LI 4000004380000004|LT 4000004400000000
LU 4000004420000006|LV 4000004280000005|MT 4000004700000007|MX 4000004840008001|MY 4000004580000002
NL 4000005280000002|NO 4000005780000007|NZ 4000005540000008|PL 4000006160000005|PT 4000006200000007
RO 4000006420000001|SA 4000006820000007|SE 4000007520000008|SG 4000007020000003|SI 4000007050000006
SK 4000007030000001|TH 4000007640000003`;

const byCountry: readonly TestCard[] = [
  ...national
    .trim()
    .split(/[|\n]/)
    .map((entry) => {
      const [country = '', number = ''] = entry.split(' ');
      return card(number, 'visa', country.toLowerCase(), { country });
    }),
  card('5200007840000022', 'mastercard', '', { country: 'AE' }),
  card('4000058260000005', 'visa', 'gb_debit', { country: 'GB', funding: 'debit' }),
  card('5555558265554449', 'mastercard', 'gb_mastercard', { country: 'GB' }),
  card('3530111333300000', 'jcb', 'jp_jcb', { country: 'JP' }),
  card('4000057640000008', 'visa', 'th_debit', { country: 'TH', funding: 'debit' }),
];

const declined: readonly TestCard[] = [
  declines(
    '4000000000000002',
    'visa_chargeDeclined chargeDeclined',
    'card_declined',
    'generic_decline',
  ),
  declines(
    '4000000000009995',
    'visa_chargeDeclinedInsufficientFunds chargeDeclinedInsufficientFunds visa_debit_chargeDeclinedInsufficientFunds',
    'card_declined',
    'insufficient_funds',
  ),
  declines(
    '4000000000009987',
    'visa_chargeDeclinedLostCard chargeDeclinedLostCard',
    'card_declined',
    'lost_card',
  ),
  declines(
    '4000000000009979',
    'visa_chargeDeclinedStolenCard chargeDeclinedStolenCard',
    'card_declined',
    'stolen_card',
  ),
  declines(
    '4000000000006975',
    'visa_chargeDeclinedVelocityLimitExceeded chargeDeclinedVelocityLimitExceeded',
    'card_declined',
    'card_velocity_exceeded',
  ),
  declines(
    '4000000000000069',
    'chargeDeclinedExpiredCard visa_chargeDeclinedExpiredCard',
    'expired_card',
  ),
  declines(
    '4000000000000127',
    'chargeDeclinedIncorrectCvc visa_chargeDeclinedIncorrectCvc',
    'incorrect_cvc',
  ),
  declines(
    '4000000000000119',
    'chargeDeclinedProcessingError visa_chargeDeclinedProcessingError',
    'processing_error',
  ),
  card(
    '4000000000000341',
    'visa',
    'chargeCustomerFail visa_chargeCustomerFail visa_chargeCustomerFailLostCard visa_chargeCustomerFailStolenCard',
  ),
  declines(
    '4100000000000019',
    'radarBlock chargeDeclinedFraudulent visa_chargeDeclinedFraudulent',
    'card_declined',
    'fraudulent',
  ),
];

const behaving: readonly TestCard[] = [
  ['4000000000004954', 'riskLevelHighest'],
  ['4000000000009235', 'riskLevelElevated'],
  ['4000008400000407', 'highFraudDisputeScore'],
  ['4000008400000159', 'highEfwScore'],
  ['4000008400001017', 'radarDynamicRiskThreshold'],
  ['4000008405600003', 'adaptive3dsChallenge'],
  ['4000000000000101', 'cvcCheckFail'],
  ['4000000000000036', 'avsZipFail'],
  ['4000000000000028', 'avsLine1Fail'],
  ['4000000000000010', 'avsFail'],
  ['4000000000000044', 'avsUnchecked'],
  ['4000058400307872', 'cvcCheckFailElevatedRisk'],
  ['4000058400306072', 'avsZipFailElevatedRisk'],
  ['4000000000000259', 'createDispute'],
  ['4000000000002685', 'createDisputeProductNotReceived'],
  ['4000000000001976', 'createDisputeInquiry'],
  ['4000000000005423', 'createIssuerFraudRecord'],
  ['4000000404000079', 'createMultipleDisputes'],
  ['4000000404000038', 'createCe3EligibleDispute'],
  ['4000008400000779', 'createComplianceDispute'],
  ['5105008400000002', 'createMastercardComplianceDispute'],
  ['4000000001000043', 'createAutoRepresentmentEligibleDispute'],
  ['4000000404004816', 'createRapidDisputeResolutionDispute'],
  ['4000000404005649', 'createCe3BlockDispute'],
  ['5105000300000018', 'createEthocaAlert'],
  ['4000000000007726', 'pendingRefund'],
  ['4000000000005126', 'refundFail'],
  ['4000000000000077', 'bypassPending'],
  ['4000003720000278', 'bypassPendingInternational', 'IE'],
  ['4000002760003184', 'authenticationRequired', 'DE'],
  ['4000002500003155', 'authenticationRequiredOnSetup', 'FR'],
  ['4000003800000446', 'authenticationRequiredSetupForOffSession', 'IT'],
  ['4000008260003178', 'authenticationRequiredChargeDeclinedInsufficientFunds', 'GB'],
  ['4000000000003220', 'threeDSecure2Required', 'IE'],
  ['4000008400000027', ''],
  ['4000000000003063', 'threeDSecureRequired'],
  ['4000000000003238', ''],
  ['4000000000003246', ''],
  ['4000000000003253', ''],
  ['4000582600000094', '', 'GB'],
  ['4000582600000045', '', 'GB'],
  ['4000582600000102', '', 'GB'],
  ['4000582600000110', '', 'GB'],
  ['4000000032200000', ''],
  ['4000000000001208', ''],
  ['4000000000003725', ''],
  ['4000008400001629', 'threeDSecureRequiredChargeDeclined'],
  ['4000008400001280', 'threeDSecureRequiredProcessingError'],
  ['4000000000003055', 'threeDSecureOptional'],
  ['4000000000003097', 'threeDSecureOptionalProcessingError'],
].map(([number = '', suffix = '', country = 'US']) =>
  card(number, number.startsWith('5') ? 'mastercard' : 'visa', suffix, { country }),
);

export const testCards: readonly TestCard[] = [...plain, ...byCountry, ...declined, ...behaving];

const bySuffix = new Map(
  testCards.flatMap((known) => known.suffixes.map((suffix) => [suffix, known] as const)),
);
// The country's own suffix also names the plain card of the United States.
bySuffix.set('us', testCards[0] as TestCard);

/** What is said of the risk of a charge: nobody judges it here, and these cards ask for an answer to be tried. */
const risks = new Map<string, 'elevated' | 'highest'>([
  ['riskLevelHighest', 'highest'],
  ['riskLevelElevated', 'elevated'],
  ['cvcCheckFailElevatedRisk', 'elevated'],
  ['avsZipFailElevatedRisk', 'elevated'],
]);
const riskByEnd = new Map(
  [...risks].map(([suffix, risk]) => [bySuffix.get(suffix)?.number.slice(-4), risk] as const),
);

/** A card of test mode is one of these, and no two of one network end alike where it matters. */
export const riskOfTestCard = (brand: string, last4: string): 'elevated' | 'highest' | undefined =>
  brand === 'visa' ? riskByEnd.get(last4) : undefined;

/** Of `pm_card_visa` or `tok_visa`. */
export const testCardById = (id: string): TestCard | undefined => {
  const suffix = /^(?:pm_card_|tok_)(\w+)$/.exec(id)?.[1];
  return suffix === undefined ? undefined : bySuffix.get(suffix);
};
