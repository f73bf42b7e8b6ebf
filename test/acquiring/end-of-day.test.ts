// The end of a merchant's day at a bank, on clocks that are moved: totals compared once, the file handed over
// once, and the merchant paid for what it names.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { present } from '#kit/assert';
import type { Context, Scope } from '#kit/context';
import type { Uuid } from '#kit/ids';
import {
  explainEndedDay,
  heardBy,
  listEndedDays,
  loadNextDays,
  watchDayEnds,
} from '#rails/connectors';
import { type Change, decideByPerson, type PersonSays } from '#rails/operations';
import { asOwner } from '../../src/for-tests.ts';
import { operationListeners } from '../../src/modules.ts';
import { DAY_MS } from '../sandbox/support/control.ts';
import { charge, connectGateway } from '../sandbox/support/gateway.ts';
import { dayOf, openDays } from './support/days.ts';
import { stateOf, type World } from './support/world.ts';

const batchesOf = ({ context }: World, day: string) =>
  asOwner(
    context.on,
    `select agreed, theirs is not null as told from rails.batches where business_day = '${day}'`,
  );

const decide = async (context: Context, scope: Scope, operationId: Uuid, says: PersonSays) => {
  const why = 'seen in the list of the bank';
  const writes = (change: Change) => heardBy(operationListeners, context, scope, change);
  assert.ok((await decideByPerson(context, scope, { operationId, says, why, writes })).ok);
};

/** As it is shown at /metrics. */
const counted = async ({ context }: World) => {
  const [test, live] = (await watchDayEnds(context)).toSorted((a) => (a.livemode ? 1 : -1));
  assert.deepEqual({ ...live }, { livemode: true, ended: 0n, differing: 0n, overdue: 0n });
  const { ended, differing, overdue } = present(test, 'the counts of test mode');
  return { ended, differing, overdue };
};

describe('the end of a day', () => {
  test('comes at its time: totals are compared, and the bank has the file', async () => {
    const world = await openDays();
    const day = world.today();
    const sale = await world.pay({ amount: 5_000n });
    await world.follow('refund', sale.operation.id, { amount: 1_200n });
    const request = world.payment(await world.card());
    const held = await world.send({ kind: 'authorize', amount: 900n, request });
    await world.follow('capture', held.operation.id, { amount: 800n });

    await world.moveTo(0, 23 * 60 + 59);
    assert.equal(await world.look(), 0);
    await world.moveTo(1, 3);
    await world.end();

    const [ended] = await world.ended();
    assert.deepEqual([ended?.day, ended?.lines, ended?.problems], [day, 3, []]);
    assert.deepEqual(await batchesOf(world, day), [{ agreed: true, told: true }]);
    const [file] = (await world.files()).filter(({ business_day }) => business_day === day);
    assert.deepEqual(
      [file?.id, file?.taken, file?.refused, file?.missing],
      [ended?.fileId, 3, [], []],
    );
    await world.assertHealthy();
  });

  test('that is caught up with hands its file over, although that failed the first time', async () => {
    const world = await openDays();
    const day = world.today();
    await world.pay({ amount: 100n });
    await world.moveTo(3, 12 * 60);
    await world.end();
    // As if the process had been killed when the file was written, and the bank had not heard of it.
    const { on } = world.context;
    await asOwner(on, `update rails.clearing_files set handed_over_at = null, answer = null`);
    await asOwner(on, `delete from rails.ended_days where day >= '${day}'`);
    await asOwner(on, `update rails.day_ends set next_day = '${day}'`);
    await world.makeDue();
    await world.end();
    const ended = (await world.ended()).toReversed().find((each) => each.day === day);
    assert.deepEqual([ended?.lines, ended?.problems], [1, []]);
    const [open] = await asOwner(
      on,
      `select count(*)::int as files from rails.clearing_files where lines > 0 and handed_over_at is null`,
    );
    assert.deepEqual(open, { files: 0 });
    await world.assertHealthy();
  });

  test('pays the merchant for what the file names, and for nothing before', async () => {
    const world = await openDays();
    const { control } = world;
    const merchant = 'MERCHANT0000001';
    await control.send('PUT', '/acquirer/clearing', { merchant, by: 'file' });
    await world.pay({ amount: 10_000n });
    await world.moveTo(1, 1);
    type Settled = { readonly batches: readonly { id: string; gross_minor: string }[] };
    const settled = () => control.get<Settled>(`/acquirer/settlements?merchant=${merchant}`);
    assert.deepEqual((await settled()).batches, []);

    await world.moveTo(0, 3);
    await world.end();
    await world.moveTo(1, 3);
    const [batch, ...others] = (await settled()).batches;
    assert.deepEqual([batch?.gross_minor, others], ['10000', []]);

    await world.moveTo(6, 20 * 60);
    type Account = {
      readonly iban: string;
      readonly owner: string;
      readonly balance_minor: string;
    };
    const accounts = await control.get<Account[]>('/bank/accounts');
    const account = accounts.find(({ owner }) => owner === 'merchant');
    assert.equal(account?.balance_minor, String(10_000 - 30 - 12 - 33));
    const statements = await control.get<{ file: string }[]>(
      `/bank/statements?account=${account?.iban}`,
    );
    const texts = await Promise.all(statements.map(({ file }) => control.text(file)));
    assert.ok(texts.some((text) => text.includes(`<EndToEndId>${batch?.id}</EndToEndId>`)));
  });

  test('is caught up with, day by day, when nobody was there to end it', async () => {
    const world = await openDays();
    const first = world.today();
    await world.pay({ amount: 100n });
    await world.moveTo(1, 12 * 60);
    const second = world.today();
    await world.pay({ amount: 200n });
    await world.moveTo(4, 12 * 60);
    const last = dayOf(world.clock.now() - DAY_MS);
    await world.end();

    const ended = (await world.ended()).toReversed().slice(-5);
    assert.deepEqual(
      ended.map(({ day, lines, problems }) => [day, lines, problems.length]),
      [
        [first, 1, 0],
        [second, 1, 0],
        [dayOf(Date.parse(second) + DAY_MS), 0, 0],
        [dayOf(Date.parse(second) + 2 * DAY_MS), 0, 0],
        [last, 0, 0],
      ],
    );
    // The host's totals are those up to now: they are compared with the last day, and with no other.
    assert.deepEqual(await batchesOf(world, last), [{ agreed: true, told: true }]);
    assert.deepEqual(await batchesOf(world, first), []);
    assert.equal((await world.files()).filter(({ taken }) => taken === 1).length, 2);
    await world.assertHealthy();
  });

  test('waits for what nobody knows yet, and then counts it on the day on which it was', async () => {
    const world = await openDays();
    const day = world.today();
    await world.moveTo(0, 23 * 60 + 50);
    world.bank.setFaults([{ id: 'lost', kind: 'hang', times: 1, when: { mti: '0200' } }]);
    const lost = await world.pay({ amount: 700n });
    assert.equal(lost.operation.state, 'unknown');
    await world.moveTo(1, 3);
    await world.look();
    assert.equal((await world.ended()).filter((ended) => ended.day === day).length, 0);
    const [next] = await loadNextDays(world.context, world.scope);
    assert.match(next?.problem ?? '', /of 1 messages nobody knows/);

    await world.resolve();
    await world.makeDue();
    await world.end();
    const [ended] = await world.ended();
    assert.deepEqual([ended?.day, ended?.problems], [day, []]);
    // The sale was of that day; that it was taken back is of the next.
    assert.equal(ended?.lines, 1);
    await world.moveTo(1, 3);
    await world.end();
    const [after] = await world.ended();
    assert.deepEqual([after?.lines, after?.problems], [1, []]);
    await world.assertHealthy();
  });

  for (const how of ['is approved', 'is taken back'] as const) {
    test(`that was ended too early leaves the next one whole when what it missed ${how}`, async () => {
      const world = await openDays();
      const { context, scope } = world;
      const day = world.today();
      await world.moveTo(0, 23 * 60 + 50);
      await world.pay({ amount: 300n });
      world.bank.setFaults([{ id: 'lost', kind: 'hang', times: 1, when: { mti: '0200' } }]);
      const lost = await world.pay({ amount: 700n });
      await world.moveTo(1, 3);
      await world.look();
      // An hour and a half later, by the real clock of the link.
      const { on } = context;
      const earlier = (what: string) => `set ${what} = ${what} - interval '90 minutes'`;
      await asOwner(on, `update rails.day_ends ${earlier('begun_at')}`);
      await asOwner(on, `update rails.card_messages ${earlier('stored_at')}`);
      await world.makeDue();
      await world.end();
      const [early] = await world.ended();
      assert.deepEqual(
        [early?.day, early?.lines, early?.problems.map(({ code }) => code)],
        [day, 1, ['undecided', 'totals_differ', 'line_missing']],
      );

      if (how === 'is taken back') await world.resolve();
      else await decide(context, scope, lost.operation.id, 'approved');
      await world.pay({ amount: 400n });
      await world.moveTo(1, 3);
      await world.end();
      const [next] = await world.ended();
      assert.deepEqual([next?.lines, next?.problems], [how === 'is approved' ? 2 : 3, []]);
      const first = { connectorAccountId: world.account, day, explanation: 'heard late' };
      await context.database.commit(scope, [
        explainEndedDay(scope, { ...first, atMs: Date.now() }),
      ]);
      await world.assertHealthy();
    });
  }

  test('that differs waits for a person, who explains it', async () => {
    const world = await openDays();
    const { context, scope } = world;
    const day = world.today();
    await world.pay({ amount: 2_000n });
    // Somebody sold under our numbers, and not through this gateway.
    const stranger = await connectGateway(world.bank.ports.acquirer);
    const strange = charge(1, { amount: 300 });
    const fields = { ...strange.fields, 32: '12345', 42: 'MERCHANT0000001', 49: '978' };
    await stranger.ask({ ...strange, fields });
    stranger.close();

    await world.moveTo(1, 3);
    await world.end();
    const [ended] = await listEndedDays(context, scope, { onlyForPerson: true, limit: 10 });
    assert.deepEqual(
      ended?.problems.map(({ code }) => code),
      ['totals_differ', 'line_missing'],
    );
    assert.deepEqual(await counted(world), { ended: 2n, differing: 1n, overdue: 0n });
    const [totals, missing] = ended?.problems ?? [];
    assert.equal(totals?.says, "eur: ours 1 sales of 2000; the bank's 2 sales of 2300");
    assert.match(missing?.says ?? '', /^debit .* EUR 300$/);

    const explanation = 'the till in the shop';
    const account = { connectorAccountId: world.account, day };
    const said = explainEndedDay(scope, { ...account, explanation, atMs: Date.now() });
    assert.deepEqual(await context.database.commit(scope, [said]), { ok: true });
    assert.deepEqual(await listEndedDays(context, scope, { onlyForPerson: true, limit: 10 }), []);
    assert.equal((await context.database.commit(scope, [said])).ok, false);
    assert.equal((await counted(world)).differing, 0n);
  });

  test('goes on where it was, whatever was lost on the way', async () => {
    const world = await openDays();
    const day = world.today();
    await world.pay({ amount: 400n });
    await world.moveTo(1, 3);
    // The host hears the question and its answer is lost; what it has closed it answers again.
    world.bank.setFaults([{ id: 'mute', kind: 'reset', times: 1, when: { mti: '05' } }]);
    await world.look();
    const [next] = await loadNextDays(world.context, world.scope);
    assert.deepEqual([next?.day, next?.failures], [day, 1]);
    await world.moveTo(0, 90);
    assert.equal((await counted(world)).overdue, 0n);
    await world.moveTo(0, 100);
    assert.equal((await counted(world)).overdue, 1n);
    await world.makeDue();
    await world.end();
    assert.equal((await counted(world)).overdue, 0n);
    assert.deepEqual(await batchesOf(world, day), [{ agreed: true, told: true }]);

    // As if the process had been killed when the bank had its file, and nobody had written that down.
    const { on } = world.context;
    await asOwner(on, `update rails.clearing_files set handed_over_at = null, answer = null`);
    await asOwner(on, `delete from rails.ended_days where day = '${day}'`);
    await asOwner(on, `update rails.day_ends set next_day = '${day}'`);
    const before = await world.files();
    await world.makeDue();
    await world.end();
    assert.deepEqual(await world.files(), before);
    const [ended] = await world.ended();
    assert.deepEqual([ended?.day, ended?.lines, ended?.problems], [day, 1, []]);
    await world.assertHealthy();
  });

  test('is one for all workers, and one question for the merchants of an institution', async () => {
    const world = await openDays();
    const day = world.today();
    const other = await world.shop('TERM0002', 'MERCHANT0000002');
    await world.pay({ amount: 500n });
    await world.pay({ amount: 600n, connectorAccountId: other });
    await world.moveTo(1, 3);
    await Promise.all([world.look(), world.look(), world.look()]);
    await world.end();
    const lines = (await world.ended()).filter((ended) => ended.day === day);
    assert.deepEqual(
      lines.map(({ lines, problems }) => [lines, problems]),
      [
        [1, []],
        [1, []],
      ],
    );
    assert.deepEqual(await batchesOf(world, day), [{ agreed: true, told: true }]);
    await world.assertHealthy();
  });
});

// A bank may refuse a refund, or be done with it, before anybody here has heard that it was booked.
describe('a refund whose answer was lost', { concurrency: 4 }, () => {
  const FAILS = '4000000000005126';
  const SETTLES = '4000000000007726';

  const loseRefund = async (card: string) => {
    const world = await openDays();
    const { bank, context, scope } = world;
    const sale = await world.pay({ amount: 900n, card });
    bank.setFaults([{ id: 'lost', kind: 'hang', times: 1, when: { mti: '0200' } }]);
    const { operation } = await world.follow('refund', sale.operation.id, { amount: 300n });
    assert.equal(operation.state, 'unknown');
    return {
      ...world,
      /** The bank goes away before it hears of the reversal. */
      loseReversal: async () => {
        bank.setFaults([{ id: 'down', kind: 'down', times: 1, when: { mti: '042' } }]);
        await world.resolve(1);
      },
      later: () => world.moveTo(0, 11 * 60),
      state: () => stateOf(context, scope, operation.id),
      assertAgreed: async (lines: number) => {
        await world.moveTo(1, 3);
        await world.end();
        const [ended] = await world.ended();
        assert.deepEqual([ended?.lines, ended?.problems], [lines, []]);
        await world.assertHealthy();
      },
    };
  };

  test('and that then did not arrive is counted as the bank counts it', async () => {
    const world = await loseRefund(FAILS);
    await world.later();
    await world.hearFeed();
    assert.equal(await world.state(), 'reversed');
    await world.assertAgreed(2);
  });

  test('and that did not arrive before it was taken back is counted too', async () => {
    const world = await loseRefund(FAILS);
    await world.later();
    await world.resolve();
    assert.equal(await world.state(), 'reversed');
    await world.hearFeed();
    await world.assertAgreed(2);
  });

  test('and that did not arrive while it was being taken back is not counted as taken back', async () => {
    const world = await loseRefund(FAILS);
    await world.loseReversal();
    await world.later();
    await world.hearFeed();
    assert.equal(await world.state(), 'reversed');
    await world.assertAgreed(2);
  });

  test('and of which the bank says that it has arrived is counted', async () => {
    const world = await loseRefund(SETTLES);
    await world.later();
    await world.hearFeed();
    assert.equal(await world.state(), 'approved');
    await world.assertAgreed(2);
  });

  test('and that arrived while it is being taken back is taken back, whatever the bank says of it', async () => {
    const world = await loseRefund(SETTLES);
    await world.loseReversal();
    await world.later();
    await world.hearFeed();
    assert.equal(await world.state(), 'unknown');
    await world.resolve();
    assert.equal(await world.state(), 'reversed');
    await world.hearFeed();
    await world.assertAgreed(3);
  });
});
