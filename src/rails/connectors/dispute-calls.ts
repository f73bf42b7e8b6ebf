// Calls to a provider beside the payments: its feed of disputes, and the merchant's answers.

import { present } from '#kit/assert';
import type { Context, Scope } from '#kit/context';
import type { Uuid } from '#kit/ids';
import { withAccount } from './account-call.ts';
import type { AccountCall } from './connector.ts';
import type { DisputeAnswer, DisputeReader } from './dispute-notice.ts';
import type { Parts } from './parts.ts';
import type { DisputeAnswering } from './rails.ts';

export const answerDispute = async (
  parts: Parts,
  context: Context,
  scope: Scope,
  { connectorAccountId, providerId, evidence }: DisputeAnswering,
): Promise<DisputeAnswer> => {
  const answered = await withReader(parts, context, scope, connectorAccountId, (reader, call) =>
    evidence === null
      ? reader.accept(call, { providerId })
      : reader.submitEvidence(call, { providerId, text: evidence }),
  );
  return present(answered, 'A provider that tells of disputes hears the answers');
};

/** Null: this provider has no feed, or the account's settings name none. */
export const withReader = <T>(
  parts: Parts,
  context: Context,
  scope: Scope,
  connectorAccountId: Uuid,
  use: (reader: DisputeReader, call: AccountCall) => Promise<T>,
): Promise<T | null> => {
  return withAccount(parts, context, scope, connectorAccountId, async ({ functions, call }) => {
    const reader = functions.disputes;
    return reader === undefined || !reader.isOn(call.account) ? null : use(reader, call);
  });
};
