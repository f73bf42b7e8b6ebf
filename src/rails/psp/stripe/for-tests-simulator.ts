// The simulator of this folder alone on a port, with faults on demand.

import { randomBytes } from 'node:crypto';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { ConnectorOperation } from '#rails/connectors';
import type { FaultName } from '../../connectors/for-tests-suite.ts';
import { type Simulator as Core, type Operation, open } from './simulator/index.ts';
import {
  type Answer,
  type Intent,
  type Refund,
  refundedOf,
  renderIntent,
} from './simulator/objects.ts';
import { noMemory } from './simulator/setting.ts';
import { signatureOf } from './simulator/tell.ts';

export { API_KEY as apiKey } from './simulator/index.ts';
export { type Intent, refundedOf, signatureOf };

export type Simulator = {
  readonly url: string;
  readonly intents: Map<string, Intent>;
  readonly refunds: Map<string, Refund>;
  /** What it refused as a request it does not know; a healthy run has none. */
  readonly refusals: string[];
  readonly play: (fault: FaultName, on: ConnectorOperation) => void;
  /** Takes back the faults that nobody has met yet. */
  readonly calm: () => void;
  readonly render: (intent: Intent, expand?: boolean) => Record<string, unknown>;
  /** What it has booked and not yet settled, as its list of balance transactions. */
  readonly settle: () => string;
  readonly sign: (body: string, atMs?: number) => string;
  readonly close: () => Promise<void>;
} & Pick<Core, 'charge' | 'fail' | 'atBank' | 'settleDue'>;

export const webhookSecret = 'whsec_simulated';
export const otherWebhookSecret = 'whsec_of_somebody_else';

type Told = { readonly fault: FaultName; readonly on: ConnectorOperation };

export const startSimulator = async (
  given: { readonly nowMs?: () => number } = {},
): Promise<Simulator> => {
  const told: Told[] = [];
  const sockets = new Set<Socket>();
  let origin = '';
  const core = open({
    nowMs: given.nowMs ?? Date.now,
    realMs: Date.now,
    draw: (bytes) => randomBytes(bytes).toString('hex'),
    origin: () => origin,
    post: (url, { body, headers }) => {
      fetch(url, { method: 'POST', body, headers }).catch(() => {});
    },
    memory: noMemory,
  });

  const next = (operation: Operation): FaultName | null => {
    const at = told.findIndex(({ on }) => on === operation);
    return at === -1 ? null : (told.splice(at, 1)[0]?.fault ?? null);
  };
  const server = createServer((request, response) => {
    let fault: FaultName | null = null;
    core
      .serve(request, response, request.url ?? '/', {
        mayHear: (operation) => {
          fault = next(operation);
          return fault !== 'lost_before';
        },
        deliver: (to, answer) => deliver(to, answer, fault),
      })
      .catch(() => response.destroy());
  });
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => sockets.delete(socket));
  });
  const port = await listen(server);
  origin = `http://127.0.0.1:${port}`;
  const { intents, refunds, refusals, settle, charge, fail, atBank, settleDue } = core;
  return {
    url: origin,
    intents,
    refunds,
    refusals,
    charge,
    fail,
    atBank,
    settleDue,
    settle,
    play: (fault, on) => void told.push({ fault, on }),
    calm: () => void told.splice(0),
    render: renderIntent,
    sign: (body, atMs = Date.now()) => signatureOf(webhookSecret, body, atMs),
    close: () =>
      new Promise((closed) => {
        for (const socket of sockets) socket.destroy();
        server.close(() => closed());
      }),
  };
};

/** Later than any deadline of the suite. */
const SLOW_MS = 1_500;

const deliver = async (
  response: ServerResponse,
  answer: Answer,
  fault: FaultName | null,
): Promise<void> => {
  switch (fault) {
    case 'lost_after':
      return;
    case 'reset':
      response.socket?.resetAndDestroy();
      return;
    case 'cut': {
      const text = JSON.stringify(answer.body);
      response.writeHead(answer.status, { 'content-length': text.length });
      response.write(text.slice(0, text.length / 2), () => response.socket?.destroy());
      return;
    }
    case 'error_after':
      response.writeHead(502, { 'content-type': 'text/html' }).end('<html>Bad gateway</html>');
      return;
    case 'slow':
      await new Promise((resolve) => setTimeout(resolve, SLOW_MS));
      send(response, answer);
      return;
    default:
      send(response, { ...answer, body: lie(answer.body, fault) });
  }
};

/** Every place where the thing is named at all. */
const lie = (body: unknown, fault: FaultName | null): unknown => {
  if (fault === null) return body;
  const changes: Readonly<Record<string, Record<string, unknown>>> = {
    wrong_amount: { amount: 1, amount_received: 1 },
    wrong_currency: { currency: 'xaf' },
    wrong_reference: { id: 'pi_of_somebody_else', metadata: { tollgate_reference: 'op_else' } },
    unknown_word: { status: 'contemplating' },
  };
  return { ...(body as Record<string, unknown>), ...changes[fault] };
};

const send = (response: ServerResponse, { status, body }: Answer): void => {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
};

const listen = (server: Server): Promise<number> =>
  new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port));
  });
