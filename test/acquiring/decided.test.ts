// What a person says of a payment whose answer nobody heard: the bank and the books count the same, and a reversal
// that is on its way is never given up for a word.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { loadMessages } from '#rails/acquiring';
import { loadKnown } from '#rails/operations';
import { asOwner } from '../../src/for-tests.ts';
import { openDays } from './support/days.ts';
import {
  decide,
  directionsOf,
  loseReversal,
  loseSale,
  refusedForADay,
  reverse,
} from './support/decisions.ts';
import { stateOf } from './support/world.ts';

const endDay = async (world: Awaited<ReturnType<typeof openDays>>) => {
  await world.moveTo(1, 3);
  await world.end();
  const [ended] = await world.ended();
  return { lines: ended?.lines, problems: ended?.problems };
};

// Each has a world of its own, and waits for answers that do not come.
const atOnce = { concurrency: 4 };

describe('a person', atOnce, () => {
  test('who calls approved what is being taken back is told so, and it is taken back', async () => {
    const world = await openDays();
    const lost = await loseSale(world);
    await loseReversal(world);
    assert.deepEqual(await decide(world, lost, 'approved'), { ok: false, code: 'taken_back' });
    const known = await loadKnown(world.context, world.scope, lost.operation.id);
    assert.equal(known?.operation.state, 'unknown');
    assert.ok(known.evidence.every(({ kind }) => kind !== 'person'));

    await world.resolve();
    assert.equal(await stateOf(world.context, world.scope, lost.operation.id), 'reversed');
    assert.deepEqual(world.live(lost.operation.reference), []);
    assert.deepEqual(await endDay(world), { lines: 2, problems: [] });
    await world.assertHealthy();
  });

  test('who calls approved what nobody takes back is believed, and nothing takes it back any more', async () => {
    const world = await openDays();
    const { bank } = world;
    const lost = await loseSale(world);
    assert.equal((await decide(world, lost, 'approved')).ok, true);
    const before = bank.journal().lines.length;
    // A worker that had read before them that nobody knows.
    const said = await reverse(world, lost);
    assert.deepEqual(said, { outcome: 'unknown', code: 'moved_meanwhile' });
    assert.equal(bank.journal().lines.length, before);

    const refund = await world.follow('refund', lost.operation.id, { amount: 50n });
    assert.equal(refund.operation.state, 'approved');
    assert.deepEqual(await endDay(world), { lines: 2, problems: [] });
    await world.assertHealthy();
  });

  test('who calls approved what was found never to have left is told so', async () => {
    const world = await openDays();
    const lost = await loseSale(world);
    await asOwner(world.context.on, 'delete from rails.card_messages');
    assert.deepEqual(await reverse(world, lost), { outcome: 'reversed', code: 'never_sent' });
    assert.deepEqual(await decide(world, lost, 'approved'), { ok: false, code: 'taken_back' });
    assert.equal((await decide(world, lost, 'reversed')).ok, true);
    assert.deepEqual(await directionsOf(world, lost), []);
  });

  test('whose word meets a reversal on the wire is told so, and what the bank took back is heard', async () => {
    const world = await openDays();
    const lost = await refusedForADay(world);
    world.bank.setFaults([
      { id: 'slow', kind: 'slow', delayMs: 700, times: 1, when: { mti: '042' } },
    ]);
    const asked = () => world.bank.journal().lines.length;
    const before = asked();
    const resolving = world.resolve(1);
    while (asked() === before) await new Promise((resolve) => setTimeout(resolve, 5));
    for (const says of ['approved', 'declined', 'reversed'] as const) {
      assert.deepEqual(await decide(world, lost, says), { ok: false, code: 'at_work' });
    }
    await resolving;
    assert.equal(await stateOf(world.context, world.scope, lost.operation.id), 'reversed');
    assert.deepEqual(await endDay(world), { lines: 2, problems: [] });
    await world.assertHealthy();
  });

  test('who calls declined what the bank has nothing of, and will not reverse, has nothing counted', async () => {
    const world = await openDays();
    const lost = await refusedForADay(world, 'down');
    const { context, scope, bank } = world;
    assert.equal((await decide(world, lost, 'declined')).ok, true);
    assert.equal(await stateOf(context, scope, lost.operation.id), 'declined');
    assert.deepEqual(await directionsOf(world, lost), []);
    const before = bank.journal().lines.length;
    assert.deepEqual(await reverse(world, lost), { outcome: 'unknown', code: 'moved_meanwhile' });
    assert.equal(bank.journal().lines.length, before);
    assert.deepEqual(await endDay(world), { lines: 0, problems: [] });
    await world.assertHealthy();
  });

  test('who calls reversed what the bank booked and took back unheard has both counted', async () => {
    const world = await openDays();
    const lost = await loseSale(world);
    await loseReversal(world);
    assert.equal((await decide(world, lost, 'reversed')).ok, true);
    assert.deepEqual(await endDay(world), { lines: 2, problems: [] });
    await world.assertHealthy();
  });

  test('who calls reversed what the bank does not know has nothing counted', async () => {
    const world = await openDays();
    world.bank.setFaults([
      { id: 'down', kind: 'down', times: 1, when: { mti: '0200' } },
      { id: 'none', kind: 'decline', code: '25', times: 2, when: { mti: '042' } },
    ]);
    const lost = await world.pay({ amount: 650n });
    await world.resolve(1);
    const { context, scope } = world;
    const reversal = (await loadMessages(context, scope, lost.operation.id)).at(-1);
    assert.equal(reversal?.state, 'too_early');
    assert.equal((await decide(world, lost, 'reversed')).ok, true);
    assert.deepEqual(await endDay(world), { lines: 0, problems: [] });
    await world.assertHealthy();
  });

  test('who calls a payment reversed that was counted has it taken back in the file', async () => {
    const world = await openDays();
    const sale = await world.pay({ amount: 900n });
    assert.deepEqual(await directionsOf(world, sale), [1]);
    assert.equal((await decide(world, sale, 'reversed')).ok, true);
    assert.deepEqual(await directionsOf(world, sale), [1, 2]);
    // A refund that the bank could not pay out is no line of a file, whoever tells of it.
    const refunded = await world.pay({ amount: 800n });
    const refund = await world.follow('refund', refunded.operation.id, { amount: 300n });
    assert.equal((await decide(world, refund, 'reversed')).ok, true);
    assert.deepEqual(await directionsOf(world, refund), [3]);
    await world.assertHealthy();
  });

  test('who calls declined what never moved has nothing counted', async () => {
    const world = await openDays();
    world.bank.setFaults([{ id: 'down', kind: 'down', times: 1, when: { mti: '0200' } }]);
    const lost = await world.pay({ amount: 650n });
    assert.equal((await decide(world, lost, 'declined')).ok, true);
    assert.deepEqual(await directionsOf(world, lost), []);
    assert.deepEqual(await endDay(world), { lines: 0, problems: [] });
  });
});
