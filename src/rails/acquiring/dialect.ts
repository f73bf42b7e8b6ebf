// Field 48 as the sandbox's host reads it: tags of two digits. Scheme and acquirer manuals are
// confidential; a real host's dialect comes with its profile and is not part of this repository.

import { ascii1987, bcd1987, type Dialect, deriveDialect, type FieldFormat } from '#kit/iso8583';

const upTo = (length: number, name: string): FieldFormat => ({
  name,
  content: 'ans',
  length,
  prefix: 2,
});

const privateData: FieldFormat = {
  name: 'Private data',
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
      '45': { name: 'Why its holder was not asked', content: 'a', length: 2, log: 'clear' },
      '61': upTo(16, 'Postal code'),
      '62': upTo(60, 'Address line'),
      '70': { ...upTo(40, 'Our reference'), log: 'clear' },
      '71': { name: 'Who began it: C or M', content: 'a', length: 1, log: 'clear' },
      '72': { name: 'More completions follow', content: 'n', length: 1, log: 'clear' },
      '73': { name: 'Raises an authorization', content: 'n', length: 1, log: 'clear' },
      '92': { name: 'Security code', content: 'n', length: 4, prefix: 2, min: 3 },
    },
  },
};

export const dialects = {
  'sandbox-ascii': deriveDialect(ascii1987, {
    name: 'Sandbox, ASCII',
    fields: { 48: privateData },
  }),
  'sandbox-bcd': deriveDialect(bcd1987, { name: 'Sandbox, BCD', fields: { 48: privateData } }),
} as const satisfies Record<string, Dialect>;
