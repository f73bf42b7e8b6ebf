// What is served without a key: our pages, the browser's way back, and the door of the directory
// server. Whoever has an address may come in by it; what they say is judged elsewhere.

import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Context } from '#kit/context';
import { ApiError, CallerGone, type PlainHandler, readBody } from '#platform/http';
import { type Addressed, pageUrl, readToken } from '../addresses.ts';
import { askDirectory } from '../ask-directory.ts';
import { isEnded } from '../authentication-states.ts';
import { loadAuthentication } from '../authentications.store.ts';
import type { CardAuthentication } from '../card-authentication.ts';
import { changeAuthentication } from '../change-authentication.ts';
import { embeddersOf } from '../embedders.ts';
import { creqOf, readAddress } from '../messages.ts';
import { takeResult } from '../take-result.ts';
import { browserFrom } from './browser-form.ts';
import {
  backPage,
  browserPage,
  challengePage,
  type Page,
  unknownPage,
  waitingPage,
} from './page.ts';

const FORM_BYTES_MAX = 65_536;
const WAITS_MAX = 30;

type Params = Readonly<Record<string, string>>;
type Open = { readonly addressed: Addressed; readonly it: CardAuthentication };

/** `addressOf` says whom to tell the bank as the payer's address, where proxies stand before us. */
export const threeDsHandlers = (
  processContext: Context,
  addressOf: (request: IncomingMessage) => string | null = directAddress,
): readonly PlainHandler[] => {
  const context: Context = { ...processContext, actor: { kind: 'payer', id: 'three_d_secure' } };

  const openPage = async ({ token = '' }: Params): Promise<Open | null> => {
    const addressed = readToken(context, 'page', token);
    if (addressed === null) return null;
    const it = await loadAuthentication(context, addressed.scope, addressed.id);
    return it === undefined ? null : { addressed, it };
  };

  const nextPage = ({ addressed, it }: Open, waits = 0): Page => {
    if (isEnded(it.state)) return backPage(it);
    const { acsTransactionId, windowSize } = it.learned;
    // Judged again: what was kept may be from before addresses were judged.
    const acsUrl = readAddress(it.learned.acsUrl);
    switch (it.state) {
      case 'created':
        return browserPage(it);
      case 'challenge':
        if (acsUrl === null || acsTransactionId === null) return backPage(it);
        return challengePage(it, {
          acsUrl,
          creq: creqOf(it.id, acsTransactionId, windowSize),
          session: Buffer.from(it.id).toString('base64url'),
        });
      default:
        return waits >= WAITS_MAX ? backPage(it) : waitingPage(it, again(addressed, '', waits));
    }
  };
  const again = (addressed: Addressed, path: string, waits: number): string =>
    `${pageUrl(context, addressed)}${path}?waits=${waits + 1}`;

  /** The wait is bounded: what comes later reaches the payment without its payer. */
  const returnPage = ({ addressed, it }: Open, waits: number): Page =>
    isEnded(it.state) || waits >= WAITS_MAX
      ? backPage(it)
      : waitingPage(it, again(addressed, '/return', waits));

  const page = (
    method: 'GET' | 'POST',
    path: string,
    of: (open: Open, request: IncomingMessage, waits: number) => Page | Promise<Page>,
  ): PlainHandler => ({
    method,
    path,
    handle: async (request, response, { params }) => {
      const open = await openPage(params);
      if (open === null) {
        sendPage(response, 404, unknownPage());
        return;
      }
      const embedders = await embeddersOf(context, open.addressed.scope);
      sendPage(response, 200, await of(open, request, waitsOf(request)), embedders);
    },
  });

  return [
    page('GET', '/3ds/:token', (open, _, waits) => nextPage(open, waits)),
    page('POST', '/3ds/:token', async ({ addressed, it }, request) => {
      const body = await readForm(request);
      if (it.state === 'created' && body !== null) {
        const browser = browserFrom(request.headers, body, addressOf(request));
        await askDirectory(context, addressed.scope, it, browser, { tell: true });
      }
      const now = await loadAuthentication(context, addressed.scope, addressed.id);
      return nextPage({ addressed, it: now ?? it });
    }),
    page('GET', '/3ds/:token/return', (open, _, waits) => returnPage(open, waits)),
    // What the bank's page sends by the browser says only that the payer is back.
    page('POST', '/3ds/:token/return', async (open, request) => {
      await readForm(request);
      return returnPage(open, 0);
    }),
    // Whoever has the address is the payer, and may give up before the bank has said anything.
    {
      method: 'POST',
      path: '/3ds/:token/abandon',
      handle: async (_, response, { params }) => {
        const open = await openPage(params);
        const { addressed } = open ?? {};
        const change =
          addressed === undefined
            ? null
            : await changeAuthentication(context, addressed.scope, addressed.id, () => ({
                event: 'abandon',
                learned: { why: 'cancelled' },
              }));
        response
          .writeHead(change === null ? 409 : 200, {
            'Content-Type': 'application/json; charset=utf-8',
            'Cache-Control': 'no-store',
          })
          .end(JSON.stringify({ object: 'three_d_secure', abandoned: change !== null }));
      },
    },
    {
      method: 'POST',
      path: '/3ds/results/:token',
      handle: async (request, response, { params }) => {
        const addressed = readToken(context, 'results', params['token'] ?? '');
        const message = await readJson(request);
        if (addressed === null || message === null) {
          response.writeHead(addressed === null ? 404 : 400).end();
          return;
        }
        const answer = JSON.stringify(await takeResult(context, addressed, message));
        response
          .writeHead(200, {
            'Content-Type': 'application/json; charset=utf-8',
            'Cache-Control': 'no-store',
          })
          .end(answer);
      },
    },
  ];
};

const directAddress = ({ socket }: IncomingMessage): string | null =>
  socket.remoteAddress?.replace('::ffff:', '') ?? null;

const waitsOf = ({ url = '' }: IncomingMessage): number => {
  const [, count = '0'] = /[?&]waits=(\d{1,3})\b/.exec(url) ?? [];
  return Number(count);
};

const readText = async (request: IncomingMessage): Promise<string | null> => {
  try {
    return (await readBody(request, FORM_BYTES_MAX)).toString('utf8');
  } catch (error) {
    if (error instanceof ApiError || error instanceof CallerGone) return null;
    throw error;
  }
};

const readForm = async (request: IncomingMessage): Promise<URLSearchParams | null> => {
  const text = await readText(request);
  return text === null ? null : new URLSearchParams(text);
};

const readJson = async (request: IncomingMessage): Promise<Record<string, unknown> | null> => {
  try {
    const value: unknown = JSON.parse((await readText(request)) ?? '');
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
    return isObject ? (value as Record<string, unknown>) : null;
  } catch {
    return null;
  }
};

const sendPage = (
  response: ServerResponse,
  status: number,
  { body, policy }: Page,
  embedders: readonly string[] = [],
): void => {
  // The policy below says who may frame it, and says it better.
  response.removeHeader('X-Frame-Options');
  response
    .writeHead(status, {
      'Content-Type': 'text/html; charset=utf-8',
      'Content-Security-Policy': [policy, ...embedders].join(' '),
      'Cache-Control': 'no-store',
      'Permissions-Policy': 'publickey-credentials-get=(self)',
    })
    .end(body);
};
