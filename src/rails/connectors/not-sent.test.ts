// What must not be sent, whoever asks for it: while live mode is not safe, and where the database was put back to an
// earlier state beside a send journal that was not. What was sent in between may have moved money, and a merchant who
// asks for it once more must not pay it twice.

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { Type } from 'typebox';
import { Unavailable } from '#kit/failure';
import { newUuid, type Uuid } from '#kit/ids';
import { ApiError } from '#platform/http';
import { loadForgottenCalls, releaseForgottenCall, usualGates } from '#rails/operations';
import { type TestContext, testAccount, testContext } from '../../for-tests.ts';
import { temporaryFolder } from '../../kit/context/for-tests.ts';
import type { Connector } from './connector.ts';
import { cardPayment, testConnectorAccount, testRails } from './for-tests.ts';
import type { OpenRails } from './open-rails.ts';

const called: string[] = [];
let isAnswered = true;
let isHanging = false;
const hanging = Promise.withResolvers<void>();
const paper: Connector = {
  definition: {
    name: 'paper',
    title: 'Paper',
    verified: 'none',
    modes: ['test', 'live'],
    methods: [{ type: 'card', currencies: 'all', countries: 'all' }],
    operations: { authorize: { recovery: [{ class: 'C' }], timeoutMs: 20_000 } },
    settings: Type.Object({}),
  },
  open: () => ({
    authorize: async ({ operation }) => {
      called.push(operation.intentId);
      if (isHanging) await hanging.promise;
      if (!isAnswered) return { outcome: 'unknown', code: 'timeout' };
      const { amount, currency, reference } = operation;
      return { outcome: 'approved', amount, currency, reference, providerId: reference };
    },
    reverse: async () => ({ outcome: 'reversed' }),
    lookUp: async () => {
      called.push('looked up');
      return { outcome: 'not_found', horizonMs: null };
    },
    abandon: async () => {
      called.push('abandoned');
      return { outcome: 'not_found', horizonMs: null };
    },
    disputes: {
      isOn: () => true,
      poll: async () => ({ notices: [], cursor: '', hasMore: false }),
      submitEvidence: async () => 'taken',
      accept: async () => {
        called.push('conceded');
        return 'taken';
      },
    },
  }),
};

const journalFolder = join(temporaryFolder('restored'), 'send-journal');
let isLiveSafe = true;
const opened = async (given: Partial<TestContext> = {}, folder = journalFolder) => {
  const context = await testContext(given);
  const more = { journalFolder: folder, isLiveSafe: () => isLiveSafe };
  return { context, rails: await testRails(context, [paper], [], more) };
};
const [now, restored] = [await opened(), await opened()];
/** Another process on the restored database, which has a journal of its own and nothing in it. */
const beside = await opened(
  { on: restored.context.on },
  join(temporaryFolder('beside'), 'send-journal'),
);

const authorizing = async (
  { context, rails }: { context: TestContext; rails: OpenRails },
  livemode = false,
) => {
  const scope = await testAccount(context, livemode);
  const connectorAccountId = await testConnectorAccount(context, rails, scope, {
    connector: 'paper',
  });
  return (intentId: Uuid) =>
    rails.send(context, scope, {
      connectorAccountId,
      kind: 'authorize',
      intentId,
      ordinal: 1,
      attempt: 1,
      amount: 1_200n,
      currency: 'eur',
      request: cardPayment(),
    });
};

test('nothing is sent for what a call was made for that the database has forgotten', async () => {
  const [authorize, again] = [await authorizing(now), await authorizing(restored)];
  const ids = Array.from({ length: 3 }, () => newUuid(now.context));
  for (const id of ids) assert.ok((await authorize(id)).ok);
  assert.deepEqual(await now.rails.forgotten(), []);
  assert.deepEqual(called.splice(0), ids);

  const found = await restored.rails.forgotten();
  assert.deepEqual(
    found.map(({ intentId }) => intentId),
    ids,
  );
  for (const id of ids) {
    await assert.rejects(again(id), (error) => {
      assert.ok(error instanceof ApiError);
      assert.deepEqual([error.status, error.code], [409, 'payment_intent_outcome_unknown']);
      return true;
    });
  }
  assert.deepEqual(called, []);
  const other = newUuid(now.context);
  assert.ok((await again(other)).ok);
  assert.deepEqual(called, [other]);

  // Nor by a process with another journal, once it has heard of it; until a person has looked at each.
  const elsewhere = await authorizing(beside);
  const hear = () => beside.context.database.system((tx) => beside.rails.hearOfForgotten(tx));
  await hear();
  for (const id of ids) await assert.rejects(elsewhere(id), ApiError);
  assert.deepEqual(called.splice(0), [other]);
  const [first] = found;
  assert.ok(first !== undefined);
  const release = () =>
    releaseForgottenCall(beside.context, first, {
      operationId: first.operationId,
      why: 'Nothing is there.',
    });
  assert.deepEqual([await release(), await release()], [true, false]);
  await hear();
  assert.ok((await elsewhere(first.intentId)).ok);
  assert.deepEqual(called, [first.intentId]);
  const left = await restored.rails.forgotten();
  assert.deepEqual(
    left.map(({ intentId }) => intentId),
    ids.slice(1),
  );
  const [second] = left;
  assert.ok(second !== undefined);
  const [waiting, ...others] = await loadForgottenCalls(restored.context, second, 10);
  assert.deepEqual(
    [waiting?.kind, waiting?.amount, waiting?.currency, waiting?.reference, others.length],
    ['authorize', 1_200n, 'eur', second.reference, 1],
  );
});

test('while another server takes over nothing is sent, nor what was begun before it did', async () => {
  const authorize = await authorizing(now);
  called.splice(0);
  const goOn = now.rails.hold();
  const again = now.rails.hold();
  await assert.rejects(authorize(newUuid(now.context)), Unavailable);
  goOn();
  await assert.rejects(authorize(newUuid(now.context)), Unavailable);
  again();
  const id = newUuid(now.context);
  assert.ok((await authorize(id)).ok);
  assert.deepEqual(called, [id]);
});

test('nothing is sent in live mode while it is not safe, and whoever wants it is told to come again', async () => {
  const [live, inTest] = [await authorizing(now, true), await authorizing(now)];
  called.splice(0);
  isLiveSafe = false;
  const id = newUuid(now.context);
  await assert.rejects(live(id), Unavailable);
  assert.ok((await inTest(newUuid(now.context))).ok);
  assert.equal(called.includes(id), false);
  isLiveSafe = true;
  assert.ok((await live(id)).ok);
});

test('nor is anything asked, given up or conceded in live mode then, and in test mode all of it is', async () => {
  const word = async (livemode: boolean) => {
    const { context, rails } = now;
    const scope = await testAccount(context, livemode);
    const connectorAccountId = await testConnectorAccount(context, rails, scope, {
      connector: 'paper',
    });
    isAnswered = false;
    const sent = await rails.send(context, scope, {
      connectorAccountId,
      kind: 'authorize',
      intentId: newUuid(context),
      ordinal: 1,
      attempt: 1,
      amount: 1_200n,
      currency: 'eur',
      request: cardPayment(),
    });
    isAnswered = true;
    assert.ok(sent.ok);
    const { id } = sent.operation;
    return {
      ask: () => rails.askNow(context, scope, id),
      abandon: () => rails.abandon(context, scope, id),
      concede: () =>
        rails.answerDispute(context, scope, {
          connectorAccountId,
          providerId: 'dp_1',
          evidence: null,
        }),
    };
  };
  const [live, inTest] = [await word(true), await word(false)];
  called.splice(0);
  isLiveSafe = false;
  await live.ask();
  await live.abandon();
  await assert.rejects(live.concede(), Unavailable);
  assert.deepEqual(called, []);
  await inTest.ask();
  await inTest.abandon();
  await inTest.concede();
  assert.deepEqual(called, ['looked up', 'abandoned', 'looked up', 'conceded']);
  isLiveSafe = true;
  await live.concede();
  assert.equal(called.at(-1), 'conceded');
});

test('A16: of a provider that hangs nothing is sent beyond its places, and to others all is', async () => {
  const gates = { ...usualGates, atOnceMax: 3, waitMs: 1, failuresMax: 3 };
  const { context } = now;
  const journal = join(temporaryFolder('brownout'), 'send-journal');
  const rails = await testRails(context, [paper], [], { journalFolder: journal, gates });
  const [slow, well] = [
    await authorizing({ context, rails }),
    await authorizing({ context, rails }),
  ];
  const outcome = async (authorize: typeof slow): Promise<string | null> => {
    const sent = await authorize(newUuid(context));
    assert.ok(sent.ok);
    return sent.operation.code ?? sent.operation.state;
  };
  called.splice(0);
  isHanging = true;
  const held = [outcome(slow), outcome(slow), outcome(slow)];
  while (called.length < 3) await setImmediate();
  isHanging = false;
  assert.equal(await outcome(slow), 'too_many_at_once');
  assert.equal(await outcome(well), 'approved');
  // Given up on, as many as its breaker bears: nobody waits for it any longer.
  isAnswered = false;
  hanging.resolve();
  assert.deepEqual(await Promise.all(held), ['timeout', 'timeout', 'timeout']);
  isAnswered = true;
  assert.equal(await outcome(slow), 'circuit_open');
  assert.equal(await outcome(well), 'approved');
});
