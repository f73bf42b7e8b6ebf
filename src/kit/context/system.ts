// The real clock, randomness and network: the one place in the product that reads them. A test holds
// that no other file does.

import { randomFillSync } from 'node:crypto';
import type { LookupFunction } from 'node:net';
import { present } from '#kit/assert';
import type { Clock, Network, Random, Reach } from './context.ts';
import { type Dispatcher, exchangeOver } from './system-exchange.ts';
import { lookUpWithin } from './system-names.ts';
import { postGuarded } from './system-post.ts';

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonicMs: () => performance.now(),
  sleep: (durationMs, signal) =>
    new Promise((resolve) => {
      if (signal?.aborted === true) return resolve();
      const wake = (): void => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', wake);
        resolve();
      };
      const timer = setTimeout(wake, durationMs);
      signal?.addEventListener('abort', wake);
    }),
  alarm: (durationMs, ring) => {
    const timer = setTimeout(ring, durationMs);
    return () => clearTimeout(timer);
  },
};

// Asking the system for eight bytes costs as much as asking for four thousand, so they are drawn ahead.
const POOL_BYTES = 4096;
let pool = Buffer.alloc(0);
let used = 0;

export const systemRandom: Random = {
  bytes: (count) => {
    if (count > POOL_BYTES) return randomFillSync(Buffer.allocUnsafeSlow(count));
    if (used + count > pool.length) {
      pool = randomFillSync(Buffer.allocUnsafeSlow(POOL_BYTES));
      used = 0;
    }
    const bytes = pool.subarray(used, used + count);
    used += count;
    return bytes;
  },
};

/**
 * The runtime's own client, as it was set up, but for how it finds out what names lead to, and for HTTP/2. Over that it
 * says again by itself what a server says not to have taken, and a call that is given up beside another before it was
 * written down freezes the process for ever, in the runtime itself.
 */
const createAgent = (reach: Reach) => {
  // It makes its client when one of its words is first looked at.
  void Response;
  const agent = (globalThis as Readonly<Record<symbol, object | undefined>>)[
    Symbol.for('undici.globalDispatcher.2')
  ];
  const Agent = present(agent, 'The runtime has a client').constructor as new (options: {
    readonly allowH2: false;
    readonly connect: { readonly lookup: LookupFunction };
  }) => NonNullable<RequestInit['dispatcher']>;
  return new Agent({ allowH2: false, connect: { lookup: lookUpWithin(reach) } });
};

/** One each: a connection that is kept open is used again only by those who may go where it leads. */
const agents = new Map<Reach, ReturnType<typeof createAgent>>();

const agentOf = (reach: Reach): ReturnType<typeof createAgent> => {
  const agent = agents.get(reach) ?? createAgent(reach);
  agents.set(reach, agent);
  return agent;
};

export const systemNetwork: Network = {
  fetch: (url, init, reach = 'anywhere') => fetch(url, { ...init, dispatcher: agentOf(reach) }),
  // Its types say nothing of what handlers are, which the client documents.
  exchange: (exchange, reach = 'anywhere') =>
    exchangeOver(agentOf(reach) as unknown as Dispatcher, exchange),
  post: postGuarded,
};
