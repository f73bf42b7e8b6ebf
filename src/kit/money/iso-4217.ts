// The currencies of ISO 4217 (list one, and what left it since 2015: refunds and reports speak of a past currency for
// years), in a table of our own. `Intl` is
// not asked for decimal places: it follows the cash in use rather than the standard (no decimals for HUF,
// IDR, COP and a dozen more), and changes with the version of ICU.

import { Bug } from '#kit/assert';

export type Currency = {
  /** Three small letters, as on the wire. */
  readonly code: string;
  /** Three digits, as in ISO 8583. */
  readonly numeric: string;
  /** Decimal places of the standard. */
  readonly exponent: number;
};

/** By decimal places: code and number. */
const listed: Readonly<Record<number, string>> = {
  0:
    'bif 108, clp 152, djf 262, gnf 324, isk 352, jpy 392, kmf 174, krw 410, pyg 600, rwf 646, ugx ' +
    '800, uyi 940, vnd 704, vuv 548, xaf 950, xof 952, xpf 953',
  2:
    'aed 784, afn 971, all 008, amd 051, ang 532, aoa 973, ars 032, aud 036, awg 533, azn 944, bam ' +
    '977, bbd 052, bdt 050, bgn 975, bmd 060, bnd 096, bob 068, bov 984, brl 986, bsd 044, btn 064, ' +
    'bwp 072, byn 933, bzd 084, cad 124, cdf 976, che 947, chf 756, chw 948, cny 156, cop 170, cou ' +
    '970, crc 188, cuc 931, cup 192, cve 132, czk 203, dkk 208, dop 214, dzd 012, egp 818, ern 232, ' +
    'etb 230, eur 978, fjd 242, fkp 238, gbp 826, gel 981, ghs 936, gip 292, gmd 270, gtq 320, gyd ' +
    '328, hkd 344, hnl 340, hrk 191, htg 332, huf 348, idr 360, ils 376, inr 356, irr 364, jmd 388, ' +
    'kes 404, kgs 417, khr 116, kpw 408, kyd 136, kzt 398, lak 418, lbp 422, lkr 144, lrd 430, lsl ' +
    '426, mad 504, mdl 498, mga 969, mkd 807, mmk 104, mnt 496, mop 446, mru 929, mur 480, mvr 462, ' +
    'mwk 454, mxn 484, mxv 979, myr 458, mzn 943, nad 516, ngn 566, nio 558, nok 578, npr 524, nzd ' +
    '554, pab 590, pen 604, pgk 598, php 608, pkr 586, pln 985, qar 634, ron 946, rsd 941, rub 643, ' +
    'sar 682, sbd 090, scr 690, sdg 938, sek 752, sgd 702, shp 654, sle 925, sll 694, sos 706, srd ' +
    '968, ssp 728, std 678, stn 930, svc 222, syp 760, szl 748, thb 764, tjs 972, tmt 934, top 776, ' +
    'try 949, ttd 780, twd 901, tzs 834, uah 980, usd 840, usn 997, uyu 858, uzs 860, ved 926, ves ' +
    '928, wst 882, xcd 951, xcg 532, yer 886, zar 710, zmw 967, zwg 924, zwl 932',
  3: 'bhd 048, iqd 368, jod 400, kwd 414, lyd 434, omr 512, tnd 788',
  4: 'clf 990, uyw 927',
};

export const currencies: ReadonlyMap<string, Currency> = new Map(
  Object.entries(listed)
    .flatMap(([exponent, codes]) =>
      codes.split(', ').map((each) => {
        const [code = '', numeric = ''] = each.split(' ');
        return { code, numeric, exponent: Number(exponent) };
      }),
    )
    .sort((a, b) => (a.code < b.code ? -1 : 1))
    .map((currency) => [currency.code, currency]),
);

/** Throws for what is no currency: an exponent that was guessed moves money by factors of ten. */
export const currencyOf = (code: string): Currency => {
  const found = currencies.get(code);
  if (found === undefined) throw new Bug(`${code} is no currency of ISO 4217`);
  return found;
};
