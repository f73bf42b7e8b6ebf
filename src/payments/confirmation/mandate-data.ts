// What a payer agreed to, before it becomes a mandate: it comes with a confirmation, or with the token for one.

import type { Static } from 'typebox';
import type { Context } from '#kit/context';
import {
  anything,
  object,
  oneOf,
  parameterMissing,
  required,
  text,
  timestamp,
} from '#platform/http';

export type MandateData = {
  readonly acceptedAtMs: number;
  readonly type: 'offline' | 'online';
  readonly address: string | null;
  readonly userAgent: string | null;
};

export const mandateParameters = object({
  customer_acceptance: required(
    object({
      accepted_at: timestamp(),
      offline: anything(),
      online: object({
        ip_address: text(100),
        user_agent: text(),
        infer_from_client: anything(),
      }),
      type: required(oneOf('offline', 'online')),
    }),
  ),
});

/** When, and by whom, where the call leaves it to be seen from its connection. */
export type Accepting = { readonly nowMs: number; readonly address: string | null };

export const acceptingNow = ({ clock, actor }: Pick<Context, 'actor' | 'clock'>): Accepting => ({
  nowMs: clock.now(),
  address: actor.address ?? null,
});

export const mandateOf = (
  { customer_acceptance: accepted }: Static<typeof mandateParameters>,
  { nowMs, address }: Accepting,
): MandateData => {
  const { online } = accepted;
  // From where is what it proves.
  if (accepted.type === 'online' && online === undefined) {
    throw parameterMissing('mandate_data[customer_acceptance][online]');
  }
  const seen = online?.infer_from_client === undefined ? null : address;
  return {
    acceptedAtMs: accepted.accepted_at === undefined ? nowMs : accepted.accepted_at * 1000,
    type: accepted.type,
    address: online?.ip_address ?? seen,
    userAgent: online?.user_agent ?? null,
  };
};
