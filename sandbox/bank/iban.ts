// Account numbers of this world's bank. Its sorting code, 9999 9999, is given to no bank.

import { createHash } from 'node:crypto';

export const BANK_BIC = 'SNDBDEF0XXX';
const SORTING_CODE = '99999999';

/** ISO 13616: the whole, with the country behind and letters as numbers, leaves 1 when divided by 97. */
export const isIban = (text: string): boolean =>
  /^[A-Z]{2}\d{2}[A-Z0-9]{10,30}$/.test(text) &&
  remainderOf(text.slice(4) + text.slice(0, 4)) === 1;

export const ibanOf = (accountNumber: string): string => {
  const body = SORTING_CODE + accountNumber.padStart(10, '0');
  const check = String(98 - remainderOf(`${body}DE00`)).padStart(2, '0');
  return `DE${check}${body}`;
};

/** The account of somebody in a currency; ten digits are enough for a world of this size. */
export const accountOf = (holder: string, currency: string): string => {
  const digest = createHash('sha256').update(`${holder}/${currency}`).digest();
  return ibanOf(`1${String(digest.readUIntBE(0, 6) % 1_000_000_000).padStart(9, '0')}`);
};

const remainderOf = (text: string): number => {
  let remainder = 0;
  for (const letter of text) {
    const value = Number.parseInt(letter, 36);
    remainder = (remainder * (value > 9 ? 100 : 10) + value) % 97;
  }
  return remainder;
};

export type Fate = {
  readonly happens: 'rejected' | 'returned';
  /** Of ISO 20022's external list. */
  readonly reason: string;
  readonly says: string;
  readonly afterBusinessDays: number;
};

/** What becomes of money that is sent to these accounts. Every other good number takes it. */
export const magicAccounts: ReadonlyMap<string, Fate> = new Map<string, Fate>([
  [ibanOf('404'), returned('AC04', 'the account is closed', 1)],
  [ibanOf('101'), returned('AC01', 'there is no such account', 1)],
  [ibanOf('307'), returned('MD07', 'the holder is deceased', 3)],
  [ibanOf('666'), { ...returned('RR04', 'a regulation forbids it', 0), happens: 'rejected' }],
]);

function returned(reason: string, says: string, afterBusinessDays: number): Fate {
  return { happens: 'returned', reason, says, afterBusinessDays };
}
