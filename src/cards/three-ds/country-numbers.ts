// Countries by the numbers of ISO 3166, as the protocol has them.

const listed =
  'AE 784 AR 032 AT 040 AU 036 BE 056 BG 100 BR 076 BY 112 CA 124 CH 756 CL 152 CN 156 CO 170 ' +
  'CR 188 CY 196 CZ 203 DE 276 DK 208 EE 233 EG 818 ES 724 FI 246 FR 250 GB 826 GI 292 GR 300 ' +
  'HK 344 HR 191 HU 348 ID 360 IE 372 IL 376 IN 356 IS 352 IT 380 JP 392 KE 404 KR 410 LI 438 ' +
  'LT 440 LU 442 LV 428 MA 504 MT 470 MX 484 MY 458 NG 566 NL 528 NO 578 NZ 554 PE 604 PH 608 ' +
  'PK 586 PL 616 PT 620 QA 634 RO 642 RS 688 SA 682 SE 752 SG 702 SI 705 SK 703 TH 764 TR 792 ' +
  'TW 158 UA 804 US 840 UY 858 VN 704 ZA 710';

const numbers: ReadonlyMap<string, string> = new Map(
  [...listed.matchAll(/([A-Z]{2}) (\d{3})/g)].map(([, code = '', number = '']) => [code, number]),
);

export const countryNumber = (code: string): string | undefined => numbers.get(code.toUpperCase());
