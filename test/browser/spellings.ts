// A card number in every form in which it might hide in bytes. The controls in the tests show that the
// search finds what it should.

/** The forms found, by name; empty is what one hopes for. */
export const spellingsIn = (bytes: Buffer, number: string): string[] => {
  const where = bytes.toString('latin1');
  const lower = where.toLowerCase();
  return Object.entries(spellings(number))
    .filter(([, spelled]) => where.includes(spelled) || lower.includes(spelled))
    .map(([name]) => name);
};

export const spellings = (number: string): Readonly<Record<string, string>> => {
  const groups = number.match(/.{1,4}/g) ?? [];
  const hex = Buffer.from(number).toString('hex');
  return {
    plain: number,
    'in groups': groups.join(' '),
    'with dashes': groups.join('-'),
    'in groups, as a form': groups.join('+'),
    'in groups, URL-encoded': groups.join('%20'),
    'every digit URL-encoded': hex.replaceAll(/../g, '%$&'),
    hex,
    backwards: [...number].toReversed().join(''),
    'groups backwards': groups.toReversed().join(''),
    'digit by digit': [...number].join(','),
    'UTF-16': Buffer.from(number, 'utf16le').toString('latin1'),
    // Three digits become four letters, and what stands before decides where they begin.
    'base64, first place': inBase64(number, 0),
    'base64, second place': inBase64(number, 1),
    'base64, third place': inBase64(number, 2),
  };
};

/** Without the letters that depend on the neighbours. */
const inBase64 = (number: string, before: number): string => {
  const text = Buffer.from('\0'.repeat(before) + number).toString('base64');
  const whole = Math.floor((before + number.length) / 3) * 4;
  return text.slice(before === 0 ? 0 : 4, whole);
};
