// Clients that write while the ground shakes, each remembering what it was told: what was
// acknowledged, and what it never learned.

import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import type { Ask } from './ask.ts';

export type Acknowledged = { readonly idempotencyKey: string; readonly text: string };

export type Journal = {
  readonly acknowledged: Map<string, Acknowledged>;
  /** Sent, and never answered with a success: it happened or it did not. */
  readonly unknown: Set<string>;
};

export const createJournal = (): Journal => ({ acknowledged: new Map(), unknown: new Set() });

/** The journals of several rounds, each settled, as one. */
export const joined = (journals: readonly Journal[]): Journal => ({
  acknowledged: new Map(journals.flatMap(({ acknowledged }) => [...acknowledged])),
  unknown: new Set(),
});

export type Writers = {
  /** Lets what is under way end, however it ends. */
  stop(): Promise<void>;
  readonly written: () => number;
};

/** The name is the key, so that an effect is found again by what caused it. */
const formFor = (idempotencyKey: string): string => `name=${idempotencyKey}&metadata[by]=writers`;

export const startWriters = (input: {
  readonly ask: () => Ask;
  readonly key: string;
  readonly clients: number;
  readonly journal: Journal;
}): Writers => {
  const { journal, key } = input;
  const end = new AbortController();
  let written = 0;

  const write = async (): Promise<void> => {
    while (!end.signal.aborted) {
      const idempotencyKey = randomUUID();
      journal.unknown.add(idempotencyKey);
      try {
        const sent = { key, form: formFor(idempotencyKey), idempotencyKey };
        const answer = await input.ask()('POST', '/v1/customers', sent);
        if (answer.status === 200) {
          journal.unknown.delete(idempotencyKey);
          journal.acknowledged.set(idempotencyKey, { idempotencyKey, text: answer.text });
          written += 1;
          continue;
        }
        assert.ok(answer.status >= 500, `A good request was refused: ${answer.text}`);
        assert.equal(answer.headers['stripe-should-retry'], 'true', answer.text);
      } catch (error) {
        if (error instanceof assert.AssertionError) throw error;
      }
      // Nobody is there; a client that hammers would only hide the recovery.
      await pause(20);
    }
  };
  const running = Promise.all(Array.from({ length: input.clients }, write));
  // Whoever fails is heard by `stop`.
  running.catch(() => {});
  return {
    stop: async () => {
      end.abort();
      await running;
    },
    written: () => written,
  };
};

/** Asks again for everything: the acknowledged must be the same bytes, the unknown must now happen. */
export const settle = async (ask: Ask, key: string, journal: Journal): Promise<void> => {
  const again = (idempotencyKey: string) =>
    ask('POST', '/v1/customers', { key, form: formFor(idempotencyKey), idempotencyKey });

  await inBatches([...journal.acknowledged.values()], async ({ idempotencyKey, text }) => {
    const answer = await again(idempotencyKey);
    assert.equal(answer.status, 200, `Acknowledged, and then: ${answer.text}`);
    assert.equal(answer.text, text, 'The same bytes as before.');
    assert.equal(answer.headers['idempotent-replayed'], 'true');
  });
  await inBatches([...journal.unknown], async (idempotencyKey) => {
    const answer = await again(idempotencyKey);
    assert.equal(answer.status, 200, answer.text);
    journal.unknown.delete(idempotencyKey);
    journal.acknowledged.set(idempotencyKey, { idempotencyKey, text: answer.text });
  });
};

/** Each acknowledged customer once, with one event; and none of which nobody knows. */
export const assertComplete = async (ask: Ask, key: string, journal: Journal): Promise<void> => {
  const wanted = [...journal.acknowledged.keys()].sort();
  const customers = await listAll(ask, key, '/v1/customers');
  assert.deepEqual(customers.map(({ name }) => String(name)).sort(), wanted);
  const events = await listAll(ask, key, '/v1/events');
  const caused = events.map(({ request }) =>
    String((request as { idempotency_key?: unknown }).idempotency_key),
  );
  assert.deepEqual(caused.sort(), wanted);
};

const listAll = async (ask: Ask, key: string, path: string): Promise<Record<string, unknown>[]> => {
  const all: Record<string, unknown>[] = [];
  for (let last = ''; ; ) {
    const { body } = await ask('GET', `${path}?limit=100${last}`, { key });
    all.push(...body.data);
    if (!body.has_more) return all;
    last = `&starting_after=${body.data.at(-1).id}`;
  }
};

const inBatches = async <T>(items: readonly T[], work: (item: T) => Promise<void>) => {
  for (let from = 0; from < items.length; from += 50) {
    await Promise.all(items.slice(from, from + 50).map(work));
  }
};

export const pause = (durationMs: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, durationMs));

export const waitUntil = async (
  what: string,
  limitMs: number,
  holds: () => Promise<boolean>,
): Promise<void> => {
  const until = performance.now() + limitMs;
  while (performance.now() < until) {
    if (await holds().catch(() => false)) return;
    await pause(50);
  }
  assert.fail(`${what}: not within ${limitMs} ms.`);
};
