// What the local pages have in common: a frame, a policy, and who may see them.

import { createHash } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { isLoopback } from '#kit/egress';
import { type Html, html, Html as Raw } from '#platform/http';
import { pageStyle } from './style.ts';

const styleHash = `'sha256-${createHash('sha256').update(pageStyle).digest('base64')}'`;

const policy = [
  "default-src 'none'",
  `style-src ${styleHash}`,
  "frame-src 'self'",
  "frame-ancestors 'none'",
  "base-uri 'none'",
  "form-action 'none'",
].join('; ');

// A mail runs no script and loads nothing, here as in a mailbox; its links open beside it.
const mailPolicy = [
  "default-src 'none'",
  "style-src 'unsafe-inline'",
  'img-src data:',
  "frame-ancestors 'self'",
  'sandbox allow-popups allow-popups-to-escape-sandbox',
].join('; ');

export const layout = (title: string, main: Html, head: Html | null = null): string =>
  html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
${head}
<title>${title}</title>
<style>${new Raw(pageStyle)}</style>
</head>
<body>
${main}
</body>
</html>
`.text;

export const sendPage = (response: ServerResponse, status: number, body: string): void => {
  response
    .writeHead(status, {
      'Content-Type': 'text/html; charset=utf-8',
      'Content-Security-Policy': policy,
      'Cache-Control': 'no-store',
    })
    .end(body);
};

/** The mail itself, for a frame of ours. */
export const sendMailHtml = (response: ServerResponse, body: string): void => {
  response.removeHeader('X-Frame-Options');
  response
    .writeHead(200, {
      'Content-Type': 'text/html; charset=utf-8',
      'Content-Security-Policy': mailPolicy,
      'Cache-Control': 'no-store',
    })
    .end(body.replace('<head>', '<head>\n<base target="_blank">'));
};

/**
 * Who sits at this machine, and asks for it by its own name: a page elsewhere that has a name lead here,
 * or a proxy that speaks for somebody else, sees nothing.
 */
export const isFromHere = ({ socket, headers }: IncomingMessage): boolean => {
  const name = (headers.host ?? '').replace(/:\d+$/, '');
  return (
    isLoopback((socket.remoteAddress ?? '').replace('::ffff:', '')) &&
    ['localhost', '127.0.0.1', '[::1]'].includes(name) &&
    headers['x-forwarded-for'] === undefined &&
    headers.forwarded === undefined
  );
};
