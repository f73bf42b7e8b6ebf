// What became of a call whose answer was lost. A payment is found by our reference in its metadata,
// through the search, which lags: nothing found means something only after its horizon. What follows a
// payment is read off the payment itself, or off the list of its refunds, which do not lag.

import {
  type Call,
  type FollowingRequest,
  isFollowing,
  type PaymentRequest,
} from '#rails/connectors';
import type { Outcome } from '#rails/operations';
import { intentOf, mapCancelled, mapCaptured, mapRefund } from './after-payment.ts';
import { type Answered, get, isJson, type Json, textAt } from './api.ts';
import { mapPayment, namesOf, REFERENCE } from './map-payment.ts';

type Any = Call<PaymentRequest | FollowingRequest>;
type Following = Call<FollowingRequest>;

const MINUTE_MS = 60_000;
/** Usually under a minute, up to an hour in an outage; twice that is waited. */
const SEARCH_HORIZON_MS = 120 * MINUTE_MS;
/** As long as a request may be under way there. */
const OBJECT_HORIZON_MS = 15 * MINUTE_MS;

export const lookUp = (call: Any): Promise<Outcome> => {
  if (!isFollowing(call.request)) return lookUpPayment(call);
  const following = call as Following;
  return call.operation.kind === 'refund' ? lookUpRefund(following) : lookUpIntent(following);
};

const lookUpPayment = async (call: Any): Promise<Outcome> => {
  const { reference } = call.operation;
  if (call.providerId !== null) return lookUpNamed(call, call.providerId);
  const answered = await get(call, '/v1/payment_intents/search', {
    query: `metadata['${REFERENCE}']:'${reference}'`,
    'expand[]': 'data.latest_charge',
  });
  if (answered.status !== 200) return silent(answered);
  const found = rowsOf(answered.body).find((row) => namesOf(row).reference === reference);
  if (found === undefined) return { outcome: 'not_found', horizonMs: SEARCH_HORIZON_MS };
  return mapPayment(call.operation, found);
};

/** By its own name it is found at once; the search is for payments whose name was lost with the answer. */
const lookUpNamed = async (call: Any, id: string): Promise<Outcome> => {
  const answered = await get(call, `/v1/payment_intents/${encodeURIComponent(id)}`, {
    'expand[]': 'latest_charge',
  });
  if (answered.status !== 200) return silent(answered);
  return mapPayment(call.operation, answered.body);
};

const lookUpIntent = async (call: Following): Promise<Outcome> => {
  const answered = await get(call, `/v1/payment_intents/${intentOf(call)}`);
  if (answered.status !== 200) return silent(answered);
  const status = textAt(answered.body, 'status') ?? '';
  // Still held: neither taken nor let go, as of now.
  if (status === 'requires_capture') return { outcome: 'not_found', horizonMs: OBJECT_HORIZON_MS };
  const isCapture = call.operation.kind === 'capture';
  if (isCapture && status === 'canceled') return { outcome: 'declined', code: 'canceled' };
  if (!isCapture && status === 'succeeded') return { outcome: 'declined', code: 'captured' };
  return isCapture ? mapCaptured(call, answered.body) : mapCancelled(call, answered.body);
};

const lookUpRefund = async (call: Following): Promise<Outcome> => {
  const { reference } = call.operation;
  const answered = await get(call, '/v1/refunds', {
    payment_intent: decodeURIComponent(intentOf(call)),
    limit: '100',
  });
  if (answered.status !== 200) return silent(answered);
  const found = rowsOf(answered.body).find((row) => namesOf(row).reference === reference);
  if (found !== undefined) return mapRefund(found);
  // On a page beyond this one it may still be.
  const isWhole = answered.body['has_more'] === false;
  return { outcome: 'not_found', horizonMs: isWhole ? OBJECT_HORIZON_MS : null };
};

const silent = ({ status }: Answered): Outcome => ({
  outcome: 'unknown',
  code: `look_up_http_${status}`,
});

const rowsOf = (body: Json): Json[] => {
  const rows = body['data'];
  return Array.isArray(rows) ? rows.filter(isJson) : [];
};
