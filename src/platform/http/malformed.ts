import type { Socket } from 'node:net';
import { ApiError, renderError } from './errors.ts';
import type { FrameParts } from './frame.ts';
import { newRequestId } from './request-id.ts';
import { toJson } from './to-json.ts';

/** What node's parser refuses never becomes a request; the caller still gets an error it can read. */
export const refuseMalformed = (
  { context, settings }: Pick<FrameParts, 'context' | 'settings'>,
  error: Error & { code?: string },
  socket: Socket,
): void => {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }

  const requestId = newRequestId(context.random);
  const refusal = malformed(error.code);
  const body = toJson(renderError(refusal, settings));
  const head = [
    `HTTP/1.1 ${refusal.status} ${reasons[refusal.status]}`,
    'Content-Type: application/json',
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Cache-Control: no-cache, no-store',
    `Request-Id: ${requestId}`,
    'Connection: close',
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`);
  // One that does not hang up in turn would keep its place for as long as it likes.
  setTimeout(() => socket.destroy(), HANGS_UP_WITHIN_MS).unref();
  context.log.info({ requestId, status: refusal.status, why: error.code }, 'malformed request');
};

const HANGS_UP_WITHIN_MS = 2_000;

const reasons: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  408: 'Request Timeout',
  431: 'Request Header Fields Too Large',
};

const malformed = (code: string | undefined): ApiError => {
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return new ApiError(408, 'The request took too long.');
  if (code === 'HPE_HEADER_OVERFLOW') return new ApiError(431, 'The headers are too large.');
  return new ApiError(400, 'The request is not valid HTTP.');
};
