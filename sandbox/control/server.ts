// The control API and its page, on the loopback alone. A browser that was sent here by another site is
// refused: by the name it asked for, and because changes are JSON, XML or CSV, which no form can send.

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { bankRoutes } from './bank-routes.ts';
import { type Controlled, type Reply, type Route, type Routes, refuse } from './controlled.ts';
import { disputeRoutes } from './dispute-routes.ts';
import { showPage } from './page/page.ts';
import { pageScript } from './page/script.ts';
import { pageStyle } from './page/style.ts';
import { worldRoutes } from './world-routes.ts';

export type Control = { readonly port: number; stop(): Promise<void> };

const LOOPBACK = '127.0.0.1';
const BODY_BYTES_MAX = 8_388_608;
const REQUEST_TIMEOUT_MS = 10_000;

export const startControl = async (controlled: Controlled, port: number): Promise<Control> => {
  const find = finderOf({
    ...worldRoutes(controlled),
    ...disputeRoutes(controlled),
    ...bankRoutes(controlled),
  });
  const server = createServer({ requestTimeout: REQUEST_TIMEOUT_MS }, (request, response) => {
    answer(request, response).catch(() => {
      if (!response.headersSent) send(response, refuse(500, 'The sandbox could not answer.'));
    });
  });

  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const url = new URL(request.url ?? '/', 'http://sandbox');
    const { method = 'GET' } = request;
    if (!isFromHere(request)) {
      send(response, refuse(403, 'The control API answers to its own address alone.'));
      return;
    }
    if (!isSendable(request)) {
      const types = '`application/json`, `application/xml` or `text/csv`';
      send(
        response,
        refuse(415, `What is to change something comes with a content type: ${types}.`),
      );
      return;
    }
    if (method === 'GET' && url.pathname === '/') {
      sendText(response, 'text/html', await showPage(controlled, url.searchParams));
      return;
    }
    if (method === 'GET' && url.pathname === '/page.css') {
      sendText(response, 'text/css', pageStyle);
      return;
    }
    if (method === 'GET' && url.pathname === '/page.js') {
      sendText(response, 'text/javascript', pageScript);
      return;
    }
    const found = find(method, url.pathname);
    if (found === undefined) {
      send(response, refuse(404, 'There is no such address.'));
      return;
    }
    const body = method === 'GET' ? undefined : await readBody(request);
    if (body instanceof Error) {
      send(response, refuse(400, body.message));
      return;
    }
    const { route, params } = found;
    send(response, await route({ query: url.searchParams, params, body }));
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

type Found = { readonly route: Route; readonly params: readonly string[] };

const finderOf = (routes: Routes): ((method: string, path: string) => Found | undefined) => {
  const known = Object.entries(routes).map(([name, route]) => ({
    parts: name.split(/[ /]/),
    route,
  }));
  return (method, path) => {
    const asked = [method, ...path.split('/')];
    for (const { parts, route } of known) {
      if (parts.length !== asked.length) continue;
      if (!parts.every((part, at) => part === '*' || part === asked[at])) continue;
      const params = parts.flatMap((part, at) => (part === '*' ? [decoded(asked[at] ?? '')] : []));
      return { route, params };
    }
    return undefined;
  };
};

const decoded = (part: string): string => {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
};

const sendable = /^(?:application\/(?:json|xml)|text\/csv)\b/;
const isText = /^(?:application\/xml|text\/csv)\b/;

const isFromHere = ({ headers }: IncomingMessage): boolean => {
  const host = (headers.host ?? '').replace(/:\d+$/, '');
  return host === LOOPBACK || host === 'localhost';
};

/** No page of elsewhere can send a DELETE, or one of these types, without asking first. */
const isSendable = ({ headers, method }: IncomingMessage): boolean =>
  method === 'GET' || method === 'DELETE' || sendable.test(headers['content-type'] ?? '');

const readBody = async (request: IncomingMessage): Promise<unknown> => {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > BODY_BYTES_MAX) return new Error('The body is too long.');
    chunks.push(chunk);
  }
  const text = Buffer.concat(chunks).toString();
  if (isText.test(request.headers['content-type'] ?? '')) return text;
  if (text === '') return {};
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return new Error('The body is not JSON.');
  }
};

const send = (response: ServerResponse, { status, body, type }: Reply): void => {
  const text =
    typeof body === 'string' && type !== undefined
      ? body
      : JSON.stringify(body, (_, value: unknown) =>
          typeof value === 'bigint' ? String(value) : value,
        );
  const contentType = type === undefined ? 'application/json' : `${type}; charset=utf-8`;
  response.writeHead(status, { 'content-type': contentType, 'cache-control': 'no-store' });
  response.end(text);
};

const sendText = (
  response: ServerResponse,
  type: 'text/html' | 'text/css' | 'text/javascript',
  text: string,
): void => {
  response.writeHead(200, {
    'content-type': `${type}; charset=utf-8`,
    'cache-control': 'no-store',
    'content-security-policy':
      "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src data:; " +
      "form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
    'referrer-policy': 'no-referrer',
    'x-content-type-options': 'nosniff',
  });
  response.end(text);
};
