// Stripe's other side, as far as this connector speaks to it: an HTTP server with books of its own,
// faults on demand, keys that are remembered, and a refusal of every parameter it does not know. It
// shares nothing with the connector that a common mistake could hide in.

import { createHmac, randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { ConnectorOperation } from '#rails/connectors';
import type { FaultName } from '../../connectors/for-tests-suite.ts';

export type Intent = {
  id: string;
  amount: number;
  currency: string;
  capture_method: string;
  status: string;
  amount_received: number;
  metadata: Record<string, string>;
  latest_charge: string | null;
  last_payment_error: unknown;
  next_action: unknown;
  /** Times it was charged: our side of the story. */
  bookings: number;
};
export type Refund = {
  id: string;
  payment_intent: string;
  amount: number;
  currency: string;
  status: string;
  metadata: Record<string, string>;
};

export type Simulator = {
  readonly url: string;
  readonly intents: Map<string, Intent>;
  readonly refunds: Map<string, Refund>;
  /** What it refused as a request it does not know; a healthy run has none. */
  readonly refusals: string[];
  readonly play: (fault: FaultName, on: ConnectorOperation) => void;
  readonly render: (intent: Intent, expand?: boolean) => Record<string, unknown>;
  /** What it has booked and not yet settled, as its list of balance transactions. */
  readonly settle: () => string;
  readonly sign: (body: string, atMs?: number) => string;
  readonly close: () => Promise<void>;
};

export const apiKey = 'sk_test_simulated';
export const webhookSecret = 'whsec_simulated';
export const otherWebhookSecret = 'whsec_of_somebody_else';

type Form = Record<string, string>;
type Answer = { readonly status: number; readonly body: unknown };
type Told = { readonly fault: FaultName; readonly on: ConnectorOperation };

const declines: Readonly<Record<string, string>> = {
  '4000000000000002': 'generic_decline',
  '4000000000009995': 'insufficient_funds',
  '4000000000009987': 'lost_card',
  '4000000000009979': 'stolen_card',
  '4000000000000069': 'expired_card',
  '4000000000000127': 'incorrect_cvc',
  '4000000000000119': 'processing_error',
};
const asks3ds = new Set(['4000002500003155', '4000000000003220']);

const known: Readonly<Record<'create' | 'capture' | 'cancel' | 'refund', RegExp>> = {
  create:
    /^(?:amount|currency|confirm|capture_method|payment_method|payment_method_types\[\]|description|statement_descriptor_suffix|return_url|expand\[\]|off_session|setup_future_usage|metadata\[\w+\]|payment_method_data\[(?:type|card|billing_details)\].*|payment_method_options\[card\]\[three_d_secure\]\[\w+\])$/,
  capture: /^(?:amount_to_capture|final_capture|metadata\[\w+\])$/,
  cancel: /^cancellation_reason$/,
  refund: /^(?:payment_intent|charge|amount|reason|metadata\[\w+\])$/,
};

const refusal = (status: number, type: string, code: string): Answer => ({
  status,
  body: { error: { type, code, message: 'Refused.' } },
});
const invalid = (code: string): Answer => refusal(400, 'invalid_request_error', code);

export const startSimulator = async (): Promise<Simulator> => {
  const intents = new Map<string, Intent>();
  const refunds = new Map<string, Refund>();
  const answers = new Map<string, { readonly request: string; readonly answer: Answer }>();
  const refusals: string[] = [];
  const told: Told[] = [];
  const sockets = new Set<Socket>();

  const render = (intent: Intent, expand = true): Record<string, unknown> => ({
    id: intent.id,
    object: 'payment_intent',
    amount: intent.amount,
    amount_received: intent.amount_received,
    capture_method: intent.capture_method,
    currency: intent.currency,
    last_payment_error: intent.last_payment_error,
    latest_charge:
      intent.latest_charge === null || !expand
        ? intent.latest_charge
        : {
            id: intent.latest_charge,
            object: 'charge',
            payment_method_details: {
              card: { network_transaction_id: '123456789012345', checks: { cvc_check: 'pass' } },
            },
          },
    metadata: intent.metadata,
    next_action: intent.next_action,
    status: intent.status,
  });
  const renderRefund = ({ ...refund }: Refund) => ({ object: 'refund', ...refund });

  const create = (form: Form): Answer => {
    const number = form['payment_method_data[card][number]'] ?? '';
    const token = form['payment_method'] ?? '';
    if (number === '' && token === '') return invalid('parameter_missing');
    if (!/^[1-9]\d*$/.test(form['amount'] ?? '') || !/^[a-z]{3}$/.test(form['currency'] ?? '')) {
      return invalid('parameter_invalid_integer');
    }
    if (form['confirm'] !== 'true') return invalid('parameter_missing');
    const intent: Intent = {
      id: `pi_${randomUUID().replaceAll('-', '')}`,
      amount: Number(form['amount']),
      currency: form['currency'] ?? '',
      capture_method: form['capture_method'] ?? 'automatic',
      status: 'requires_payment_method',
      amount_received: 0,
      metadata: metadataOf(form),
      latest_charge: null,
      last_payment_error: null,
      next_action: null,
      bookings: 0,
    };
    intents.set(intent.id, intent);
    const decline = token === 'pm_card_visa_chargeDeclined' ? 'generic_decline' : declines[number];
    if (decline !== undefined) {
      const error = { type: 'card_error', code: 'card_declined', decline_code: decline };
      intent.last_payment_error = error;
      return { status: 402, body: { error: { ...error, payment_intent: render(intent) } } };
    }
    if (asks3ds.has(number)) {
      intent.status = 'requires_action';
      const url = `https://hooks.example.test/3ds/${intent.id}`;
      intent.next_action = { type: 'redirect_to_url', redirect_to_url: { url } };
      return { status: 200, body: render(intent) };
    }
    charge(intent);
    return { status: 200, body: render(intent) };
  };

  const capture = (intent: Intent, form: Form): Answer => {
    const amount = Number(form['amount_to_capture'] ?? intent.amount);
    if (intent.status !== 'requires_capture') return invalid('payment_intent_unexpected_state');
    if (amount > intent.amount) return invalid('amount_too_large');
    intent.status = 'succeeded';
    intent.amount_received = amount;
    return { status: 200, body: render(intent) };
  };

  const cancel = (intent: Intent): Answer => {
    if (intent.status === 'succeeded') return invalid('payment_intent_unexpected_state');
    intent.status = 'canceled';
    return { status: 200, body: render(intent) };
  };

  const refund = (form: Form): Answer => {
    const intent = intents.get(form['payment_intent'] ?? '');
    if (intent === undefined) return invalid('resource_missing');
    const amount = Number(form['amount'] ?? intent.amount_received);
    if (refundedOf(refunds, intent) + amount > intent.amount_received) {
      return invalid('charge_already_refunded');
    }
    const made: Refund = {
      id: `re_${randomUUID().replaceAll('-', '')}`,
      payment_intent: intent.id,
      amount,
      currency: intent.currency,
      status: 'succeeded',
      metadata: metadataOf(form),
    };
    refunds.set(made.id, made);
    return { status: 200, body: renderRefund(made) };
  };

  const settled = new Set<string>();
  const settle = (): string => {
    const movements = [
      ...[...intents.values()]
        .filter(({ amount_received }) => amount_received > 0)
        .map((intent) => ({
          type: 'charge',
          amount: intent.amount_received,
          fee: Math.round(intent.amount_received * 0.029) + 30,
          currency: intent.currency,
          source: {
            id: intent.latest_charge ?? '',
            payment_intent: intent.id,
            metadata: intent.metadata,
          },
        })),
      ...[...refunds.values()].map(({ id, amount, currency, metadata }) => ({
        type: 'refund',
        amount: -amount,
        fee: 0,
        currency,
        source: { id, metadata },
      })),
    ].filter(({ source }) => !settled.has(source.id));
    for (const { source } of movements) settled.add(source.id);
    const transactionOf = <T extends { type: string; amount: number; fee: number }>(moved: T) => ({
      id: `txn_${randomUUID().replaceAll('-', '')}`,
      object: 'balance_transaction',
      reporting_category: moved.type,
      net: moved.amount - moved.fee,
      created: 1_795_867_200,
      available_on: 1_796_040_000,
      ...moved,
    });
    const data = movements.map(transactionOf);
    const paid = data.reduce((sum, { net }) => sum + net, 0);
    const payout = { type: 'payout', amount: -paid, fee: 0, currency: 'eur', source: 'po_1' };
    return JSON.stringify({
      object: 'list',
      has_more: false,
      data: [...data, transactionOf(payout)],
    });
  };

  type Asked = { readonly operation: ConnectorOperation | null; readonly answer: () => Answer };

  const routeOf = (method: string, path: string, query: Form, form: Form): Asked => {
    const strict = (
      what: keyof typeof known,
      operation: ConnectorOperation,
      run: () => Answer,
    ) => ({
      operation,
      answer: () => {
        const strange = Object.keys(form).find((name) => !known[what].test(name));
        return strange === undefined ? run() : invalid(`parameter_unknown`);
      },
    });
    if (method === 'POST' && path === '/v1/payment_intents') {
      const kind = form['capture_method'] === 'manual' ? 'authorize' : 'sale';
      return strict('create', kind, () => create(form));
    }
    if (method === 'POST' && path === '/v1/refunds') {
      return strict('refund', 'refund', () => refund(form));
    }
    if (method === 'GET' && path === '/v1/payment_intents/search') {
      const [, name = '', value = ''] =
        /^metadata\['(\w+)'\]:'([\w-]+)'$/.exec(query['query'] ?? '') ?? [];
      const found = [...intents.values()].filter(({ metadata }) => metadata[name] === value);
      return reading({
        object: 'search_result',
        data: found.map((each) => render(each)),
        has_more: false,
      });
    }
    if (method === 'GET' && path === '/v1/refunds') {
      const found = [...refunds.values()].filter(
        (each) => each.payment_intent === query['payment_intent'],
      );
      return reading({ object: 'list', data: found.map(renderRefund), has_more: false });
    }
    const [, id = '', action = ''] =
      /^\/v1\/payment_intents\/(pi_\w+)(?:\/(capture|cancel))?$/.exec(path) ?? [];
    const intent = intents.get(id);
    if (intent === undefined)
      return {
        operation: null,
        answer: () => refusal(404, 'invalid_request_error', 'resource_missing'),
      };
    if (method === 'GET') return reading(render(intent));
    if (action === 'capture') return strict('capture', 'capture', () => capture(intent, form));
    return strict('cancel', 'void', () => cancel(intent));
  };
  const reading = (body: unknown): Asked => ({
    operation: null,
    answer: () => ({ status: 200, body }),
  });

  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { method = 'GET', headers } = request;
    const url = new URL(request.url ?? '/', 'http://simulator');
    const body = await textOf(request);
    const form: Form = Object.fromEntries(new URLSearchParams(body));
    const query: Form = Object.fromEntries(url.searchParams);
    if (headers.authorization !== `Bearer ${apiKey}`) {
      return send(response, refusal(401, 'invalid_request_error', 'api_key_invalid'));
    }
    const asked = routeOf(method, url.pathname, query, form);
    const at = told.findIndex(({ on }) => on === asked.operation);
    const fault = at === -1 ? null : (told.splice(at, 1)[0]?.fault ?? null);
    if (fault === 'lost_before') return;

    const key = String(headers['idempotency-key'] ?? '');
    const before = method === 'POST' ? answers.get(key) : undefined;
    const said = JSON.stringify([url.pathname, form]);
    let answer: Answer;
    if (before === undefined) {
      answer = asked.answer();
      if (answer.status === 400) refusals.push(`${url.pathname}: ${JSON.stringify(answer.body)}`);
      if (method === 'POST') answers.set(key, { request: said, answer });
    } else {
      answer = before.request === said ? before.answer : refusal(400, 'idempotency_error', '');
    }
    await deliver(response, answer, fault);
  };

  const server = createServer((request, response) => {
    serve(request, response).catch(() => response.destroy());
  });
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => sockets.delete(socket));
  });
  const port = await listen(server);
  return {
    url: `http://127.0.0.1:${port}`,
    intents,
    refunds,
    refusals,
    play: (fault, on) => void told.push({ fault, on }),
    render,
    settle,
    sign: (body, atMs = Date.now()) => signatureOf(webhookSecret, body, atMs),
    close: () =>
      new Promise((closed) => {
        for (const socket of sockets) socket.destroy();
        server.close(() => closed());
      }),
  };
};

export const signatureOf = (secret: string, body: string, atMs: number): string => {
  const time = Math.floor(atMs / 1000);
  return `t=${time},v1=${createHmac('sha256', secret).update(`${time}.${body}`).digest('hex')}`;
};

export const refundedOf = (refunds: ReadonlyMap<string, Refund>, { id }: Intent): number =>
  [...refunds.values()]
    .filter((each) => each.payment_intent === id)
    .reduce((sum, { amount }) => sum + amount, 0);

export const charge = (intent: Intent): void => {
  intent.bookings += 1;
  intent.latest_charge = `ch_${randomUUID().replaceAll('-', '')}`;
  intent.next_action = null;
  intent.status = intent.capture_method === 'manual' ? 'requires_capture' : 'succeeded';
  if (intent.status === 'succeeded') intent.amount_received = intent.amount;
};

const metadataOf = (form: Form): Record<string, string> =>
  Object.fromEntries(
    Object.entries(form).flatMap(([name, value]) => {
      const [, key] = /^metadata\[(\w+)\]$/.exec(name) ?? [];
      return key === undefined ? [] : [[key, value]];
    }),
  );

/** Later than any deadline of the suite. */
const SLOW_MS = 1_500;

const deliver = async (
  response: ServerResponse,
  answer: Answer,
  fault: FaultName | null,
): Promise<void> => {
  switch (fault) {
    case 'lost_after':
      return;
    case 'reset':
      response.socket?.resetAndDestroy();
      return;
    case 'cut': {
      const text = JSON.stringify(answer.body);
      response.writeHead(answer.status, { 'content-length': text.length });
      response.write(text.slice(0, text.length / 2), () => response.socket?.destroy());
      return;
    }
    case 'error_after':
      response.writeHead(502, { 'content-type': 'text/html' }).end('<html>Bad gateway</html>');
      return;
    case 'slow':
      await new Promise((resolve) => setTimeout(resolve, SLOW_MS));
      send(response, answer);
      return;
    default:
      send(response, { ...answer, body: lie(answer.body, fault) });
  }
};

/** Every place where the thing is named at all. */
const lie = (body: unknown, fault: FaultName | null): unknown => {
  if (fault === null) return body;
  const changes: Readonly<Record<string, Record<string, unknown>>> = {
    wrong_amount: { amount: 1, amount_received: 1 },
    wrong_currency: { currency: 'xaf' },
    wrong_reference: { id: 'pi_of_somebody_else', metadata: { tollgate_reference: 'op_else' } },
    unknown_word: { status: 'contemplating' },
  };
  return { ...(body as Record<string, unknown>), ...changes[fault] };
};

const send = (response: ServerResponse, { status, body }: Answer): void => {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
};

const textOf = async (request: IncomingMessage): Promise<string> => {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
};

const listen = (server: Server): Promise<number> =>
  new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port));
  });
