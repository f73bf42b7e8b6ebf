// Whose unknowns are looked at when: how often a provider is asked, and what others have to wait for.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { newUuid } from '#kit/ids';
import { asOwner } from '../../for-tests.ts';
import { manualClock } from '../../kit/context/for-tests.ts';
import { type ConnectorPort, createOutgoing } from './call-out.ts';
import { approvalOf, charging, lookingUp, lost, newBook } from './for-tests-bank.ts';
import { assertConcluded } from './for-tests-checks.ts';
import { MINUTE, noJournal, openResolverWorld, roundOf, SECOND } from './for-tests-resolver.ts';
import { createGates, usualGates } from './gates.ts';
import type { Operation } from './operation.ts';
import { createResolver, type ResolverSettings } from './resolver.ts';
import { createTurns } from './turns.ts';

const { context, clock, outgoing, resolverOf, alone, send, now, pass } =
  await openResolverWorld('turns');

describe('pace', () => {
  test('A17: after an outage nobody storms: never more than the budget of each, and all is resolved', async () => {
    await alone();
    const book = newBook();
    const accounts = Array.from({ length: 4 }, () => newUuid(context));
    const operations: Operation[] = [];
    const unguarded = createOutgoing({
      journal: noJournal,
      gates: createGates(context, { ...usualGates, failuresMax: 1e9 }),
    });
    for (let n = 0; n < 120; n += 1) {
      const connectorAccountId = accounts[n % 4] as string;
      operations.push(
        await send(
          charging(book, () => lost),
          { connectorAccountId, over: unguarded },
        ),
      );
    }
    let isDown = true;
    let calls = new Map<string, number>();
    const port: ConnectorPort = (call) => {
      const { connectorAccountId } = call.operation;
      calls.set(connectorAccountId, (calls.get(connectorAccountId) ?? 0) + 1);
      return isDown ? Promise.resolve(lost) : lookingUp(book, null)(call);
    };
    const pace = { perSecond: 2, burst: 5 };
    const resolver = resolverOf([{ class: 'B', port }], {
      outgoing: unguarded,
      budget: pace,
      // A tenth of it for each of them, and of all of it for all.
      usual: async () => ({ perSecond: 15, workers: 1 }),
    });
    const ofAll = { perSecond: 6, burst: 15 };
    const perSecond: (typeof calls)[] = [];
    const second = async (): Promise<void> => {
      calls = new Map();
      clock.advance(SECOND);
      await resolver.round();
      perSecond.push(calls);
    };
    for (let n = 0; n < 60; n += 1) await second();
    isDown = false;
    for (let n = 0; n < 120; n += 1) await second();
    for (const account of accounts) {
      const own = perSecond.map((each) => each.get(account) ?? 0);
      assert.ok(Math.max(...own) <= pace.burst, `${Math.max(...own)} in one second`);
      const total = own.reduce((sum, each) => sum + each, 0);
      assert.ok(total <= pace.burst + 1.5 * own.length, `${total} of one account`);
    }
    const total = perSecond.flatMap((each) => [...each.values()]).reduce((sum, n) => sum + n, 0);
    assert.ok(total <= ofAll.burst + ofAll.perSecond * perSecond.length, `${total} of all`);
    for (const operation of operations) assert.equal((await now(operation)).state, 'approved');
  });

  test('a provider whose circuit is open is not asked, and is asked again later', async () => {
    await alone();
    const connectorAccountId = newUuid(context);
    const book = newBook();
    const out = outgoing();
    const operations: Operation[] = [];
    for (let n = 0; n < 5; n += 1) {
      operations.push(
        await send(
          charging(book, () => lost),
          { connectorAccountId, over: out },
        ),
      );
    }
    const asked = newBook();
    const port: ConnectorPort = (call) => {
      asked.calls += 1;
      return lookingUp(book, null)(call);
    };
    const resolver = resolverOf([{ class: 'B', port }], { outgoing: out });
    clock.advance(3 * SECOND);
    await resolver.round();
    assert.equal(asked.calls, 0);
    await pass(resolver, MINUTE, SECOND);
    for (const operation of operations) assert.equal((await now(operation)).state, 'approved');
    assert.equal(asked.calls, 5);
  });
});

describe('what is not known of one account', () => {
  /** What is due for a long time, at a provider of which nobody hears. */
  const behind = async (
    count: number,
    over = createOutgoing({
      journal: noJournal,
      gates: createGates(context, { ...usualGates, failuresMax: 1e9 }),
    }),
  ): Promise<string> => {
    const connectorAccountId = newUuid(context);
    const port = charging(newBook(), () => lost);
    for (let n = 0; n < count; n += 1) await send(port, { connectorAccountId, over });
    return connectorAccountId;
  };
  /** Where nothing answers, calls hang until their time limit. */
  const hanging = (
    answering: (account: string) => ConnectorPort | null,
    changes: Partial<ResolverSettings> = {},
  ) => {
    const asked: string[] = [];
    const port: ConnectorPort = (call) => {
      const { connectorAccountId } = call.operation;
      asked.push(connectorAccountId);
      return answering(connectorAccountId)?.(call) ?? new Promise(() => {});
    };
    const resolver = createResolver(context, {
      outgoing: outgoing(),
      recoveryOf: () => ({ steps: [{ class: 'B', port }], timeoutMs: 20 * SECOND }),
      ...changes,
    });
    return { resolver, asked };
  };
  /** Once so many were asked: their time limits, to the last. Whoever comes to its call only afterwards would not make it. */
  const over = async (
    { resolver, asked }: ReturnType<typeof hanging>,
    count: number,
  ): Promise<void> => {
    while (asked.length < count) await setImmediate();
    let isIdle = false;
    const idle = resolver.idle().then(() => (isIdle = true));
    while (!isIdle) {
      clock.advance(20 * SECOND);
      await setImmediate();
    }
    await idle;
  };

  test('A16: waits for none at a provider that is dead, however many are due there', async () => {
    await alone();
    const dead = await behind(60);
    clock.advance(MINUTE);
    const book = newBook();
    const one = await send(charging(book, () => lost));
    clock.advance(10 * SECOND);
    const work = hanging((account) => (account === dead ? null : lookingUp(book, null)), {
      budget: { perSecond: 20, burst: 40 },
    });
    const { resolver, asked } = work;
    await resolver.round();
    // Those of the dead one hang meanwhile.
    while ((await now(one)).state === 'unknown') await setImmediate();
    assert.equal((await now(one)).state, 'approved');
    assert.equal(await resolver.round(), 0);
    await over(work, 21);
    assert.equal(asked.filter((account) => account === dead).length, 20);
  });

  test('stays due and is not touched while its breaker is open, and is asked once it lets calls through', async () => {
    await alone();
    const dead = await behind(30);
    clock.advance(MINUTE);
    let isDown = true;
    let asked = 0;
    const book = newBook();
    const out = outgoing();
    const resolver = resolverOf(
      [
        {
          class: 'B',
          port: async (call) => {
            asked += 1;
            return isDown ? lost : approvalOf(call.operation);
          },
        },
      ],
      { outgoing: out, budget: { perSecond: 10, burst: 20 } },
    );
    await resolver.round();
    assert.ok(asked >= usualGates.failuresMax);
    const touched = async (): Promise<unknown> =>
      (
        await asOwner(
          context.on,
          `select sum(lease_epoch) as leases from rails.operations where connector_account_id = $1`,
          [dead],
        )
      )[0]?.['leases'];
    const [askedBefore, before] = [asked, await touched()];
    const other = await send(charging(book, () => lost));
    clock.advance(3 * SECOND);
    assert.equal(await resolver.round(), 1);
    assert.notEqual((await now(other)).tries, 0);
    assert.deepEqual([asked, await touched()], [askedBefore + 1, before]);
    isDown = false;
    await pass(resolver, MINUTE + 30 * SECOND, SECOND);
    const [left] = await asOwner(
      context.on,
      `select count(*)::integer as open from rails.operations
        where connector_account_id = $1 and due_at is not null`,
      [dead],
    );
    assert.equal(left?.['open'], 0);
  });

  test('has its turn before those that are far behind have another', async () => {
    await alone();
    const far: string[] = [];
    for (let n = 0; n < 7; n += 1) {
      far.push(await behind(4));
      clock.advance(2 * SECOND);
    }
    clock.advance(MINUTE);
    const near = await behind(1);
    clock.advance(10 * SECOND);
    const work = hanging(() => null, { budget: { perSecond: 1, burst: 2 } });
    const { resolver, asked } = work;
    // Two of them have all that there is in a moment, and a third a part; the first would again before the last had its turn.
    for (let n = 0; n < 3; n += 1) {
      assert.equal(await resolver.round(), 5);
      clock.advance(2.5 * SECOND);
    }
    await over(work, 15);
    const timesOf = (account: string) => asked.filter((each) => each === account).length;
    assert.equal(timesOf(near), 1);
    assert.deepEqual(
      far.map(timesOf).toSorted((a, b) => a - b),
      [1, 1, 2, 2, 2, 2, 4],
    );
  });

  test('has half of the places where it was answered, however many hang', async () => {
    await alone();
    const dead: string[] = [];
    for (let n = 0; n < 5; n += 1) dead.push(await behind(2));
    clock.advance(10 * SECOND);
    let isDown = true;
    // Of five places one is the share of each.
    const work = hanging(
      (account) =>
        isDown && dead.includes(account) ? null : async (call) => approvalOf(call.operation),
      { atOnce: 5 },
    );
    const { resolver, asked } = work;
    assert.equal(await resolver.round(), 5, 'Nobody knows yet that they hang');
    await over(work, 5);
    clock.advance(10 * SECOND);
    const one = await send(charging(newBook(), () => lost));
    clock.advance(3 * SECOND);
    assert.equal(await resolver.round(), 3);
    while ((await now(one)).state === 'unknown') await setImmediate();
    assert.equal((await now(one)).state, 'approved');
    await over(work, 8);
    assert.equal(asked.filter((account) => dead.includes(account)).length, 7);
    isDown = false;
    const open = async (): Promise<unknown> =>
      (
        await asOwner(
          context.on,
          `select count(*)::integer as open from rails.operations
            where connector_account_id = any($1) and due_at is not null`,
          [dead],
        )
      )[0]?.['open'];
    for (let n = 0; n < 90 && (await open()) !== 0; n += 1) {
      clock.advance(SECOND);
      await roundOf(resolver);
    }
    assert.equal(await open(), 0);
    for (const connectorAccountId of dead) {
      await send(
        charging(newBook(), () => lost),
        { connectorAccountId },
      );
    }
    clock.advance(3 * SECOND);
    isDown = true;
    const before = asked.length;
    assert.equal(await resolver.round(), 5, 'They were answered meanwhile');
    await over(work, before + 5);
  });

  test('has no more than half from the first where its breaker says that it is not answered', async () => {
    await alone();
    const out = outgoing();
    for (let n = 0; n < 3; n += 1) await behind(usualGates.failuresMax, out);
    clock.advance(MINUTE);
    const work = hanging(() => null, { outgoing: out, atOnce: 5 });
    assert.equal(await work.resolver.round(), 2);
    await over(work, 2);
  });

  /** Each lease takes so long. */
  const slowly = (leaseMs: () => number) => {
    let leases = 0;
    const slow = {
      ...context,
      database: {
        ...context.database,
        system: (async (work) => {
          leases += 1;
          clock.advance(leaseMs());
          return context.database.system(work);
        }) as typeof context.database.system,
      },
    };
    const resolver = createResolver(slow, {
      outgoing: createOutgoing({
        journal: noJournal,
        gates: createGates(context, { ...usualGates, openMs: MINUTE, openMsMax: MINUTE }),
      }),
      recoveryOf: () => ({ steps: [{ class: 'B', port: async () => lost }], timeoutMs: SECOND }),
      budget: { perSecond: 2.5, burst: 5 },
    });
    return { resolver, leases: () => leases };
  };

  test('costs little to read past: whoever found only what is left alone waits twenty times as long, five seconds at most', async () => {
    await alone();
    await behind(30);
    clock.advance(MINUTE);
    let leaseMs = 50;
    const { resolver, leases } = slowly(() => leaseMs);
    assert.equal(await roundOf(resolver), 5);
    clock.advance(SECOND);
    assert.equal(await resolver.round(), 0, 'Its breaker is open');
    const restsFor = async (ms: number): Promise<void> => {
      const before = leases();
      clock.advance(ms - 1);
      assert.deepEqual([await resolver.round(), leases()], [0, before]);
      leaseMs = 4 * SECOND;
      clock.advance(1);
      assert.deepEqual([await resolver.round(), leases()], [0, before + 1]);
    };
    await restsFor(SECOND);
    await restsFor(5 * SECOND);
  });
});

describe('those that are not answered', () => {
  const places = () => {
    const turns = createTurns(manualClock(), {
      budget: { perSecond: 1_000, burst: 1_000 },
      atOnce: 10,
    });
    const turnOf = (account: string) => [turns.begin(account), turns.begin(account)];
    return { turns, turnOf };
  };

  test('are left out together while their half is taken, also where only their breaker says so', () => {
    const { turns, turnOf } = places();
    for (const account of ['a', 'b']) turnOf(account);
    turns.heard('a', false);
    assert.ok(!turns.next(['c']).butOf.includes('c'), 'Nothing was heard of b yet');
    turns.heard('b', false);
    assert.deepEqual(turns.next(['c']), { atMost: 2, butOf: ['a', 'b', 'c'], isFirst: true });
    turns.heard('b', true);
    turns.again();
    assert.ok(!turns.next(['c']).butOf.includes('c'));
  });

  test('have their turns in order, whatever is due of the others meanwhile', () => {
    const { turns, turnOf } = places();
    const [ends] = ['a', 'b'].map(turnOf);
    for (const account of ['a', 'b', 'c']) turns.heard(account, false);
    assert.ok(turns.next([]).butOf.includes('c'));
    turns.again();
    for (const end of ends ?? []) end();
    assert.deepEqual(turns.next([]).butOf, ['a', 'b'], 'It is the turn of c, and not again of a');
    turns.again();
    assert.deepEqual(turns.next([]).butOf, ['b'], 'Whose places are taken');
  });
});

test('in the end every state is what its evidence says', async () => {
  assert.ok((await assertConcluded(context)) > 100);
});
