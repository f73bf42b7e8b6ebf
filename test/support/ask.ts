// One HTTP request as it is on the wire, for what the SDK would hide: bytes, headers, odd forms.

import type { IncomingHttpHeaders } from 'node:http';
import { Agent, request as send } from 'node:http';

export type Answer = {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  // oxlint-disable-next-line typescript/no-explicit-any -- a test reads what it expects
  readonly body: any;
};

export type Asked = {
  /** Sent as Bearer. Absent or null sends none. */
  readonly key?: string | null;
  readonly form?: string;
  readonly json?: unknown;
  /** Bytes as they are, with a content type of the caller's. */
  readonly bytes?: Buffer | string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly idempotencyKey?: string;
};

export type Ask = (method: string, path: string, asked?: Asked) => Promise<Answer>;

// A request that is never answered is what some of these tests look for, so it ends by itself.
const answerLimitMs = 60_000;

/** Keeps connections open, as SDKs do; `close` ends them. */
export const createAsk = (port: number, connections = 64): { ask: Ask; close(): void } => {
  const agent = new Agent({ keepAlive: true, maxSockets: connections });

  const ask: Ask = (method, path, asked = {}) =>
    new Promise((resolve, reject) => {
      const body = bodyOf(asked);
      const request = send({
        host: '127.0.0.1',
        port,
        method,
        path,
        agent,
        headers: { ...headersOf(asked, body), ...asked.headers },
      });
      request.setTimeout(answerLimitMs, () => request.destroy(new Error('No answer in time.')));
      request.on('error', reject);
      request.on('response', (response) => {
        const chunks: Buffer[] = [];
        response.on('error', reject);
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('end', () => {
          const text = Buffer.concat(chunks).toString();
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            text,
            body: text.startsWith('{') ? JSON.parse(text) : null,
          });
        });
      });
      request.end(body);
    });

  return { ask, close: () => agent.destroy() };
};

const bodyOf = ({ form, json, bytes }: Asked): Buffer | string => {
  if (bytes !== undefined) return bytes;
  return json === undefined ? (form ?? '') : JSON.stringify(json);
};

const headersOf = (
  { key = null, json, bytes, idempotencyKey }: Asked,
  body: Buffer | string,
): Record<string, string> => ({
  ...(key === null ? {} : { authorization: `Bearer ${key}` }),
  ...(bytes === undefined && body.length > 0
    ? {
        'content-type':
          json === undefined ? 'application/x-www-form-urlencoded' : 'application/json',
      }
    : {}),
  ...(idempotencyKey === undefined ? {} : { 'idempotency-key': idempotencyKey }),
  'content-length': String(Buffer.byteLength(body)),
});

/** Nested data as the form that SDKs write: `a[b]=1&c[0]=2`. */
export const formOf = (data: Readonly<Record<string, unknown>>): string =>
  pairsOf(data, '')
    .map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`)
    .join('&');

type Scalar = string | number | boolean | bigint;

const pairsOf = (value: unknown, name: string): [string, string][] => {
  if (value === null || value === undefined) return [[name, '']];
  if (typeof value !== 'object') return [[name, String(value as Scalar)]];
  return Object.entries(value).flatMap(([key, inner]) =>
    pairsOf(inner, name === '' ? key : `${name}[${key}]`),
  );
};
