// Money and cards as the page shows them.

import { lettersOf, spellAmount } from '../../bank/currencies.ts';
import { cardTokenOf } from '../../context.ts';
import { testCards } from '../../issuer/test-cards.ts';

export const money = (amountMinor: bigint, currency: string): string =>
  `${amountMinor < 0n ? '−' : ''}${spellAmount(amountMinor, currency)} ${lettersOf(currency)}`;

const known = new Map<string, ReadonlyMap<string, string>>();

/** The books know a card by a token; which of the test cards it is says the seed. */
export const cardName = (seed: string, token: string): string => {
  const names =
    known.get(seed) ??
    new Map(
      testCards.map(({ number, network }) => [
        cardTokenOf(seed, number),
        `${network} ${number.slice(-4)}`,
      ]),
    );
  known.set(seed, names);
  return names.get(token) ?? token;
};
