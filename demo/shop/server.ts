// The shop's pages. It trusts a browser with nothing but the choice of goods.

import { randomBytes, randomUUID, timingSafeEqual } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { currency, productOf, QUANTITY_MAX } from './catalog.ts';
import type { Order, Orders } from './orders.ts';
import { messagePage, orderPage, payHerePage, shopPage } from './pages.ts';
import type { Fields, Payments } from './payments.ts';
import { style } from './style.ts';
import { hear } from './webhook.ts';

const BODY_BYTES_MAX = 512 * 1024;

const payHereScript = readFileSync(new URL('./pay-here.js', import.meta.url), 'utf8');

export const createShop = (orders: Orders, payments: () => Payments | undefined): Server =>
  createServer((request, response) => {
    const opened = payments();
    if (opened === undefined) return notYet(response);
    handle(orders, opened, request, response).catch((error: unknown) => {
      console.error(error);
      if (!response.headersSent)
        page(
          response,
          500,
          messagePage(
            'Something went wrong',
            'You have not been charged by this. Please try again.',
          ),
        );
      response.end();
    });
  });

/** Webhooks come as soon as somebody listens, and a shop is not open before it knows their secret. */
const notYet = (response: ServerResponse): void => {
  response.setHeader('retry-after', '1');
  page(response, 503, messagePage('Not open yet', 'The shop opens in a moment.'));
};

const handle = async (
  orders: Orders,
  payments: Payments,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> => {
  const url = new URL(request.url ?? '/', 'http://shop');
  const route = `${request.method} ${url.pathname.replace(/^\/orders\/[^/]+/, '/orders/:id')}`;
  switch (route) {
    case 'GET /':
      return page(response, 200, shopPage());
    case 'GET /style.css':
      return send(response, 200, 'text/css; charset=utf-8', style);
    case 'POST /orders':
      return order(orders, await bodyOf(request), response);
    case 'GET /orders/:id':
      return showOrder(orders, payments, url, response);
    case 'POST /orders/:id/pay':
      return pay(orders, payments, url, await bodyOf(request), response);
    case 'GET /orders/:id/here':
      return showFields(orders, payments, url, response);
    case 'GET /pay-here.js':
      return send(response, 200, 'text/javascript; charset=utf-8', payHereScript);
    case 'POST /webhook':
      return webhook(orders, payments, request, response);
    default:
      return page(response, 404, messagePage('Not here', 'There is no such page in this shop.'));
  }
};

/** The order is written first; then its payer chooses how to pay. */
const order = (orders: Orders, body: Buffer, response: ServerResponse): void => {
  const form = new URLSearchParams(body.toString());
  const product = productOf(form.get('product') ?? '');
  const quantity = Number(form.get('quantity') ?? '1');
  if (
    product === undefined ||
    !Number.isInteger(quantity) ||
    quantity < 1 ||
    quantity > QUANTITY_MAX
  ) {
    return page(
      response,
      400,
      messagePage('Not for sale', `Choose one of our goods, up to ${QUANTITY_MAX} of it.`),
    );
  }
  const made: Order = {
    id: randomUUID(),
    token: randomBytes(16).toString('base64url'),
    state: 'open',
    items: [{ product: product.id, quantity }],
    total: product.price * quantity,
    currency,
    email: null,
    session: null,
    payment: null,
    tries: 0,
    refusal: null,
    paidBy: null,
    createdAtMs: Date.now(),
  };
  orders.add(made);
  return redirect(response, addressOf(made));
};

const addressOf = ({ id, token }: Order): string => `/orders/${id}?token=${token}`;

/** It merely reads what is known: coming back from the payment page proves nothing. */
const showOrder = (
  orders: Orders,
  { hasFields }: Payments,
  url: URL,
  response: ServerResponse,
): void => {
  const found = orderOf(orders, url);
  if (found === null)
    return page(response, 404, messagePage('No such order', 'Check the address.'));
  return page(response, 200, orderPage(found, hasFields));
};

/** For the first time or again, in either way. */
const pay = async (
  orders: Orders,
  payments: Payments,
  url: URL,
  body: Buffer,
  response: ServerResponse,
): Promise<void> => {
  const found = orderOf(orders, url);
  if (found === null)
    return page(response, 404, messagePage('No such order', 'Check the address.'));
  if (found.state !== 'open') return redirect(response, addressOf(found));
  const isHere = new URLSearchParams(body.toString()).get('way') === 'here' && payments.hasFields;
  return redirect(response, await (isHere ? payments.beginHere(found) : payments.begin(found)));
};

const showFields = async (
  orders: Orders,
  payments: Payments,
  url: URL,
  response: ServerResponse,
): Promise<void> => {
  const found = orderOf(orders, url);
  if (found === null)
    return page(response, 404, messagePage('No such order', 'Check the address.'));
  const fields = found.state === 'open' ? await payments.fieldsFor(found) : null;
  if (fields === null) return redirect(response, addressOf(found));
  return page(response, 200, payHerePage(found, fields), fields);
};

const webhook = async (
  orders: Orders,
  payments: Payments,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> => {
  const body = await bodyOf(request);
  let event: ReturnType<Payments['event']>;
  try {
    event = payments.event(body, String(request.headers['stripe-signature'] ?? ''));
  } catch {
    return send(response, 400, 'text/plain', 'The signature is not right.\n');
  }
  hear(orders, event);
  return send(response, 200, 'text/plain', 'Heard.\n');
};

const orderOf = (orders: Orders, url: URL): Order | null => {
  const found = orders.find(url.pathname.split('/')[2] ?? '');
  const [given, token] = [url.searchParams.get('token') ?? '', found?.token ?? ''].map((text) =>
    Buffer.from(text),
  );
  if (found === undefined || given === undefined || token === undefined) return null;
  return given.length === token.length && timingSafeEqual(given, token) ? found : null;
};

const bodyOf = async (request: IncomingMessage): Promise<Buffer> => {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > BODY_BYTES_MAX) throw new Error('The body is too large');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
};

const redirect = (response: ServerResponse, to: string): void => {
  response.writeHead(303, { location: to, 'cache-control': 'no-store' }).end();
};

const page = (
  response: ServerResponse,
  status: number,
  html: string,
  fields: Fields | null = null,
): void => send(response, status, 'text/html; charset=utf-8', html, fields);

/** The page with the fields runs the loader and its own script, and frames the gateway: nothing else. */
const policyFor = (fields: Fields | null): string =>
  [
    "default-src 'none'",
    "style-src 'self'",
    "img-src 'self' data:",
    "base-uri 'none'",
    "frame-ancestors 'none'",
    ...(fields === null
      ? []
      : [
          `script-src 'self' ${fields.loader.url}`,
          `frame-src ${fields.api}`,
          "require-trusted-types-for 'script'",
          "trusted-types 'none'",
        ]),
  ].join('; ');

const send = (
  response: ServerResponse,
  status: number,
  type: string,
  content: string,
  fields: Fields | null = null,
): void => {
  response
    .writeHead(status, {
      'content-type': type,
      'cache-control': type.startsWith('text/css') ? 'max-age=300' : 'no-store',
      'content-security-policy': policyFor(fields),
      'referrer-policy': 'no-referrer',
      'x-content-type-options': 'nosniff',
    })
    .end(content);
};
