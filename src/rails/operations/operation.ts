// An operation: one call that moves money, or asks about it, with its own row from before the first
// byte leaves until its end is known. What the provider sees of it (reference and key) is derived from
// what is stored, so that a crash, a second worker and a restored backup arrive at the same words.

import { assert } from '#kit/assert';
import type { Context, Scope } from '#kit/context';
import { deriveKey, type Mac, macUnder } from '#kit/crypto';
import { newUuid, parseId, spellId, type Uuid, uuidFromBytes } from '#kit/ids';
import type { OperationState } from './operation-states.ts';

/** The numbers are stored. */
export const operationKinds = {
  authorize: 1,
  sale: 2,
  capture: 3,
  void: 4,
  refund: 5,
  reversal: 6,
  payout: 7,
  inquire: 8,
  verify: 9,
  increment: 10,
} as const;
export type OperationKind = keyof typeof operationKinds;

export type Operation = {
  readonly id: Uuid;
  readonly kind: OperationKind;
  /** What it is done for: a payment, a payout. */
  readonly intentId: Uuid;
  /** Which of its kind on this intent, from 1: the second refund is not a repetition of the first. */
  readonly ordinal: number;
  /** From 1. Another attempt may begin only when the one before provably came to nothing. */
  readonly attempt: number;
  readonly connectorAccountId: Uuid;
  /** Minor units of the currency. */
  readonly amount: bigint;
  /** Three lower-case letters. */
  readonly currency: string;
  /** Our name for it at the provider. */
  readonly reference: string;
  readonly providerKey: string;
  readonly state: OperationState;
  /** How often it was begun to be sent: a resolver of class A sends again under the same key. */
  readonly sends: number;
  readonly firstSentAtMs: number;
  /** Until when the last call may take. What is heard after it is late, and still heard. */
  readonly deadlineMs: number;
  readonly code: string | null;
  readonly alerts: readonly string[];
  readonly needsReview: boolean;
  /** When the resolver looks at it next; null when there is nothing left to learn by asking. */
  readonly dueAtMs: number | null;
  readonly tries: number;
  readonly version: number;
  readonly leaseEpoch: number;
};

export type NewOperation = Pick<
  Operation,
  'kind' | 'intentId' | 'ordinal' | 'attempt' | 'connectorAccountId' | 'amount' | 'currency'
> & {
  readonly timeoutMs: number;
  readonly id?: Uuid;
  /** Where the provider dictates the form, as a host of ISO 8583 does. */
  readonly reference?: string;
};

export const newOperation = (
  context: Pick<Context, 'clock' | 'random'>,
  scope: Scope,
  providerKeys: Mac,
  input: NewOperation,
): Operation => {
  assert(input.amount >= 0n, 'An operation has no negative amount');
  assert(/^[a-z]{3}$/.test(input.currency), 'A currency is three lower-case letters');
  assert(input.ordinal >= 1 && input.attempt >= 1, 'Operations are counted from one');
  assert(input.timeoutMs > 0, 'Every call has a time limit');
  assert(input.reference?.startsWith(OWN) !== true, 'A dictated reference is told from our own');

  const { timeoutMs, reference, id = newUuid(context) } = input;
  const nowMs = context.clock.now();
  return {
    id,
    kind: input.kind,
    intentId: input.intentId,
    ordinal: input.ordinal,
    attempt: input.attempt,
    connectorAccountId: input.connectorAccountId,
    amount: input.amount,
    currency: input.currency,
    reference: reference ?? spellId(PREFIX, id),
    providerKey: providerKeyOf(providerKeys, scope, input),
    state: 'created',
    sends: 0,
    firstSentAtMs: nowMs,
    deadlineMs: nowMs + timeoutMs,
    code: null,
    alerts: [],
    needsReview: false,
    dueAtMs: null,
    tries: 0,
    version: 0,
    leaseEpoch: 0,
  };
};

const PREFIX = 'op';
const OWN = `${PREFIX}_`;

/** As the command line asks for it. */
export const spellOperation = (id: Uuid): string => spellId(PREFIX, id);

/** Null where a provider dictated it. */
export const idOfReference = (reference: string): Uuid | null => parseId(PREFIX, reference);

/** The key under which provider keys are derived. It never leaves the process. */
export const providerKeysFrom = (master: Buffer): Mac =>
  macUnder(deriveKey(master, 'provider-keys'));

/**
 * Shaped like a random UUID, the one form that every provider takes. The operation's own id is not in
 * it: a database that has forgotten the row would draw another id, and must draw the same key.
 */
export const providerKeyOf = (
  providerKeys: Mac,
  scope: Scope,
  of: Pick<Operation, 'intentId' | 'kind' | 'ordinal' | 'attempt'>,
): string => {
  const { accountId, livemode } = scope;
  const said = JSON.stringify([accountId, livemode, of.intentId, of.kind, of.ordinal, of.attempt]);
  const bytes = Buffer.from(providerKeys(said).slice(0, 32), 'hex');
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x40, 6);
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8);
  return uuidFromBytes(bytes);
};
