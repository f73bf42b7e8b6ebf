// A page of text as PDF, with the fonts that every reader of PDF has: what a receipt needs, and no more.
// Those fonts know the letters of western Europe; who writes with others prints the page instead.

import type { PdfPicture } from './pdf-picture.ts';

export type PdfText = {
  readonly text: string;
  readonly x: number;
  readonly y: number;
  readonly size: number;
  readonly isBold?: boolean;
  /** Ends at `x` instead of beginning there. */
  readonly isRight?: boolean;
  readonly grey?: number;
};
export type PdfRule = { readonly fromX: number; readonly toX: number; readonly y: number };
/** A picture whose upper left corner is there. */
export type PdfPlaced = {
  readonly picture: PdfPicture;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
};
export type PdfPage = {
  readonly title: string;
  readonly texts: readonly PdfText[];
  readonly rules: readonly PdfRule[];
  /** `#rrggbb`, across the upper edge. */
  readonly band?: string | null;
  readonly logo?: PdfPlaced | null;
};

/** A4, in points; y counts from the top. */
export const PAGE = { width: 595, height: 842 } as const;

/** Whether every character of it can be written. */
export const canBeWritten = (text: string): boolean => encode(text) !== null;

const BAND = 10;

export const writePdf = (input: PdfPage): Buffer => {
  const { band = null, logo = null } = input;
  const content = Buffer.concat([
    Buffer.from(
      band === null
        ? ''
        : `${colourOf(band)} rg 0 ${PAGE.height - BAND} ${PAGE.width} ${BAND} re f\n`,
    ),
    Buffer.from(logo === null ? '' : shown(logo)),
    ...input.rules.map(({ fromX, toX, y }) =>
      Buffer.from(`0.75 G 0.5 w ${fromX} ${PAGE.height - y} m ${toX} ${PAGE.height - y} l S\n`),
    ),
    ...input.texts.map(drawn),
  ]);
  return assemble([
    Buffer.from('<< /Type /Catalog /Pages 2 0 R /ViewerPreferences << /DisplayDocTitle true >> >>'),
    Buffer.from('<< /Type /Pages /Kids [3 0 R] /Count 1 >>'),
    Buffer.from(
      `<< /Type /Page /Parent 2 0 R /MediaBox [0 0 ${PAGE.width} ${PAGE.height}] /Contents 6 0 R /Resources << /Font << /F1 4 0 R /F2 5 0 R >>${logo === null ? '' : ' /XObject << /Logo 8 0 R >>'} >> >>`,
    ),
    font('Helvetica'),
    font('Helvetica-Bold'),
    Buffer.concat([
      Buffer.from(`<< /Length ${content.length} >>\nstream\n`),
      content,
      Buffer.from('endstream'),
    ]),
    Buffer.from(`<< /Title <FEFF${hexOf16(input.title)}> /Producer (Tollgate) >>`),
    ...(logo === null ? [] : pictureObjects(logo.picture)),
  ]);
};

const font = (name: string): Buffer =>
  Buffer.from(`<< /Type /Font /Subtype /Type1 /BaseFont /${name} /Encoding /WinAnsiEncoding >>`);

const colourOf = (colour: string): string =>
  [1, 3, 5].map((at) => (Number.parseInt(colour.slice(at, at + 2), 16) / 255).toFixed(3)).join(' ');

const shown = ({ x, y, width, height }: PdfPlaced): string =>
  `q ${width.toFixed(2)} 0 0 ${height.toFixed(2)} ${x.toFixed(2)} ${(PAGE.height - y - height).toFixed(2)} cm /Logo Do Q\n`;

const pictureObjects = ({ width, height, entries, data, mask }: PdfPicture): Buffer[] => {
  const size = `/Type /XObject /Subtype /Image /Width ${width} /Height ${height}`;
  const stream = (more: string, bytes: Buffer): Buffer =>
    Buffer.concat([
      Buffer.from(`<< ${size} ${more} /Length ${bytes.length} >>\nstream\n`),
      bytes,
      Buffer.from('\nendstream'),
    ]);
  if (mask === null) return [stream(entries, data)];
  return [
    stream(`${entries} /SMask 9 0 R`, data),
    stream('/ColorSpace /DeviceGray /BitsPerComponent 8 /Filter /FlateDecode', mask),
  ];
};

const drawn = ({ text, x, y, size, isBold, isRight, grey }: PdfText): Buffer => {
  const bytes = encode(text) ?? Buffer.from('?');
  const left = isRight ? x - widthOf(text, size) : x;
  const at = `${left.toFixed(2)} ${(PAGE.height - y).toFixed(2)}`;
  return Buffer.from(
    `BT ${grey ?? 0} g /${isBold ? 'F2' : 'F1'} ${size} Tf ${at} Td <${bytes.toString('hex')}> Tj ET\n`,
  );
};

const hexOf16 = (text: string): string =>
  [...Buffer.from(text, 'utf16le').swap16()]
    .map((byte) => byte.toString(16).padStart(2, '0'))
    .join('')
    .toUpperCase();

const assemble = (objects: readonly Buffer[]): Buffer => {
  const parts: Buffer[] = [Buffer.from('%PDF-1.4\n%\u00e2\u00e3\n', 'latin1')];
  const offsets: number[] = [];
  let at = parts[0]?.length ?? 0;
  const add = (bytes: Buffer): void => {
    parts.push(bytes);
    at += bytes.length;
  };
  for (const [index, object] of objects.entries()) {
    offsets.push(at);
    add(Buffer.concat([Buffer.from(`${index + 1} 0 obj\n`), object, Buffer.from('\nendobj\n')]));
  }
  const start = at;
  const rows = offsets.map((offset) => `${String(offset).padStart(10, '0')} 00000 n \n`).join('');
  add(
    Buffer.from(
      `xref\n0 ${objects.length + 1}\n0000000000 65535 f \n${rows}trailer\n<< /Size ${objects.length + 1} /Root 1 0 R /Info 7 0 R >>\nstartxref\n${start}\n%%EOF\n`,
    ),
  );
  return Buffer.concat(parts);
};

// What Windows-1252 has between 128 and 159.
const above: Readonly<Record<string, number>> = {
  '€': 128,
  '‚': 130,
  ƒ: 131,
  '„': 132,
  '…': 133,
  '†': 134,
  '‡': 135,
  ˆ: 136,
  '‰': 137,
  Š: 138,
  '‹': 139,
  Œ: 140,
  Ž: 142,
  '‘': 145,
  '’': 146,
  '“': 147,
  '”': 148,
  '•': 149,
  '–': 150,
  '—': 151,
  '˜': 152,
  '™': 153,
  š: 154,
  '›': 155,
  œ: 156,
  ž: 158,
  Ÿ: 159,
};

/** Null where the fonts have no such letter. Narrow spaces become spaces. */
const encode = (text: string): Buffer | null => {
  const bytes: number[] = [];
  for (const letter of text.normalize('NFC').replaceAll(/[\u2009\u200a\u202f\u00a0]/g, ' ')) {
    const code = letter.codePointAt(0) ?? 0;
    const byte =
      above[letter] ?? ((code >= 32 && code < 127) || (code > 160 && code < 256) ? code : null);
    if (byte === null) return null;
    bytes.push(byte);
  }
  return Buffer.from(bytes);
};

// Widths of Helvetica in thousandths, from the space to the tilde. Letters with accents are as wide as
// those without; the few others are near enough for a right edge.
const widths = [
  278, 278, 355, 556, 556, 889, 667, 191, 333, 333, 389, 584, 278, 333, 278, 278, 556, 556, 556,
  556, 556, 556, 556, 556, 556, 556, 278, 278, 584, 584, 584, 556, 1015, 667, 667, 722, 722, 667,
  611, 778, 722, 278, 500, 667, 556, 833, 722, 778, 667, 778, 722, 667, 611, 722, 667, 944, 667,
  667, 611, 278, 278, 278, 469, 556, 333, 556, 556, 500, 556, 556, 278, 556, 556, 222, 222, 500,
  222, 833, 556, 556, 556, 556, 333, 500, 278, 556, 500, 722, 500, 500, 500, 334, 260, 334, 584,
];
const otherWidths: Readonly<Record<string, number>> = {
  '•': 350,
  '€': 556,
  '–': 556,
  '—': 1000,
  '…': 1000,
};

export const widthOf = (text: string, size: number): number => {
  let width = 0;
  for (const letter of text.normalize('NFD').replaceAll(/\p{M}|[\u00ad]/gu, '')) {
    const code = letter.codePointAt(0) ?? 0;
    width += otherWidths[letter] ?? widths[code - 32] ?? (/\s/.test(letter) ? 278 : 556);
  }
  return (width * size) / 1000;
};
