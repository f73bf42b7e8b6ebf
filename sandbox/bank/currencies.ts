// Currencies by the number that card messages use, as bank files spell them: three letters, decimals.

const letters: Readonly<Record<string, string>> = {
  '032': 'ARS',
  '036': 'AUD',
  '048': 'BHD',
  '050': 'BDT',
  '124': 'CAD',
  '144': 'LKR',
  '152': 'CLP',
  '156': 'CNY',
  '170': 'COP',
  '203': 'CZK',
  '208': 'DKK',
  '344': 'HKD',
  '348': 'HUF',
  '352': 'ISK',
  '356': 'INR',
  '360': 'IDR',
  '376': 'ILS',
  '392': 'JPY',
  '400': 'JOD',
  '404': 'KES',
  '410': 'KRW',
  '414': 'KWD',
  '458': 'MYR',
  '484': 'MXN',
  '504': 'MAD',
  '512': 'OMR',
  '554': 'NZD',
  '566': 'NGN',
  '578': 'NOK',
  '586': 'PKR',
  '604': 'PEN',
  '608': 'PHP',
  '682': 'SAR',
  '702': 'SGD',
  '704': 'VND',
  '710': 'ZAR',
  '752': 'SEK',
  '756': 'CHF',
  '764': 'THB',
  '784': 'AED',
  '788': 'TND',
  '818': 'EGP',
  '826': 'GBP',
  '840': 'USD',
  '901': 'TWD',
  '946': 'RON',
  '949': 'TRY',
  '950': 'XAF',
  '952': 'XOF',
  '975': 'BGN',
  '978': 'EUR',
  '980': 'UAH',
  '981': 'GEL',
  '985': 'PLN',
  '986': 'BRL',
};
const numbers = new Map(Object.entries(letters).map(([number, code]) => [code, number]));

/** XXX is ISO 4217's own word for no currency. */
export const lettersOf = (currency: string): string => letters[currency] ?? 'XXX';
export const numberOf = (code: string): string | undefined => numbers.get(code);

const digits = new Map<string, number>();

/** How many digits stand after the point. */
export const exponentOf = (currency: string): number => {
  const known = digits.get(currency);
  if (known !== undefined) return known;
  const code = lettersOf(currency);
  const options = new Intl.NumberFormat('en', { style: 'currency', currency: code });
  const found = options.resolvedOptions().maximumFractionDigits ?? 2;
  digits.set(currency, found);
  return found;
};

/** Without a sign: bank files say credit or debit beside the amount. */
export const spellAmount = (amountMinor: bigint, currency: string): string => {
  const exponent = exponentOf(currency);
  const absolute = String(amountMinor < 0n ? -amountMinor : amountMinor).padStart(
    exponent + 1,
    '0',
  );
  if (exponent === 0) return absolute;
  return `${absolute.slice(0, -exponent)}.${absolute.slice(-exponent)}`;
};

/** Undefined where it is no amount of that currency: more digits than it has, a sign, a comma. */
export const readAmount = (text: string, currency: string): bigint | undefined => {
  const read = /^(\d{1,15})(?:\.(\d{1,5}))?$/.exec(text);
  const [, whole = '', fraction = ''] = read ?? [];
  const exponent = exponentOf(currency);
  const isTooFine = fraction.slice(exponent).replaceAll('0', '') !== '';
  if (read === null || isTooFine) return undefined;
  return BigInt(whole + fraction.slice(0, exponent).padEnd(exponent, '0'));
};
