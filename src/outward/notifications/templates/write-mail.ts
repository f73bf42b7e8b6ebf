// Each letter as what stands in its mail. Pure: the same letter in the same language is the same bytes.

import { cardName, moment, money } from './format.ts';
import { type Content, layout, oneLine, type Row, type WrittenMail } from './layout.ts';
import type { Letter, LetterOf } from './letter.ts';
import { type Locale, wordsOf } from './locales.ts';
import { fill } from './words.ts';

/** `logo` is where its picture is: with the mail (`cid:`), or in the text itself (`data:`). */
export const writeMail = (
  letter: Letter,
  locale: Locale,
  logo: string | null = null,
): WrittenMail => layout(contentOf(letter, locale), { ...letter.sender, logo }, locale);

const contentOf = (letter: Letter, locale: Locale): Content => {
  switch (letter.template) {
    case 'payment_receipt':
      return paymentReceipt(letter, locale);
    case 'refund_receipt':
      return refundReceipt(letter, locale);
    case 'payment_failed':
      return paymentFailed(letter, locale);
    case 'payment_checking':
      return paymentChecking(letter, locale);
    case 'session_expired':
      return sessionExpired(letter, locale);
  }
};

const paymentReceipt = (letter: LetterOf<'payment_receipt'>, locale: Locale): Content => {
  const words = wordsOf(locale);
  const merchant = { merchant: nameOf(letter) };
  const sum = money(letter.amount, letter.currency, locale);
  return {
    subject: `${fill(words.receipt_subject, merchant)} [#${letter.receiptNumber}]`,
    title: fill(words.receipt_title, merchant),
    figure: sum,
    sentences: [],
    rows: [
      ...rows([words.amount_paid, sum], [words.date, moment(letter.atMs, locale)]),
      ...receiptRows(letter, locale),
    ],
    button:
      letter.receiptUrl === null ? null : { label: words.view_receipt, url: letter.receiptUrl },
    link: letter.pdfUrl ? { label: words.download_pdf, url: letter.pdfUrl } : null,
    notes: [fill(words.receipt_why, merchant)],
    isTest: letter.isTest,
  };
};

const refundReceipt = (letter: LetterOf<'refund_receipt'>, locale: Locale): Content => {
  const words = wordsOf(locale);
  const merchant = { merchant: nameOf(letter) };
  const sumOf = (amount: number): string => money(amount, letter.currency, locale);
  const isTheOnlyOne = letter.refundedInAll === letter.amount;
  return {
    subject: `${fill(words.refund_subject, merchant)} [#${letter.receiptNumber}]`,
    title: fill(words.refund_title, merchant),
    figure: sumOf(letter.amount),
    sentences: [words.refund_text],
    rows: [
      ...rows(
        [words.amount_refunded, sumOf(letter.amount)],
        isTheOnlyOne ? null : [words.refunded_in_all, sumOf(letter.refundedInAll)],
        [words.amount_paid, sumOf(letter.paid)],
        [words.date, moment(letter.atMs, locale)],
      ),
      ...receiptRows(letter, locale),
    ],
    button:
      letter.receiptUrl === null ? null : { label: words.view_receipt, url: letter.receiptUrl },
    link: letter.pdfUrl ? { label: words.download_pdf, url: letter.pdfUrl } : null,
    notes: [fill(words.receipt_why, merchant)],
    isTest: letter.isTest,
  };
};

const receiptRows = (
  letter: LetterOf<'payment_receipt'> | LetterOf<'refund_receipt'>,
  locale: Locale,
): Row[] => {
  const words = wordsOf(locale);
  return rows(
    letter.paidWith === null ? null : [words.paid_with, cardName(letter.paidWith)],
    [words.receipt_number, letter.receiptNumber],
    [words.on_statement, letter.statementDescriptor],
    [words.description, letter.description],
  );
};

const paymentFailed = (letter: LetterOf<'payment_failed'>, locale: Locale): Content => {
  const words = wordsOf(locale);
  const reason = letter.reason === null ? [] : [words[`reason_${letter.reason}`]];
  return {
    subject: fill(words.failed_subject, { merchant: nameOf(letter) }),
    title: letter.wasInDoubt ? words.failed_result : words.failed_title,
    figure: null,
    sentences: [[...reason, words.failed_not_charged].join(' ')],
    rows: rows([words.amount, money(letter.amount, letter.currency, locale)]),
    button: letter.retryUrl === null ? null : { label: words.try_again, url: letter.retryUrl },
    link: null,
    notes: [],
    isTest: letter.isTest,
  };
};

const paymentChecking = (letter: LetterOf<'payment_checking'>, locale: Locale): Content => {
  const words = wordsOf(locale);
  return {
    subject: fill(words.checking_subject, { merchant: nameOf(letter) }),
    title: words.checking_title,
    figure: null,
    sentences: [words.checking_text],
    rows: rows(
      [words.amount, money(letter.amount, letter.currency, locale)],
      [words.date, moment(letter.atMs, locale)],
    ),
    button: null,
    link: null,
    notes: [],
    isTest: letter.isTest,
  };
};

const sessionExpired = (letter: LetterOf<'session_expired'>, locale: Locale): Content => {
  const words = wordsOf(locale);
  const { amount, currency } = letter;
  return {
    subject: fill(words.expired_subject, { merchant: nameOf(letter) }),
    title: words.expired_title,
    figure: null,
    sentences: [words.expired_text],
    rows:
      amount === null || currency === null
        ? []
        : rows([words.amount, money(amount, currency, locale)]),
    button: { label: words.go_on, url: letter.recoveryUrl },
    link: null,
    notes: [],
    isTest: letter.isTest,
  };
};

const nameOf = ({ sender }: Letter): string => oneLine(sender.name);

/** Leaves out what nobody knows. */
const rows = (...given: readonly (readonly [string, string | null] | null)[]): Row[] =>
  given.flatMap((row) =>
    row === null || row[1] === null ? [] : [{ label: row[0], value: row[1] }],
  );
