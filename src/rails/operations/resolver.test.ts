import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import type { Scope } from '#kit/context';
import { newUuid } from '#kit/ids';
import { enqueue } from '#platform/jobs';
import { asOwner, type TestContext, testAccount, testContext } from '../../for-tests.ts';
import { manualClock, seededRandom } from '../../kit/context/for-tests.ts';
import { type ConnectorPort, createOutgoing } from './call-out.ts';
import { newFor } from './for-tests.ts';
import {
  answering,
  approvalOf,
  type BankBook,
  cancelling,
  charging,
  lookingUp,
  lost,
  newBook,
} from './for-tests-bank.ts';
import { assertConcluded } from './for-tests-checks.ts';
import { createGates, usualGates } from './gates.ts';
import { isLeased } from './leased.store.ts';
import type { Operation } from './operation.ts';
import { loadKnown } from './operations.store.ts';
import { recordEvidence } from './record-evidence.ts';
import type { RecoveryStep } from './recovery.ts';
import { createResolver, type ResolverSettings } from './resolver.ts';
import { sendOperation } from './send-operation.ts';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

const clock = manualClock();
const journal = { append: async () => {}, close: async () => {} };
let context: TestContext;
let scope: Scope;

before(async () => {
  context = await testContext({ clock, random: seededRandom('resolver') });
  scope = await testAccount(context);
});

const outgoing = () => createOutgoing({ journal, gates: createGates(clock) });
const resolverOf = (steps: readonly RecoveryStep[], changes: Partial<ResolverSettings> = {}) =>
  createResolver(context, {
    outgoing: outgoing(),
    recoveryOf: () => ({ steps, timeoutMs: 20 * SECOND }),
    budget: { perSecond: 1_000, burst: 1_000 },
    atOnce: 1_000,
    ...changes,
  });
type Resolver = ReturnType<typeof resolverOf>;

/** What is left of other tests is none of this one's business. */
const alone = () =>
  asOwner(
    context.on,
    `update rails.operations set leased_until = now() + interval '1 day' where due_at is not null`,
  );

const send = async (port: ConnectorPort, changes: Parameters<typeof newFor>[2] = {}) => {
  const sent = await sendOperation(context, scope, outgoing(), {
    operation: newFor(context, scope, changes),
    port,
  });
  assert.ok(sent.ok);
  return sent.operation;
};
const now = async ({ id }: Pick<Operation, 'id'>): Promise<Operation> => {
  const known = await loadKnown(context, scope, id);
  assert.ok(known);
  return known.operation;
};
const pass = async (resolver: Resolver, ms: number, step: number): Promise<void> => {
  for (let passed = 0; passed < ms; passed += step) {
    clock.advance(step);
    await resolver.round();
  }
};
const classA = (port: ConnectorPort, windowMs = 24 * HOUR): RecoveryStep => ({
  class: 'A',
  windowMs,
  port,
});
const keysOf = (book: BankBook) => [...book.approved.keys()];

describe('class A', () => {
  test('A1: sends again under the same key, and the bank has booked once', async () => {
    await alone();
    const book = newBook();
    const operation = await send(charging(book, () => lost));
    assert.equal(operation.state, 'unknown');
    await pass(resolverOf([classA(charging(book))]), 10 * SECOND, SECOND);

    const resolved = await now(operation);
    assert.deepEqual([resolved.state, resolved.sends, resolved.dueAtMs], ['approved', 2, null]);
    assert.deepEqual(keysOf(book), [operation.providerKey]);
  });

  test('A12: sends nothing again from an hour before the window ends', async () => {
    await alone();
    const book = newBook();
    const operation = await send(charging(book, () => lost));
    const callsBefore = book.calls;
    clock.advance(23 * HOUR);
    await resolverOf([classA(charging(book))]).round();
    clock.advance(31 * 24 * HOUR);
    await resolverOf([classA(charging(book))]).round();
    assert.equal(book.calls, callsBefore);
    assert.equal((await now(operation)).state, 'human');
  });

  test('A12: looks up instead, where that is given', async () => {
    await alone();
    const book = newBook();
    const operation = await send(charging(book, () => lost));
    clock.advance(25 * HOUR);
    const resent = newBook();
    await resolverOf([
      classA(charging(resent)),
      { class: 'B', port: lookingUp(book, 5 * MINUTE) },
    ]).round();
    assert.equal((await now(operation)).state, 'approved');
    assert.equal(resent.calls, 0);
  });

  test('a second sending that provably stayed here does not make the first one unsent', async () => {
    await alone();
    const operation = await send(answering(newBook(), lost));
    const refused = answering(newBook(), { outcome: 'not_sent', code: 'refused' });
    await pass(resolverOf([classA(refused)]), 10 * SECOND, SECOND);
    const { state, sends } = await now(operation);
    assert.equal(state, 'unknown');
    assert.ok(sends >= 2);
  });
});

describe('class B', () => {
  test('A14: not found too early decides nothing, however late the bank finds it', async () => {
    for (const findsAfter of [0, 20 * SECOND, 299 * SECOND]) {
      await alone();
      const book = newBook();
      const operation = await send(charging(book, () => lost));
      const findableAt = clock.now() + findsAfter;
      const lookUp: ConnectorPort = (call) =>
        clock.now() < findableAt
          ? Promise.resolve({ outcome: 'not_found', horizonMs: 300 * SECOND })
          : lookingUp(book, 300 * SECOND)(call);
      await pass(resolverOf([{ class: 'B', port: lookUp }]), 6 * MINUTE, 5 * SECOND);
      assert.equal((await now(operation)).state, 'approved');
    }
  });

  test('not found after the horizon ends it, and another attempt may begin', async () => {
    await alone();
    const operation = await send(answering(newBook(), lost));
    const resolver = resolverOf([{ class: 'B', port: lookingUp(newBook(), 5 * MINUTE) }]);
    await pass(resolver, 5 * MINUTE, 5 * SECOND);
    assert.equal((await now(operation)).state, 'unknown');
    await pass(resolver, 3 * MINUTE, 5 * SECOND);
    const ended = await now(operation);
    assert.deepEqual([ended.state, ended.code], ['declined', 'not_found']);

    const again = await send(charging(newBook()), { intentId: operation.intentId, attempt: 2 });
    assert.equal(again.state, 'approved');
  });

  test('A11: what is found with another amount is not taken, and waits for a person', async () => {
    await alone();
    const operation = await send(answering(newBook(), lost));
    const wrong: ConnectorPort = async (call) =>
      ({
        ...approvalOf(call.operation),
        amount: 1n,
      }) as ReturnType<typeof approvalOf>;
    await pass(resolverOf([{ class: 'B', port: wrong }]), 10 * SECOND, SECOND);
    const { state, needsReview, alerts } = await now(operation);
    assert.deepEqual([state, needsReview, alerts], ['unknown', true, ['amount_differs']]);
  });

  test('what is pending is only asked about, whatever else could be done', async () => {
    await alone();
    const book = newBook();
    const operation = await send(charging(book, () => ({ outcome: 'pending' })));
    const resent = newBook();
    const steps: RecoveryStep[] = [
      classA(charging(resent)),
      { class: 'C', port: cancelling(resent) },
      { class: 'B', port: lookingUp(book, null) },
    ];
    await pass(resolverOf(steps), 10 * SECOND, SECOND);
    assert.equal((await now(operation)).state, 'approved');
    assert.equal(resent.calls, 0);
  });
});

describe('class C', () => {
  test('cancels until that is acknowledged; a late approval does not undo it (H2)', async () => {
    await alone();
    const book = newBook();
    const operation = await send(charging(book, () => lost));
    let silent = 3;
    const cancel: ConnectorPort = async (call) => {
      silent -= 1;
      return silent >= 0 ? lost : cancelling(book)(call);
    };
    await pass(resolverOf([{ class: 'C', port: cancel }]), 2 * MINUTE, 2 * SECOND);
    assert.equal((await now(operation)).state, 'reversed');
    assert.deepEqual(keysOf(book), []);

    await recordEvidence(context, scope, {
      operationId: operation.id,
      evidence: { kind: 'webhook', says: approvalOf(operation), sourceKey: 'late' },
    });
    assert.equal((await now(operation)).state, 'reversed');
  });
});

describe('class D', () => {
  test('waits, is shown to a person after a day, and is still matched by settlement', async () => {
    await alone();
    const operation = await send(answering(newBook(), lost));
    const resolver = resolverOf([]);
    await pass(resolver, 23 * HOUR, HOUR);
    assert.equal((await now(operation)).state, 'unknown');
    await pass(resolver, 3 * HOUR, HOUR);
    const waiting = await now(operation);
    assert.equal(waiting.state, 'human');
    assert.notEqual(waiting.dueAtMs, null);

    clock.advance(35 * 24 * HOUR);
    await recordEvidence(context, scope, {
      operationId: operation.id,
      evidence: { kind: 'settlement_line', says: approvalOf(operation), sourceKey: 'file:7' },
    });
    assert.equal((await now(operation)).state, 'approved');
  });

  test('A15: a late webhook ends it, with what others write because of it', async () => {
    await alone();
    const operation = await send(answering(newBook(), lost));
    clock.advance(HOUR);
    await recordEvidence(context, scope, {
      operationId: operation.id,
      evidence: { kind: 'webhook', says: approvalOf(operation), sourceKey: 'evt' },
      writes: ({ after }) => [enqueue(context, { name: `told of ${after.id}` })],
    });
    const told = await asOwner(context.on, 'select 1 as one from platform.jobs where name = $1', [
      `told of ${operation.id}`,
    ]);
    assert.equal(told.length, 1);
  });
});

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
    assert.equal(await resolver.round(), 0);
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
  const [inTest, live] = [scope, await testAccount(context, true)];
  const stuck = await send(charging(book, () => lost));
  scope = live;
  const waiting = await send(charging(book, () => lost));
  scope = inTest;
  let isSafe = false;
  const resolver = resolverOf([{ class: 'B', port: lookingUp(book, null) }], {
    outgoing: createOutgoing({ journal, gates: createGates(clock), isLiveSafe: () => isSafe }),
  });
  const state = async () => (await loadKnown(context, live, waiting.id))?.operation.state;
  await pass(resolver, 10 * SECOND, SECOND);
  assert.deepEqual([(await now(stuck)).state, await state()], ['approved', 'unknown']);
  // It was not even leased.
  isSafe = true;
  await resolver.round();
  assert.equal(await state(), 'approved');
});

describe('pace', () => {
  test('A17: after an outage nobody storms: never more than the budget, and all is resolved', async () => {
    await alone();
    const book = newBook();
    const accounts = Array.from({ length: 4 }, () => newUuid(context));
    const operations: Operation[] = [];
    const unguarded = createOutgoing({
      journal,
      gates: createGates(clock, { ...usualGates, failuresMax: 1e9 }),
    });
    for (let n = 0; n < 120; n += 1) {
      const sent = await sendOperation(context, scope, unguarded, {
        operation: newFor(context, scope, { connectorAccountId: accounts[n % 4] as string }),
        port: charging(book, () => lost),
      });
      assert.ok(sent.ok);
      operations.push(sent.operation);
    }
    let isDown = true;
    let calls = 0;
    const port: ConnectorPort = (call) => {
      calls += 1;
      return isDown ? Promise.resolve(lost) : lookingUp(book, null)(call);
    };
    const resolver = resolverOf([{ class: 'B', port }], {
      outgoing: unguarded,
      budget: { perSecond: 5, burst: 10 },
      atOnce: 20,
    });
    const perSecond: number[] = [];
    const second = async (): Promise<void> => {
      calls = 0;
      clock.advance(SECOND);
      await resolver.round();
      perSecond.push(calls);
    };
    for (let n = 0; n < 60; n += 1) await second();
    isDown = false;
    for (let n = 0; n < 120; n += 1) await second();
    assert.ok(Math.max(...perSecond) <= 10, `${Math.max(...perSecond)} in one second`);
    const total = perSecond.reduce((sum, each) => sum + each, 0);
    assert.ok(total <= 10 + 5 * perSecond.length);
    for (const operation of operations) assert.equal((await now(operation)).state, 'approved');
  });

  test('a provider whose circuit is open is not asked, and is asked again later', async () => {
    await alone();
    const connectorAccountId = newUuid(context);
    const book = newBook();
    const out = outgoing();
    const operations: Operation[] = [];
    for (let n = 0; n < 5; n += 1) {
      const sent = await sendOperation(context, scope, out, {
        operation: newFor(context, scope, { connectorAccountId }),
        port: charging(book, () => lost),
      });
      assert.ok(sent.ok);
      operations.push(sent.operation);
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

test('in the end every state is what its evidence says', async () => {
  assert.ok((await assertConcluded(context)) > 100);
});
