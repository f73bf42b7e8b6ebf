// Currencies and countries by the numbers of ISO 4217 and 3166, as the protocol has them.

export type CurrencyNumber = { readonly number: string; readonly exponent: number };

const two =
  'usd 840 aed 784 afn 971 all 008 amd 051 ang 532 aoa 973 ars 032 aud 036 awg 533 azn 944 bam 977 ' +
  'bbd 052 bdt 050 bgn 975 bmd 060 bnd 096 bob 068 brl 986 bsd 044 bwp 072 byn 933 bzd 084 cad 124 ' +
  'cdf 976 chf 756 cny 156 cop 170 crc 188 cve 132 czk 203 dkk 208 dop 214 dzd 012 egp 818 etb 230 ' +
  'eur 978 fjd 242 fkp 238 gbp 826 gel 981 gip 292 gmd 270 gtq 320 gyd 328 hkd 344 hnl 340 htg 332 ' +
  'huf 348 idr 360 ils 376 inr 356 jmd 388 kes 404 kgs 417 khr 116 kyd 136 kzt 398 lak 418 lbp 422 ' +
  'lkr 144 lrd 430 lsl 426 mad 504 mdl 498 mga 969 mkd 807 mmk 104 mnt 496 mop 446 mur 480 mvr 462 ' +
  'mwk 454 mxn 484 myr 458 mzn 943 nad 516 ngn 566 nio 558 nok 578 npr 524 nzd 554 pab 590 pen 604 ' +
  'pgk 598 php 608 pkr 586 pln 985 qar 634 ron 946 rsd 941 rub 643 sar 682 sbd 090 scr 690 sek 752 ' +
  'sgd 702 shp 654 sle 925 sos 706 srd 968 std 678 szl 748 thb 764 tjs 972 top 776 try 949 ttd 780 ' +
  'twd 901 tzs 834 uah 980 uyu 858 uzs 860 wst 882 xcd 951 yer 886 zar 710 zmw 967';
const none =
  'bif 108 clp 152 djf 262 gnf 324 isk 352 jpy 392 kmf 174 krw 410 pyg 600 rwf 646 ugx 800 vnd 704 ' +
  'vuv 548 xaf 950 xof 952 xpf 953';
const three = 'bhd 048 jod 400 kwd 414 omr 512 tnd 788';

const pairs = (text: string): [string, string][] =>
  [...text.matchAll(/([a-z]+) (\d{3})/gi)].map(([, code = '', number = '']) => [code, number]);

const currencies = new Map<string, CurrencyNumber>(
  [two, none, three].flatMap((text) =>
    pairs(text).map(([code, number]): [string, CurrencyNumber] => [
      code,
      { number, exponent: text === two ? 2 : text === none ? 0 : 3 },
    ]),
  ),
);

const countries = new Map(
  pairs(
    'AE 784 AR 032 AT 040 AU 036 BE 056 BG 100 BR 076 BY 112 CA 124 CH 756 CL 152 CN 156 CO 170 ' +
      'CR 188 CY 196 CZ 203 DE 276 DK 208 EE 233 EG 818 ES 724 FI 246 FR 250 GB 826 GI 292 GR 300 ' +
      'HK 344 HR 191 HU 348 ID 360 IE 372 IL 376 IN 356 IS 352 IT 380 JP 392 KE 404 KR 410 LI 438 ' +
      'LT 440 LU 442 LV 428 MA 504 MT 470 MX 484 MY 458 NG 566 NL 528 NO 578 NZ 554 PE 604 PH 608 ' +
      'PK 586 PL 616 PT 620 QA 634 RO 642 RS 688 SA 682 SE 752 SG 702 SI 705 SK 703 TH 764 TR 792 ' +
      'TW 158 UA 804 US 840 UY 858 VN 704 ZA 710',
  ),
);

/** Undefined is a currency that nobody authenticates in. */
export const currencyNumber = (code: string): CurrencyNumber | undefined => currencies.get(code);

export const countryNumber = (code: string): string | undefined =>
  countries.get(code.toUpperCase());
