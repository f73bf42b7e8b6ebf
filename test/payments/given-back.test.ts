// Payments that are cancelled while nobody knows of them, and were approved: their money goes back, by whatever way.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { describe, test } from 'node:test';
import pg from 'pg';
import { heardBy } from '#rails/connectors';
import { decideByPerson, loadOfIntent } from '#rails/operations';
import { asOwner } from '../../src/for-tests.ts';
import { operationListeners } from '../../src/modules.ts';
import { lostAfter, lostBefore, notSent, says } from '../../src/payments/intents/for-tests-bank.ts';
import { assertHealthy } from '../support/health.ts';
import { openOnMovingClock, until } from '../support/moving-clock.ts';
import { uuidOf } from './support.ts';

const { bank, gateway, merchant, stripe, advance, pay } = await openOnMovingClock();

describe('a payment that is cancelled while nobody knows of it, and was approved', () => {
  const declined = says({ outcome: 'declined', code: 'not_permitted' });
  const hurry = (): Promise<unknown> =>
    asOwner(
      gateway.on,
      `update rails.operations set due_at = now(), deadline_at = least(deadline_at, now()) where due_at > now()`,
    );
  const refundsOf = async (id: string) =>
    (await stripe.refunds.list({ payment_intent: id })).data.toReversed();
  const statusesOf = async (id: string) => (await refundsOf(id)).map(({ status }) => status);
  const isCanceled = (id: string) =>
    until(async () => {
      await hurry();
      return (await stripe.paymentIntents.retrieve(id)).status === 'canceled';
    });

  const nobodyIsAtIt = () =>
    until(async () => {
      const jobs = await asOwner(
        gateway.on,
        `select 1 as one from platform.jobs where name = 'payments.release'`,
      );
      return jobs.length === 0;
    });

  /** By another way, as a person says who saw to it. */
  const sayGivenBack = async (id: string): Promise<void> => {
    const { context } = gateway;
    const { scope } = merchant;
    const operations = await loadOfIntent(context, scope, uuidOf('pi', id));
    const operationId = operations.findLast(({ kind }) => kind === 'refund')?.id ?? '';
    const said = await decideByPerson(context, scope, {
      operationId,
      says: 'approved',
      why: 'Transferred to the account of its payer',
      writes: (change) => heardBy(operationListeners, context, scope, change),
    });
    assert.ok(said.ok);
  };

  /** What gives it back by itself is declined, and tried again after ten minutes. */
  const notGivenBack = async (
    capture_method: 'automatic' | 'manual' = 'automatic',
  ): Promise<string> => {
    const asked = bank.calls.length;
    bank.next.push(lostAfter, declined);
    const { id } = await pay({ capture_method });
    assert.equal((await stripe.paymentIntents.cancel(id)).status, 'processing');
    const goingBack = capture_method === 'automatic' ? 'refund' : 'void';
    await until(async () => {
      await hurry();
      return bank.calls.slice(asked).some(({ what }) => what === goingBack);
    });
    await until(async () => {
      const { body } = await gateway.ask('GET', `/v1/payment_intents/${id}/trace`, {
        key: merchant.key,
      });
      const operations = body.operations as { readonly kind: string; readonly state: string }[];
      return operations.some(({ kind, state }) => kind === goingBack && state === 'declined');
    });
    return id;
  };

  test('is canceled once its merchant has given it back', async () => {
    const id = await notGivenBack();
    const { status, amount } = await stripe.refunds.create({ payment_intent: id });
    assert.deepEqual([status, amount], ['succeeded', 2_000]);
    await isCanceled(id);
    await advance(601 / 86_400);
    assert.deepEqual(await statusesOf(id), ['failed', 'succeeded']);
  });

  test('is canceled once all is given back, where its merchant gave back a part', async () => {
    const id = await notGivenBack();
    await stripe.refunds.create({ payment_intent: id, amount: 500 });
    assert.equal((await stripe.paymentIntents.retrieve(id)).status, 'processing');
    await advance(601 / 86_400);
    await isCanceled(id);
    const given = (await refundsOf(id)).map(({ status, amount }) => [status, amount]);
    assert.deepEqual(given, [
      ['failed', 2_000],
      ['succeeded', 500],
      ['succeeded', 1_500],
    ]);
  });

  test('goes back by itself where what its merchant gave back did not arrive', async () => {
    const id = await notGivenBack();
    bank.next.push(lostBefore);
    const { status } = await stripe.refunds.create({ payment_intent: id });
    assert.equal(status, 'pending');
    // There is nothing left to give back when the ten minutes are over.
    await advance(601 / 86_400);
    await nobodyIsAtIt();
    await until(async () => {
      await hurry();
      return (await statusesOf(id)).join() === 'failed,failed';
    });
    await advance(601 / 86_400);
    await isCanceled(id);
    assert.deepEqual(await statusesOf(id), ['failed', 'failed', 'succeeded']);
  });

  type Traced = {
    readonly charges: readonly { readonly id: string }[];
    readonly operations: readonly { readonly kind: string; readonly state: string }[];
  };
  const traceOf = async (id: string): Promise<Traced> => {
    const { body } = await gateway.ask('GET', `/v1/payment_intents/${id}/trace`, {
      key: merchant.key,
    });
    return body as unknown as Traced;
  };

  const queuedFor = async (id: string): Promise<number[]> => {
    const { charges } = await traceOf(id);
    const jobs = await asOwner(
      gateway.on,
      `select extract(epoch from run_at)::integer as at from platform.jobs
        where name = 'payments.release' and payload->>'charge' = $1 order by run_at`,
      [uuidOf('ch', charges[0]?.id ?? '')],
    );
    return jobs.map(({ at }) => Number(at));
  };

  /** How long it is left once its bank was asked so many times in vain. */
  const secondsLeftAfter = async (
    tries: number,
    kind: 'refund' | 'void',
    id: string,
  ): Promise<number> => {
    await until(async () => {
      const asked = (await traceOf(id)).operations.filter((each) => each.kind === kind);
      const isOver = asked.every(({ state }) => state === 'declined' || state === 'not_sent');
      return isOver && asked.length === tries;
    });
    const next = (await queuedFor(id)).at(-1) ?? 0;
    return next - gateway.context.clock.now() / 1000;
  };

  /** What its bank says to each of the tries to come, and the minutes that each leaves it then. */
  const minutesLeftAfter = async (
    id: string,
    kind: 'refund' | 'void',
    answers: readonly (typeof bank.next)[number][],
  ): Promise<number[]> => {
    const seconds = [await secondsLeftAfter(1, kind, id)];
    for (const answer of answers) {
      bank.next.push(answer);
      await advance(((seconds.at(-1) ?? 0) + 1) / 86_400);
      seconds.push(await secondsLeftAfter(seconds.length + 1, kind, id));
    }
    return seconds.map((each) => 10 * Math.round(each / 600));
  };

  const refusedForLong =
    'what nobody wants has gone back, or its bank has not refused that for three days';

  test('is tried less and less often where its bank refuses it, and then a person knows of it too', async () => {
    const id = await notGivenBack();
    const aDay = 24 * 60;
    assert.deepEqual(
      await minutesLeftAfter(
        id,
        'refund',
        Array.from({ length: 9 }, () => declined),
      ),
      [10, 20, 40, 80, 160, 320, 640, 1_280, aDay, aDay],
    );
    await assert.rejects(assertHealthy(gateway.on), new RegExp(refusedForLong));
    const [said, ...more] = gateway.errors.splice(0);
    assert.match(said ?? '', /does not give back what nobody wants/);
    assert.deepEqual(more, []);

    // Each day the log names the last one anew.
    bank.next.push(declined);
    await advance(1.1);
    await secondsLeftAfter(11, 'refund', id);
    assert.equal(gateway.errors.splice(0).length, 1);

    await sayGivenBack(id);
    await isCanceled(id);
    await assertHealthy(gateway.on);
    await advance(1.1);
    await nobodyIsAtIt();
    const { operations } = await traceOf(id);
    assert.equal(operations.filter(({ kind }) => kind === 'refund').length, 11);
  });

  test('is tried once an hour while its bank cannot be asked, which refuses nothing by that', async () => {
    const id = await notGivenBack();
    assert.deepEqual(
      await minutesLeftAfter(
        id,
        'refund',
        Array.from({ length: 9 }, () => notSent),
      ),
      [10, 10, 20, 40, 60, 60, 60, 60, 60, 60],
    );
    assert.deepEqual(gateway.errors, []);
    await assertHealthy(gateway.on);
    await advance(3_601 / 86_400);
    await isCanceled(id);
  });

  test('is not tried once more for each refund of it by hand that has failed', async () => {
    const id = await notGivenBack();
    const jobsAre = (count: number) => until(async () => (await queuedFor(id)).length === count);
    bank.next.push(declined, declined);
    await advance(200 / 86_400);
    assert.equal((await stripe.refunds.create({ payment_intent: id })).status, 'failed');
    await jobsAre(2);
    await advance(401 / 86_400);
    await secondsLeftAfter(3, 'refund', id);
    // What is queued for the one by hand comes due, and finds that another has been tried since.
    await jobsAre(2);
    await advance(200 / 86_400);
    await jobsAre(1);
    assert.deepEqual(await statusesOf(id), ['failed', 'failed', 'failed']);
    await advance(1_201 / 86_400);
    await isCanceled(id);
  });

  test('is let go of less and less often where its bank refuses that, and is over when its bank lets go itself', async () => {
    const id = await notGivenBack('manual');
    assert.deepEqual(
      await minutesLeftAfter(id, 'void', [declined, declined, notSent, notSent]),
      [10, 20, 40, 60, 60],
    );
    const { data } = await stripe.charges.list({ payment_intent: id });
    const { capture_before: endsAt = 0 } = data[0]?.payment_method_details?.card ?? {};
    bank.next.push(declined);
    const now = () => gateway.context.clock.now() / 1000;
    await advance((endsAt - 1_800 - now()) / 86_400);
    const left = await secondsLeftAfter(6, 'void', id);
    assert.equal(Math.round((left + now()) / 60), Math.round(endsAt / 60));
    await advance(1_801 / 86_400);
    await isCanceled(id);
    await nobodyIsAtIt();
  });

  /** As a provider tells of it. */
  const tellOfDispute = async (id: string, status: string, moved: number): Promise<void> => {
    const { body } = await gateway.ask('GET', `/v1/payment_intents/${id}/trace`, {
      key: merchant.key,
    });
    const [paid] = body.operations as { readonly reference: string }[];
    const dispute = {
      providerId: `case_${id}`,
      reference: paid?.reference,
      status,
      reason: 'fraudulent',
      networkReasonCode: '10.4',
      currency: 'eur',
      amount: { minor: '2000' },
      moved: { minor: String(moved) },
      openedAtMs: Date.now(),
      respondByMs: null,
      eligibleFor: [],
    };
    await asOwner(
      gateway.on,
      `insert into rails.dispute_notices (account_id, livemode, id, connector_account_id, key, position, subject,
                                          notice, received_at, due_at)
       select account_id, livemode, gen_random_uuid(), id, gen_random_uuid()::text,
              (select count(*) + 1 from rails.dispute_notices), $1, $2::json, now(), now()
         from rails.connector_accounts where not livemode`,
      [
        `dispute ${dispute.providerId}`,
        JSON.stringify({ kind: 'dispute', key: `${id} ${status}`, dispute }),
      ],
    );
  };
  const disputeIs = (id: string, status: string) =>
    until(async () => {
      const { data } = await stripe.disputes.list({ payment_intent: id });
      return data[0]?.status === status;
    });

  test('is canceled once its bank has taken it for a dispute, and goes back where that is won', async () => {
    const id = await notGivenBack();
    await tellOfDispute(id, 'needs_response', -2_000);
    await isCanceled(id);
    await advance(601 / 86_400);
    assert.deepEqual(await statusesOf(id), ['failed']);
    await tellOfDispute(id, 'won', 2_000);
    await disputeIs(id, 'won');
    await until(async () => (await statusesOf(id)).join() === 'failed,succeeded');
  });

  describe('and whose bank gives back what a dispute took before that is over', () => {
    const credited = async (): Promise<string> => {
      const id = await notGivenBack();
      await tellOfDispute(id, 'needs_response', -2_000);
      await disputeIs(id, 'needs_response');
      await tellOfDispute(id, 'under_review', 2_000);
      await disputeIs(id, 'under_review');
      // What was to be tried again after ten minutes is.
      await advance(601 / 86_400);
      await nobodyIsAtIt();
      assert.deepEqual(await statusesOf(id), ['failed']);
      return id;
    };

    test('does not go back as well where that is lost', async () => {
      const id = await credited();
      await tellOfDispute(id, 'lost', -2_000);
      await disputeIs(id, 'lost');
      await isCanceled(id);
      await nobodyIsAtIt();
      assert.deepEqual(await statusesOf(id), ['failed']);
    });

    test('goes back once where that is won', async () => {
      const id = await credited();
      await tellOfDispute(id, 'won', 0);
      await disputeIs(id, 'won');
      await until(async () => (await statusesOf(id)).join() === 'failed,succeeded');
      await isCanceled(id);
      await nobodyIsAtIt();
      assert.deepEqual(await statusesOf(id), ['failed', 'succeeded']);
    });
  });

  test('does not go back while a dispute of it is open that has taken nothing yet', async () => {
    const id = await notGivenBack();
    await tellOfDispute(id, 'needs_response', 0);
    await disputeIs(id, 'needs_response');
    const { data } = await stripe.disputes.list({ payment_intent: id });
    // Conceded, it is over for the merchant at once, and its bank takes the money later.
    await stripe.disputes.close(data[0]?.id ?? '');
    await advance(601 / 86_400);
    await nobodyIsAtIt();
    await tellOfDispute(id, 'lost', -2_000);
    await isCanceled(id);
    assert.deepEqual(await statusesOf(id), ['failed']);
  });

  test('goes back where an earlier version was at it no more', async () => {
    const id = await notGivenBack();
    await asOwner(gateway.on, `delete from platform.jobs where name = 'payments.release'`);
    const migration = '../../src/payments/refunds/migrations/0002-given-back-once-more.sql';
    await asOwner(gateway.on, await readFile(new URL(migration, import.meta.url), 'utf8'));
    await isCanceled(id);
    assert.deepEqual(await statusesOf(id), ['failed', 'succeeded']);
  });

  for (const capture_method of ['automatic', 'manual'] as const) {
    test(`goes back although somebody changes it in the same moment: ${capture_method}`, async () => {
      const id = await notGivenBack(capture_method);
      await whileChanging(id, () => advance(601 / 86_400));
      await isCanceled(id);
    });
  }
});

/** Whoever writes its charge or itself meanwhile waits, and has then read what is no more. */
const whileChanging = async (id: string, work: () => Promise<void>): Promise<void> => {
  const owner = new pg.Client({ connectionString: gateway.on.ownerUrl });
  await owner.connect();
  try {
    await owner.query('begin');
    for (const [table, of] of [
      ['payments.intents', 'id'],
      ['payments.charges', 'intent_id'],
    ]) {
      await owner.query(`update ${table} set version = version + 1 where ${of} = $1`, [
        uuidOf('pi', id),
      ]);
    }
    const commitOnceAwaited = async (): Promise<void> => {
      await until(async () => {
        // A transaction sees who is there as it saw them first.
        await owner.query('select pg_stat_clear_snapshot()');
        const { rows } = await owner.query(
          `select 1 from pg_stat_activity
            where datname = current_database() and wait_event_type = 'Lock' and query ~ 'payments\\.(intents|charges)'`,
        );
        return rows.length > 0;
      });
      await owner.query('commit');
    };
    // Who waits gives up after two seconds: not all of the work may have been done by then.
    await Promise.all([work(), commitOnceAwaited()]);
  } finally {
    await owner.end();
  }
};
