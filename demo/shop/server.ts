// The shop's pages. It trusts a browser with nothing but the choice of goods.

import { randomBytes, randomUUID, timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { currency, productOf, QUANTITY_MAX } from './catalog.ts';
import type { Order, Orders } from './orders.ts';
import { messagePage, orderPage, shopPage } from './pages.ts';
import type { Payments } from './payments.ts';
import { style } from './style.ts';
import { hear } from './webhook.ts';

const BODY_BYTES_MAX = 512 * 1024;

export const createShop = (orders: Orders, payments: () => Payments): Server =>
  createServer((request, response) => {
    handle(orders, payments(), request, response).catch((error: unknown) => {
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
      return order(orders, payments, await bodyOf(request), response);
    case 'GET /orders/:id':
      return showOrder(orders, url, response);
    case 'POST /orders/:id/pay':
      return payAgain(orders, payments, url, response);
    case 'POST /webhook':
      return webhook(orders, payments, request, response);
    default:
      return page(response, 404, messagePage('Not here', 'There is no such page in this shop.'));
  }
};

/** The order is written first; then money is asked for. */
const order = async (
  orders: Orders,
  payments: Payments,
  body: Buffer,
  response: ServerResponse,
): Promise<void> => {
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
  return redirect(response, await payments.begin(made));
};

/** It merely reads what is known: coming back from the payment page proves nothing. */
const showOrder = (orders: Orders, url: URL, response: ServerResponse): void => {
  const found = orderOf(orders, url);
  if (found === null)
    return page(response, 404, messagePage('No such order', 'Check the address.'));
  return page(response, 200, orderPage(found));
};

const payAgain = async (
  orders: Orders,
  payments: Payments,
  url: URL,
  response: ServerResponse,
): Promise<void> => {
  const found = orderOf(orders, url);
  if (found === null)
    return page(response, 404, messagePage('No such order', 'Check the address.'));
  if (found.state !== 'open') return redirect(response, `/orders/${found.id}?token=${found.token}`);
  return redirect(response, await payments.begin(found));
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

const page = (response: ServerResponse, status: number, html: string): void =>
  send(response, status, 'text/html; charset=utf-8', html);

const send = (response: ServerResponse, status: number, type: string, content: string): void => {
  response
    .writeHead(status, {
      'content-type': type,
      'cache-control': type.startsWith('text/css') ? 'max-age=300' : 'no-store',
      'content-security-policy':
        "default-src 'none'; style-src 'self'; img-src 'self' data:; base-uri 'none'; frame-ancestors 'none'",
      'referrer-policy': 'no-referrer',
      'x-content-type-options': 'nosniff',
    })
    .end(content);
};
