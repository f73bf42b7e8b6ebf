// What a mail says, before it is put into words: one type for each template. It is stored as JSON, so an
// amount is a number, as in a snapshot.

export type Sender = {
  readonly name: string;
  /** Where questions go: an address, or a page. */
  readonly supportEmail: string | null;
  readonly supportUrl: string | null;
  /** Letters of before there were colours have none. */
  readonly accent?: Accent | null;
  /** The digest of a picture that a mail may show: a letter is written many times, a logo kept once. */
  readonly logo?: string | null;
};

/** `#rrggbb` each: the accent, and what is written on it. */
export type Accent = {
  readonly light: string;
  readonly onLight: string;
  readonly dark: string;
  readonly onDark: string;
};

type Common = {
  readonly sender: Sender;
  readonly amount: number;
  readonly currency: string;
  readonly atMs: number;
  /** Says so in the mail: nobody must think that money moved. */
  readonly isTest: boolean;
};

/** `last4` null: no card, and `brand` is the type of the way to pay. */
export type PaidWith = { readonly brand: string; readonly last4: string | null };

type Receipt = {
  readonly receiptNumber: string;
  readonly receiptUrl: string | null;
  /** Letters of before there was a link to the file have none. */
  readonly pdfUrl?: string | null;
  readonly paidWith: PaidWith | null;
  readonly statementDescriptor: string | null;
  readonly description: string | null;
};

/** What the payer may know of a refusal, and can do something about. Everything else is `declined`. */
const failureReasons = ['declined', 'funds', 'expired', 'security_code'] as const;
export type FailureReason = (typeof failureReasons)[number];

export type Letters = {
  payment_receipt: Common & Receipt;
  refund_receipt: Common & Receipt & { readonly paid: number; readonly refundedInAll: number };
  payment_failed: Common & {
    /** Null where nobody refused: it was given up. */
    readonly reason: FailureReason | null;
    /** Null where the merchant has named no page to try again at. */
    readonly retryUrl: string | null;
    /** The payer was told that we were checking: this is what came of it. */
    readonly wasInDoubt: boolean;
  };
  payment_checking: Common;
  session_expired: Omit<Common, 'amount' | 'currency'> & {
    readonly amount: number | null;
    readonly currency: string | null;
    readonly recoveryUrl: string;
  };
};

export const templateNames = [
  'payment_receipt',
  'refund_receipt',
  'payment_failed',
  'payment_checking',
  'session_expired',
] as const satisfies readonly (keyof Letters)[];
export type TemplateName = (typeof templateNames)[number];

/** One of them, with its name in it. */
export type Letter = {
  [Name in TemplateName]: { readonly template: Name } & Letters[Name];
}[TemplateName];

export type LetterOf<Name extends TemplateName> = Extract<Letter, { template: Name }>;
