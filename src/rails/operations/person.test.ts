// The list that a person works through, and what their word does.

import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import type { Scope } from '#kit/context';
import { spellId } from '#kit/ids';
import { asOwner, type TestContext, testAccount, testContext } from '../../for-tests.ts';
import { manualClock, seededRandom } from '../../kit/context/for-tests.ts';
import { type ConnectorPort, createOutgoing } from './call-out.ts';
import { newFor } from './for-tests.ts';
import { answering, approvalOf, lost, newBook } from './for-tests-bank.ts';
import { assertConcluded } from './for-tests-checks.ts';
import { roundOf } from './for-tests-resolver.ts';
import { createGates } from './gates.ts';
import type { Operation } from './operation.ts';
import { loadForPerson } from './operations.store.ts';
import { decideByPerson } from './person.ts';
import { recordEvidence } from './record-evidence.ts';
import { createResolver } from './resolver.ts';
import { sendOperation } from './send-operation.ts';

const DAY = 24 * 60 * 60 * 1_000;
const clock = manualClock();
const journal = { append: async () => {}, close: async () => {} };
let context: TestContext;
let scope: Scope;

before(async () => {
  context = await testContext({ clock, random: seededRandom('person') });
  scope = await testAccount(context);
});

const outgoing = () => createOutgoing({ journal, gates: createGates(context) });

const send = async (port: ConnectorPort): Promise<Operation> => {
  const operation = newFor(context, scope);
  const sent = await sendOperation(context, scope, outgoing(), { operation, port });
  assert.ok(sent.ok);
  return sent.operation;
};

/** A provider that can be asked nothing: after a day it is for a person. */
const forPerson = async (): Promise<Operation> => {
  const operation = await send(answering(newBook(), lost));
  const resolver = createResolver(context, {
    outgoing: outgoing(),
    recoveryOf: () => ({ steps: [], timeoutMs: 1_000 }),
    budget: { perSecond: 1_000, burst: 1_000 },
  });
  clock.advance(DAY + 1);
  await roundOf(resolver);
  return operation;
};

const listed = async (alsoUnknown = false): Promise<Map<string, Operation>> =>
  new Map(
    (await loadForPerson(context, scope, { alsoUnknown, limit: 100 })).map((each) => [
      each.id,
      each,
    ]),
  );

describe('the list for people', () => {
  test('has what nobody could resolve, and with the unknown ones what is still asked about', async () => {
    const unknown = await send(answering(newBook(), lost));
    assert.deepEqual(
      [(await listed()).has(unknown.id), (await listed(true)).has(unknown.id)],
      [false, true],
    );
    const { id } = await forPerson();
    assert.equal((await listed()).get(id)?.state, 'human');
  });

  test('has what does not fit: an approval over another amount', async () => {
    const { id } = await send(async ({ operation }) => ({ ...approvalOf(operation), amount: 1n }));
    assert.deepEqual((await listed()).get(id)?.alerts, ['amount_differs']);
  });

  test('has what its provider has called pending for two weeks, until it says more', async () => {
    const { id } = await send(async () => ({ outcome: 'pending', code: 'processing' }));
    clock.advance(14 * DAY - 1);
    assert.equal((await listed(true)).has(id), false);
    clock.advance(2);
    assert.equal((await listed()).get(id)?.state, 'pending');
    await decideByPerson(context, scope, { operationId: id, says: 'approved', why: 'Asked' });
    assert.equal((await listed()).has(id), false);
  });

  test('shows nothing of another account or mode', async () => {
    await forPerson();
    const theirs = await testAccount(context);
    for (const other of [theirs, { ...scope, livemode: true }]) {
      assert.deepEqual(await loadForPerson(context, other, { alsoUnknown: true, limit: 100 }), []);
    }
  });
});

describe('a person who asked the provider', () => {
  for (const says of ['approved', 'declined', 'reversed'] as const) {
    test(`says ${says}, which ends it, with the reason in the audit log`, async () => {
      const { id } = await forPerson();
      const told: string[] = [];
      const recorded = await decideByPerson(context, scope, {
        operationId: id,
        says,
        why: 'Seen in the dashboard of the bank',
        writes: (change) => {
          told.push(change.after.state);
          return [];
        },
      });
      assert.ok(recorded.ok);
      assert.equal(recorded.change.after.state, says);
      assert.deepEqual(told, [says]);
      assert.equal((await listed()).has(id), false);
      const [entry] = await asOwner(
        context.on,
        `select details->>'why' as why from identity.audit_entries where target = $1`,
        [spellId('op', id)],
      );
      assert.equal(entry?.['why'], 'Seen in the dashboard of the bank');
    });
  }

  test('ends a review, until something new is learned that contradicts them', async () => {
    const { id } = await send(async ({ operation }) => ({ ...approvalOf(operation), amount: 1n }));
    await decideByPerson(context, scope, { operationId: id, says: 'declined', why: 'Asked' });
    assert.equal((await listed()).has(id), false);

    const { amount, currency, reference } = (await listed(true)).get(id) ?? newFor(context, scope);
    const late = await recordEvidence(context, scope, {
      operationId: id,
      evidence: { kind: 'webhook', says: { outcome: 'approved', amount, currency, reference } },
    });
    assert.ok(late.ok);
    assert.equal((await listed()).has(id), true, 'What is new is seen again.');
  });

  test('is told when there is no such operation', async () => {
    const nothing = await decideByPerson(context, scope, {
      operationId: '00000000-0000-7000-8000-000000000000',
      says: 'declined',
      why: 'Asked',
    });
    assert.deepEqual(nothing, { ok: false, code: 'no_such_operation' });
  });
});

test('and all of it is what its evidence says', async () => {
  assert.ok((await assertConcluded(context)) > 0);
});
