// A page on its way to a browser: compressed for those who take it, because on a slow line its bytes are what a payer
// waits for. Nothing that a stranger says is repeated in our pages, so its length tells nothing of what is in it.

import type { IncomingMessage, ServerResponse } from 'node:http';
import { gzipSync } from 'node:zlib';

export const takesGzip = ({ headers }: Pick<IncomingMessage, 'headers'>): boolean =>
  /\bgzip\b(?!\s*;\s*q=0)/.test(headers['accept-encoding'] ?? '');

export const sendPage = (
  response: ServerResponse,
  status: number,
  page: { readonly body: string; readonly headers: Readonly<Record<string, string>> },
): void => {
  const isCompressed = takesGzip(response.req);
  const body = isCompressed ? gzipSync(page.body) : Buffer.from(page.body);
  const { Vary: vary, ...headers } = page.headers;
  response
    .writeHead(status, {
      ...headers,
      Vary: vary === undefined ? 'Accept-Encoding' : `${vary}, Accept-Encoding`,
      ...(isCompressed ? { 'Content-Encoding': 'gzip' } : {}),
      'Content-Length': body.length,
    })
    .end(body);
};
