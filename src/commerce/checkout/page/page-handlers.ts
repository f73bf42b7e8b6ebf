// What the page needs around it: its scripts, the inventory of them, the bank's frame, the state as it
// changes, and the place where browsers report to.

import type { IncomingMessage, ServerResponse } from 'node:http';
import { gzipSync } from 'node:zlib';
import type { Context } from '#kit/context';
import { type PlainHandler, takesGzip } from '#platform/http';
import type { PageView } from '../page-view.ts';
import { type PageScript, pageScripts } from './assets.ts';
import { bankFrame, returnedPage } from './bank-frame.ts';
import type { Rendered } from './frame-policy.ts';
import { sendLiveState } from './live-state.ts';
import { MONITOR_PATH, monitorPage } from './monitor-page.ts';
import { type Reporting, reportsHandler } from './reports.ts';
import { scriptInventory } from './script-inventory.ts';

/** Looks a session up by what stands in its address; null when there is none. */
export type FindView = (session: string) => Promise<PageView | null>;

export const pageHandlers = (
  context: Pick<Context, 'clock' | 'log' | 'random'>,
  find: FindView,
  reporting: Reporting = {},
): readonly PlainHandler[] => [
  ...pageScripts.map(scriptHandler),
  {
    method: 'GET',
    path: MONITOR_PATH,
    handle: (_, response) => send(response, monitorPage(newNonce(context))),
  },
  {
    method: 'GET',
    path: '/c/scripts.json',
    handle: (_, response) => {
      response
        .writeHead(200, { 'Content-Type': 'application/json', 'Cache-Control': 'no-cache' })
        .end(`${JSON.stringify(scriptInventory(), null, 2)}\n`);
    },
  },
  reportsHandler(context, reporting),
  {
    method: 'GET',
    path: '/c/:session/bank',
    handle: async (_, response, { params }) => {
      const view = await find(params['session'] ?? '');
      const action = view?.urls.action ?? null;
      const nonce = newNonce(context);
      if (view === null || view.status !== 'action' || action === null) {
        const page = `/c/${encodeURIComponent(params['session'] ?? '')}`;
        send(response, returnedPage(page, nonce, view?.look.embedders ?? []));
        return;
      }
      send(response, bankFrame(action, nonce, view));
    },
  },
  {
    method: 'GET',
    path: '/c/:session/events',
    handle: async (_, response, { params }) =>
      sendLiveState(context, response, () => find(params['session'] ?? '')),
  },
];

/** The bank's way back: in our frame a page that waits, in a window of its own the page of the session. */
export const sendReturned = (
  context: Pick<Context, 'random'>,
  request: IncomingMessage,
  response: ServerResponse,
  page: string,
  embedders: readonly string[],
): void => {
  if (request.headers['sec-fetch-dest'] === 'iframe') {
    send(response, returnedPage(page, newNonce(context), embedders));
    return;
  }
  response.writeHead(303, { Location: page, 'Cache-Control': 'no-store' }).end();
};

export const newNonce = ({ random }: Pick<Context, 'random'>): string =>
  random.bytes(18).toString('base64url');

const send = (response: ServerResponse, { body, headers }: Rendered): void => {
  // The policy says who may frame it, and says it better.
  response.removeHeader('X-Frame-Options');
  response.writeHead(200, headers).end(body);
};

export const scriptHandler = ({ path, bytes }: PageScript): PlainHandler => {
  const gzipped = gzipSync(bytes, { level: 9 });
  return {
    method: 'GET',
    path,
    handle: (request, response) => {
      const isCompressed = takesGzip(request);
      const body = isCompressed ? gzipped : bytes;
      response
        .writeHead(200, {
          'Content-Type': 'text/javascript; charset=utf-8',
          'Cache-Control': 'public, max-age=31536000, immutable',
          'Cross-Origin-Resource-Policy': 'same-origin',
          Vary: 'Accept-Encoding',
          ...(isCompressed ? { 'Content-Encoding': 'gzip' } : {}),
          'Content-Length': body.length,
        })
        .end(body);
    },
  };
};
