// Cards that are in somebody's hands when something breaks: a lock that is not given, a table that
// refuses, a database that crashes, a process that is killed. Each says how often it ended how.

import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { type Asked, formOf } from './ask.ts';
import { newCanary } from './canary-cards.ts';
import { fieldsOf, methodOf } from './canary-paths.ts';
import type { World } from './canary-world.ts';
import { pause } from './writers.ts';

export type Storm = {
  readonly name: string;
  readonly ends: readonly number[];
  readonly pass: (world: World) => Promise<readonly number[]>;
};

/** Zero: nobody answered. */
const statusOf = (asking: Promise<{ readonly status: number }>): Promise<number> =>
  asking.then(
    ({ status }) => status,
    () => 0,
  );

const send = (world: World, path: string, asked: Asked): Promise<number> =>
  statusOf(world.ask('POST', path, { key: world.merchant.liveKey, ...asked }));

const sendCards = (world: World): Promise<number>[] => [
  send(world, '/v1/payment_methods', { form: formOf(methodOf(newCanary('amex'))) }),
  send(world, '/v1/payment_methods', { json: methodOf(newCanary()), idempotencyKey: randomUUID() }),
  send(world, '/v1/tokens', { form: formOf({ card: fieldsOf(newCanary('amex')) }) }),
  send(world, '/v1/tokens', { json: { card: fieldsOf(newCanary()) } }),
];

/** Long enough for a request to reach the database and wait there. */
const UNDERWAY_MS = 200;

const refusing = (table: string, sent: (world: World) => Promise<number>[]): Storm => ({
  name: `${table} takes no row`,
  ends: [500, 503],
  pass: async (world) => {
    await world.sql(`alter table ${table} add constraint canary check (false) not valid`);
    try {
      return await Promise.all(sent(world));
    } finally {
      await world.sql(`alter table ${table} drop constraint canary`);
    }
  },
});

const killed = (which: 'gateway' | 'vault', ends: readonly number[]): Storm => ({
  name: `the ${which} is killed while cards are in hand`,
  ends,
  pass: async (world) => {
    const underway: Promise<number>[] = [];
    await world.whileLocked(async () => {
      underway.push(...sendCards(world));
      await pause(UNDERWAY_MS);
      await world.kill(which);
      await Promise.all(underway);
    });
    await world.start(which);
    return Promise.all(underway);
  },
});

const sendMethod = (world: World, asked: Asked = {}): Promise<number> =>
  send(world, '/v1/payment_methods', { form: formOf(methodOf(newCanary('amex'))), ...asked });

export const storms: readonly Storm[] = [
  refusing('vault.cards', (world) => sendCards(world)),
  refusing('cards.payment_methods', (world) => [sendMethod(world)]),
  refusing('cards.tokens', (world) => [
    send(world, '/v1/tokens', { json: { card: fieldsOf(newCanary()) } }),
  ]),
  refusing('platform.answers', (world) => [sendMethod(world, { idempotencyKey: randomUUID() })]),
  {
    name: 'the lock of a table is not given in time',
    ends: [500, 503],
    pass: async (world) => {
      const ended: number[] = [];
      await world.whileLocked(async () => void ended.push(await sendMethod(world)));
      return ended;
    },
  },
  {
    name: 'the database crashes while cards are in hand, and is asked again while it is away',
    // While it is asked what became of a batch, those behind wait, and are served by the database that is back.
    ends: [503, 200],
    pass: async (world) => {
      const underway: Promise<number>[] = [];
      await world.whileLocked(async () => {
        underway.push(...sendCards(world));
        await pause(UNDERWAY_MS);
        await world.crashPostgres();
        await pause(20);
        underway.push(...sendCards(world));
        await Promise.all(underway);
      });
      return Promise.all(underway);
    },
  },
  {
    name: 'a card asked for before a crash is asked for again, under its key',
    ends: [503, 200],
    pass: async (world) => {
      const asked = { json: methodOf(newCanary('amex')), idempotencyKey: randomUUID() };
      const ended: number[] = [];
      await world.whileLocked(async () => {
        const first = send(world, '/v1/payment_methods', asked);
        await pause(UNDERWAY_MS);
        await world.crashPostgres();
        ended.push(await first);
      });
      await world.ready();
      // The gateway gives the key back as soon as it can; until then it says: come again.
      let again = await send(world, '/v1/payment_methods', asked);
      for (let tries = 0; again === 409 && tries < 600; tries += 1) {
        await pause(UNDERWAY_MS);
        again = await send(world, '/v1/payment_methods', asked);
      }
      ended.push(again);
      return ended;
    },
  },
  killed('vault', [503]),
  killed('gateway', [0]),
];

export const passThrough = async (world: World, storm: Storm): Promise<void> => {
  const ended = await storm.pass(world);
  await world.ready();
  assert.ok(ended.length > 0);
  for (const status of ended) {
    assert.ok(storm.ends.includes(status), `${storm.name}: ended with ${ended.join(', ')}`);
  }
};
