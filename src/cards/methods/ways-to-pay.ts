// The ways to pay that a payer may be offered, a row each: everything that pages and payments have to know of one
// beside what its provider says. Which of them an account takes its providers decide.
//
// Origin: Stripe's pages on each method and the types of the `stripe` package 23.1.0, 2026-11-28.

export type WayToPay = {
  readonly type: string;
  /** As payers know it: a name, in every language. Cards are told in the payer's own words. */
  readonly name: string | null;
  readonly currencies: readonly string[] | 'all';
  /** Where its payers have their banks: there it comes first. */
  readonly countries: readonly string[] | 'all';
  /** The payer is sent to a page that is not ours and comes back. */
  readonly isRedirect: boolean;
  /** Money can be held first and taken later. */
  readonly mayBeHeld: boolean;
  /** It can be kept and charged again. */
  readonly mayBeKept: boolean;
  /** What has to be known of the payer. */
  readonly needs: readonly ('name' | 'email')[];
  /** The most that one payment may be, in minor units. */
  readonly largest: Readonly<Record<string, bigint>>;
};

const away = (
  type: string,
  name: string,
  more: Pick<WayToPay, 'currencies' | 'countries'> & Partial<WayToPay>,
): WayToPay => ({
  type,
  name,
  isRedirect: true,
  mayBeHeld: false,
  mayBeKept: false,
  needs: [],
  largest: {},
  ...more,
});

export const waysToPay: readonly WayToPay[] = [
  {
    type: 'card',
    name: null,
    currencies: 'all',
    countries: 'all',
    isRedirect: false,
    mayBeHeld: true,
    mayBeKept: true,
    needs: [],
    largest: {},
  },
  away('ideal', 'iDEAL', { currencies: ['eur'], countries: ['NL'] }),
  away('bancontact', 'Bancontact', { currencies: ['eur'], countries: ['BE'], needs: ['name'] }),
  away('eps', 'EPS', { currencies: ['eur'], countries: ['AT'], needs: ['name'] }),
  away('p24', 'Przelewy24', {
    currencies: ['eur', 'pln'],
    countries: ['PL'],
    needs: ['email'],
    largest: { eur: 1_250_000n, pln: 5_500_000n },
  }),
];

const byType: ReadonlyMap<string, WayToPay> = new Map(waysToPay.map((way) => [way.type, way]));

export const wayToPay = (type: string): WayToPay | undefined => byType.get(type);

/** Link is another way to give a card, and is not here: whoever names it beside cards is paid by card all the same. */
export const withoutLink = <Types extends readonly string[] | null>(
  types: Types,
): Types | readonly string[] =>
  types?.includes('card') === true ? types.filter((type) => type !== 'link') : types;

export const takesCurrency = ({ currencies }: WayToPay, currency: string): boolean =>
  currencies === 'all' || currencies.includes(currency);
