// Payments, captures, voids and refunds while everything goes wrong that can: answers lost in every way,
// doubled, swapped, late, lying; links reset every few messages. First it must be safe, then, when the
// trouble ends, everything must come to the end that the bank's journal says. And the totals of the day
// must be the bank's to the cent.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Unavailable } from '#kit/failure';
import { newUuid } from '#kit/ids';
import { cutOver, openAcquiring } from '#rails/acquiring';
import type { FaultKind, FaultRule } from '../../sandbox/faults/fault.ts';
import { asOwner } from '../../src/for-tests.ts';
import { seededRandom } from '../../src/kit/context/for-tests.ts';
import { runs, seed } from '../support/full.ts';
import { learnSizes } from '../support/statistics.ts';
import { assertOneStory } from './support/verdict.ts';
import { GOOD_CARD, newWorld, quick, type World } from './support/world.ts';

/** Of outcomes that nobody knew at first. */
const UNKNOWNS = runs(300, 20_000);
const AT_ONCE = runs(30, 120);
const TIMEOUT_MS = 1_500;

const probabilities: Readonly<Partial<Record<FaultKind, number>>> = {
  hang: 0.06,
  reset: 0.02,
  cut: 0.02,
  down: 0.01,
  twice: 0.05,
  swapped: 0.04,
  wrong_amount: 0.02,
  slow: 0.05,
  late_after_reversal: 0.04,
  decline: 0.02,
};
const rules: readonly FaultRule[] = Object.entries(probabilities).map(([kind, probability]) => ({
  id: kind,
  kind: kind as FaultKind,
  when: { probability },
  ...(kind === 'decline' ? { code: '96' } : {}),
  // About as long as the gateway waits: some come in time, some late.
  ...(kind === 'slow' ? { delayMs: TIMEOUT_MS } : {}),
  ...(kind === 'late_after_reversal' ? { delayMs: 20 } : {}),
}));

const cards = [GOOD_CARD, '5555555555554444', '378282246310005', '4000000000009995'] as const;

const story = async (world: World, below: (limit: number) => number): Promise<void> => {
  const intentId = newUuid(world.context);
  const currency = below(2) === 0 ? 'eur' : 'usd';
  const amount = BigInt(100 + below(20_000));
  const common = { intentId, currency };
  const card = cards[below(10) === 0 ? 3 : below(3)] as string;
  const request = world.payment(await world.card(card));
  const kind = below(2) === 0 ? 'sale' : 'authorize';
  const { operation } = await world.send({ kind, amount, request, ...common });
  if (operation.state !== 'approved' || below(2) === 0) return;
  if (kind === 'authorize' && below(3) === 0) {
    await world.follow('void', operation.id, { amount, ...common });
    return;
  }
  if (kind === 'authorize') {
    const isLast = below(2) === 0;
    await world.follow('capture', operation.id, { amount: amount / 2n, isLast, ...common });
    return;
  }
  await world.follow('refund', operation.id, { amount: amount / 3n, ...common });
};

const world = await newWorld({
  timeoutMs: TIMEOUT_MS,
  profiles: quick({}, { lateMs: 1_000 }),
  sandbox: { seed: `storm ${seed}`, faults: rules },
});

/** On a machine that is busy a database has no time: whatever was begun by then, the resolver ends. */
const unlessBusy = async (told: Promise<void>): Promise<void> => {
  try {
    await told;
  } catch (error) {
    if (!(error instanceof Unavailable)) throw error;
  }
};

test(`${UNKNOWNS} outcomes that nobody knew end as the bank says`, async (t) => {
  t.diagnostic(`seed ${seed}`);
  const random = seededRandom(seed);
  const below = (limit: number): number => random.bytes(4).readUInt32BE() % limit;
  const unknowns = async (): Promise<number> => {
    const [row] = await asOwner(
      world.context.on,
      `select count(distinct e.operation_id)::int as count from rails.evidence e
         join rails.operations o on o.id = e.operation_id and o.state <> 7
        where e.says->>'outcome' = 'unknown'`,
    );
    return Number(row?.['count']);
  };

  for (let round = 0; (await unknowns()) < UNKNOWNS; round += 1) {
    assert.ok(round < UNKNOWNS, 'faults come');
    await Promise.all(Array.from({ length: AT_ONCE }, () => unlessBusy(story(world, below))));
    // The resolver works while the trouble goes on.
    if (round % 5 === 4) {
      await world.resolve(1);
      await learnSizes(world.context.on);
    }
  }
  const made = await unknowns();
  const inTrouble = await assertOneStory(world);
  await world.resolve(3);
  await assertOneStory(world);

  world.bank.setFaults([]);
  await world.resolve();
  const ended = await assertOneStory(world);
  assert.equal(ended.open, 0, 'everything has an end');
  t.diagnostic(`${made} unknown, ${inTrouble.open} of them open when the faults ended`);
  t.diagnostic(JSON.stringify(ended));

  const acquiring = openAcquiring(world.context);
  const { acquirer: port } = world.bank.ports;
  const link = acquiring.linkTo({
    profile: quick()['sandbox-ascii'],
    endpoint: { reach: 'loopback', address: '127.0.0.1', port },
    acquirer: '12345',
  });
  const place = {
    host: link.host,
    acquirer: '12345',
    terminal: 'TERM0001',
    merchant: 'MERCHANT0000001',
  };
  const totals = await cutOver(world.context, link, place);
  for (const { differs, ours, theirs } of totals) assert.deepEqual([differs, ours], [[], theirs]);
  assert.deepEqual(totals.map(({ currency }) => currency).toSorted(), ['eur', 'usd']);
  await acquiring.close();
  await world.assertHealthy();
});
