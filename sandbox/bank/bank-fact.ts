// What happens between a merchant's sales and the merchant's bank account, each once, in order.

export type BatchTotals = {
  readonly count: number;
  readonly grossMinor: bigint;
  readonly interchangeMinor: bigint;
  readonly schemeMinor: bigint;
  readonly acquirerMinor: bigint;
  /** What is left of gross after the three fees. */
  readonly netMinor: bigint;
};

/** What one merchant sold in one currency between two cut-overs. */
export type Batch = BatchTotals & {
  readonly id: string;
  readonly cycle: number;
  readonly day: string;
  readonly valueDay: string;
  readonly merchant: string;
  readonly currency: string;
  readonly priceVersion: string;
  /** Below zero: what the merchant still owed from batches before. */
  readonly carriedInMinor: bigint;
  /** What goes to the merchant's bank account on the value date; never below zero. */
  readonly fundedMinor: bigint;
};

export type Payment = {
  /** Of the bank: names the payment in statements and status reports. */
  readonly id: string;
  readonly debtor: string;
  readonly currency: string;
  readonly amountMinor: bigint;
  readonly creditor: string;
  readonly creditorName: string;
  readonly endToEndId: string;
  readonly instructionId?: string;
  readonly remittance?: string;
  readonly executionDay: string;
};

export type RefusedPayment = {
  readonly endToEndId: string;
  readonly reason: string;
  readonly says: string;
};

export type PaymentFile = {
  readonly messageId: string;
  /** Of the bytes: the same file again is answered alike, and another under its name is refused. */
  readonly sha256: string;
  readonly initiator: string;
  readonly payments: readonly Payment[];
  readonly refused: readonly RefusedPayment[];
};

/** Money that a message moved, as both sides name it in clearing. */
export type Movement = {
  readonly direction: 'debit' | 'debit_reversed' | 'credit' | 'credit_reversed';
  readonly merchant: string;
  readonly terminal: string;
  readonly rrn: string;
  readonly stan: string;
  readonly currency: string;
  readonly amountMinor: bigint;
  readonly day: string;
};

export type RefusedLine = { readonly line: number; readonly says: string };

export type BankFact =
  | {
      readonly fact: 'clearing_file_taken';
      readonly id: string;
      /** Of the bytes: the same file again is answered alike, and another under its name is refused. */
      readonly sha256: string;
      readonly merchant: string;
      readonly day: string;
      /** Keys of movements. */
      readonly named: readonly string[];
      readonly refused: readonly RefusedLine[];
      /** Booked by that day, and named in no file yet. */
      readonly missing: readonly Movement[];
    }
  /** From now on this merchant's sales are cleared when a file names them. */
  | { readonly fact: 'cleared_by_file'; readonly merchant: string; readonly isOn: boolean }
  | {
      readonly fact: 'network_cleared';
      readonly cycle: number;
      readonly network: string;
      readonly currency: string;
      /** Below zero the acquirer owes the issuers. */
      readonly amountMinor: bigint;
      readonly valueDay: string;
    }
  | { readonly fact: 'batch_closed'; readonly batch: Batch }
  | {
      readonly fact: 'cycle_closed';
      readonly cycle: number;
      readonly day: string;
      readonly batches: number;
      /** By the clock, or because somebody asked for it before. */
      readonly isScheduled: boolean;
    }
  | {
      readonly fact: 'bank_account_opened';
      readonly iban: string;
      readonly holder: string;
      readonly currency: string;
      readonly owner: 'acquirer' | 'merchant';
    }
  | {
      readonly fact: 'network_settled';
      readonly cycle: number;
      readonly network: string;
      readonly currency: string;
      readonly amountMinor: bigint;
      readonly day: string;
      readonly iban: string;
    }
  | {
      readonly fact: 'batch_funded';
      readonly batchId: string;
      readonly merchant: string;
      readonly currency: string;
      readonly amountMinor: bigint;
      readonly day: string;
      readonly from: string;
      readonly to: string;
    }
  | { readonly fact: 'payments_accepted'; readonly file: PaymentFile }
  | {
      readonly fact: 'payments_refused';
      readonly messageId: string;
      readonly sha256: string;
      readonly reason: string;
      readonly says: string;
    }
  | {
      readonly fact: 'payment_executed';
      readonly payment: Payment;
      readonly day: string;
      /** The creditor has an account here too. */
      readonly isInternal: boolean;
    }
  | {
      readonly fact: 'payment_rejected';
      readonly payment: Payment;
      readonly day: string;
      readonly reason: string;
    }
  | {
      readonly fact: 'payment_returned';
      readonly payment: Payment;
      readonly day: string;
      readonly reason: string;
    }
  | { readonly fact: 'bank_day_closed'; readonly day: string };
