// The accounts of a merchant's books, one of each per mode and currency. Debit is plus, credit is minus:
// what is owed to a merchant therefore stands in its accounts as minus.

export const ledgerAccounts = {
  /** What providers hold for us. */
  provider_receivable: 1,
  /** What is the merchant's and cannot be paid out yet. */
  merchant_pending: 2,
  /** What is the merchant's and may be paid out. */
  merchant_available: 3,
  fees_earned: 4,
  provider_cost: 5,
  /** Held back from the merchant for a while. */
  reserve: 6,
  /** Taken from the merchant until a dispute is decided. */
  disputed: 7,
  payout_in_transit: 8,
  bank: 9,
  rounding: 10,
  /** Money that nobody has explained yet. */
  suspense: 11,
  /** Between two currencies. */
  exchange: 12,
} as const;

export type LedgerAccount = keyof typeof ledgerAccounts;

const names = new Map<number, LedgerAccount>(
  Object.entries(ledgerAccounts).map(([name, code]) => [code, name as LedgerAccount]),
);
export const accountNames: readonly LedgerAccount[] = [...names.values()];

export const accountOfCode = (code: number): LedgerAccount | undefined => names.get(code);
