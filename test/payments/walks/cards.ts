// The documented test cards that walks pay with, and what each does.

import type { Ending } from './model.ts';

export type Card = {
  readonly method: string;
  readonly ending: Ending;
  /** Its holder is not asked for later payments once it is kept. */
  readonly paysOnceKept?: true;
  /** It can be no customer's: its bank says no to that as well. */
  readonly isNeverKept?: true;
  /** What comes of a payment with it by itself. */
  readonly later?: 'contested' | 'inquiry' | 'refund_pends' | 'refund_fails';
};

const good = (method: string, later?: Card['later']): Card => ({
  method,
  ending: { ends: 'paid' },
  ...(later === undefined ? {} : { later }),
});
const declined = (method: string, code: string): Card => ({
  method,
  ending: { ends: 'declined', code },
  isNeverKept: true,
});

/** How a try to pay with it ends: without its holder, and kept before, or not. */
export const endingOf = (
  { ending, paysOnceKept }: Card,
  { isKeptAndAway }: { readonly isKeptAndAway: boolean },
): Ending => (isKeptAndAway && paysOnceKept === true ? { ends: 'paid' } : ending);

export const goodCards: readonly Card[] = [
  good('pm_card_visa'),
  good('pm_card_visa_debit'),
  good('pm_card_mastercard'),
  good('pm_card_amex'),
  good('pm_card_bypassPending'),
];

export const laterCards: readonly Card[] = [
  good('pm_card_createDispute', 'contested'),
  good('pm_card_createDisputeProductNotReceived', 'contested'),
  good('pm_card_createMultipleDisputes', 'contested'),
  good('pm_card_createDisputeInquiry', 'inquiry'),
  good('pm_card_pendingRefund', 'refund_pends'),
  good('pm_card_refundFail', 'refund_fails'),
];

export const badCards: readonly Card[] = [
  declined('pm_card_visa_chargeDeclined', 'card_declined'),
  declined('pm_card_visa_chargeDeclinedInsufficientFunds', 'card_declined'),
  declined('pm_card_visa_chargeDeclinedLostCard', 'card_declined'),
  declined('pm_card_chargeDeclinedExpiredCard', 'expired_card'),
  declined('pm_card_chargeDeclinedProcessingError', 'processing_error'),
  { method: 'pm_card_chargeCustomerFail', ending: { ends: 'declined', code: 'card_declined' } },
];

/** Which a provider that tells knows to decline. */
export const toldBadCards: readonly Card[] = [
  declined('pm_card_visa_chargeDeclined', 'card_declined'),
  declined('pm_card_visa_chargeDeclinedInsufficientFunds', 'card_declined'),
  declined('pm_card_visa_chargeDeclinedLostCard', 'card_declined'),
  declined('pm_card_chargeDeclinedExpiredCard', 'expired_card'),
];

export const askingCards: readonly Card[] = [
  { method: 'pm_card_threeDSecure2Required', ending: { ends: 'asked' } },
  { method: 'pm_card_authenticationRequired', ending: { ends: 'asked' } },
];

/** With which customers come. */
export const keptCards: readonly Card[] = [
  ...goodCards,
  ...laterCards,
  ...badCards,
  ...askingCards,
  {
    method: 'pm_card_authenticationRequiredOnSetup',
    ending: { ends: 'asked' },
    paysOnceKept: true,
  },
];
