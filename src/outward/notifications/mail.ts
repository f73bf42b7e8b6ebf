// A mail that a payer is owed: which letter it is, what stands in it, and what became of it.

import type { Uuid } from '#kit/ids';
import type { Letter } from './templates/index.ts';

/**
 * The numbers are stored. `kept` is never sent: it is there to be read in the product. `not_needed` was
 * overtaken before it was sent.
 */
export const mailStates = { waiting: 1, sent: 2, given_up: 3, kept: 4, not_needed: 5 } as const;
export type MailState = keyof typeof mailStates;

export type Mail = {
  readonly id: Uuid;
  readonly letter: Letter;
  readonly locale: string;
  readonly to: string;
  /** The object that it tells of, as it is spelled. */
  readonly about: string;
  readonly resendOf: Uuid | null;
  readonly state: MailState;
  readonly attempts: number;
  readonly dueAtMs: number | null;
  readonly leaseEpoch: number;
  readonly tries: readonly Try[];
};

export type Try = {
  readonly atMs: number;
  readonly durationMs: number;
  /** The server's number, where it gave one. */
  readonly code: number | null;
  /** Null where the server took it. */
  readonly error: string | null;
};

export const TRIES_KEPT = 20;

/** An address that can stand in a header and in a command of SMTP as it is, and is one address. */
export const isMailAddress = (address: string): boolean =>
  address.length <= 254 &&
  /^[^\s@<>()[\],;:\\"\p{Cc}\p{Cf}]{1,64}@[^\s@<>()[\],;:\\"\p{Cc}\p{Cf}]+\.[^\s@<>()[\],;:\\"\p{Cc}\p{Cf}]+$/u.test(
    address,
  );
