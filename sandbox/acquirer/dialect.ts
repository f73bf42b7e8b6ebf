// How this acquirer's host spells messages: 1987, with private data in field 48. The bytes are those of
// the plain dialect; only what stands inside field 48 is said here.

import { ascii1987, bcd1987, type Dialect, deriveDialect, type Framing } from '#kit/iso8583';

const privateData = {
  name: 'Additional data, private',
  content: 'ans',
  length: 999,
  prefix: 3,
  parts: {
    by: 'text-tag',
    tagLength: 2,
    of: {
      '42': { name: 'Electronic commerce indicator', content: 'n', length: 2, log: 'clear' },
      '43': { name: 'Authentication value', content: 'ans', length: 28 },
      '44': { name: 'Directory server transaction', content: 'ans', length: 36, log: 'clear' },
      '45': { name: 'Exemption from authentication', content: 'a', length: 2, log: 'clear' },
      '61': { name: 'Postal code of the holder', content: 'ans', length: 16, prefix: 2 },
      '62': { name: 'Address line of the holder', content: 'ans', length: 60, prefix: 2 },
      '70': {
        name: 'Reference of the payment',
        content: 'ans',
        length: 40,
        prefix: 2,
        log: 'clear',
      },
      '71': { name: 'Initiated by: C or M', content: 'a', length: 1, log: 'clear' },
      '72': { name: 'More completions follow', content: 'n', length: 1, log: 'clear' },
      '73': { name: 'Raises an authorization', content: 'n', length: 1, log: 'clear' },
      '92': { name: 'Security code', content: 'n', length: 4, prefix: 2, min: 3 },
    },
  },
} as const;

export const hostDialects = {
  ascii: deriveDialect(ascii1987, { name: 'Sandbox host, ASCII', fields: { 48: privateData } }),
  bcd: deriveDialect(bcd1987, { name: 'Sandbox host, BCD', fields: { 48: privateData } }),
} as const satisfies Record<string, Dialect>;

export type HostDialect = keyof typeof hostDialects;

export const hostFraming: Framing = {
  length: 'binary-2',
  countsItself: false,
  headerBytes: 0,
  countsHeader: false,
  messageBytesMax: 4_096,
  idleFrames: false,
};
