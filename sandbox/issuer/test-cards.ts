// What each documented test card does when somebody charges it. Any number that is not here is a card
// that no issuer of this world has given out.
//
// Origin: Stripe's public testing page, by way of two public copies of it, compared 2026-11-20.

import { type Funding, type Network, networkOf } from '../networks/networks.ts';

export type Card = {
  readonly number: string;
  readonly network: Network;
  readonly funding: Funding;
  readonly country: string;
  /** Field 39 of every charge, once the checks in front of it have passed. */
  readonly decline?: string;
  /** A wrong CVC declines the charge, or is only told. Without this, any CVC of the right length fits. */
  readonly cvc?: 'declines' | 'does_not_match';
  /** It never holds more than was asked for first. */
  readonly raising?: 'declines';
  /** N is another address, U one that the issuer cannot check. Without this, any address fits. */
  readonly addressLine?: 'N' | 'U';
  readonly postalCode?: 'N' | 'U';
  /** Whose charges need the holder's authentication: all, or those the holder makes. */
  readonly authentication?: 'always' | 'on_session';
  /** For other institutions of this world, which act after or before the issuer. */
  readonly later: Later;
};

export type Later = {
  readonly directory: 'not_supported' | 'not_enrolled' | 'challenge' | 'frictionless' | 'error';
  readonly dispute?:
    | 'fraudulent'
    | 'product_not_received'
    | 'inquiry'
    | 'several'
    | 'ce3_eligible'
    | 'compliance'
    | 'auto_representment'
    | 'rapid_resolution'
    | 'ce3_block'
    | 'ethoca_alert';
  readonly refund?: 'pending' | 'fails';
  readonly earlyFraudWarning?: true;
  readonly availableAtOnce?: true;
};

type More = Partial<Omit<Card, 'number' | 'network' | 'later'>> & Partial<Later>;

const card = (number: string, more: More = {}): Card => {
  const { directory = 'not_enrolled', dispute, refund, earlyFraudWarning, availableAtOnce } = more;
  const { funding = 'credit', country = 'US', decline, cvc, raising } = more;
  const { addressLine, postalCode, authentication } = more;
  const network = networkOf(number);
  if (network === undefined) throw new Error('A test card has no network');
  return {
    number,
    network,
    funding,
    country,
    ...(decline === undefined ? {} : { decline }),
    ...(cvc === undefined ? {} : { cvc }),
    ...(raising === undefined ? {} : { raising }),
    ...(addressLine === undefined ? {} : { addressLine }),
    ...(postalCode === undefined ? {} : { postalCode }),
    ...(authentication === undefined ? {} : { authentication }),
    later: {
      directory,
      ...(dispute === undefined ? {} : { dispute }),
      ...(refund === undefined ? {} : { refund }),
      ...(earlyFraudWarning === undefined ? {} : { earlyFraudWarning }),
      ...(availableAtOnce === undefined ? {} : { availableAtOnce }),
    },
  };
};

const all = (numbers: string, more: More = {}): readonly Card[] =>
  numbers
    .trim()
    .split(/\s+/)
    .map((number) => card(number, more));

const approved: readonly Card[] = [
  ...all(`4242424242424242 5555555555554444 2223003122003222 6011111111111117 6011000990139424
    3056930009020004 36227206271667 3566002020360505 6200000000000005 6205500000000000004
    4111111111111111 4012888888881881 30569309025904 38520000023237`),
  ...all('4000056655665556 5200828282828210 6011981111111113 6200000000000047', {
    funding: 'debit',
  }),
  ...all('5105105105105100', { funding: 'prepaid' }),
  card('4000058400000063', { funding: 'debit' }),
  card('4000008400000076', { raising: 'declines' }),
  ...all('378282246310005 371449635398431', { directory: 'not_supported' }),
  ...all('4000002500001001 5555552500001001', { country: 'FR' }),
];

const national = `
AE 4000007840000001 AT 4000000400000008 AU 4000000360000006 BE 4000000560000004 BG 4000001000000000
BR 4000000760000002 BY 4000001120000005 CA 4000001240000000 CH 4000007560000009 CN 4000001560000002
CY 4000001960000008 CZ 4000002030000002 DE 4000002760000016 DK 4000002080000001 EE 4000002330000009
ES 4000007240000007 FI 4000002460000001 FR 4000002500000003 GB 4000008260000000 GI 4000002920000005
GR 4000003000000030 HK 4000003440000004 HR 4000001910000009 HU 4000003480000005 IE 4000003720000005
IN 4000003560000008 IT 4000003800000008 JP 4000003920000003 LI 4000004380000004 LT 4000004400000000
LU 4000004420000006 LV 4000004280000005 MT 4000004700000007 MX 4000004840008001 MY 4000004580000002
NL 4000005280000002 NO 4000005780000007 NZ 4000005540000008 PL 4000006160000005 PT 4000006200000007
RO 4000006420000001 SA 4000006820000007 SE 4000007520000008 SG 4000007020000003 SI 4000007050000006
SK 4000007030000001 TH 4000007640000003
AE 5200007840000022 GB 5555558265554449 JP 3530111333300000`;

const byCountry: readonly Card[] = [
  ...[...national.matchAll(/([A-Z]{2}) (\d+)/g)].map(([, country = '', number = '']) =>
    card(number, { country }),
  ),
  card('4000058260000005', { country: 'GB', funding: 'debit' }),
  card('4000057640000008', { country: 'TH', funding: 'debit' }),
];

const declined: readonly Card[] = [
  card('4000000000000002', { decline: '05' }),
  card('4000000000009995', { decline: '51' }),
  card('4000000000009987', { decline: '41' }),
  card('4000000000009979', { decline: '43' }),
  card('4000000000006975', { decline: '61' }),
  card('4000000000000069', { decline: '54' }),
  card('4000000000000127', { cvc: 'declines' }),
  // A certain no: after 96 nobody knows, and the payment would have to be taken back first.
  card('4000000000000119', { decline: '30' }),
  card('4000000000000341', { decline: '05' }),
  card('4100000000000019', { decline: '59' }),
];

/** Risk is judged by whoever takes the payment; to the issuer these are good cards. */
const risky: readonly Card[] = [
  ...all('4000000000004954 4000000000009235 4000008400000407 4000008400000159 4000008400001017'),
  card('4000008405600003', { directory: 'challenge' }),
];

const checked: readonly Card[] = [
  ...all('4000000000000101 4000058400307872', { cvc: 'does_not_match' }),
  ...all('4000000000000036 4000058400306072', { postalCode: 'N' }),
  card('4000000000000028', { addressLine: 'N' }),
  card('4000000000000010', { addressLine: 'N', postalCode: 'N' }),
  card('4000000000000044', { addressLine: 'U', postalCode: 'U' }),
];

const afterwards: readonly Card[] = [
  card('4000000000000259', { dispute: 'fraudulent' }),
  card('4000000000002685', { dispute: 'product_not_received' }),
  card('4000000000001976', { dispute: 'inquiry' }),
  card('4000000000005423', { earlyFraudWarning: true }),
  card('4000000404000079', { dispute: 'several' }),
  card('4000000404000038', { dispute: 'ce3_eligible' }),
  ...all('4000008400000779 5105008400000002', { dispute: 'compliance' }),
  card('4000000001000043', { dispute: 'auto_representment' }),
  card('4000000404004816', { dispute: 'rapid_resolution' }),
  card('4000000404005649', { dispute: 'ce3_block' }),
  card('5105000300000018', { dispute: 'ethoca_alert' }),
  card('4000000000007726', { refund: 'pending' }),
  card('4000000000005126', { refund: 'fails' }),
  card('4000000000000077', { availableAtOnce: true }),
  card('4000003720000278', { availableAtOnce: true, country: 'IE' }),
];

const challenged = { authentication: 'always', directory: 'challenge' } as const;

const authenticated: readonly Card[] = [
  card('4000002760003184', { ...challenged, country: 'DE' }),
  card('4000002500003155', { ...challenged, authentication: 'on_session', country: 'FR' }),
  card('4000003800000446', { ...challenged, authentication: 'on_session', country: 'IT' }),
  card('4000008260003178', { ...challenged, decline: '51', country: 'GB' }),
  card('4000000000003220', { ...challenged, country: 'IE' }),
  ...all(
    '4000008400000027 4000000000003063 4000000000003238 4000000000003246 4000000000003253',
    challenged,
  ),
  ...all('4000582600000094 4000582600000045 4000582600000102 4000582600000110', {
    ...challenged,
    country: 'GB',
  }),
  card('4000000032200000', { authentication: 'always', directory: 'frictionless' }),
  ...all('4000000000001208 4000000000003725'),
  card('4000008400001629', { ...challenged, decline: '05' }),
  card('4000008400001280', { authentication: 'always', directory: 'error' }),
  card('4000000000003055', { directory: 'challenge' }),
  card('4000000000003097', { directory: 'error' }),
];

export const testCards: readonly Card[] = [
  ...approved,
  ...byCountry,
  ...declined,
  ...risky,
  ...checked,
  ...afterwards,
  ...authenticated,
];

const byNumber = new Map(testCards.map((known) => [known.number, known]));

export const cardByNumber = (number: string): Card | undefined => byNumber.get(number);
