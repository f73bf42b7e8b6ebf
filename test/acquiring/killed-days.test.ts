// Kills the gateway at each numbered point of the end of a bank's day, and lets another go on. The bank's
// journal says what really happened: totals closed once, one file, and every movement named in one.

import assert from 'node:assert/strict';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { type CrashPoint, crashPoints } from '#kit/context';
import { asOwner } from '../../src/for-tests.ts';
import { runs } from '../support/full.ts';
import { openDays } from './support/days.ts';
import type { DayWork } from './support/end-days.ts';

const NIGHTS = runs(1, 5);
const KILLS = runs(0, 20);
const program = fileURLToPath(new URL('./support/end-days.ts', import.meta.url));
const world = await openDays();
const { context, bank } = world;
const shops = [world.account, await world.shop('TERM0002', 'MERCHANT0000002')];

const points: readonly CrashPoint[] = [
  'day.leased',
  'totals.begun',
  'totals.told',
  'totals.compared',
  'clearing.written',
  'clearing.handed_over',
  'clearing.noted',
  'day.ended',
];

const endUntil = async (crashAt: string): Promise<string> => {
  const work: DayWork = {
    appUrl: context.on.appUrl,
    journalFolder: world.journalFolder,
    offsetMs: world.clock.offsetMs,
    crashAt,
  };
  const stdio = ['ignore', 'ignore', 'inherit', 'ipc'] as const;
  const child = fork(program, [JSON.stringify(work)], { stdio: [...stdio] });
  const [code, signal] = (await once(child, 'exit')) as [number | null, string | null];
  return signal ?? String(code);
};

/** A sale and a refund at each shop, and the time at which the day is over. */
const trade = async (): Promise<string> => {
  const day = world.today();
  for (const connectorAccountId of shops) {
    const sale = await world.pay({ amount: 5_000n, connectorAccountId });
    await world.follow('refund', sale.operation.id, { amount: 1_200n, connectorAccountId });
  }
  await world.moveTo(1, 3);
  return day;
};

const assertEndedOnce = async (day: string): Promise<void> => {
  const lines = bank.journal().lines.map(({ fact }) => fact);
  const closed = lines.flatMap((fact) =>
    fact.fact === 'totals_compared' && fact.upToDay === day && fact.isClosed ? [fact] : [],
  );
  assert.deepEqual(
    closed.map(({ isAgreed, ours }) => [isAgreed, ours.debits.count, ours.credits.count]),
    [[true, 2, 2]],
  );
  const taken = lines
    .flatMap((fact) => (fact.fact === 'clearing_file_taken' && fact.day === day ? [fact] : []))
    .toSorted((a, b) => (a.merchant < b.merchant ? -1 : 1));
  assert.deepEqual(
    taken.map(({ merchant, named, refused, missing }) => [
      merchant,
      named.length,
      refused,
      missing,
    ]),
    [
      ['MERCHANT0000001', 2, [], []],
      ['MERCHANT0000002', 2, [], []],
    ],
  );
  const ended = (await world.ended()).filter((each) => each.day === day);
  assert.deepEqual(
    ended.map(({ connectorAccountId, fileId, problems }) => [connectorAccountId, fileId, problems]),
    shops.map((shop, at) => [shop, taken[at]?.id, []]),
  );
};

// Each its own test: none takes longer for being repeated by night.
for (let night = 1; night <= NIGHTS; night += 1) {
  test(`a gateway that is killed at one point after the other ends the day once (${night})`, async () => {
    const day = await trade();
    for (const point of points) {
      await world.makeDue();
      assert.equal(await endUntil(`${crashPoints[point]}`), 'SIGKILL', point);
    }
    await world.makeDue();
    assert.equal(await endUntil(''), '0');
    await assertEndedOnce(day);
  });
}

for (const point of points) {
  for (let kill = 1; kill <= KILLS; kill += 1) {
    test(`a gateway that is killed at ${point} ends the day once (${kill})`, async () => {
      const day = await trade();
      assert.equal(await endUntil(`${crashPoints[point]}`), 'SIGKILL');
      await world.makeDue();
      await world.end();
      await assertEndedOnce(day);
    });
  }
}

test('after all this nothing that moved is in no file, and the books of both sides are whole', async () => {
  const unfiled = 'select operation_id from rails.clearing_entries where file_id is null';
  assert.deepEqual(await asOwner(context.on, unfiled), []);
  const { unnamed } = bank.journal().state().bank;
  assert.deepEqual(
    [...unnamed.values()].flatMap((left) => [...left.keys()]),
    [],
  );
  await world.assertHealthy();
});
