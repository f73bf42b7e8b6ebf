// The numbers by which card messages name currencies (ISO 4217). The amounts of a message are in minor
// units, as ours are. What our API counts otherwise than the standard, as Stripe's does, is not offered:
// ISK and UGX in hundredths, MGA in whole ones. A card charged a hundredfold, or a hundredth, is worse
// than a currency that is not there.

import { apiExponent } from '#books/currencies';
import { currencyOf } from '#kit/money';

const table = `
AED 784 ALL 008 AMD 051 AOA 973 ARS 032 AUD 036 AWG 533 AZN 944 BAM 977 BBD 052 BDT 050 BHD 048 BIF 108
BMD 060 BND 096 BOB 068 BRL 986 BSD 044 BWP 072 BYN 933 BZD 084 CAD 124 CDF 976 CHF 756 CLP 152 CNY 156
COP 170 CRC 188 CVE 132 CZK 203 DJF 262 DKK 208 DOP 214 DZD 012 EGP 818 ETB 230 EUR 978 FJD 242 FKP 238
GBP 826 GEL 981 GIP 292 GMD 270 GNF 324 GTQ 320 GYD 328 HKD 344 HNL 340 HTG 332 HUF 348 IDR 360 ILS 376
INR 356 JMD 388 JOD 400 JPY 392 KES 404 KGS 417 KHR 116 KMF 174 KRW 410 KWD 414 KYD 136 KZT 398 LAK 418
LBP 422 LKR 144 LRD 430 LSL 426 MAD 504 MDL 498 MGA 969 MKD 807 MMK 104 MNT 496 MOP 446 MUR 480 MVR 462
MWK 454 MXN 484 MYR 458 MZN 943 NAD 516 NGN 566 NIO 558 NOK 578 NPR 524 NZD 554 OMR 512 PAB 590 PEN 604
PGK 598 PHP 608 PKR 586 PLN 985 PYG 600 QAR 634 RON 946 RSD 941 RWF 646 SAR 682 SBD 090 SCR 690 SEK 752
SGD 702 SHP 654 SLE 925 SOS 706 SRD 968 STN 930 SZL 748 THB 764 TJS 972 TND 788 TOP 776 TRY 949 TTD 780
TWD 901 TZS 834 UAH 980 USD 840 UYU 858 UZS 860 VND 704 VUV 548 WST 882 XAF 950 XCD 951 XCG 532 XOF 952
XPF 953 YER 886 ZAR 710 ZMW 967`;

const numbers: ReadonlyMap<string, string> = new Map(
  [...table.matchAll(/([A-Z]{3}) (\d{3})/g)].map(([, name = '', number = '']) => [
    name.toLowerCase(),
    number,
  ]),
);
const names: ReadonlyMap<string, string> = new Map(
  [...numbers].map(([name, number]) => [number, name]),
);

/** Three lower-case letters, as operations name them. MGA has a number for what was once paid in it. */
export const hostCurrencies: readonly string[] = [...numbers.keys()].filter(
  (code) => apiExponent(code) === currencyOf(code).exponent,
);

/** Undefined where the host would count other units than we do, or knows no such currency. */
export const currencyNumber = (currency: string): string | undefined => numbers.get(currency);
export const currencyOfNumber = (number: string): string | undefined => names.get(number);
