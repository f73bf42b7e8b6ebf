// The address of a receipt. Whoever has it may look, so it cannot be guessed: it carries account, mode and
// charge, encrypted under a mark of what it carries. The same charge always has the same address.

import { createCipheriv, createDecipheriv } from 'node:crypto';
import type { Context, Scope } from '#kit/context';
import { deriveKey, hmacSha256, sameBytes } from '#kit/crypto';
import { type Uuid, uuidFromBytes, uuidToBytes } from '#kit/ids';
import { mailSettingsOf } from '../settings-of.ts';

export type Addressed = { readonly scope: Scope; readonly chargeId: Uuid };

const MARK_BYTES = 16;
const BYTES = 33;

/** `https://pay.example.com/receipts/…`: what `receipt_url` of a charge is. */
export const receiptUrlOf = (
  context: Pick<Context, 'database'>,
  { scope, id }: { readonly scope: Scope; readonly id: Uuid },
): string =>
  `${mailSettingsOf(context).publicUrl}/receipts/${receiptToken(context, { scope, chargeId: id })}`;

const receiptToken = (
  context: Pick<Context, 'database'>,
  { scope, chargeId }: Addressed,
): string => {
  const clear = Buffer.concat([
    uuidToBytes(scope.accountId),
    uuidToBytes(chargeId),
    Buffer.from([scope.livemode ? 1 : 0]),
  ]);
  const { forMark, forText } = keysOf(context);
  const mark = hmacSha256(forMark, clear).subarray(0, MARK_BYTES);
  const cipher = createCipheriv('aes-256-ctr', forText, mark);
  return Buffer.concat([mark, cipher.update(clear), cipher.final()]).toString('base64url');
};

/** Null for an address that we did not make. */
export const readReceiptToken = (
  context: Pick<Context, 'database'>,
  token: string,
): Addressed | null => {
  const bytes = Buffer.from(token, 'base64url');
  // Several spellings stand for the same bytes, and one of them is the address.
  if (bytes.length !== MARK_BYTES + BYTES || bytes.toString('base64url') !== token) return null;
  const { forMark, forText } = keysOf(context);
  const mark = bytes.subarray(0, MARK_BYTES);
  const decipher = createDecipheriv('aes-256-ctr', forText, mark);
  const clear = Buffer.concat([decipher.update(bytes.subarray(MARK_BYTES)), decipher.final()]);
  if (!sameBytes(hmacSha256(forMark, clear).subarray(0, MARK_BYTES), mark)) return null;
  return {
    scope: { accountId: uuidFromBytes(clear.subarray(0, 16)), livemode: clear[32] === 1 },
    chargeId: uuidFromBytes(clear.subarray(16, 32)),
  };
};

const keysOf = (context: Pick<Context, 'database'>): { forMark: Buffer; forText: Buffer } => {
  const { receiptKey } = mailSettingsOf(context);
  return { forMark: deriveKey(receiptKey, 'mark'), forText: deriveKey(receiptKey, 'text') };
};
