// The file of a receipt is written by a job as soon as its money was taken, and again when some goes back.
// Who asks sooner, in another language, or for a receipt that says something else by now, has it written
// then: a file never contradicts the page it is linked from.

import { createHash } from 'node:crypto';
import { assert } from '#kit/assert';
import type { Context, Scope } from '#kit/context';
import { parseId, type Uuid } from '#kit/ids';
import { CHARGE } from '#payments/charges';
import type { JobKind, JobPayload } from '#platform/jobs';
import { type Locale, locales } from '../templates/index.ts';
import { loadReceipt, type Receipt } from './receipt.ts';
import { loadReceiptFile, localesKept, saveReceiptFile } from './receipt-files.store.ts';
import { receiptPdf } from './receipt-pdf.ts';

export const KEEP_RECEIPT_JOB = 'receipts.keep';

export const keepReceiptOf = (scope: Scope, charge: string): JobPayload => ({
  ...scope,
  charge: parseId(CHARGE, charge),
});

export const keepReceiptJob: JobKind = {
  name: KEEP_RECEIPT_JOB,
  run: async (context, { accountId, livemode, charge }) => {
    assert(typeof accountId === 'string' && typeof charge === 'string', 'Whose, and which');
    const scope = { accountId, livemode: livemode === true };
    const receipt = await loadReceipt(context, { scope, chargeId: charge });
    if (receipt === null) return;
    const kept = await localesKept(context, scope, charge);
    for (const locale of locales) {
      const isWanted = locale === receipt.locale || kept.includes(locale);
      if (isWanted) await keptPdf(context, { scope, chargeId: charge }, receipt, locale);
    }
  },
};

/** Null in languages that its fonts do not know. */
export const keptPdf = async (
  context: Context,
  { scope, chargeId }: { readonly scope: Scope; readonly chargeId: Uuid },
  receipt: Receipt,
  locale: Locale,
): Promise<Buffer | null> => {
  const digest = digestOf(receipt, locale);
  const kept = await loadReceiptFile(context, scope, { chargeId, locale });
  if (kept?.digest.equals(digest)) return kept.pdf;
  const pdf = receiptPdf(receipt, locale);
  if (pdf !== null) {
    await context.database.commit(scope, [
      saveReceiptFile(scope, { chargeId, locale, digest, pdf }),
    ]);
  }
  return pdf;
};

/** Raised when the same receipt is drawn otherwise. */
const DRAWING = 2;

const digestOf = (receipt: Receipt, locale: Locale): Buffer =>
  createHash('sha256')
    .update(
      JSON.stringify([DRAWING, locale, receipt], (_, value: unknown) =>
        typeof value === 'bigint' ? value.toString() : value,
      ),
    )
    .digest();
