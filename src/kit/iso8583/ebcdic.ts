// Printable ASCII in the three EBCDIC code pages that card networks use. They agree on letters and
// digits and differ in a few signs only. Written from IBM's published charts; the test holds it
// against tables that others made.

export type EbcdicPage = 'ebcdic-037' | 'ebcdic-500' | 'ebcdic-1047';

type Run = readonly [characters: string, first: number];

const shared: readonly Run[] = [
  ['abcdefghi', 0x81],
  ['jklmnopqr', 0x91],
  ['stuvwxyz', 0xa2],
  ['ABCDEFGHI', 0xc1],
  ['JKLMNOPQR', 0xd1],
  ['STUVWXYZ', 0xe2],
  ['0123456789', 0xf0],
  [' ', 0x40],
  ['.<(+', 0x4b],
  ['&', 0x50],
  ['$*);', 0x5b],
  ['-/', 0x60],
  [',%_>?', 0x6b],
  ['`:#@\'="', 0x79],
  ['~', 0xa1],
  ['{', 0xc0],
  ['}', 0xd0],
  ['\\', 0xe0],
];

const own: Readonly<Record<EbcdicPage, readonly Run[]>> = {
  'ebcdic-037': [
    ['|', 0x4f],
    ['!', 0x5a],
    ['^', 0xb0],
    ['[]', 0xba],
  ],
  'ebcdic-500': [
    ['[', 0x4a],
    ['!', 0x4f],
    [']', 0x5a],
    ['^', 0x5f],
    ['|', 0xbb],
  ],
  'ebcdic-1047': [
    ['|', 0x4f],
    ['!', 0x5a],
    ['^', 0x5f],
    ['[', 0xad],
    [']', 0xbd],
  ],
};

/** The byte of each ASCII character; 0 where there is none. */
export const ebcdicBytes = (page: EbcdicPage): Uint8Array => {
  const bytes = new Uint8Array(128);
  for (const [characters, first] of [...shared, ...own[page]]) {
    for (let at = 0; at < characters.length; at += 1) {
      bytes[characters.charCodeAt(at)] = first + at;
    }
  }
  return bytes;
};
