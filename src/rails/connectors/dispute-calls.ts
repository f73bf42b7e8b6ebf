// Calls to a provider beside the payments: its feed of disputes, and the merchant's answers.

import { present } from '#kit/assert';
import type { Context, Scope } from '#kit/context';
import type { Uuid } from '#kit/ids';
import type { DisputeAnswer, DisputeCall, DisputeReader } from './dispute-notice.ts';
import { httpFor } from './http.ts';
import type { Parts } from './parts.ts';
import { openAccount } from './port.ts';
import type { DisputeAnswering } from './rails.ts';

const TIMEOUT_MS = 20_000;

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
export const withReader = async <T>(
  parts: Parts,
  context: Context,
  scope: Scope,
  connectorAccountId: Uuid,
  use: (reader: DisputeReader, call: DisputeCall) => Promise<T>,
): Promise<T | null> => {
  const { account, functions, hidden } = await openAccount(
    parts,
    context,
    scope,
    connectorAccountId,
  );
  const reader = functions.disputes;
  if (reader === undefined || !reader.isOn(account)) return null;
  const deadline = context.clock.now() + TIMEOUT_MS;
  const ended = new AbortController();
  const http = httpFor(context, parts.notes, {
    scope,
    connectorAccountId,
    operationId: null,
    hidden,
    limits: { deadlineMs: deadline, signal: ended.signal },
  });
  const { signal } = ended;
  return use(reader, { context, scope, account, http, deadline, signal });
};
