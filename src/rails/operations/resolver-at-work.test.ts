// Resolvers side by side.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { enqueue } from '#platform/jobs';
import { asOwner, testAccount } from '../../for-tests.ts';
import { type ConnectorPort, createOutgoing } from './call-out.ts';
import {
  answering,
  approvalOf,
  cancelling,
  charging,
  lookingUp,
  lost,
  newBook,
} from './for-tests-bank.ts';
import { assertConcluded } from './for-tests-checks.ts';
import {
  classA,
  HOUR,
  noJournal,
  openResolverWorld,
  roundOf,
  SECOND,
} from './for-tests-resolver.ts';
import { createGates } from './gates.ts';
import { isLeased } from './leased.store.ts';
import { loadKnown } from './operations.store.ts';
import { recordEvidence } from './record-evidence.ts';
import { createResolver, type ResolverSettings } from './resolver.ts';

const { context, scope, clock, outgoing, resolverOf, alone, send, sendFor, now, nowOf, pass } =
  await openResolverWorld('resolver at work');

describe('workers', () => {
  test('A13: however many there are, one looks at an operation, and what it writes is written once', async () => {
    await alone();
    const book = newBook();
    const operations = [];
    for (let n = 0; n < 12; n += 1) operations.push(await send(charging(book, () => lost)));
    const asked = newBook();
    const writes = ((_, { after }) =>
      after.state === 'approved'
        ? [enqueue(context, { name: `posted ${after.id}` })]
        : []) satisfies ResolverSettings['writes'];
    const lookUp: ConnectorPort = async (call) => {
      asked.calls += 1;
      return lookingUp(book, null)(call);
    };
    const workers = [1, 2, 3].map(() => resolverOf([{ class: 'B', port: lookUp }], { writes }));
    clock.advance(10 * SECOND);
    await Promise.all(workers.map((worker) => worker.round()));
    assert.equal(asked.calls, 12);
    for (const { id } of operations) {
      const posted = await asOwner(
        context.on,
        'select 1 as one from platform.jobs where name = $1',
        [`posted ${id}`],
      );
      assert.equal(posted.length, 1);
    }
  });

  test('G2: one that slept past its lease writes nothing of what it then hears', async () => {
    await alone();
    const book = newBook();
    const operation = await send(charging(book, () => lost));
    clock.advance(10 * SECOND);
    let wake = (): void => {};
    let asleep = (): void => {};
    const sleeping = new Promise<void>((resolve) => (asleep = resolve));
    const slow: ConnectorPort = async (call) => {
      asleep();
      await new Promise<void>((resolve) => (wake = resolve));
      return { ...approvalOf(call.operation), code: 'stale' } as ReturnType<typeof approvalOf>;
    };
    const stale = resolverOf([{ class: 'B', port: slow }]).round();
    await sleeping;
    await asOwner(context.on, 'update rails.operations set leased_until = now() where id = $1', [
      operation.id,
    ]);
    let release = (): void => {};
    let holding = (): void => {};
    const held = new Promise<void>((resolve) => (holding = resolve));
    const fresh = resolverOf([
      {
        class: 'B',
        port: async (call) => {
          holding();
          await new Promise<void>((resolve) => (release = resolve));
          return lookingUp(book, null)(call);
        },
      },
    ]).round();
    await held;
    wake();
    await stale;
    const between = await loadKnown(context, scope, operation.id);
    assert.deepEqual([between?.operation.state, between?.evidence.length], ['unknown', 1]);
    release();
    await fresh;
    const { state, code } = await now(operation);
    assert.deepEqual([state, code], ['approved', null]);
  });

  test('G1: one whose clock is hours ahead leaves what is being sent to its sender', async () => {
    await alone();
    const book = newBook();
    let hear = (): void => {};
    let arrived = (): void => {};
    const underWay = new Promise<void>((resolve) => (arrived = resolve));
    const sending = send(
      charging(book, async (operation) => {
        arrived();
        await new Promise<void>((resolve) => (hear = resolve));
        return approvalOf(operation);
      }),
    );
    await underWay;
    const ahead = { ...context, clock: { ...clock, now: () => clock.now() + 3 * HOUR } };
    const resolver = createResolver(ahead, {
      outgoing: outgoing(),
      recoveryOf: () => ({ steps: [{ class: 'C', port: cancelling(book) }], timeoutMs: SECOND }),
    });
    assert.equal(await roundOf(resolver), 0);
    hear();
    assert.deepEqual([(await sending).state, book.calls], ['approved', 1]);
  });

  test('G2: one that slept past its lease before it sends, sends nothing', async () => {
    await alone();
    const book = newBook();
    const operation = await send(answering(newBook(), lost));
    clock.advance(10 * SECOND);
    const resolver = resolverOf([], {
      recoveryOf: async () => {
        await asOwner(
          context.on,
          `update rails.operations set leased_until = now() - interval '1 second' where id = $1`,
          [operation.id],
        );
        return { steps: [classA(charging(book))], timeoutMs: SECOND };
      },
    });
    await resolver.round();
    assert.equal(book.calls, 0);
    assert.equal((await now(operation)).sends, 1);
  });

  test('G2: what one learns on its way after its lease has run out counts for nothing, also where nobody took it', async () => {
    await alone();
    const operation = await send(charging(newBook(), () => lost));
    const heard = await recordEvidence(context, scope, {
      operationId: operation.id,
      leaseEpoch: operation.leaseEpoch,
      keepLease: true,
      evidence: { kind: 'look_up', says: { outcome: 'unknown', code: 'timeout' } },
    });
    assert.deepEqual(heard, { ok: false, code: 'lease_lost' });
    assert.equal((await loadKnown(context, scope, operation.id))?.evidence.length, 1);
  });

  test('a poisonous operation does not keep its neighbours waiting', async () => {
    await alone();
    const book = newBook();
    const bad = await send(charging(book, () => lost));
    const good = await send(charging(book, () => lost));
    clock.advance(10 * SECOND);
    await resolverOf([], {
      recoveryOf: (_, { id }) => {
        if (id === bad.id) throw new Error('no such connector');
        return { steps: [{ class: 'B', port: lookingUp(book, null) }], timeoutMs: SECOND };
      },
    }).round();
    assert.deepEqual([(await now(bad)).state, (await now(good)).state], ['unknown', 'approved']);
    // Nobody is at it any more, and it is looked at later.
    const { tries, dueAtMs } = await now(bad);
    assert.deepEqual([tries, Number(dueAtMs) > clock.now()], [1, true]);
    assert.equal(await isLeased(context, scope, bad.id), false);
  });
});

test('while live mode is not safe nothing of it is taken, and test mode goes on', async () => {
  await alone();
  const book = newBook();
  const live = await testAccount(context, true);
  const stuck = await send(charging(book, () => lost));
  const waiting = await sendFor(
    live,
    charging(book, () => lost),
  );
  let isSafe = false;
  const resolver = resolverOf([{ class: 'B', port: lookingUp(book, null) }], {
    outgoing: createOutgoing({
      journal: noJournal,
      gates: createGates(context),
      isLiveSafe: () => isSafe,
    }),
  });
  const state = async () => (await nowOf(live, waiting)).state;
  await pass(resolver, 10 * SECOND, SECOND);
  assert.deepEqual([(await now(stuck)).state, await state()], ['approved', 'unknown']);
  // It was not even leased.
  isSafe = true;
  await resolver.round();
  assert.equal(await state(), 'approved');
});

test('in the end every state is what its evidence says', async () => {
  assert.ok((await assertConcluded(context)) >= 18);
});
