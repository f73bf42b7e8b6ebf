// Stripe's wire API as far as the connector beside it speaks it, with the pages of the payer's bank: a refusal of
// every parameter it does not know, keys that are remembered, events that are signed. The sandbox mounts it
// under `/stripe`; the common suite starts it alone and puts faults before it.

import type { IncomingMessage, ServerResponse } from 'node:http';
import { answerBank, bankPage, type Page } from './bank.ts';
import { type Answer, openObjects, renderIntent, renderRefund } from './objects.ts';
import { type Form, invalid, openPayments, refusal } from './payments.ts';
import type { Setting } from './setting.ts';
import { createSettling } from './settle.ts';
import { createTelling } from './tell.ts';

export const API_KEY = 'sk_test_simulated';

/** What was asked for, as a connector names it; null for what only reads. */
export type Operation = 'authorize' | 'sale' | 'capture' | 'void' | 'refund' | null;

export type Asked = { readonly operation: Operation; readonly answer: () => Answer };

/** How an answer leaves, for those who disturb it. */
export type Deliver = (
  response: ServerResponse,
  answer: Answer,
  operation: Operation,
) => Promise<void> | void;

export type Simulator = ReturnType<typeof open>;

const known: Readonly<Record<'create' | 'capture' | 'cancel' | 'refund' | 'endpoint', RegExp>> = {
  create:
    /^(?:amount|currency|confirm|capture_method|payment_method|payment_method_types\[\]|description|statement_descriptor_suffix|return_url|expand\[\]|off_session|setup_future_usage|metadata\[\w+\]|payment_method_data\[(?:type|card|billing_details)\].*|payment_method_data\[(?:ideal|bancontact|eps|p24)\]\[bank\]|payment_method_options\[card\]\[three_d_secure\]\[\w+\]|payment_method_options\[(?:bancontact\]\[preferred_language|p24\]\[tos_shown_and_accepted)\])$/,
  capture: /^(?:amount_to_capture|final_capture|statement_descriptor_suffix|metadata\[\w+\])$/,
  cancel: /^(?:cancellation_reason|expand\[\])$/,
  refund: /^(?:payment_intent|charge|amount|reason|metadata\[\w+\])$/,
  endpoint: /^(?:url|enabled_events\[\]|description|metadata\[\w+\])$/,
};

export const open = (setting: Setting) => {
  const objects = openObjects(setting);
  const { intents, refunds, endpoints, answers, keep } = objects;
  const payments = openPayments(setting, objects);
  const tell = createTelling(setting, objects);
  const refusals: string[] = [];

  const settling = createSettling(setting, objects);

  /** What has come due meanwhile: payers who did not come, banks that tell at last. */
  const settleDue = (): void => {
    for (const intent of intents.values()) {
      if (intent.due_ms === null || intent.due_ms > setting.nowMs()) continue;
      if (intent.comes === 'succeeds') payments.charge(intent);
      else {
        payments.fail(
          intent,
          intent.comes === 'expires'
            ? 'payment_intent_payment_attempt_expired'
            : 'payment_method_provider_decline',
        );
      }
      tell(intent);
    }
  };

  const register = (form: Form): Answer => {
    const url = form['url'] ?? '';
    if (!URL.canParse(url)) return invalid('url_invalid');
    const before = [...endpoints.values()].find((each) => each.url === url);
    const endpoint = before ?? {
      id: `we_${setting.draw(12)}`,
      url,
      secret: `whsec_${setting.draw(24)}`,
    };
    keep('endpoints', endpoint);
    return { status: 200, body: { object: 'webhook_endpoint', ...endpoint, status: 'enabled' } };
  };

  const routeOf = (method: string, path: string, query: Form, form: Form): Asked => {
    const strict = (what: keyof typeof known, operation: Operation, run: () => Answer): Asked => ({
      operation,
      answer: () => {
        const strange = Object.keys(form).find((name) => !known[what].test(name));
        return strange === undefined ? run() : invalid('parameter_unknown');
      },
    });
    if (method === 'POST' && path === '/v1/payment_intents') {
      const kind = form['capture_method'] === 'manual' ? 'authorize' : 'sale';
      return strict('create', kind, () => payments.create(form));
    }
    if (method === 'POST' && path === '/v1/refunds') {
      return strict('refund', 'refund', () => payments.refund(form));
    }
    if (method === 'POST' && path === '/v1/webhook_endpoints') {
      return strict('endpoint', null, () => register(form));
    }
    if (method === 'GET' && path === '/v1/payment_intents/search') {
      const [, name = '', value = ''] =
        /^metadata\['(\w+)'\]:'([\w-]+)'$/.exec(query['query'] ?? '') ?? [];
      const found = [...intents.values()].filter(({ metadata }) => metadata[name] === value);
      return reading({
        object: 'search_result',
        data: found.map((each) => renderIntent(each)),
        has_more: false,
      });
    }
    if (method === 'GET' && path === '/v1/refunds') {
      const found = [...refunds.values()].filter(
        (each) => each.payment_intent === query['payment_intent'],
      );
      return reading({ object: 'list', data: found.map(renderRefund), has_more: false });
    }
    if (method === 'GET' && path === '/v1/balance_transactions') {
      return reading(settling.list(query));
    }
    const [, id = '', action = ''] =
      /^\/v1\/payment_intents\/(pi_\w+)(?:\/(capture|cancel))?$/.exec(path) ?? [];
    const intent = intents.get(id);
    if (intent === undefined) {
      const missing = refusal(404, 'invalid_request_error', 'resource_missing');
      return { operation: null, answer: () => missing };
    }
    if (method === 'GET') return reading(renderIntent(intent));
    if (action === 'capture') {
      return strict('capture', 'capture', () => payments.capture(intent, form));
    }
    return strict('cancel', 'void', () => payments.cancel(intent));
  };

  /** The same key is answered as it was answered first. */
  const answerOnce = (key: string, said: string, asked: Asked, path: string): Answer => {
    const before = key === '' ? undefined : answers.get(key);
    if (before !== undefined) {
      return before.request === said ? before.answer : refusal(400, 'idempotency_error', '');
    }
    const answer = asked.answer();
    if (answer.status === 400) refusals.push(`${path}: ${JSON.stringify(answer.body)}`);
    if (key !== '') keep('answers', { id: key, request: said, answer });
    return answer;
  };

  const serveBank = (method: string, id: string, form: Form): Page => {
    const intent = intents.get(id);
    if (method !== 'POST' || intent === undefined) return bankPage(intent);
    const was = intent.status;
    const page = answerBank(payments, intent, form['do'] ?? '', setting.nowMs());
    if (intent.status !== was) tell(intent);
    return page;
  };

  const serve = async (
    request: IncomingMessage,
    response: ServerResponse,
    /** Beneath where it is mounted. */
    at: string,
    {
      deliver = send,
      mayHear = () => true,
    }: { readonly deliver?: Deliver; readonly mayHear?: (operation: Operation) => boolean } = {},
  ): Promise<void> => {
    settleDue();
    const { method = 'GET', headers } = request;
    const url = new URL(at, 'http://simulator');
    const form: Form = Object.fromEntries(new URLSearchParams(await textOf(request)));
    const [, bank] = /^\/bank\/(pi_\w+)$/.exec(url.pathname) ?? [];
    if (bank !== undefined) {
      const page = serveBank(method, bank, form);
      response.writeHead(page.status, page.headers).end(page.body);
      return;
    }
    if (headers.authorization !== `Bearer ${API_KEY}`) {
      return send(response, refusal(401, 'invalid_request_error', 'api_key_invalid'));
    }
    const query: Form = Object.fromEntries(url.searchParams);
    const asked = routeOf(method, url.pathname, query, form);
    if (!mayHear(asked.operation)) return;
    const key = method === 'POST' ? String(headers['idempotency-key'] ?? '') : '';
    const said = JSON.stringify([url.pathname, form]);
    await deliver(response, answerOnce(key, said, asked, url.pathname), asked.operation);
  };

  return {
    intents,
    refunds,
    refusals,
    charge: payments.charge,
    fail: payments.fail,
    /** The payer, at the page of the bank. */
    atBank: (id: string, does: string) => serveBank('POST', id, { do: does }),
    settle: settling.settle,
    settleDue,
    serve,
  };
};

const reading = (body: unknown): Asked => ({
  operation: null,
  answer: () => ({ status: 200, body }),
});

const send = (response: ServerResponse, { status, body }: Answer): void => {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
};

const BODY_BYTES_MAX = 65_536;

const textOf = async (request: IncomingMessage): Promise<string> => {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > BODY_BYTES_MAX) throw new Error('The body is too long');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
};
