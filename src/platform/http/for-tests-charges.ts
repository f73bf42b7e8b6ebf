// A server that charges, as a test says: for what runs a handler under a key.

import { afterEach, beforeEach } from 'node:test';
import { Type } from 'typebox';
import type { ApiRequest, Outcome, Route } from './route.ts';
import { route } from './route.ts';
import { alias, amount, decimal, emptyable, id, metadata, parameters, text } from './schema.ts';
import type { TestAnswer, TestServer } from './testing.ts';
import { startTestServer, testInsert, testKeys } from './testing.ts';

export type Charges = {
  /** How often the handler was asked. */
  asked: number;
  handler: (request: ApiRequest) => Promise<Outcome>;
  server: TestServer;
  post(
    form: string,
    key?: string | null,
    more?: { path?: string; as?: string; headers?: Record<string, string> },
  ): Promise<TestAnswer>;
};

/** Each test has a server and a handler of its own. */
export const openCharges = (): Charges => {
  const charge = (path: string, more: Pick<Route, 'claims'> = {}): Route =>
    route({
      ...more,
      method: 'POST',
      path,
      operation: 'charges.create',
      summary: 'Charge',
      group: 'Charges',
      object: 'charge',
      keys: 'secret',
      answer: Type.Object({}),
      parameters: parameters({
        amount: amount(),
        card: alias('source'),
        description: emptyable(text()),
        metadata: metadata(),
        source: id(),
        tax: decimal(),
      }),
      handle: (_context, request) => {
        charges.asked += 1;
        return charges.handler(request);
      },
    });

  const made = async ({ requestId, parameters }: ApiRequest): Promise<Outcome> => ({
    body: { id: 'ch_1', requestId, ...parameters },
    writes: [{ into: testInsert, row: [parameters['amount'] ?? null] }],
  });
  const charges = {
    asked: 0,
    handler: made,
    post: (form, key = 'K', more = {}) =>
      charges.server.ask('POST', more.path ?? '/v1/charges', {
        form,
        key: more.as ?? testKeys.secret,
        headers: { ...(key === null ? {} : { 'Idempotency-Key': key }), ...more.headers },
      }),
  } as Charges;
  beforeEach(async () => {
    const seals = charge('/v1/cards', { claims: () => true });
    const routes = [charge('/v1/charges'), charge('/v1/other'), seals];
    charges.server = await startTestServer({ routes });
    charges.asked = 0;
    charges.handler = made;
  });
  afterEach(() => charges.server.close());
  return charges;
};
