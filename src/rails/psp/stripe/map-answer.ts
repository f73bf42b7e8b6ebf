// What an answer means by its status, before anybody reads the object in it. Only a documented refusal
// of the request itself is a no; a server that stumbled, or a key that is in use, says nothing.

import type { Operation, Outcome } from '#rails/operations';
import { type Answered, type Json, objectAt, textAt } from './api.ts';
import { declineCodeOf } from './map-decline.ts';
import { mapPayment, namesOf } from './map-payment.ts';

export const mapAnswer = (
  operation: Operation,
  answered: Answered,
  map: (object: Json) => Outcome = (intent) => mapPayment(operation, intent),
): Outcome => {
  const { status, body } = answered;
  if (status === 200) return map(body);
  const error = objectAt(body, 'error');
  if (error === null) return { outcome: 'unknown', code: `http_${status}` };
  return mapError(status, error);
};

const mapError = (status: number, error: Json): Outcome => {
  if (status === 402 && textAt(error, 'type') === 'card_error') {
    const intent = objectAt(error, 'payment_intent') ?? {};
    return { outcome: 'declined', ...declineCodeOf(error), ...namesOf(intent) };
  }
  // The key was used for something else: what became of that is not known.
  if (textAt(error, 'type') === 'idempotency_error') {
    return { outcome: 'unknown', code: 'idempotency_error' };
  }
  if (status === 400 || status === 401 || status === 403 || status === 404) {
    const code = textAt(error, 'code');
    return {
      outcome: 'declined',
      code: 'request_rejected',
      ...(code === null ? {} : { told: { data: { provider_code: code.slice(0, 60) } } }),
    };
  }
  return { outcome: 'unknown', code: `http_${status}` };
};
