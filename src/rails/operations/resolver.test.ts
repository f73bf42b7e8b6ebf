// What a resolver does about an operation whose outcome nobody knows, by what its connector can do.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { enqueue } from '#platform/jobs';
import { asOwner } from '../../for-tests.ts';
import type { ConnectorPort } from './call-out.ts';
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
import { classA, HOUR, MINUTE, openResolverWorld, SECOND } from './for-tests-resolver.ts';
import { recordEvidence } from './record-evidence.ts';
import type { RecoveryStep } from './recovery.ts';

const { context, scope, clock, resolverOf, alone, send, now, pass } =
  await openResolverWorld('resolver');
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

test('in the end every state is what its evidence says', async () => {
  assert.ok((await assertConcluded(context)) > 10);
});
