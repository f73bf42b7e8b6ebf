// A receiver of webhooks as merchants have them, which does as it is told and remembers what it was sent.

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { atEnd } from '../../src/kit/context/for-tests-end.ts';

export type Received = {
  readonly path: string;
  readonly atMs: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
  readonly event: {
    readonly id: string;
    readonly type: string;
    readonly data: { object: { id: string } };
  };
};

export type Sink = {
  readonly url: string;
  readonly received: readonly Received[];
  /** What it does from now on. */
  behave(how: Behaviour): void;
  /** Until it has received so many, as long as some come. */
  until(count: number): Promise<void>;
};

type Behaviour =
  | number
  | 'hang'
  | 'reset'
  | 'flood'
  | ((request: IncomingMessage, response: ServerResponse) => void);

const WAIT_MAX_MS = 60_000;

export const startSink = async (behaviour: Behaviour = 200): Promise<Sink> => {
  const received: Received[] = [];
  let how = behaviour;
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('error', () => {});
    request.on('end', () => {
      const body = Buffer.concat(chunks);
      received.push({
        path: request.url ?? '',
        atMs: performance.now(),
        headers: request.headers as Record<string, string>,
        body,
        event: JSON.parse(body.toString()) as Received['event'],
      });
      act(how, request, response);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  atEnd(() => {
    server.closeAllConnections();
    server.close();
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`,
    received,
    behave: (next) => {
      how = next;
    },
    until: async (count) => {
      let [seen, waitedMs] = [received.length, 0];
      while (received.length < count) {
        if (waitedMs > WAIT_MAX_MS) throw new Error(`${received.length} came, and not ${count}`);
        await new Promise((resolve) => setTimeout(resolve, 20));
        waitedMs = received.length > seen ? 0 : waitedMs + 20;
        seen = received.length;
      }
    },
  };
};

const act = (how: Behaviour, request: IncomingMessage, response: ServerResponse): void => {
  if (typeof how === 'function') return how(request, response);
  if (how === 'hang') return;
  if (how === 'reset') return void request.socket.resetAndDestroy();
  if (how === 'flood') {
    response.writeHead(200);
    const more = Buffer.alloc(64 * 1024, 'x');
    const pour = (): void => {
      if (!response.writableEnded && !response.destroyed)
        response.write(more, () => setImmediate(pour));
    };
    response.on('error', () => {});
    return pour();
  }
  response.writeHead(how).end('as told');
};
