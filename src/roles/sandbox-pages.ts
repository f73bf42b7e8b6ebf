// Pages of the sandbox that a payer's browser has to reach, such as an issuer asking for a code: they are
// handed on from the gateway's one port. What operates the sandbox is not: it stays on its own port of
// the loopback, and so on an origin of its own.

import {
  type IncomingHttpHeaders,
  type IncomingMessage,
  request,
  type ServerResponse,
} from 'node:http';
import type { PlainHandler } from '#platform/http';

const PATH = '/sandbox/3ds/*';
const WITHIN_MS = 10_000;

/** Nothing of the payer's other sessions on this host is the sandbox's business. */
const passedOn = ['accept', 'accept-language', 'content-type', 'content-length'] as const;
const passedBack = [
  'content-type',
  'content-length',
  'content-security-policy',
  'location',
] as const;

export const sandboxPages = (url: string): readonly PlainHandler[] =>
  (['GET', 'POST'] as const).map((method) => ({
    method,
    path: PATH,
    handle: (asked, response) => handOn(url, asked, response),
  }));

const handOn = (url: string, asked: IncomingMessage, response: ServerResponse): Promise<void> =>
  new Promise((resolve) => {
    const { hostname, port } = new URL(url);
    const onward = request(
      {
        host: hostname === 'localhost' ? '127.0.0.1' : hostname,
        port,
        method: asked.method,
        path: asked.url,
        headers: { ...chosen(asked.headers, passedOn), host: `localhost:${port}` },
        timeout: WITHIN_MS,
      },
      (answer) => {
        response.writeHead(answer.statusCode ?? 502, chosen(answer.headers, passedBack));
        answer.pipe(response);
        answer.on('close', resolve);
      },
    );
    onward.on('timeout', () => onward.destroy());
    onward.on('error', () => {
      if (!response.headersSent) {
        response.writeHead(502, { 'Content-Type': 'text/plain' });
        response.end('The sandbox does not answer.\n');
      }
      resolve();
    });
    asked.pipe(onward);
  });

const chosen = (
  headers: IncomingHttpHeaders,
  names: readonly string[],
): Record<string, string | string[]> =>
  Object.fromEntries(
    names.flatMap((name) => {
      const value = headers[name];
      return value === undefined ? [] : [[name, value]];
    }),
  );
