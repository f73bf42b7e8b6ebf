// Which network a number belongs to, by its first digits. It names the brand; it never decides whether
// a card is accepted, which only the issuer knows.
//
// Origin: prefixes and lengths as published in the npm package credit-card-type 10.3.0 (MIT); Mastercard's
// 2-series 222100–272099; RuPay as in the pattern of Juspay's hyperswitch (Apache-2.0), since NPCI
// publishes no open list; written down 2026-11-20. Not files of the networks.

export const cardBrands = [
  'amex',
  'diners',
  'discover',
  'jcb',
  'maestro',
  'mastercard',
  'rupay',
  'unionpay',
  'visa',
] as const;
export type Brand = (typeof cardBrands)[number];

type BrandRule = {
  readonly brand: Brand;
  /** First and last prefix of each range; both have the same length. */
  readonly ranges: readonly (readonly [from: string, to: string])[];
  readonly lengths: readonly number[];
  readonly cvcLength: 3 | 4;
};

/** On a tie of prefix length the earlier one wins: RuPay lies inside Discover, UnionPay and JCB. */
export const brandRules: readonly BrandRule[] = [
  {
    brand: 'rupay',
    lengths: [16],
    cvcLength: 3,
    ranges: [
      ['508227', '508227'],
      ['5085', '5089'],
      ['603741', '603741'],
      ['606985', '606999'],
      ['6070', '6078'],
      ['607900', '607984'],
      ['608001', '608099'],
      ['6081', '6084'],
      ['608500', '608500'],
      ['652150', '653149'],
      ['817290', '817290'],
      ['817368', '817368'],
      ['817378', '817378'],
      ['353800', '353800'],
    ],
  },
  { brand: 'visa', lengths: [13, 16, 18, 19], cvcLength: 3, ranges: [['4', '4']] },
  {
    brand: 'mastercard',
    lengths: [16],
    cvcLength: 3,
    ranges: [
      ['51', '55'],
      ['222100', '272099'],
    ],
  },
  {
    brand: 'amex',
    lengths: [15],
    cvcLength: 4,
    ranges: [
      ['34', '34'],
      ['37', '37'],
    ],
  },
  {
    brand: 'diners',
    lengths: [14, 16, 19],
    cvcLength: 3,
    ranges: [
      ['300', '305'],
      ['3095', '3095'],
      ['36', '36'],
      ['38', '39'],
    ],
  },
  {
    brand: 'jcb',
    lengths: [16, 17, 18, 19],
    cvcLength: 3,
    ranges: [
      ['1800', '1800'],
      ['2131', '2131'],
      ['3528', '3589'],
    ],
  },
  {
    brand: 'discover',
    lengths: [16, 19],
    cvcLength: 3,
    ranges: [
      ['6011', '6011'],
      ['644', '649'],
      ['65', '65'],
    ],
  },
  {
    brand: 'unionpay',
    lengths: [14, 15, 16, 17, 18, 19],
    cvcLength: 3,
    ranges: [
      ['620', '620'],
      ['62100', '62197'],
      ['622000', '622999'],
      ['623', '626'],
      ['6270', '6270'],
      ['6272', '6272'],
      ['6276', '6276'],
      ['627700', '627799'],
      ['6282', '6289'],
      ['6291', '6292'],
      ['8100', '8171'],
    ],
  },
  {
    brand: 'maestro',
    lengths: [12, 13, 14, 15, 16, 17, 18, 19],
    cvcLength: 3,
    ranges: [
      ['493698', '493698'],
      ['50', '50'],
      ['56', '59'],
      ['63', '63'],
      ['67', '67'],
      // Whatever begins with 6 and belongs to nobody above.
      ['6', '6'],
    ],
  },
];
