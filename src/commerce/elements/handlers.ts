// What browsers get of us for the pages of merchants: scripts to load, pages to frame, words to say.

import type { IncomingMessage, ServerResponse } from 'node:http';
import { chooseLanguage, newNonce, scriptHandler, type Words, wordsIn } from '#commerce/checkout';
import type { Context } from '#kit/context';
import { type PlainHandler, sendPage } from '#platform/http';
import { challengePage, challengeScript } from './challenge-page.ts';
import { declineTexts } from './decline-texts.ts';
import { type FrameKind, frameKinds, framePage, frameScript } from './frame-page.ts';
import { challengePolicy, type Framing, framePolicy } from './policy.ts';
import { scriptFiles } from './scripts.ts';

/** Which origins the account of a publishable key lets frame our pages. */
export type FindEmbedders = (key: string, request: IncomingMessage) => Promise<readonly string[]>;

export const elementsHandlers = (
  context: Pick<Context, 'clock' | 'random'>,
  findEmbedders: FindEmbedders,
): readonly PlainHandler[] => [
  ...scriptFiles(context),
  ...[frameScript, challengeScript].map(scriptHandler),
  page('/elements/frame', (query, words, nonce, framing) => {
    const kind = kindOf(query.get('kind'));
    return { body: framePage(kind, words, nonce), policy: framePolicy(framing, nonce) };
  })(context, findEmbedders),
  page('/elements/challenge', (_query, words, nonce, framing) => ({
    body: challengePage(words, nonce),
    policy: challengePolicy(framing, nonce),
  }))(context, findEmbedders),
  {
    method: 'GET',
    path: '/elements/declines.json',
    handle: (request, response) => {
      response
        .writeHead(200, {
          'Content-Type': 'application/json; charset=utf-8',
          'Cache-Control': 'max-age=3600',
          Vary: 'Accept-Language',
        })
        .end(JSON.stringify(declineTexts(wordsFor(request), modeOf(request))));
    },
  },
];

const kindOf = (asked: string | null): FrameKind =>
  frameKinds.find((kind) => kind === asked) ?? 'card';

const queryOf = ({ url }: IncomingMessage): URLSearchParams =>
  new URL(url ?? '/', 'http://own').searchParams;

const modeOf = (request: IncomingMessage): 'payment' | 'setup' =>
  queryOf(request).get('mode') === 'setup' ? 'setup' : 'payment';

const wordsFor = (request: IncomingMessage): Words =>
  wordsIn(
    chooseLanguage({
      lang: queryOf(request).get('lang'),
      preferred: null,
      acceptLanguage: request.headers['accept-language'] ?? null,
    }),
  );

type Draw = (
  query: URLSearchParams,
  words: Words,
  nonce: string,
  framing: Framing,
) => { readonly body: string; readonly policy: string };

const page =
  (path: string, draw: Draw) =>
  (context: Pick<Context, 'random'>, findEmbedders: FindEmbedders): PlainHandler => ({
    method: 'GET',
    path,
    handle: async (request, response) => {
      const words = wordsFor(request);
      const query = queryOf(request);
      const key = query.get('key') ?? '';
      const framing = {
        livemode: key.startsWith('pk_live_'),
        embedders: await findEmbedders(key, request),
      };
      send(response, words.language, draw(query, words, newNonce(context), framing));
    },
  });

const send = (
  response: ServerResponse,
  language: string,
  { body, policy }: ReturnType<Draw>,
): void => {
  // The policy says who may frame it, and says it better.
  response.removeHeader('X-Frame-Options');
  sendPage(response, 200, {
    body,
    headers: {
      'Content-Type': 'text/html; charset=utf-8',
      'Content-Language': language,
      'Content-Security-Policy': policy,
      // Whatever is not pinned by its hash does not run at all.
      'Integrity-Policy': 'blocked-destinations=(script)',
      'Cache-Control': 'no-store',
      'Referrer-Policy': 'no-referrer',
      'Cross-Origin-Resource-Policy': 'cross-origin',
      Vary: 'Accept-Language',
    },
  });
};
