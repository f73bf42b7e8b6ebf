// The words of mails and receipts in one language. What stands in braces is put in, escaped. English is
// the master: a key that another language lacks does not compile, and a test compares the braces.

export type Words = {
  readonly receipt_subject: string;
  readonly receipt_title: string;
  readonly receipt_why: string;
  readonly refund_subject: string;
  readonly refund_title: string;
  readonly refund_text: string;
  readonly failed_subject: string;
  readonly failed_title: string;
  readonly failed_result: string;
  readonly failed_not_charged: string;
  readonly reason_declined: string;
  readonly reason_funds: string;
  readonly reason_expired: string;
  readonly reason_security_code: string;
  readonly checking_subject: string;
  readonly checking_title: string;
  readonly checking_text: string;
  readonly expired_subject: string;
  readonly expired_title: string;
  readonly expired_text: string;
  readonly try_again: string;
  readonly go_on: string;
  readonly view_receipt: string;
  readonly amount: string;
  readonly amount_paid: string;
  readonly amount_refunded: string;
  readonly refunded_in_all: string;
  readonly date: string;
  readonly paid_with: string;
  readonly receipt_number: string;
  readonly on_statement: string;
  readonly description: string;
  readonly questions: string;
  readonly questions_none: string;
  readonly test_mode: string;
  readonly receipt: string;
  readonly refunds: string;
  readonly refund_pending: string;
  readonly refund_failed: string;
  readonly paid: string;
  readonly refunded: string;
  readonly partly_refunded: string;
  readonly print: string;
  readonly download_pdf: string;
};

/** `{name}` becomes the value of that name, by way of `put`. */
export const fill = (
  sentence: string,
  values: Readonly<Record<string, string>>,
  put: (value: string) => string = (value) => value,
): string => sentence.replaceAll(/\{(\w+)\}/g, (_, name: string) => put(values[name] ?? ''));
