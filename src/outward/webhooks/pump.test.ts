// Who tells what, between workers and over their ends. The network is the tests': it answers when it is told to.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import type { GuardedAnswer, GuardedPost, Network, Scope } from '#kit/context';
import { newUuid, spellUuid, uuidAt } from '#kit/ids';
import { statement } from '#platform/db';
import { appendChange, type EventKind, gatherEventKinds, handOn } from '#platform/events';
import { createWorker, holderOf } from '#platform/jobs';
import { asOwner, type TestContext, testAccount, testContext } from '../../for-tests.ts';
import { noNetwork } from '../../kit/context/for-tests.ts';
import { loadDeliveriesOf } from './deliveries.store.ts';
import { type Endpoint, newSecret } from './endpoint.ts';
import { insertEndpoint } from './endpoints.store.ts';
import { listDeliveries } from './list-deliveries.store.ts';
import { module, pumpOf } from './module.ts';
import { provideWebhooks } from './settings-of.ts';

const created: EventKind = {
  code: 1,
  type: 'customer.created',
  object: 'customer',
  renderer: 1,
  renderers: { 1: (snapshot) => ({ object: snapshot }) },
};
const updated: EventKind = { ...created, code: 2, type: 'customer.updated' };
/** A version that is to come knows it. */
const unheardOf: EventKind = { ...created, code: 9_999, type: 'customer.exploded' };
const kinds = gatherEventKinds([created, updated]);
const listeners = module.listeners({ eventKinds: kinds });

const until = async (what: string, look: () => Promise<boolean> | boolean): Promise<void> => {
  for (let tries = 0; tries < 3_000; tries += 1) {
    if (await look()) return;
    await delay(10);
  }
  throw new Error(`It did not come: ${what}`);
};

type Call = { readonly post: GuardedPost; answer(status: number, text?: string): void };

/** Every call hangs until it is answered, or is answered at once. */
const networkOf = () => {
  const calls: Call[] = [];
  let always: { status: number; text: string } | null = null;
  const network: Network = {
    ...noNetwork,
    post: (post) =>
      new Promise<GuardedAnswer>((resolve) => {
        const answer = (status: number, text = ''): void =>
          resolve({ status, headers: {}, body: Buffer.from(text) });
        if (always === null) calls.push({ post, answer });
        else answer(always.status, always.text);
      }),
  };
  return {
    network,
    calls,
    always: (status: number, text = '') => {
      always = { status, text };
    },
    hang: () => {
      always = null;
    },
  };
};

type Reads = { readonly whole: number; readonly by_index: number };

const workerOn = async (on?: TestContext['on']) => {
  const net = networkOf();
  const context = await testContext({ network: net.network, ...(on === undefined ? {} : { on }) });
  provideWebhooks(context, { masterSecret: Buffer.alloc(32, 7), toLoopback: true });
  return { ...net, context, pump: pumpOf(context) };
};

const endpointOf = async (
  context: TestContext,
  scope: Scope,
  ordered = false,
): Promise<Endpoint> => {
  const endpoint: Endpoint = {
    id: newUuid(context),
    version: 1,
    state: 'enabled',
    url: 'http://127.0.0.1:9/hook',
    events: null,
    ordered,
    secrets: [{ text: newSecret(context), endsAtMs: null }],
    apiVersion: null,
    description: null,
    metadata: {},
    whyDisabled: null,
    failingSinceMs: null,
  };
  await context.database.commit(scope, [insertEndpoint(context, scope, endpoint)]);
  return endpoint;
};

const happen = async (
  context: TestContext,
  scope: Scope,
  count = 1,
  of: {
    readonly id?: string;
    readonly objectId?: string;
    readonly sequence?: number;
    readonly kinds?: readonly EventKind[];
  } = {},
): Promise<void> => {
  for (let n = 0; n < count; n += 1) {
    const change = {
      scope,
      objectId: newUuid(context),
      sequence: 1,
      kinds: [created],
      ...of,
      snapshot: { id: `cus_${n}` },
      request: null,
    };
    await context.database.commit(scope, [appendChange(context, change)]);
  }
};

type Row = { state: number; attempts: number; tries: { answer: string; status: number }[] };

const world = async () => {
  const worker = await workerOn();
  const scope = await testAccount(worker.context);
  const all = () =>
    asOwner(
      worker.context.on,
      'select state, attempts, tries from outward.deliveries order by event_id',
    ) as Promise<Row[]>;
  const count = async (table: string): Promise<number> => {
    const [row] = await asOwner(
      worker.context.on,
      `select count(*)::integer as count from outward.${table}`,
    );
    return Number(row?.['count']);
  };
  const allDelivered = async () => (await all()).every(({ state }) => state === 2);
  return { ...worker, scope, all, count, allDelivered };
};

describe('a delivery', () => {
  test('stands where its event does, and is found by it', async () => {
    const { context, always, pump, scope, allDelivered } = await world();
    always(200);
    for (let n = 0; n < 2; n += 1) await endpointOf(context, scope);
    for (let n = 0; n < 3; n += 1) {
      await happen(context, scope, 1, { sequence: 1 + 2 * n, kinds: [created, updated] });
    }
    await handOn(context, listeners);
    await until('that all are told', async () => {
      await pump.round(context, kinds);
      return allDelivered();
    });
    const ever = { idFrom: uuidAt(0), idBefore: uuidAt(2 ** 48 - 1) };
    const filter = { endpointId: null, eventId: null, state: null } as const;
    const list = { ...ever, ...filter, from: null, limit: 20 };
    const all = await listDeliveries(context, scope, { ...list, direction: 'newer' });
    assert.deepEqual(
      all.map(({ sequence }) => sequence),
      [1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6],
    );
    const events = all.map(({ eventId }) => eventId);
    const ofOne = { ...list, eventId: events[2] ?? null, direction: 'newer' } as const;
    assert.deepEqual(await listDeliveries(context, scope, ofOne), all.slice(2, 4));
    assert.deepEqual(await loadDeliveriesOf(context, scope, events.slice(2, 3)), all.slice(2, 4));
  });

  test('is told at once by the worker that owes it, and nothing of its lease is left', async () => {
    const { context, pump, scope, always, all, count, allDelivered } = await world();
    await endpointOf(context, scope);
    always(200, 'thank you');
    await happen(context, scope, 2);
    await handOn(context, listeners);
    await until('both are delivered', allDelivered);
    await pump.idle(context);
    assert.deepEqual(
      (await all()).map(({ attempts, tries }) => [attempts, tries[0]?.answer]),
      [
        [1, 'thank you'],
        [1, 'thank you'],
      ],
    );
    assert.deepEqual([await count('due_deliveries'), await count('leases')], [0, 0]);
  });

  test('of a worker that sleeps is told by another one, and the sleeper notes nothing', async () => {
    const { context, calls, pump, scope, all, count } = await world();
    await endpointOf(context, scope);
    await happen(context, scope);
    await handOn(context, listeners);
    await until('the sleeper has begun', () => calls.length === 1);

    const other = await workerOn(context.on);
    other.always(200, 'told by the other');
    assert.equal(await other.pump.round(other.context, kinds), 0, 'It is leased.');
    await asOwner(context.on, `update outward.leases set until = now() - interval '1 second'`);
    assert.equal(await other.pump.round(other.context, kinds), 1);
    await until('the other has noted it', async () => (await all())[0]?.state === 2);

    calls[0]?.answer(500, 'told by the sleeper');
    await pump.idle(context);
    const [row] = await all();
    assert.deepEqual([row?.state, row?.attempts, row?.tries.length], [2, 1, 1]);
    assert.equal(row?.tries[0]?.answer, 'told by the other');
    assert.deepEqual([await count('due_deliveries'), await count('leases')], [0, 0]);
  });

  test('that a worker holds and has not begun is left to others when it stops', async () => {
    const { context, calls, pump, scope, always, hang, all, count, allDelivered } = await world();
    await endpointOf(context, scope);
    always(200);
    await happen(context, scope);
    await handOn(context, listeners);
    await until('it was quick once', allDelivered);
    hang();
    await happen(context, scope, 12);
    await handOn(context, listeners);
    await until('four are under way', () => calls.length === 4);
    assert.equal(await count('due_deliveries'), 0);

    const stopped = pump.idle(context);
    await until('the others wait', async () => (await count('due_deliveries')) === 8);
    for (const call of calls) call.answer(200);
    await stopped;
    assert.equal(calls.length, 4);
    assert.equal((await all()).filter(({ state }) => state === 1).length, 8);
    assert.equal(await count('leases'), 0);

    const other = await workerOn(context.on);
    other.always(200);
    await until('all are told', async () => {
      await other.pump.round(other.context, kinds);
      return allDelivered();
    });
    assert.ok((await all()).every(({ attempts }) => attempts === 1));
    await other.pump.idle(other.context);
  });

  test('of a worker that has died is told by another one at once, whether it was new or had waited', async () => {
    const { context, calls, pump, scope, all, count, allDelivered } = await world();
    await endpointOf(context, scope);
    await endpointOf(context, scope, true);
    const mortal = createWorker({
      context,
      version: 'test',
      jobs: [],
      periodicJobs: [],
      apart: context.database.apart,
    });
    await mortal.start();
    await happen(context, scope, 2);
    await handOn(context, listeners);
    await pump.round(context, kinds);
    await until('all are under way', () => calls.length === 4);
    const held = `select holder from outward.leases union all select holder from outward.due_deliveries`;
    const holders = (await asOwner(context.on, held)).map(({ holder }) => String(holder));
    assert.equal(new Set(holders).size, 1);

    const other = await workerOn(context.on);
    other.always(200);
    assert.equal(await other.pump.round(other.context, kinds), 0, 'They are leased.');
    const takenOver = [newUuid(context), ...holders.slice(0, 1)];
    await other.context.database.system((tx) => module.takeOver(tx, takenOver.slice(0, 1)));
    assert.equal(await other.pump.round(other.context, kinds), 0, 'Somebody else has died.');
    await other.context.database.system((tx) => module.takeOver(tx, takenOver));
    assert.equal(await other.pump.round(other.context, kinds), 4);
    await until('the other has noted them', allDelivered);

    for (const call of calls) call.answer(500);
    await pump.idle(context);
    await mortal.stop(1_000);
    await other.pump.idle(other.context);
    assert.ok((await all()).every(({ state, attempts }) => state === 2 && attempts === 1));
    assert.deepEqual([await count('due_deliveries'), await count('leases')], [0, 0]);
  });

  test('that a worker holds and has not begun is left to others when nobody could tell any more that it lives', async () => {
    const { context, calls, pump, scope, always, hang, all, count, allDelivered } = await world();
    await endpointOf(context, scope);
    always(200);
    await happen(context, scope);
    await handOn(context, listeners);
    await until('it was quick once', allDelivered);
    hang();
    let isCut = false;
    const worker = createWorker({
      context,
      version: 'test',
      jobs: [],
      periodicJobs: [],
      apart: (work) =>
        isCut ? Promise.reject(new Error('cut off')) : context.database.apart(work),
    });
    await worker.start();
    await happen(context, scope, 12);
    await handOn(context, listeners);
    await until('four are under way', () => calls.length === 4);

    isCut = true;
    await asOwner(
      context.on,
      `select pg_terminate_backend(pid) from pg_stat_activity
        where application_name = 'tollgate apart' and datname = current_database()`,
    );
    await until('it knows', () => holderOf(context) === null);
    for (const call of calls) call.answer(200);
    await until('the others wait', async () => (await count('due_deliveries')) === 8);
    await pump.idle(context);
    await worker.stop(1_000);
    assert.equal(calls.length, 4);
    assert.equal((await all()).filter(({ state }) => state === 1).length, 8);
  });

  test('that fails together with others of its endpoint is noted, and so are they', async () => {
    const { context, calls, pump, scope, all, count } = await world();
    await endpointOf(context, scope);
    await happen(context, scope, 2);
    await handOn(context, listeners);
    await until('both are under way', () => calls.length === 2);
    for (const call of calls) call.answer(500);
    await pump.idle(context);
    assert.deepEqual(
      (await all()).map(({ state, tries }) => [state, tries[0]?.status]),
      [
        [1, 500],
        [1, 500],
      ],
    );
    assert.deepEqual([await count('due_deliveries'), await count('leases')], [2, 0]);
    const failing =
      'select 1 as one from outward.webhook_endpoints where failing_since is not null';
    assert.equal((await asOwner(context.on, failing)).length, 1);
  });

  test('of one event is the same bytes for each of its endpoints', async () => {
    const { context, calls, pump, scope } = await world();
    for (let n = 0; n < 3; n += 1) await endpointOf(context, scope);
    await happen(context, scope);
    await handOn(context, listeners);
    await until('all three are under way', () => calls.length === 3);
    const bodies = calls.map(({ post }) => post.body.toString());
    assert.equal(new Set(bodies).size, 1);
    assert.match(bodies[0] ?? '', /"type": "customer.created"/);
    for (const call of calls) call.answer(200);
    await pump.idle(context);
  });

  test('waits behind older ones that wait', async () => {
    const { context, calls, pump, scope, count } = await world();
    await endpointOf(context, scope);
    await happen(context, scope, 3);
    await handOn(context, listeners);
    await until('two are under way', () => calls.length === 2);
    assert.equal(await count('due_deliveries'), 1, 'There was room for two.');
    for (const call of calls) call.answer(200);
    await pump.idle(context);
    await happen(context, scope);
    await handOn(context, listeners);
    assert.equal(await count('due_deliveries'), 2, 'It is not told before the one that waits.');
  });

  test('of an object whose events are told in order goes as soon as the one before it was taken', async () => {
    const { context, calls, pump, scope, allDelivered } = await world();
    await endpointOf(context, scope, true);
    const objectId = newUuid(context);
    for (let sequence = 1; sequence <= 4; sequence += 1) {
      await happen(context, scope, 1, { objectId, sequence });
    }
    await handOn(context, listeners);
    // One round, and no other: nobody asks the pump again.
    assert.equal(await pump.round(context, kinds), 1);
    for (let told = 1; told <= 4; told += 1) {
      await until(`the call number ${told}`, () => calls.length === told);
      const headers = calls[told - 1]?.post.headers;
      assert.equal(headers?.['tollgate-sequence'], String(told));
      assert.equal(headers?.['tollgate-sequence-of'], spellUuid(objectId));
      calls[told - 1]?.answer(200);
    }
    await until('all are noted', allDelivered);
    await pump.idle(context);
    assert.equal(calls.length, 4);
  });

  test('of an object whose events are told in order waits while the one before it is tried again', async () => {
    const { context, calls, pump, scope, count } = await world();
    await endpointOf(context, scope, true);
    const objectId = newUuid(context);
    await happen(context, scope, 1, { objectId, sequence: 1 });
    await happen(context, scope, 1, { objectId, sequence: 2 });
    await handOn(context, listeners);
    await pump.round(context, kinds);
    await until('the first is under way', () => calls.length === 1);
    calls[0]?.answer(500);
    await pump.idle(context);
    await pump.round(context, kinds);
    assert.deepEqual([calls.length, await count('due_deliveries')], [1, 2]);
  });

  test('of an object whose events are told in order comes by its number, whatever the clocks of machines said', async () => {
    const { context, calls, pump, scope } = await world();
    await endpointOf(context, scope, true);
    const objectId = newUuid(context);
    const [early, late] = [0, 1_000].map(
      (laterMs) => `${uuidAt(context.clock.now() + laterMs).slice(0, -1)}0`,
    );
    await happen(context, scope, 1, { id: late ?? '', objectId, sequence: 1 });
    await happen(context, scope, 1, { id: early ?? '', objectId, sequence: 2 });
    await handOn(context, listeners);
    for (const told of [1, 2]) {
      await until('the next is under way', async () => {
        await pump.round(context, kinds);
        return calls.length === told;
      });
      assert.equal(calls.at(-1)?.post.headers['tollgate-sequence'], String(told));
      calls.at(-1)?.answer(200);
    }
    await pump.idle(context);
  });

  test('of an object whose events are told in order waits for one before it that could not be handed on', async () => {
    const { context, calls, pump, scope } = await world();
    await endpointOf(context, scope, true);
    const objectId = newUuid(context);
    await happen(context, scope, 1, { objectId, sequence: 1, kinds: [unheardOf] });
    await happen(context, scope, 1, { objectId, sequence: 2 });
    await happen(context, scope, 1, { sequence: 2 });
    assert.equal(await handOn(context, listeners), 2);
    assert.equal(await pump.round(context, kinds), 1, 'That of the other object');

    await asOwner(context.on, 'update platform.outbox set not_before = clock_timestamp()');
    const newer = gatherEventKinds([created, updated, unheardOf]);
    assert.equal(await handOn(context, module.listeners({ eventKinds: newer })), 1);
    assert.equal(await pump.round(context, newer), 1);
    await until('two are under way', () => calls.length === 2);
    for (const call of calls) call.answer(200);
    await until('the one behind it is told', async () => {
      await pump.round(context, newer);
      return calls.length === 3;
    });
    assert.deepEqual(
      calls.map(({ post }) => post.headers['tollgate-sequence']),
      ['2', '1', '2'],
    );
    calls[2]?.answer(200);
    await pump.idle(context);
  });

  test('is looked for behind what was set aside by an index, also where that was one page', async () => {
    const { context, scope } = await world();
    await endpointOf(context, scope, true);
    await happen(context, scope, 1, { sequence: 1, kinds: [unheardOf] });
    await happen(context, scope, 1, { sequence: 2 });
    assert.equal(await handOn(context, listeners), 1);
    await asOwner(context.on, 'analyze platform.outbox');
    const reads = statement(
      'test.reads',
      `select seq_scan::integer as whole, idx_scan::integer as by_index
         from pg_stat_xact_all_tables where relid = 'platform.outbox'::regclass`,
    );
    const lease = statement(
      'test.lease',
      `select id from outward.lease_deliveries(clock_timestamp(), '{}', '{}', 1, $1::uuid, 1, 60000)`,
    );
    const [before, leased, after] = await context.database.system(async (tx) => [
      await tx.query<Reads>(reads),
      await tx.query(lease, [newUuid(context)]),
      await tx.query<Reads>(reads),
    ]);
    assert.equal(leased.length, 1);
    assert.equal(after[0]?.whole, before[0]?.whole);
    assert.equal(after[0]?.by_index, (before[0]?.by_index ?? 0) + 1);
  });

  test('of an endpoint that keeps an order waits for its turn, also for those held since before', async () => {
    const { context, calls, pump, scope, always, count, allDelivered } = await world();
    await endpointOf(context, scope);
    await happen(context, scope);
    await handOn(context, listeners);
    await until('it is under way', () => calls.length === 1);
    await asOwner(context.on, 'update outward.webhook_endpoints set ordered = true');
    await happen(context, scope, 2);
    await handOn(context, listeners);
    assert.equal(await count('due_deliveries'), 2);
    const other = await workerOn(context.on);
    assert.equal(await other.pump.round(other.context, kinds), 0, 'An older one is under way.');

    always(200);
    calls[0]?.answer(200);
    await pump.idle(context);
    await until('the others are told', async () => {
      await pump.round(context, kinds);
      return allDelivered();
    });
    await pump.idle(context);
  });
});

describe('an endpoint to which nothing could be delivered for five days', () => {
  const failing = async (context: TestContext, days: number): Promise<void> => {
    await asOwner(
      context.on,
      `update outward.webhook_endpoints set failing_since = now() - interval '${days} days'`,
    );
  };
  const endpointNow = async (context: TestContext) => {
    const [row] = await asOwner(
      context.on,
      `select state, details->>'whyDisabled' as why from outward.webhook_endpoints`,
    );
    return row;
  };

  test('is disabled when it fails once more, with the reason, and not before', async () => {
    const { context, calls, pump, scope, always, count } = await world();
    await endpointOf(context, scope);
    const fail = async (days: number): Promise<void> => {
      await failing(context, days);
      // Until then it is taken as it was read for the one before.
      await delay(50);
      await happen(context, scope);
      await handOn(context, listeners);
      await pump.idle(context);
    };
    always(500);
    await fail(4.9);
    assert.deepEqual(await endpointNow(context), { state: 1, why: null });
    await fail(5.1);
    const { state, why } = (await endpointNow(context)) ?? {};
    assert.equal(state, 2);
    assert.match(String(why), /for five days/);
    assert.deepEqual([await count('due_deliveries'), calls.length], [2, 0], 'It stays owed.');
  });

  test('is left enabled where it took something else while it failed', async () => {
    const { context, calls, pump, scope } = await world();
    await endpointOf(context, scope);
    await failing(context, 6);
    await happen(context, scope, 2);
    await handOn(context, listeners);
    await until('both are under way', () => calls.length === 2);
    calls[0]?.answer(200);
    const failed = `select failing_since from outward.webhook_endpoints`;
    await until('it is known that it took one', async () => {
      const [row] = await asOwner(context.on, failed);
      return row?.['failing_since'] === null;
    });
    calls[1]?.answer(500);
    await pump.idle(context);
    assert.deepEqual(await endpointNow(context), { state: 1, why: null });
  });
});
