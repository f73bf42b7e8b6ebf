// The last net under every line: whatever looks like a card number or one of our secrets is masked,
// even where a field was thought to be harmless.

const secrets = /\b((?:sk|rk)_(?:test|live)_|whsec_)[0-9A-Za-z]{6,}|(_secret_)[0-9A-Za-z]{8,}/g;
const passwordInUrl = /(:\/\/[^\s:/@]*:)[^\s@/]+@/g;
const cardLike = /(?<![0-9A-Za-z])\d(?:[ -]?\d){12,18}(?![0-9A-Za-z])/g;

export const scrub = (text: string): string =>
  text
    .replace(
      secrets,
      (_, prefix: string | undefined, middle: string | undefined) => `${prefix ?? middle}***`,
    )
    .replace(passwordInUrl, '$1***@')
    .replace(cardLike, (digits) => (passesLuhn(digits) ? '[card number]' : digits));

export const passesLuhn = (text: string): boolean => {
  let sum = 0;
  let double = false;
  for (let at = text.length - 1; at >= 0; at -= 1) {
    const digit = text.charCodeAt(at) - 48;
    if (digit < 0 || digit > 9) continue;
    const value = double ? digit * 2 : digit;
    sum += value > 9 ? value - 9 : value;
    double = !double;
  }
  return sum % 10 === 0;
};
