// Whether a card that came in can be one, and what is known of it. Pure: the vault gives the facts, the
// tables of first digits and of test cards give the rest.

import { brandOf, cvcLengthOf, hasIssuedLength, type TestCard, testCards } from '#cards/bins';
import type { Received } from '#cards/vault';
import { type ApiError, cardRefused } from '#platform/http';
import type { CardFacts } from './payment-method.ts';

/** What is known before it is sealed; the fingerprint comes with the sealing. */
export type KnownCard = Omit<CardFacts, 'fingerprint' | 'preferred' | 'checks'>;

export type CardCheckInput = {
  readonly received: Received;
  readonly livemode: boolean;
  readonly nowMs: number;
};

/** The first fault in the order in which Stripe tells them, or what is known of the card. */
export const checkCard = ({ received, livemode, nowMs }: CardCheckInput): KnownCard | ApiError => {
  const { prefix, length } = received;
  const digits = prefix.padEnd(length, '0');
  const brand = brandOf(digits);
  if (!received.passesLuhn || (brand !== null && !hasIssuedLength(digits))) {
    return cardRefused('incorrect_number', { param: 'number' });
  }
  const expiry = checkExpiry(received, nowMs);
  if (expiry !== null) return expiry;
  if (received.cvcLength !== null && received.cvcLength !== cvcLengthOf(digits)) {
    return cardRefused('invalid_cvc', { param: 'cvc' });
  }
  const test = testCardOf(received);
  if (livemode && test !== null) {
    return cardRefused('card_declined', {
      decline_code: 'live_mode_test_card',
      message: 'Your card was declined. Your request was in live mode, but used a known test card.',
    });
  }
  if (!livemode && test === null) {
    return cardRefused('card_declined', {
      decline_code: 'test_mode_live_card',
      message:
        'Your card was declined. Your request was in test mode, but used a non test (live) card.',
    });
  }
  return {
    bin: received.bin,
    last4: received.last4,
    brand: brand ?? 'unknown',
    coBrand: test?.coBrand ?? null,
    funding: test?.funding ?? 'unknown',
    country: test?.country ?? null,
    expMonth: received.expMonth,
    expYear: fullYear(received.expYear),
    threeDSecure: test === null || test.threeDSecure === 'supported',
    testCard: test === null ? null : Number(received.testCard),
  };
};

/** The vault was given the numbers of the table with their places in it. */
export const testCardNames = (): ReadonlyMap<string, string> =>
  new Map(testCards.map(({ number }, index) => [number, String(index)]));

const testCardOf = ({ testCard }: Received): TestCard | null =>
  testCard === null ? null : (testCards[Number(testCard)] ?? null);

/** `30` means 2030. */
export const fullYear = (year: number): number => (year < 100 ? 2000 + year : year);

const YEARS_AHEAD_MAX = 50;

/** A card is good to the end of its month, wherever on earth that is. */
export const checkExpiry = (
  card: { readonly expMonth: number; readonly expYear: number },
  nowMs: number,
): ApiError | null => {
  const { expMonth } = card;
  const expYear = fullYear(card.expYear);
  if (expMonth < 1 || expMonth > 12)
    return cardRefused('invalid_expiry_month', { param: 'exp_month' });
  const now = new Date(nowMs);
  const [year, month] = [now.getUTCFullYear(), now.getUTCMonth() + 1];
  if (expYear < year || expYear > year + YEARS_AHEAD_MAX) {
    return cardRefused('invalid_expiry_year', { param: 'exp_year' });
  }
  if (expYear === year && expMonth < month) {
    return cardRefused('invalid_expiry_month', { param: 'exp_month' });
  }
  return null;
};
