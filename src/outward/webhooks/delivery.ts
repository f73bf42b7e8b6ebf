// One event owed to one endpoint, and what came of telling it.

import type { Uuid } from '#kit/ids';

/** The numbers are stored. */
export const deliveryStates = { waiting: 1, delivered: 2, given_up: 3 } as const;
export type DeliveryState = keyof typeof deliveryStates;

export type Try = {
  readonly atMs: number;
  readonly durationMs: number;
  /** Null where no answer came. */
  readonly status: number | null;
  /** In a word of ours, where it failed. */
  readonly error: string | null;
  /** The beginning of the answer, for whoever looks for the reason. */
  readonly answer: string | null;
};

/** As it is stored: nothing is said of what mostly is so. */
export type StoredTry = Pick<Try, 'atMs' | 'durationMs' | 'status'> & Partial<Try>;

export const packTry = ({ atMs, durationMs, status, error, answer }: Try): StoredTry => {
  const said = { atMs, durationMs, status };
  return error === null && answer === '' ? said : { ...said, error, answer };
};

export const unpackTry = ({ error = null, answer = '', ...said }: StoredTry): Try => ({
  ...said,
  error,
  answer,
});

export type Delivery = {
  readonly id: Uuid;
  readonly endpointId: Uuid;
  readonly eventId: Uuid;
  readonly objectId: Uuid;
  readonly sequence: number;
  readonly state: DeliveryState;
  /** Since it was owed, or last asked for again. */
  readonly attempts: number;
  readonly dueAtMs: number | null;
  readonly leaseEpoch: number;
  readonly tries: readonly Try[];
};

/** The rest of a long history helps nobody. */
export const TRIES_KEPT = 20;
