import assert from 'node:assert/strict';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { Scope } from '#kit/context';
import { Unavailable, Unclear } from '#kit/failure';
import { NotSent } from '#kit/http-client';
import { newUuid } from '#kit/ids';
import { enqueue } from '#platform/jobs';
import { asOwner, type TestContext, testAccount, testContext } from '../../for-tests.ts';
import { manualClock } from '../../kit/context/for-tests.ts';
import { createOutgoing, type Outgoing } from './call-out.ts';
import { newFor } from './for-tests.ts';
import { answering, approvalOf, charging, newBook } from './for-tests-bank.ts';
import { assertConcluded } from './for-tests-checks.ts';
import { createGates } from './gates.ts';
import { loadKnown, loadOfIntent } from './operations.store.ts';
import { openSendJournal, readSendJournal } from './send-journal.ts';
import { sendOperation } from './send-operation.ts';

const clock = manualClock();
let context: TestContext;
let scope: Scope;
let folder: string;
let outgoing: Outgoing;

before(async () => {
  context = await testContext({ clock });
  scope = await testAccount(context);
  folder = await mkdtemp(join(tmpdir(), 'sends-'));
  outgoing = createOutgoing({
    journal: await openSendJournal(context, folder),
    gates: createGates(context),
  });
});
after(() => outgoing.journal.close());

const operationFor = (changes: Parameters<typeof newFor>[2] = {}) =>
  newFor(context, scope, changes);
const known = async (id: string) => {
  const found = await loadKnown(context, scope, id);
  assert.ok(found);
  return found;
};
const turn = () => new Promise((resolve) => setImmediate(resolve));

describe('sending', () => {
  test('commits the intent, then the line, then calls; and commits what was learned', async () => {
    const operation = operationFor();
    const seen: unknown[] = [];
    const sent = await sendOperation(context, scope, outgoing, {
      operation,
      port: async (call) => {
        const [row] = await asOwner(
          context.on,
          'select state, sends from rails.operations where id = $1',
          [operation.id],
        );
        seen.push(row);
        for await (const line of readSendJournal(folder)) {
          if (line.operationId === operation.id) seen.push(line.providerKey);
        }
        return approvalOf(call.operation);
      },
    });
    assert.deepEqual(seen, [{ state: 2, sends: 1 }, operation.providerKey]);
    assert.ok(sent.ok && sent.conclusion.state === 'approved');
    const { operation: stored, evidence } = await known(operation.id);
    assert.deepEqual(stored, sent.operation);
    assert.equal(stored.dueAtMs, null);
    assert.deepEqual(
      evidence.map(({ kind, send, says }) => [kind, send, says]),
      [['answer', 1, approvalOf(operation)]],
    );
  });

  test('sends nothing where another database server took over since the intent was committed', async () => {
    const taken: Outgoing = { ...outgoing, takeOvers: { count: 0, areOpen: false } };
    const take = (areOpen: boolean) => () => Object.assign(taken.takeOvers, { count: 1, areOpen });
    for (const ahead of [take(true), take(false)]) {
      taken.takeOvers.count = 0;
      const port = () => assert.fail('It was called.');
      const sending = { operation: operationFor(), port: Object.assign(port, { ahead }) };
      const sent = await sendOperation(context, scope, taken, sending);
      assert.deepEqual(sent.ok && [sent.operation.state, sent.operation.code], [
        'not_sent',
        'database_taken_over',
      ]);
      taken.takeOvers.areOpen = false;
    }
  });

  test('makes ready what the call needs while the line is written, once the intent is committed', async () => {
    const order: string[] = [];
    const written = Promise.withResolvers<void>();
    const slow: Outgoing = {
      ...outgoing,
      journal: {
        append: async () => {
          await turn();
          order.push('line begun');
          await written.promise;
          order.push('line written');
        },
        close: async () => {},
      },
    };
    const operation = operationFor();
    const port = async () => {
      order.push('called');
      return approvalOf(operation);
    };
    const asked = { ...context, goesOut: () => void order.push('waited for no more') };
    const sending = sendOperation(asked, scope, slow, {
      operation,
      port: Object.assign(port, {
        ahead: ({ id, state }: { id: string; state: string }) => {
          order.push(`made ready ${id === operation.id ? state : 'another'}`);
          written.resolve();
        },
      }),
    });
    assert.ok((await sending).ok);
    assert.deepEqual(order, [
      'made ready sending',
      'line begun',
      'line written',
      'waited for no more',
      'called',
    ]);
  });

  test("takes the caller's rows into both commits, or writes and sends nothing", async () => {
    const book = newBook();
    const job = (name: string) => enqueue(context, { name });
    const first = job('intent');
    const operation = operationFor();
    await sendOperation(context, scope, outgoing, {
      operation,
      port: charging(book),
      intent: [first],
      writes: ({ before, after }) => [job(`${before.state} to ${after.state}`)],
    });
    const jobs = await asOwner(context.on, 'select name from platform.jobs order by id');
    assert.deepEqual(
      jobs.map(({ name }) => name),
      ['intent', 'sending to approved'],
    );
    await assert.rejects(
      sendOperation(context, scope, outgoing, {
        operation: operationFor(),
        port: charging(book),
        intent: [first],
      }),
    );
    assert.equal(book.calls, 1);
  });

  test('A3: what provably never left may be tried again at once', async () => {
    const operation = operationFor();
    const sent = await sendOperation(context, scope, outgoing, {
      operation,
      port: () => Promise.reject(new NotSent('refused')),
    });
    assert.ok(sent.ok && sent.operation.state === 'not_sent' && sent.operation.code === 'refused');

    const { intentId } = operation;
    const elsewhere = operationFor({ intentId, attempt: 2 });
    const again = await sendOperation(context, scope, outgoing, {
      operation: elsewhere,
      port: charging(newBook()),
    });
    assert.ok(again.ok && again.operation.state === 'approved');
    assert.notEqual(elsewhere.providerKey, operation.providerKey);
    assert.equal((await loadOfIntent(context, scope, intentId)).length, 2);
  });

  for (const [story, fails] of [
    ['A1: no answer', async () => ({ outcome: 'unknown', code: 'timeout' }) as const],
    ['A4: an error of any other kind', () => Promise.reject(new Error('read ECONNRESET'))],
    ['A18: still being worked on', async () => ({ outcome: 'pending' }) as const],
  ] as const) {
    test(`${story}: no other attempt can begin, not even by mistake`, async () => {
      const operation = operationFor();
      await sendOperation(context, scope, outgoing, { operation, port: fails });
      const book = newBook();
      for (const kind of ['authorize', 'sale'] as const) {
        const second = operationFor({ intentId: operation.intentId, attempt: 2, kind });
        assert.deepEqual(
          await sendOperation(context, scope, outgoing, {
            operation: second,
            port: charging(book),
          }),
          { ok: false, code: 'not_alone' },
        );
      }
      assert.equal(book.calls, 0);
      assert.notEqual((await known(operation.id)).operation.dueAtMs, null);
    });
  }

  test('sends one attempt once, however many workers send it', async () => {
    const book = newBook();
    const intentId = newUuid(context);
    const sent = await Promise.all(
      Array.from({ length: 8 }, () =>
        sendOperation(context, scope, outgoing, {
          operation: operationFor({ intentId }),
          port: charging(book),
        }),
      ),
    );
    assert.equal(sent.filter(({ ok }) => ok).length, 1);
    assert.equal(book.calls, 1);
  });

  test('gives up at the deadline, and still hears what comes late', async () => {
    const operation = operationFor();
    let answer: ((says: ReturnType<typeof approvalOf>) => void) | null = null;
    let aborted = false;
    const sending = sendOperation(context, scope, outgoing, {
      operation,
      port: ({ signal }) => {
        signal.addEventListener('abort', () => (aborted = true));
        return new Promise((resolve) => (answer = resolve));
      },
    });
    while (answer === null) await turn();
    await new Promise((resolve) => setTimeout(resolve, 50));
    clock.advance(30_000);
    const sent = await sending;
    assert.ok(sent.ok && sent.operation.state === 'unknown' && sent.operation.code === 'deadline');
    assert.ok(aborted);

    (answer as (says: ReturnType<typeof approvalOf>) => void)(approvalOf(operation));
    await Promise.all(outgoing.late);
    assert.equal((await known(operation.id)).operation.state, 'approved');
  });

  test('sends nothing when the journal cannot be written', async () => {
    const book = newBook();
    const journal = { append: () => Promise.reject(new Error('ENOSPC')), close: async () => {} };
    const sent = await sendOperation(
      context,
      scope,
      { ...outgoing, journal },
      { operation: operationFor(), port: charging(book) },
    );
    assert.ok(sent.ok && sent.operation.state === 'not_sent');
    assert.equal(book.calls, 0);
  });

  test('leaves a provider alone that has failed too often: that is not sent', async () => {
    const book = newBook();
    const connectorAccountId = newUuid(context);
    const states: string[] = [];
    for (let n = 0; n < 7; n += 1) {
      const sent = await sendOperation(context, scope, outgoing, {
        operation: operationFor({ connectorAccountId }),
        port: answering(book, { outcome: 'unknown', code: 'http_502' }),
      });
      if (sent.ok) states.push(sent.operation.state);
    }
    assert.deepEqual(states, [...Array(5).fill('unknown'), 'not_sent', 'not_sent']);
    assert.equal(book.calls, 5);
  });

  test('does not hold our own reasons for sending nothing against the provider', async () => {
    const book = newBook();
    const connectorAccountId = newUuid(context);
    const reasons = ['not_ready', 'card_gone', 'not_supported', 'vault_unavailable'];
    for (const why of [...reasons, ...reasons]) {
      await sendOperation(context, scope, outgoing, {
        operation: operationFor({ connectorAccountId }),
        port: () => Promise.reject(new NotSent(why)),
      });
    }
    const sent = await sendOperation(context, scope, outgoing, {
      operation: operationFor({ connectorAccountId }),
      port: charging(book),
    });
    assert.ok(sent.ok && sent.operation.state === 'approved');
  });

  test('takes a word that no table knows for an answer, a search in vain for a failure, and what we lack ourselves for neither', async () => {
    const wordAt = newUuid(context);
    const unmapped = { outcome: 'unknown', code: 'unmapped', unmapped: 'Z9' } as const;
    const word = answering(newBook(), unmapped);
    const vainAt = newUuid(context);
    const vain = () => Promise.reject(new NotSent('refused', { isUnreached: true }));
    const ownAt = newUuid(context);
    const own = () => Promise.reject(new Unavailable('Our database is away.'));
    const unclearAt = newUuid(context);
    const unclear = () =>
      Promise.reject(new Unclear('Our database did not say whether it committed.'));
    const codes: (string | null)[][] = [];
    for (const [connectorAccountId, port] of [
      [wordAt, word],
      [vainAt, vain],
      [ownAt, own],
      [unclearAt, unclear],
    ] as const) {
      const told: (string | null)[] = [];
      for (let n = 0; n < 6; n += 1) {
        const operation = operationFor({ connectorAccountId });
        const sent = await sendOperation(context, scope, outgoing, { operation, port });
        if (sent.ok) told.push(sent.operation.code);
      }
      codes.push(told);
    }
    assert.deepEqual(codes, [
      Array(6).fill('unmapped'),
      [...Array(5).fill('refused'), 'circuit_open'],
      Array(6).fill('failed'),
      Array(6).fill('failed'),
    ]);
  });
});

test('in the end every state is what its evidence says', async () => {
  assert.ok((await assertConcluded(context)) > 15);
});
