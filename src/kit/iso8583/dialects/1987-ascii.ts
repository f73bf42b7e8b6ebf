// The fields of ISO 8583:1987 as most hosts speak them: text and digits in ASCII, bitmaps and other
// bytes in hexadecimal, chip data as bytes. The other dialects of 1987 are this one spelled otherwise.

import { defineDialect, type FieldFormat } from '../dialect.ts';
import type { Content } from '../encodings.ts';

type More = Partial<Omit<FieldFormat, 'name' | 'content' | 'length'>>;

const fixed = (content: Content, length: number, name: string, more?: More): FieldFormat => ({
  name,
  content,
  length,
  ...more,
});
const upTo99 = (content: Content, length: number, name: string, more?: More): FieldFormat =>
  fixed(content, length, name, { prefix: 2, ...more });
const upTo999 = (content: Content, length: number, name: string, more?: More): FieldFormat =>
  fixed(content, length, name, { prefix: 3, ...more });

const zeros = { pad: 'zeros' } as const;
const spaces = { pad: 'spaces' } as const;

const reserved = (first: number, last: number, name: string): Record<number, FieldFormat> => {
  const fields: Record<number, FieldFormat> = {};
  for (let field = first; field <= last; field += 1) fields[field] = upTo999('ans', 999, name);
  return fields;
};

const fields: Readonly<Record<number, FieldFormat>> = {
  2: upTo99('n', 19, 'Primary account number'),
  3: fixed('n', 6, 'Processing code'),
  4: fixed('n', 12, 'Amount of the transaction', zeros),
  5: fixed('n', 12, 'Amount of the settlement', zeros),
  6: fixed('n', 12, 'Amount billed to the cardholder', zeros),
  7: fixed('n', 10, 'Transmission, date and time'),
  8: fixed('n', 8, 'Fee billed to the cardholder', zeros),
  9: fixed('n', 8, 'Rate of the settlement'),
  10: fixed('n', 8, 'Rate of the billing'),
  11: fixed('n', 6, 'System trace audit number'),
  12: fixed('n', 6, 'Local time'),
  13: fixed('n', 4, 'Local date'),
  14: fixed('n', 4, 'Expiry'),
  15: fixed('n', 4, 'Settlement date'),
  16: fixed('n', 4, 'Conversion date'),
  17: fixed('n', 4, 'Capture date'),
  18: fixed('n', 4, 'Merchant category'),
  19: fixed('n', 3, 'Country of the acquirer'),
  20: fixed('n', 3, 'Country of the account number'),
  21: fixed('n', 3, 'Country of the forwarder'),
  22: fixed('n', 3, 'Entry mode'),
  23: fixed('n', 3, 'Card sequence number'),
  24: fixed('n', 3, 'Network international identifier'),
  25: fixed('n', 2, 'Condition code'),
  26: fixed('n', 2, 'PIN capture code'),
  27: fixed('n', 1, 'Length of the authorization code'),
  28: fixed('xn', 9, 'Fee of the transaction', zeros),
  29: fixed('xn', 9, 'Fee of the settlement', zeros),
  30: fixed('xn', 9, 'Processing fee of the transaction', zeros),
  31: fixed('xn', 9, 'Processing fee of the settlement', zeros),
  32: upTo99('n', 11, 'Acquiring institution'),
  33: upTo99('n', 11, 'Forwarding institution'),
  34: upTo99('ans', 28, 'Extended account number'),
  35: upTo99('z', 37, 'Track 2'),
  36: upTo999('z', 104, 'Track 3'),
  37: fixed('an', 12, 'Retrieval reference number'),
  38: fixed('an', 6, 'Authorization code', spaces),
  39: fixed('an', 2, 'Response code'),
  40: fixed('an', 3, 'Service restriction'),
  41: fixed('ans', 8, 'Terminal', spaces),
  42: fixed('ans', 15, 'Merchant', spaces),
  43: fixed('ans', 40, 'Name and place of the merchant', spaces),
  44: upTo99('ans', 99, 'Additional response data'),
  45: upTo99('ans', 76, 'Track 1'),
  46: upTo999('ans', 999, 'Additional data, ISO'),
  47: upTo999('ans', 999, 'Additional data, national'),
  48: upTo999('ans', 999, 'Additional data, private'),
  49: fixed('an', 3, 'Currency of the transaction'),
  50: fixed('an', 3, 'Currency of the settlement'),
  51: fixed('an', 3, 'Currency of the billing'),
  52: fixed('b', 8, 'PIN block'),
  53: fixed('n', 16, 'Security control'),
  54: upTo999('an', 120, 'Additional amounts', { log: 'clear' }),
  55: upTo999('b', 999, 'Chip data', {
    spelling: { bytes: 'bytes' },
    // Scripts repeat a tag inside and are passed on as they are.
    parts: { by: 'ber-tag', depth: 4, opaque: ['71', '72'] },
  }),
  ...reserved(56, 56, 'Reserved, ISO'),
  ...reserved(57, 60, 'Reserved, national'),
  ...reserved(61, 63, 'Reserved, private'),
  64: fixed('b', 8, 'Message authentication code'),
  66: fixed('n', 1, 'Settlement code'),
  67: fixed('n', 2, 'Extended payment code'),
  68: fixed('n', 3, 'Country of the receiver'),
  69: fixed('n', 3, 'Country of the settlement'),
  70: fixed('n', 3, 'Network management code'),
  71: fixed('n', 4, 'Message number'),
  72: fixed('n', 4, 'Last message number'),
  73: fixed('n', 6, 'Action date'),
  74: fixed('n', 10, 'Credits, number', zeros),
  75: fixed('n', 10, 'Credits reversed, number', zeros),
  76: fixed('n', 10, 'Debits, number', zeros),
  77: fixed('n', 10, 'Debits reversed, number', zeros),
  78: fixed('n', 10, 'Transfers, number', zeros),
  79: fixed('n', 10, 'Transfers reversed, number', zeros),
  80: fixed('n', 10, 'Inquiries, number', zeros),
  81: fixed('n', 10, 'Authorizations, number', zeros),
  82: fixed('n', 12, 'Credits, processing fees', zeros),
  83: fixed('n', 12, 'Credits, transaction fees', zeros),
  84: fixed('n', 12, 'Debits, processing fees', zeros),
  85: fixed('n', 12, 'Debits, transaction fees', zeros),
  86: fixed('n', 16, 'Credits, amount', zeros),
  87: fixed('n', 16, 'Credits reversed, amount', zeros),
  88: fixed('n', 16, 'Debits, amount', zeros),
  89: fixed('n', 16, 'Debits reversed, amount', zeros),
  90: fixed('n', 42, 'Original data'),
  91: fixed('an', 1, 'File update code'),
  92: fixed('an', 2, 'File security code'),
  93: fixed('an', 5, 'Response indicator'),
  94: fixed('an', 7, 'Service indicator'),
  95: fixed('an', 42, 'Replacement amounts'),
  96: fixed('b', 8, 'Message security code'),
  97: fixed('xn', 17, 'Net settlement', zeros),
  98: fixed('ans', 25, 'Payee', spaces),
  99: upTo99('n', 11, 'Settlement institution'),
  100: upTo99('n', 11, 'Receiving institution'),
  101: upTo99('ans', 17, 'File name'),
  102: upTo99('ans', 28, 'Account 1'),
  103: upTo99('ans', 28, 'Account 2'),
  104: upTo999('ans', 100, 'Description of the transaction'),
  ...reserved(105, 111, 'Reserved, ISO'),
  ...reserved(112, 119, 'Reserved, national'),
  ...reserved(120, 127, 'Reserved, private'),
  128: fixed('b', 8, 'Message authentication code'),
};

export const ascii1987 = defineDialect({
  name: 'ISO 8583:1987, ASCII',
  version: '0',
  spelling: {
    mti: 'ascii',
    bitmap: 'hex',
    text: 'ascii',
    digits: 'ascii',
    bytes: 'hex',
    lengths: 'ascii',
    oddDigits: 'zero-left',
  },
  secondBitmap: 'when-used',
  fields,
});
