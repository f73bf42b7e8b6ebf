// `/`, `/docs` and `/openapi.json`: rendered once, when the server is made, because routes do not change.

import { createHash } from 'node:crypto';
import { landingPage } from './landing-page.ts';
import type { OpenApiOptions } from './openapi.ts';
import { openApiDocument } from './openapi.ts';
import type { Page } from './page.ts';
import { referencePage } from './reference-page.ts';
import type { Route } from './route.ts';
import type { PlainHandler } from './server.ts';
import { toJson } from './to-json.ts';

export const documentHandlers = (
  routes: readonly Route[],
  options: OpenApiOptions,
): readonly PlainHandler[] => {
  return [
    still('/openapi.json', toJson(openApiDocument(routes, options)), {
      'Content-Type': 'application/json',
      'Access-Control-Allow-Origin': '*',
    }),
    stillPage('/docs', referencePage(routes, options)),
    stillPage('/', landingPage(options)),
  ];
};

const stillPage = (path: string, page: Page): PlainHandler =>
  still(path, page.html, {
    'Content-Type': 'text/html; charset=utf-8',
    'Content-Security-Policy': page.contentSecurityPolicy,
  });

/** A text that stays the same until the next start; browsers ask whether it still does. */
const still = (
  path: string,
  text: string,
  headers: Readonly<Record<string, string>>,
): PlainHandler => {
  const body = Buffer.from(text);
  const tag = `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"`;
  const all = { ...headers, ETag: tag, 'Cache-Control': 'no-cache' };

  return {
    method: 'GET',
    path,
    handle: (request, response) => {
      if (request.headers['if-none-match'] === tag) {
        response.writeHead(304, all).end();
        return;
      }
      response.writeHead(200, { ...all, 'Content-Length': body.length }).end(body);
    },
  };
};
