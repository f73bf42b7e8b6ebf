// The card networks of this world: which network a number belongs to, and what its issuer earns.
// A network routes by the first digits alone; whether there is such a card is the issuer's to say.

export const networks = [
  'visa',
  'mastercard',
  'amex',
  'discover',
  'diners',
  'jcb',
  'unionpay',
  'rupay',
] as const;
export type Network = (typeof networks)[number];

export type Funding = 'credit' | 'debit' | 'prepaid';

/** First and last prefix of a range, of one length. */
const ranges: readonly (readonly [from: string, to: string, network: Network])[] = [
  ['4', '4', 'visa'],
  ['51', '55', 'mastercard'],
  ['2221', '2720', 'mastercard'],
  ['34', '34', 'amex'],
  ['37', '37', 'amex'],
  ['6011', '6011', 'discover'],
  ['644', '649', 'discover'],
  ['65', '65', 'discover'],
  ['300', '305', 'diners'],
  ['36', '36', 'diners'],
  ['38', '39', 'diners'],
  ['3528', '3589', 'jcb'],
  ['62', '62', 'unionpay'],
  ['8110', '8171', 'unionpay'],
  ['508', '508', 'rupay'],
  ['6521', '6531', 'rupay'],
  ['8172', '8173', 'rupay'],
];

/** The longest prefix wins; undefined is a number that nobody routes. */
export const networkOf = (number: string): Network | undefined => {
  let found: { readonly length: number; readonly network: Network } | undefined;
  for (const [from, to, network] of ranges) {
    const prefix = number.slice(0, from.length);
    if (prefix < from || prefix > to || prefix.length < from.length) continue;
    if (found === undefined || from.length > found.length) {
      found = { length: from.length, network };
    }
  }
  return found?.network;
};

const basisPoints: Readonly<Record<Funding, bigint>> = { credit: 30n, debit: 20n, prepaid: 20n };

/** Rounded towards zero both ways, so that taking a charge back takes back exactly its interchange. */
export const interchangeOf = (funding: Funding, amountMinor: bigint): bigint =>
  (amountMinor * basisPoints[funding]) / 10_000n;
