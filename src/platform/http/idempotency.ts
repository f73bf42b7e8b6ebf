// What the frame needs of the store of idempotent answers. The store is a later module, so it is
// given to the server rather than imported.

import type { AskedUnder, Context, Scope, Write, WriteStatement } from '#kit/context';
import type { Uuid } from '#kit/ids';
import { cardNumberRefused, idempotencyKeyInvalid } from './refusals.ts';
import { containsCardNumber } from './sensitive.ts';

export type AskedAgain = {
  readonly scope: Scope;
  readonly key: string;
  readonly fingerprint: string;
};

/**
 * Whoever sees a checkout page has its publishable key: with it nobody may use up the keys that the
 * merchant's server will use. A key of ours has no control characters, so the two cannot meet.
 */
export const keyOfPage = (key: string): string => `\u0000public ${key}`;

export type AnswerToKeep = AskedAgain & {
  readonly requestId: string;
  readonly status: number;
  readonly body: string;
};

export type Claiming = AskedAgain & {
  readonly requestId: string;
  /**
   * Should its holder be gone, the claim goes to whoever asks the same again, who begins anew. Never where
   * money may have moved.
   */
  readonly passesOn: boolean;
  /** What was begun under the key: whoever takes the claim over goes on with it. */
  readonly subject?: Uuid;
};

export type IdempotencyStore = {
  /** Claims the key and stores the answer at once, in the transaction of the effect. */
  remember(context: Context, answer: AnswerToKeep): Write;
  /** Claims the key before a call to the outside, for what is about to be made or changed. */
  claim(context: Context, asked: Claiming): Write;
  /** From here on nobody begins anew under the claim: its holder is about to call the outside. */
  hold(context: Context, asked: AskedAgain & { readonly requestId: string }): Write;
  /** Holds the claim too, and says what it is used for. */
  link(
    context: Context,
    asked: AskedAgain & { readonly requestId: string; readonly subject: Uuid },
  ): Write;
  /**
   * Takes over the claim of a request that is gone; loses while that request may still run. Without the id of
   * one that is known to be gone, that goes by time.
   */
  takeOver(
    context: Context,
    asked: AskedAgain & {
      readonly requestId: string;
      readonly gone: string | null;
      /** As they were read: should they have changed since, there is something else to go on with. */
      readonly passesOn: boolean;
      readonly subject: Uuid | null;
    },
  ): Write;
  /** Stores the answer of a claimed key, in the transaction that records what was learned outside. */
  finish(context: Context, answer: AnswerToKeep): Write;
  /** Gives a claim back: nothing was done under it. */
  release(context: Context, asked: AskedAgain & { readonly requestId: string }): Write;
  /** Whether this very request still holds its claim. */
  isHeld(context: Context, asked: AskedAgain & { readonly requestId: string }): Promise<boolean>;
  recall(context: Context, asked: AskedAgain): Promise<Recollection>;
  /** Of what loses when somebody else holds the key. */
  isClaim(statement: WriteStatement): boolean;
  fingerprint(canonical: string): string;
  /** How the key and what is asked under it are stored. */
  spelled(asked: AskedAgain): AskedUnder;
};

export type Recollection =
  | {
      readonly state: 'finished';
      readonly status: number;
      readonly body: string;
      readonly requestId: string;
    }
  | {
      readonly state: 'in_flight';
      /** Whoever claimed it is gone, and another may go on with it or begin anew. */
      readonly abandoned: boolean;
      readonly subject: Uuid | null;
      readonly passesOn: boolean;
      readonly requestId: string;
    }
  | { readonly state: 'other_parameters' }
  | { readonly state: 'unknown' };

// Control characters would let a key forge a log line or a header; other bytes have no one spelling.
const keyPattern = /^[\x20-\x7e]{1,255}$/;

export const checkIdempotencyKey = (key: string): string => {
  if (!keyPattern.test(key)) throw idempotencyKeyInvalid();
  // Events repeat the key of their request.
  if (containsCardNumber(key, { wholeWords: true })) throw cardNumberRefused('Idempotency-Key');
  return key;
};
