// The end of a host's day: totals that agree, totals that do not, and the file of the day.

import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { clearingFile, cutOver, openAcquiring } from '#rails/acquiring';
import { asOwner } from '../../src/for-tests.ts';
import { newWorld, quick } from './support/world.ts';

const world = await newWorld({ timeoutMs: 2_000 });
const { context, bank } = world;
const acquiring = openAcquiring(context);
after(() => acquiring.close());
const link = acquiring.linkTo({
  profile: quick()['sandbox-ascii'],
  endpoint: { reach: 'loopback', address: '127.0.0.1', port: bank.ports.acquirer },
  acquirer: '12345',
});
const place = {
  host: link.host,
  acquirer: '12345',
  terminal: 'TERM0001',
  merchant: 'MERCHANT0000001',
};
const day = {
  host: link.host,
  acquirer: '12345',
  merchant: 'MERCHANT0000001',
  businessDay: new Date(context.clock.now()).toISOString().slice(0, 10),
};

const daysLater = (days: number): string =>
  new Date(Date.parse(day.businessDay) + days * 86_400_000).toISOString().slice(0, 10);

describe('at cut-over', () => {
  test('our totals are those of the host: sales, refunds, and what was taken back', async () => {
    const sale = await world.pay({ amount: 5_000n });
    await world.follow('refund', sale.operation.id, { amount: 1_200n });
    const request = world.payment(await world.card());
    const held = await world.send({ kind: 'authorize', amount: 900n, request });
    await world.follow('capture', held.operation.id, { amount: 800n });
    const voided = await world.send({ kind: 'authorize', amount: 700n, request });
    await world.follow('void', voided.operation.id, { amount: 700n });
    bank.setFaults([{ id: 'lost', kind: 'swapped', times: 1, when: { mti: '0200' } }]);
    await world.pay({ amount: 300n });
    bank.setFaults([{ id: 'down', kind: 'down', times: 1, when: { mti: '0200' } }]);
    await world.pay({ amount: 100n });
    await world.resolve();

    const [euros, ...others] = await cutOver(context, link, place);
    assert.deepEqual(others, []);
    assert.deepEqual(euros, {
      currency: 'eur',
      ours: {
        debits: { count: 3, amount: 6_100n },
        debitsReversed: { count: 1, amount: 300n },
        credits: { count: 1, amount: 1_200n },
        creditsReversed: { count: 0, amount: 0n },
      },
      theirs: euros?.ours,
      differs: [],
    });
    await world.assertHealthy();
  });

  test('a batch that was asked about and never answered is asked about again', async () => {
    await world.pay({ amount: 4_000n });
    bank.setFaults([{ id: 'mute', kind: 'reset', times: 1, when: { mti: '05' } }]);
    await assert.rejects(() => cutOver(context, link, place, daysLater(1)), /did not answer/);
    // What comes meanwhile belongs to the next batch.
    await world.pay({ amount: 50n });
    const [euros, next] = await cutOver(context, link, place, daysLater(2));
    assert.deepEqual(euros?.ours.debits, { count: 1, amount: 4_000n });
    assert.deepEqual(euros?.differs, []);
    assert.deepEqual(next?.ours.debits, { count: 1, amount: 50n });
    assert.deepEqual(next?.differs, []);
  });

  test('a difference is found, kept with both sides, and does not stop the next day', async () => {
    await world.pay({ amount: 2_000n });
    bank.setFaults([{ id: 'lie', kind: 'wrong_amount', times: 1, when: { mti: '0500' } }]);
    const [euros] = await cutOver(context, link, place, daysLater(3));
    assert.deepEqual(euros?.differs, ['debits']);
    assert.equal(euros?.theirs.debits.amount, 2_100n);
    const listed = await asOwner(
      context.on,
      'select id, currency, ours, theirs from rails.batches where not agreed',
    );
    assert.equal(listed.length, 1);
    await world.pay({ amount: 30n });
    const [next] = await cutOver(context, link, place, daysLater(4));
    assert.deepEqual(next?.differs, []);
  });

  test('a day is compared once, whoever asks again', async () => {
    assert.deepEqual(await cutOver(context, link, place, daysLater(4)), []);
    const [first, second] = await Promise.all([
      cutOver(context, link, place, daysLater(5)),
      cutOver(context, link, place, daysLater(5)),
    ]);
    const listed = await asOwner(
      context.on,
      `select agreed from rails.batches where business_day = '${daysLater(5)}'`,
    );
    assert.deepEqual(listed, [{ agreed: true }]);
    assert.ok(first.length + second.length >= 1);
  });
});

describe('the file of a day', () => {
  test('holds every entry once, balances, and is the same bytes whenever it is asked for', async () => {
    const [first, second] = await Promise.all([
      clearingFile(context, world.scope, day),
      clearingFile(context, world.scope, day),
    ]);
    assert.equal(first.body, second.body);
    assert.equal((await clearingFile(context, world.scope, day)).body, first.body);

    const records = first.body
      .trimEnd()
      .split('\n')
      .map((line) => line.split('|'));
    const entries = records.filter(([kind]) => kind === 'D');
    const [counted] = await asOwner(
      context.on,
      'select count(*)::int as count from rails.clearing_entries',
    );
    assert.equal(entries.length, counted?.['count']);
    const sum = (direction: string): bigint =>
      entries
        .filter((fields) => fields[1] === direction)
        .reduce((total, fields) => total + BigInt(fields[9] ?? 0), 0n);
    const net = sum('debit') - sum('debit_reversed') - sum('credit') + sum('credit_reversed');
    const [totals] = records.filter(([kind]) => kind === 'T');
    assert.equal(totals?.at(-1), String(net));
    assert.deepEqual(records.at(-1), ['F', String(entries.length), '1']);
    const captured = bank
      .journal()
      .liveApprovals()
      .reduce((total, live) => total + live.capturedMinor - live.refundedMinor, 0n);
    assert.equal(net, captured);
  });

  test('what came after it was written is in the next one', async () => {
    const { operation } = await world.pay({ amount: 77n });
    const before = await clearingFile(context, world.scope, day);
    assert.doesNotMatch(before.body, new RegExp(operation.id));
    const tomorrow = { ...day, businessDay: daysLater(1) };
    const { body } = await clearingFile(context, world.scope, tomorrow);
    assert.match(body, new RegExp(operation.id));
    assert.match(body, /\nF\|1\|1\n$/);
  });
});
