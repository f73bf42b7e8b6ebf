// What can be told of a card while it is typed: its brand, its shape, whether its digits and its date
// can be right. Pure functions on text. Only the bank knows whether a card is good, so an unknown brand
// is never an error.

/**
 * First digits, and how many a number with them usually has: where that is one length alone, the field
 * can be left by itself. Earlier lines win. A test holds the brands to those of the gateway.
 *
 * @type {readonly (readonly [brand: string, begin: RegExp, lengths: readonly number[], usual: number])[]}
 */
const rules = [
  [
    'rupay',
    /^(508227|508[5-9]|603741|6069(8[5-9]|9)|607[0-8]|6079([0-7]|8[0-4])|608(0(0[1-9]|[1-9])|[1-4]|500)|652(1[5-9]|[2-9])|653(0|1[0-4])|817(290|368|378)|353800)/,
    [16],
    16,
  ],
  ['visa', /^4(?!93698)/, [13, 16, 18, 19], 16],
  ['mastercard', /^(5[1-5]|222[1-9]|22[3-9]|2[3-6]|27[01]|2720)/, [16], 16],
  ['amex', /^3[47]/, [15], 15],
  ['diners', /^(36|3[89]|30[0-5]|3095)/, [14, 16, 19], 0],
  ['jcb', /^(35(2[89]|[3-8])|1800|2131)/, [16, 17, 18, 19], 16],
  ['discover', /^(6011|64[4-9]|65)/, [16, 19], 16],
  [
    'unionpay',
    /^(62([03-6]|1[0-8]|19[0-7]|2|70|7[26]|77|8[2-9]|9[12])|81([0-6]|7[01]))/,
    [14, 15, 16, 17, 18, 19],
    0,
  ],
  ['maestro', /^(493698|50|5[6-9]|6)/, [12, 13, 14, 15, 16, 17, 18, 19], 0],
];

/** @param {string} digits */
const ruleOf = (digits) => rules.find(([, begin]) => begin.test(digits));

/** What begins with 6 may still become anything. @param {string} digits */
export const brandOf = (digits) => {
  const brand = ruleOf(digits)?.[0] ?? 'unknown';
  return brand === 'maestro' && digits.length < 6 ? 'unknown' : brand;
};

/** Keyboards of other scripts have digits of their own, in rows that begin at …0 or, in Devanagari, at …6. */
const otherDigits = /[\u0660-\u0669\u06f0-\u06f9\u0966-\u096f\uff10-\uff19]/g;

/** @param {string} text */
export const digitsOf = (text) =>
  text
    .replace(otherDigits, (digit) => {
      const code = digit.charCodeAt(0);
      return `${(code & 15) - (code >> 4 === 0x96 ? 6 : 0)}`;
    })
    .replace(/\D/g, '');

/**
 * In groups as on the card: 4-6-5 for American Express, 4-6-4 for Diners Club, otherwise fours.
 *
 * @param {string} digits
 */
export const groupNumber = (digits) => {
  const brand = brandOf(digits);
  const odd = brand === 'amex' || (brand === 'diners' && digits.length <= 14);
  const groups = odd ? /^(\d{1,4})(\d{1,6})?(\d+)?/.exec(digits)?.slice(1) : digits.match(/\d{1,4}/g);
  return (groups ?? []).filter(Boolean).join(' ');
};

/** @param {string} digits */
export const digitsMax = (digits) => {
  const lengths = ruleOf(digits)?.[2];
  return lengths ? Math.max(...lengths) : 19;
};

/** @param {string} digits */
const passesLuhn = (digits) => {
  let sum = 0;
  for (let at = 0; at < digits.length; at += 1) {
    const digit = Number(digits[digits.length - 1 - at]);
    const doubled = digit * 2;
    sum += at % 2 === 0 ? digit : doubled > 9 ? doubled - 9 : doubled;
  }
  return digits.length > 0 && sum % 10 === 0;
};

/**
 * Complete beyond doubt: a Luhn-valid beginning of a longer number is not.
 *
 * @param {string} digits
 */
export const isSurelyComplete = (digits) =>
  ruleOf(digits)?.[3] === digits.length && passesLuhn(digits);

/** @param {string} digits */
export const cvcLengthOf = (digits) => (brandOf(digits) === 'amex' ? 4 : 3);

/**
 * @param {string} digits
 * @returns {'needNumber' | 'shortNumber' | 'wrongNumber' | null}
 */
export const numberFault = (digits) => {
  if (digits === '') return 'needNumber';
  const lengths = ruleOf(digits)?.[2] ?? [12];
  if (digits.length < Math.min(...lengths)) return 'shortNumber';
  if (!passesLuhn(digits)) {
    return digits.length < (ruleOf(digits)?.[3] ?? 0) ? 'shortNumber' : 'wrongNumber';
  }
  return null;
};

/**
 * `3` becomes `03 / `, `1230` becomes `12 / 30`; `12/2030`, `1-30` and `122030` may be pasted.
 *
 * @param {string} text
 * @param {boolean} isDeleting
 */
export const formatExpiry = (text, isDeleting) => {
  const parted = /^\s*(\d{1,2})\s*[/.-]\s*(\d*)/.exec(text);
  let digits = digitsOf(text);
  if (parted?.[1] !== undefined && parted[1].length === 1) digits = `0${digits}`;
  else if (/^[2-9]/.test(digits)) digits = `0${digits}`;
  const month = digits.slice(0, 2);
  let year = digits.slice(2, 6);
  // Four digits of a year shrink to its last two once they are there.
  if (/^20\d\d$/.test(year)) year = year.slice(2);
  else if (year.length > 2 && !/^20?\d?$/.test(year)) year = year.slice(0, 2);
  if (month.length < 2) return month;
  if (year === '' && isDeleting) return month;
  return `${month} / ${year}`;
};

/**
 * @param {string} text
 * @param {Date} now
 * @returns {{ month: number, year: number, fault: 'needExpiry' | 'wrongExpiry' | 'expired' | null }}
 */
export const readExpiry = (text, now) => {
  const digits = digitsOf(text);
  const month = Number(digits.slice(0, 2));
  const written = digits.slice(2);
  const year = written.length === 2 ? 2000 + Number(written) : Number(written);
  /** @param {'needExpiry' | 'wrongExpiry' | 'expired' | null} fault */
  const told = (fault) => ({ month, year, fault });
  if (digits === '') return told('needExpiry');
  if (month < 1 || month > 12 || (written.length !== 2 && written.length !== 4)) {
    return told('wrongExpiry');
  }
  // A card is good until its month has ended everywhere.
  if (new Date(year, month, 1).getTime() + 86_400_000 < now.getTime()) return told('expired');
  return told(year > now.getFullYear() + 50 ? 'wrongExpiry' : null);
};

/**
 * Where the caret belongs after spaces have moved: behind as many digits as before.
 *
 * @param {string} formatted
 * @param {number} digitsBefore
 */
export const caretAfter = (formatted, digitsBefore) => {
  let seen = 0;
  for (let at = 0; at < formatted.length; at += 1) {
    if (seen === digitsBefore) return at;
    if (/\d/.test(formatted.charAt(at))) seen += 1;
  }
  return formatted.length;
};
