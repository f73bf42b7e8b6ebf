// The control API and its page, on the loopback alone. A browser that was sent here by another site is
// refused: by the name it asked for, and because changes are JSON, which no form can send.

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { AcquirerHost } from '../acquirer/host.ts';
import { liveApprovalsOf } from '../books/journal.ts';
import { cardTokenOf, type SandboxContext } from '../context.ts';
import { type Faults, faultKinds, parseFaultRules } from '../faults/fault.ts';
import { cardByNumber, testCards } from '../issuer/test-cards.ts';
import { type Behaviour, behaviours } from '../three-ds/authentication.ts';
import type { ThreeDs } from '../three-ds/server.ts';
import type { SandboxWorld } from '../world/world.ts';
import { showPage } from './page.ts';

export type Controlled = {
  readonly world: SandboxWorld;
  readonly host: AcquirerHost;
  readonly faults: Faults;
  readonly threeDs: ThreeDs;
};

export type Control = { readonly port: number; stop(): Promise<void> };

type Reply = { readonly status: number; readonly body: unknown };
type Asked = { readonly query: URLSearchParams; readonly body: unknown };
type Route = (asked: Asked) => Promise<Reply> | Reply;

const LOOPBACK = '127.0.0.1';
const BODY_BYTES_MAX = 65_536;
const REQUEST_TIMEOUT_MS = 10_000;

export const startControl = async (
  context: SandboxContext,
  controlled: Controlled,
  port: number,
): Promise<Control> => {
  const routes = routesOf(context, controlled);
  const server = createServer({ requestTimeout: REQUEST_TIMEOUT_MS }, (request, response) => {
    answer(request, response).catch(() => {
      if (!response.headersSent) send(response, refuse(500, 'The sandbox could not answer.'));
    });
  });

  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const url = new URL(request.url ?? '/', 'http://sandbox');
    if (!isFromHere(request)) {
      send(response, refuse(403, 'The control API answers to its own address alone.'));
      return;
    }
    if (request.method === 'GET' && url.pathname === '/') {
      sendPage(response, await showPage(controlled));
      return;
    }
    const route = routes[`${request.method} ${url.pathname}`];
    if (route === undefined) {
      send(response, refuse(404, 'There is no such address.'));
      return;
    }
    const body = request.method === 'GET' ? undefined : await readJson(request);
    if (body instanceof Error) {
      send(response, refuse(400, body.message));
      return;
    }
    send(response, await route({ query: url.searchParams, body }));
  };

  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ port, host: LOOPBACK }, () => resolve());
  });
  return {
    port: (server.address() as AddressInfo).port,
    stop: async () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      await closed;
    },
  };
};

const ok = (body: unknown): Reply => ({ status: 200, body });
const refuse = (status: number, reason: string): Reply => ({ status, body: { reason } });

const PAGE_ROWS_MAX = 1_000;

const routesOf = (
  { seed }: SandboxContext,
  { world, host, faults, threeDs }: Controlled,
): Readonly<Record<string, Route>> => ({
  'GET /accounts': async ({ query }) =>
    ok(
      await world.books.read(
        `select account, currency, balance_minor from sandbox.accounts
         where $1::text is null or account like '%' || $1 order by account, currency limit $2`,
        [query.get('card'), PAGE_ROWS_MAX],
      ),
    ),
  'GET /holds': async ({ query }) =>
    ok(
      await world.books.read(
        `select id, card, merchant, rrn, currency, approved_minor, held_minor, captured_minor
         from sandbox.approvals where state = 'held' and ($1::text is null or card = $1)
         order by id limit $2`,
        [query.get('card'), PAGE_ROWS_MAX],
      ),
    ),
  'GET /journal': ({ query }) => {
    const after = countOf(query, 'after', 0);
    const [card, reference] = [query.get('card'), query.get('reference')];
    const lines = world
      .journal()
      .lines.slice(after)
      .filter(({ fact }) => {
        const request = 'request' in fact ? fact.request : undefined;
        if (card !== null && request?.card !== card) return false;
        return reference === null || request?.rrn === reference;
      });
    return ok(lines.slice(0, countOf(query, 'limit', PAGE_ROWS_MAX)));
  },
  'GET /journal/live-approvals': () => ok(liveApprovalsOf(world.state)),
  'GET /messages': ({ query }) => ok(host.wireLog.last(countOf(query, 'limit', 100))),
  'GET /cards': () =>
    ok(
      testCards.map(({ number, ...card }) => ({
        card: cardTokenOf(seed, number),
        last4: number.slice(-4),
        ...card,
      })),
    ),
  'GET /faults': () => ok({ kinds: faultKinds, rules: faults.list() }),
  'PUT /faults': ({ body }) => {
    const parsed = parseFaultRules(body);
    if (!parsed.ok) return refuse(400, parsed.reason);
    faults.set(parsed.rules);
    return ok(faults.list());
  },
  'PUT /limits': async ({ body }) => {
    const parsed = limitsOf(body);
    if (parsed === undefined) {
      return refuse(400, '`number` of a test card, and `amount_minor` or `count_per_day`.');
    }
    const { number, ...limits } = parsed;
    const card = cardTokenOf(seed, number);
    await world.note({ fact: 'limits_set', card, ...limits });
    return ok({ card });
  },
  'GET /authentications': () => ok([...world.state.authentications.values()].slice(-PAGE_ROWS_MAX)),
  'PUT /authentication': ({ body }) => {
    const { number, behaviour } = (body ?? {}) as Record<string, unknown>;
    const isKnown = behaviours.includes(behaviour as Behaviour);
    if (typeof number !== 'string' || cardByNumber(number) === undefined || !isKnown) {
      return refuse(400, `\`number\` of a test card, and \`behaviour\`: ${behaviours.join(', ')}.`);
    }
    threeDs.setBehaviour(number, behaviour as Behaviour);
    return ok({ card: cardTokenOf(seed, number), behaviour });
  },
  'GET /clock': () => ok({ now: new Date(world.now()).toISOString() }),
  'POST /clock': async ({ body }) => {
    const byMs = (body as { advance_ms?: unknown } | null)?.advance_ms;
    if (typeof byMs !== 'number' || !Number.isSafeInteger(byMs) || byMs < 0) {
      return refuse(400, '`advance_ms` is a whole number of milliseconds; time does not go back.');
    }
    await world.note({ fact: 'clock_moved', byMs });
    return ok({ now: new Date(world.now()).toISOString() });
  },
});

const countOf = (query: URLSearchParams, name: string, otherwise: number): number => {
  const given = query.get(name);
  return given !== null && /^\d{1,9}$/.test(given) ? Number(given) : otherwise;
};

const limitsOf = (body: unknown) => {
  if (typeof body !== 'object' || body === null) return undefined;
  const { number, amount_minor: amount, count_per_day: count } = body as Record<string, unknown>;
  if (typeof number !== 'string' || cardByNumber(number) === undefined) return undefined;
  const isCount = (value: unknown): value is number | undefined =>
    value === undefined || (Number.isSafeInteger(value) && (value as number) >= 0);
  if (!isCount(amount) || !isCount(count)) return undefined;
  return {
    number,
    amountMinor: amount === undefined ? null : BigInt(amount),
    countPerDay: count ?? null,
  };
};

const isFromHere = ({ headers, method }: IncomingMessage): boolean => {
  const host = (headers.host ?? '').replace(/:\d+$/, '');
  if (host !== LOOPBACK && host !== 'localhost') return false;
  return method === 'GET' || (headers['content-type'] ?? '').startsWith('application/json');
};

const readJson = async (request: IncomingMessage): Promise<unknown> => {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > BODY_BYTES_MAX) return new Error('The body is too long.');
    chunks.push(chunk);
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString()) as unknown;
  } catch {
    return new Error('The body is not JSON.');
  }
};

const send = (response: ServerResponse, { status, body }: Reply): void => {
  const text = JSON.stringify(body, (_, value: unknown) =>
    typeof value === 'bigint' ? String(value) : value,
  );
  response.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' });
  response.end(text);
};

const sendPage = (response: ServerResponse, page: string): void => {
  response.writeHead(200, {
    'content-type': 'text/html; charset=utf-8',
    'cache-control': 'no-store',
    'content-security-policy':
      "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'",
    'x-content-type-options': 'nosniff',
  });
  response.end(page);
};
