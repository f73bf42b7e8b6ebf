// The messages to a bank that a payment's operations were made of: the numbers by which the bank finds them.

import type { TraceSource } from '#platform/events';
import { houseTimeOf, loadOfIntent, spellOperation } from '#rails/operations';
import { loadMessages } from './acquiring.store.ts';

export const traceMessages: TraceSource = async (context, scope, { intentId }) => {
  const operations = await loadOfIntent(context, scope, intentId);
  const messages = await Promise.all(operations.map(({ id }) => loadMessages(context, scope, id)));
  const timeOf = houseTimeOf(operations);
  return messages.flat().map((message) => ({
    atMs: timeOf(message.storedAtMs),
    what: 'card_message',
    says: `A ${message.mti} goes to the bank, STAN ${message.stan}, reference ${message.rrn}.`,
    details: {
      operation: spellOperation(message.operationId),
      mti: message.mti,
      stan: message.stan,
      rrn: message.rrn,
      terminal: message.terminal,
      state: message.state,
    },
  }));
};
