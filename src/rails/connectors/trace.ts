// The calls over HTTP that a payment's operations were made of, masked as they are kept.

import { type Uuid, uuidMs } from '#kit/ids';
import type { TraceSource } from '#platform/events';
import { houseTimeOf, loadOfIntent, spellOperation } from '#rails/operations';
import { loadExchanges } from './exchanges.store.ts';

export const traceExchanges: TraceSource = async (context, scope, { intentId }) => {
  const operations = await loadOfIntent(context, scope, intentId);
  const exchanges = await Promise.all(
    operations.map(async ({ id }) =>
      (await loadExchanges(context, scope, id)).map((exchange) => ({ operation: id, exchange })),
    ),
  );
  const timeOf = houseTimeOf(operations);
  return exchanges.flat().map(({ operation, exchange }) => ({
    atMs: timeOf(uuidMs(exchange['id'] as Uuid)),
    what: 'exchange',
    says: `${String(exchange['method'])} to the provider: ${String(exchange['status'] ?? exchange['ended'])}.`,
    details: {
      operation: spellOperation(operation),
      method: exchange['method'],
      url: exchange['url'],
      status: exchange['status'],
      ended: exchange['ended'],
      duration_ms: exchange['duration_ms'],
      request: exchange['request'],
      response: exchange['response'],
    },
  }));
};
