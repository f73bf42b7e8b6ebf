// A gateway and a sandbox world in one process, speaking over HTTP, and a browser of a few lines that
// does what forms and refreshes tell it.

import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  type AuthenticationChange,
  type Beginning,
  type BrowserInfo,
  provideThreeDs,
  threeDsHandlers,
} from '#cards/three-ds';
import { vaultOf } from '#cards/vault';
import { type Context, type Network, type Scope, systemNetwork } from '#kit/context';
import type { Uuid } from '#kit/ids';
import { createHttpServer } from '#platform/http';
import { createAnswers } from '#platform/idempotency';
import type { Sandbox, SandboxSettings } from '../../sandbox/main.ts';
import type { TestDatabase } from '../../src/for-tests.ts';
import { closedAtEnd } from '../../src/kit/context/for-tests-end.ts';
import { modules } from '../../src/modules.ts';
import { testConnectorAccount } from '../../src/rails/connectors/for-tests.ts';
import { impatient, quick } from '../acquiring/support/impatient.ts';
import { newSandbox } from '../sandbox/support/world.ts';
import { startGatewayHere } from '../support/gateway.ts';
import { stripeFor } from '../support/stripe.ts';

export type Pair = {
  readonly sandbox: Sandbox;
  readonly on: TestDatabase;
  readonly context: Context;
  readonly scope: Scope;
  readonly origin: string;
  /** What listeners were told, in order. */
  readonly told: AuthenticationChange[];
  /** A card in the vault. */
  keep(number: string): Promise<Uuid>;
  beginning(card: Uuid, more?: Partial<Beginning>): Beginning;
  /** The bodies that went to the directory server; emptied by who looks. */
  readonly sent: string[];
};

export const startPair = async (more: Partial<SandboxSettings> = {}): Promise<Pair> => {
  const sandbox = await newSandbox(more);
  const gateway = await startGatewayHere();
  const sent: string[] = [];
  const network: Network = {
    ...systemNetwork,
    exchange: (exchange, reach) => {
      sent.push(String(exchange.body));
      return systemNetwork.exchange(exchange, reach);
    },
  };
  const context: Context = { ...gateway.context, network };
  const told: AuthenticationChange[] = [];
  const server = createHttpServer({
    context,
    routes: [],
    authenticate: () => Promise.resolve(null),
    idempotency: createAnswers(Buffer.alloc(32)),
    settings: { publicUrl: 'http://pay.test' },
    handlers: threeDsHandlers(context),
  });
  const port = await server.listen(0);
  closing.push(() => server.close());
  const origin = `http://127.0.0.1:${port}`;
  provideThreeDs(context, {
    publicUrl: origin,
    key: Buffer.alloc(32, 7),
    listeners: [
      (_, __, change) => {
        told.push(change);
        return Promise.resolve([]);
      },
    ],
  });
  const { scope } = await gateway.merchant();
  const vault = vaultOf(context);

  return {
    sandbox,
    on: gateway.on,
    context,
    scope,
    origin,
    told,
    sent,
    keep: async (number) => {
      const card = { number, expMonth: 12, expYear: 2034 };
      const received = await vault.receiveCard(context, { scope, card });
      assert.ok(received.ok);
      const sealed = await vault.sealCard(context, { scope, received: received.received });
      assert.ok(sealed.ok);
      return sealed.card;
    },
    beginning: (card, changes = {}) => ({
      scope,
      intentId: randomUUID(),
      card,
      brand: 'visa',
      amount: 5_000n,
      currency: 'eur',
      merchant: {
        id: 'MERCHANT0000001',
        name: 'Fern & Ford',
        mcc: '5992',
        country: 'DE',
        acquirerBin: '412345',
      },
      directoryServer: sandbox.directoryUrl,
      reach: 'loopback',
      browser: aBrowser,
      preference: 'any',
      returnUrl: 'https://shop.test/back?order=7',
      ...changes,
    }),
  };
};

export const aBrowser: BrowserInfo = {
  acceptHeader: 'text/html',
  userAgent: 'a browser',
  language: 'en-GB',
  ip: '203.0.113.7',
  javascriptEnabled: true,
  javaEnabled: false,
  colorDepth: 24,
  screenHeight: 800,
  screenWidth: 390,
  timeZoneMinutes: -60,
  windowSize: '05',
};

export type Shown = {
  readonly status: number;
  readonly html: string;
  readonly headers: Headers;
};

export const open = async (url: string): Promise<Shown> => shown(await fetch(url));

/** Sends the form of a page, as its script or its button would. */
export const submit = async (
  page: Shown,
  base: string,
  changes: Readonly<Record<string, string>> = {},
): Promise<Shown> => {
  const action = /<form method="post"(?: action="([^"]*)")?/.exec(page.html);
  assert.ok(action, `There is no form in ${page.html}`);
  const fields = new URLSearchParams(
    [...page.html.matchAll(/<input type="hidden" name="([^"]+)" value="([^"]*)"/g)].map(
      ([, name = '', value = '']) => [name, unescape(value)],
    ),
  );
  for (const [name, value] of Object.entries(changes)) fields.set(name, value);
  const url = new URL(unescape(action[1] ?? base), base);
  return shown(await fetch(url, { method: 'POST', body: fields }));
};

const shown = async (response: Response): Promise<Shown> => ({
  status: response.status,
  html: await response.text(),
  headers: response.headers,
});

const unescape = (text: string): string =>
  text
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll('&#39;', "'")
    .replaceAll('&amp;', '&');

/** Where a page sends the browser by itself, if it does. */
export const refreshOf = ({ html }: Shown): string | undefined => {
  const [, url] = /http-equiv="refresh" content="\d+;url=([^"]*)"/.exec(html) ?? [];
  return url === undefined ? undefined : unescape(url);
};

export const codeIn = ({ html }: Shown): string =>
  /one-time code is <b>(\d{6})<\/b>/.exec(html)?.[1] ?? assert.fail('No code is shown');

/** From our page to the page of the bank. */
export const toTheBank = async (url: string): Promise<Shown> => submit(await open(url), url);

/** Follows our pages until they send the browser back to the shop. Bounded. */
export const untilBack = async (page: Shown, origin: string): Promise<string> => {
  let now = page;
  for (let tries = 0; tries < 3_000; tries += 1) {
    const next = refreshOf(now);
    assert.ok(next, `Nothing goes on from ${now.html}`);
    if (!next.startsWith(origin)) return next;
    await new Promise((resolve) => setTimeout(resolve, 20));
    now = await open(next);
  }
  return assert.fail('The browser never came back');
};

// A hook that is registered inside another belongs to that one, so there is one for the file.
const closing = closedAtEnd();

/** A server of one answer, for directory servers that lie. */
export const strangeServer = async (
  answer: (request: Record<string, unknown>) => unknown,
): Promise<string> => {
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const asked = JSON.parse(Buffer.concat(chunks).toString()) as Record<string, unknown>;
      response.end(JSON.stringify(answer(asked)));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closing.push(
    () =>
      new Promise((resolve) => {
        server.close(resolve);
        server.closeAllConnections();
      }),
  );
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
};

/** A gateway whose holders are asked as the product asks them. */
export const startAskingGateway = async () => {
  const gateway = await startGatewayHere({
    connectors: [impatient(quick(), { timeoutMs: 60_000 })],
  });
  const origin = `http://127.0.0.1:${gateway.port}`;
  provideThreeDs(gateway.context, {
    publicUrl: origin,
    key: Buffer.alloc(32, 7),
    listeners: modules.flatMap(({ onAuthentication }) => onAuthentication ?? []),
  });
  return { ...gateway, origin };
};

/** A merchant of it who takes cards at that bank. */
export const openShopAt = async (
  gateway: Awaited<ReturnType<typeof startAskingGateway>>,
  bank: Sandbox,
  more: Readonly<Record<string, string | number>> = {},
) => {
  const merchant = await gateway.merchant();
  await testConnectorAccount(gateway.context, gateway.rails, merchant.scope, {
    connector: 'direct',
    settings: {
      host: '127.0.0.1',
      port: bank.ports.acquirer,
      acquirer_id: '12345',
      terminal_id: 'TERM0001',
      merchant_id: 'MERCHANT0000001',
      merchant_category: '5999',
      directory_url: bank.directoryUrl,
      acquirer_bin: '412345',
      merchant_name: 'Fern & Ford',
      merchant_country: 'DE',
      ...more,
    },
  });
  return { ...merchant, stripe: stripeFor(gateway.port, merchant.key) };
};
