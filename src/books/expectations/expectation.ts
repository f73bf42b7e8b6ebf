// What we expect a provider to settle: how much, at what cost, when. Pure.

import { calendarFor, type Day, type Schedule, valueDate } from '#books/calendars';
import type { Uuid } from '#kit/ids';

/** Codes are stored and never used again. */
export const expectationKinds = {
  payment: 1,
  refund: 2,
  refund_failure: 3,
  chargeback: 4,
  chargeback_reversal: 5,
  fee: 6,
  reserve: 7,
} as const;
export type ExpectationKind = keyof typeof expectationKinds;

export const expectationStates = { open: 1, proven: 2, explained: 3, dropped: 4 } as const;
export type ExpectationState = keyof typeof expectationStates;

export type Expectation = {
  readonly connectorAccountId: Uuid;
  /** What the provider's report will name: the operation's own reference; of a dispute, the provider's name of it. */
  readonly reference: string;
  readonly kind: ExpectationKind;
  /** The how-manieth of the kind under that reference, from 0. */
  readonly part?: number;
  readonly currency: string;
  /** Towards us is plus: a payment, a chargeback won. A refund is minus. */
  readonly gross: bigint;
  readonly cost: { readonly amount: bigint; readonly rules: number } | null;
  /** Since when. */
  readonly expectedAtMs: number;
  readonly valueDate: Day;
};

const towardsUs: Readonly<Record<ExpectationKind, 1n | -1n>> = {
  payment: 1n,
  refund: -1n,
  refund_failure: 1n,
  chargeback: -1n,
  chargeback_reversal: 1n,
  fee: -1n,
  reserve: -1n,
};

/** `amount` is a size; its direction follows from the kind. */
export const expect = (
  input: Omit<Expectation, 'gross' | 'expectedAtMs' | 'valueDate'> & {
    readonly amount: bigint;
    readonly schedule: Schedule;
    readonly atMs: number;
  },
): Expectation => {
  const { kind, part, currency, amount, schedule, atMs } = input;
  return {
    connectorAccountId: input.connectorAccountId,
    reference: input.reference,
    kind,
    ...(part === undefined ? {} : { part }),
    currency,
    gross: towardsUs[kind] * amount,
    cost: input.cost,
    expectedAtMs: atMs,
    valueDate: valueDate(schedule, calendarFor(currency), atMs),
  };
};
