// Payments on the moving clock: what ends, comes due and becomes available by time, without waiting.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { describe, test } from 'node:test';
import { isDeepStrictEqual } from 'node:util';
import pg from 'pg';
import type Stripe from 'stripe';
import { heardBy } from '#rails/connectors';
import { decideByPerson, loadOfIntent } from '#rails/operations';
import { asOwner } from '../src/for-tests.ts';
import { operationListeners } from '../src/modules.ts';
import {
  lostAfter,
  lostBefore,
  notSent,
  says,
  testBank,
} from '../src/payments/intents/for-tests-bank.ts';
import { testConnectorAccount } from '../src/rails/connectors/for-tests.ts';
import { uuidOf } from './payments/support.ts';
import { startGatewayHere } from './support/gateway.ts';
import { assertHealthy } from './support/health.ts';
import { refusalOf, stripeFor } from './support/stripe.ts';
import { pause } from './support/writers.ts';

const bank = testBank();
const gateway = await startGatewayHere({ movableClock: true, connectors: [bank.connector] });
const merchant = await gateway.merchant();
await testConnectorAccount(gateway.context, gateway.rails, merchant.scope, {
  connector: bank.connector.definition.name,
});
const stripe = stripeFor(gateway.port, merchant.key);

const until = async <T>(look: () => Promise<T | undefined | false>): Promise<T> => {
  for (let tries = 0; tries < 2_400; tries += 1) {
    const found = await look();
    if (found !== undefined && found !== false) return found;
    await pause(25);
  }
  throw new Error('It did not come.');
};

const advance = async (days: number): Promise<void> => {
  const { status, text } = await gateway.ask('POST', '/v1/test_helpers/clock', {
    key: merchant.key,
    form: `advance=${Math.round(days * 86_400)}`,
  });
  assert.equal(status, 200, text);
};

const pay = (more: Partial<Stripe.PaymentIntentCreateParams> = {}) =>
  stripe.paymentIntents.create({
    amount: 2_000,
    currency: 'eur',
    payment_method: 'pm_card_visa',
    automatic_payment_methods: { enabled: true, allow_redirects: 'never' },
    confirm: true,
    ...more,
  });

test('an authorization that nobody captures is released by its bank when its days are over', async () => {
  const held = await pay({ capture_method: 'manual' });
  assert.equal(held.status, 'requires_capture');
  await advance(8);
  const ended = await until(async () => {
    const intent = await stripe.paymentIntents.retrieve(held.id);
    return intent.status === 'canceled' && intent;
  });
  assert.equal(ended.cancellation_reason, 'expired');
  const voided = await until(async () => [...bank.book.values()].some(({ isVoided }) => isVoided));
  assert.equal(voided, true);
});

test('what is left of an authorization after a part was captured is let go when its days are over', async () => {
  const held = await pay({
    capture_method: 'manual',
    payment_method_options: { card: { request_multicapture: 'if_available' } },
  });
  await stripe.paymentIntents.capture(held.id, { amount_to_capture: 500, final_capture: false });
  // Its bank has let go of it already, and says that there is nothing to let go.
  bank.next.push(says({ outcome: 'declined', code: 'not_permitted' }));
  await advance(8);
  const ended = await until(async () => {
    const intent = await stripe.paymentIntents.retrieve(held.id);
    return intent.status === 'succeeded' && intent;
  });
  assert.deepEqual([ended.amount_received, ended.amount_capturable], [500, 0]);
});

test('a call that is under way while the clock jumps is answered as if nothing had happened', async () => {
  bank.delayMs = 1_500;
  const [paid] = await Promise.all([pay(), pause(200).then(() => advance(8))]);
  bank.delayMs = 0;
  assert.equal(paid.status, 'succeeded');
  // Nobody took the jump for an answer that was lost.
  assert.ok(!bank.calls.some(({ what }) => what === 'lookUp'));
});

test('a key whose request is under way is in use, however far the clock was moved', async () => {
  await advance(1);
  bank.delayMs = 1_500;
  const asked = { amount: 2_100, currency: 'eur', payment_method: 'pm_card_visa', confirm: true };
  const never = { enabled: true, allow_redirects: 'never' } as const;
  const create = () =>
    stripe.paymentIntents.create(
      { ...asked, automatic_payment_methods: never },
      { idempotencyKey: 'under-way' },
    );
  const first = create();
  await pause(500);
  // Whoever took it for left behind would store "processing" under the key, and the first one tell "succeeded".
  assert.equal((await refusalOf(create())).statusCode, 409);
  const paid = await first;
  bank.delayMs = 0;
  assert.equal(paid.status, 'succeeded');
  const again = await create();
  assert.deepEqual([again.id, again.status], [paid.id, 'succeeded']);
});

test('money becomes available on its day', async () => {
  const intent = await pay();
  const pendingOf = async (): Promise<number> =>
    (await stripe.balance.retrieve()).pending.find(({ currency }) => currency === 'eur')?.amount ??
    0;
  assert.equal(intent.status, 'succeeded');
  assert.ok((await pendingOf()) > 0);
  await advance(12);
  // Only what a snapshot has counted is released; what was too fresh for it waits for the next minute.
  await until(async () => {
    if ((await pendingOf()) === 0) return true;
    await advance(61 / 86_400);
    return false;
  });
  // Told once for each time that money became available, with what was available then.
  const { available } = await stripe.balance.retrieve();
  const told = await until(async () => {
    const { data } = await stripe.events.list({ type: 'balance.available' });
    const [newest] = data as Stripe.BalanceAvailableEvent[];
    return isDeepStrictEqual(newest?.data.object.available, available) && newest;
  });
  assert.deepEqual([told.request?.id, told.request?.idempotency_key], [null, null]);
  const transaction = await stripe.balanceTransactions.list({
    source: String(intent.latest_charge),
  });
  assert.equal(transaction.data[0]?.status, 'available');
});

test('a payment is told in order of time, although its calls went by the real one', async () => {
  await advance(1);
  const held = await pay({ capture_method: 'manual' });
  await advance(2);
  await stripe.paymentIntents.capture(held.id);
  const { body } = await gateway.ask('GET', `/v1/payment_intents/${held.id}/trace`, {
    key: merchant.key,
  });
  const told = (body.timeline as { readonly at: number; readonly what: string }[]).filter(
    ({ what }) => ['registered', 'operation.begun', 'operation.answer'].includes(what),
  );
  assert.deepEqual(told.map(({ what }) => what).toSorted(), [
    'operation.answer',
    'operation.answer',
    'operation.begun',
    'operation.begun',
    'registered',
  ]);
  const first = told.find(({ what }) => what === 'registered')?.at ?? 0;
  const days = told.map(({ at }) => Math.round((at - first) / 86_400));
  assert.deepEqual(days, [0, 0, 0, 2, 2]);
});

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
         from rails.connector_accounts`,
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
    const migration = '../src/payments/refunds/migrations/0002-given-back-once-more.sql';
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
