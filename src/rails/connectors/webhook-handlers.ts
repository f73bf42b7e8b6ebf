// The addresses that providers call. They take bytes as they come, and no key of ours.

import type { IncomingMessage } from 'node:http';
import type { Context } from '#kit/context';
import { ApiError, CallerGone, type PlainHandler, readBody } from '#platform/http';
import { partsOf } from './rails-of.ts';
import { receiveWebhook, type WebhookAnswer } from './receive-webhook.ts';

const BYTES_MAX = 256 * 1024;
const AT_ONCE_MAX = 200;
/** So many bodies may be on their way. Then who has taken longest goes, so that slow callers never shut the door. */
const READ_AT_ONCE_MAX = 200;

const tooMany: WebhookAnswer = {
  status: 429,
  headers: { 'Retry-After': '2' },
  body: 'Too many at once.\n',
};

export const webhookHandlers = (
  context: Context,
  settings: { readonly publicUrl: string },
): readonly PlainHandler[] => {
  let atOnce = 0;
  const reading = new Set<IncomingMessage>();
  const read = async (request: IncomingMessage): Promise<Buffer> => {
    if (reading.size >= READ_AT_ONCE_MAX) {
      const [slowest] = reading;
      slowest?.destroy();
      if (slowest !== undefined) reading.delete(slowest);
    }
    reading.add(request);
    try {
      return await readBody(request, BYTES_MAX);
    } finally {
      reading.delete(request);
    }
  };
  return [
    {
      method: 'POST',
      path: '/v1/connect/:connector/:account',
      handle: async (request, response, { requestId, params }) => {
        const answer = (given: WebhookAnswer): void => {
          response
            .writeHead(given.status, { 'Content-Type': 'text/plain', ...given.headers })
            .end(given.body);
        };
        try {
          const body = await read(request);
          if (atOnce >= AT_ONCE_MAX) return answer(tooMany);
          atOnce += 1;
          const to = { connector: params['connector'] ?? '', account: params['account'] ?? '' };
          const raw = {
            body,
            headers: headersOf(request.headers),
            // As it was registered with the provider: some sign it.
            url: `${settings.publicUrl}${request.url ?? ''}`,
          };
          const actor = { kind: 'system', id: `connect ${to.connector}`, requestId } as const;
          try {
            answer(await receiveWebhook(partsOf(context), { ...context, actor }, to, raw));
          } finally {
            atOnce -= 1;
          }
        } catch (error) {
          if (error instanceof CallerGone) return;
          if (!(error instanceof ApiError)) throw error;
          answer({
            status: error.status,
            body: 'This is too large.\n',
            headers: { Connection: 'close' },
          });
        }
      },
    },
  ];
};

const headersOf = (
  headers: Readonly<Record<string, string | readonly string[] | undefined>>,
): Record<string, string> =>
  Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, typeof value === 'string' ? value : value.join(', ')]],
    ),
  );
