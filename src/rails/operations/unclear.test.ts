// A commit of which nobody can say whether it was made: a real backend is stopped as soon as COMMIT is about to be said
// to it, and goes on, or ends, only after whoever asked has heard that.

import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { type CrashPoint, systemClock } from '#kit/context';
import { Unclear } from '#kit/failure';
import { openDatabase } from '#platform/db';
import { asOwner, testAccount, testContext } from '../../for-tests.ts';
import { manualClock } from '../../kit/context/for-tests.ts';
import { proxyBefore } from '../../platform/db/for-tests-proxy.ts';
import {
  backends,
  stopBackend,
  until,
  waitingForCommit,
} from '../../platform/db/for-tests-things.ts';
import { createOutgoing } from './call-out.ts';
import { newFor } from './for-tests.ts';
import { charging, lookingUp, newBook } from './for-tests-bank.ts';
import { assertConcluded } from './for-tests-checks.ts';
import { roundOf } from './for-tests-resolver.ts';
import { createGates } from './gates.ts';
import type { Operation } from './operation.ts';
import { loadKnown } from './operations.store.ts';
import { createResolver } from './resolver.ts';
import { openSendJournal, readSendJournal } from './send-journal.ts';
import { sendOperation } from './send-operation.ts';

const closing: (() => Promise<void>)[] = [];
after(async () => {
  for (const close of closing) await close();
});

/** Each waits for seconds, so each has a room of its own, and they wait at once. */
const openRoom = async () => {
  const clock = manualClock();
  const looking = await testContext({ clock });
  const scope = await testAccount(looking);
  await waitingForCommit(looking.on, 'rails.operations');
  const proxy = await proxyBefore(looking.on.appUrl);
  /** Called at each COMMIT, with which it is. */
  let atCommit: (nth: number) => void = () => {};
  let commits = 0;
  const crashPoint = (point: CrashPoint): void => {
    if (point === 'commit.before') atCommit((commits += 1));
  };
  const database = openDatabase({ url: proxy.url, poolSize: 2, clock: systemClock, crashPoint });
  const context = { ...looking, database };
  const folder = await mkdtemp(join(tmpdir(), 'sends-'));
  const outgoing = createOutgoing({
    journal: await openSendJournal(context, folder),
    gates: createGates(context),
  });
  closing.push(async () => {
    await outgoing.journal.close();
    await database.close();
    proxy.close();
    await rm(folder, { recursive: true });
  });
  const book = newBook();

  /** The backend of the lane. Whoever looks beside it is gone by then: they are told apart by how they came. */
  const openLane = async (): Promise<number> => {
    await looking.database.close();
    await until(async () => (await backends(looking.on)).length === 0);
    const unit = await database.commit(scope, []);
    assert.ok(unit.ok);
    const [pid = 0] = await backends(looking.on);
    return pid;
  };

  return {
    context,
    book,
    /** Sends one; of its nth commit nobody knows what became, until the backend is let go. */
    sendUnclear: async (nth: 1 | 2, then: 'goes on' | 'ends'): Promise<Operation> => {
      const pid = await openLane();
      commits = 0;
      atCommit = (which) => {
        if (which !== nth) return;
        stopBackend(pid);
        proxy.swallow('back');
      };
      const operation = newFor(context, scope, { timeoutMs: 20_000 });
      try {
        const sent = sendOperation(context, scope, outgoing, { operation, port: charging(book) });
        await assert.rejects(sent, Unclear);
        if (then === 'ends') await asOwner(looking.on, `select pg_terminate_backend(${pid})`);
      } finally {
        atCommit = () => {};
        process.kill(pid, 'SIGCONT');
      }
      await until(async () => (await backends(looking.on, 'busy')).length === 0);
      return operation;
    },
    now: async ({ id }: Operation) => (await loadKnown(context, scope, id))?.operation,
    isInJournal: async ({ id }: Operation): Promise<boolean> => {
      for await (const line of readSendJournal(folder)) if (line.operationId === id) return true;
      return false;
    },
    resolve: async (): Promise<void> => {
      clock.advance(60_000);
      await asOwner(looking.on, 'update rails.operations set leased_until = null');
      const port = lookingUp(book, 1_000);
      const resolver = createResolver(context, {
        outgoing,
        recoveryOf: () => ({ steps: [{ class: 'B', port }], timeoutMs: 5_000 }),
      });
      for (let round = 0; round < 5; round += 1) {
        await roundOf(resolver);
        clock.advance(60_000);
      }
    },
  };
};

describe('of a commit of which nobody knows', { concurrency: true }, () => {
  test('what was to be sent is not, and the intent that was committed all the same is found not to have been sent', async () => {
    const { context, book, sendUnclear, now, isInJournal, resolve } = await openRoom();
    const operation = await sendUnclear(1, 'goes on');
    assert.deepEqual([book.calls, await isInJournal(operation)], [0, false]);
    assert.equal((await now(operation))?.state, 'sending');
    await resolve();
    assert.equal((await now(operation))?.state, 'declined');
    assert.equal(book.approved.size, 0);
    await assertConcluded(context);
  });

  test('what was to be sent is not, and nothing is there where it was not committed', async () => {
    const { book, sendUnclear, now, isInJournal } = await openRoom();
    const operation = await sendUnclear(1, 'ends');
    assert.deepEqual([book.calls, await isInJournal(operation)], [0, false]);
    assert.equal(await now(operation), undefined);
  });

  test('what was learned counts where it was committed', async () => {
    const { context, book, sendUnclear, now, resolve } = await openRoom();
    const operation = await sendUnclear(2, 'goes on');
    assert.equal((await now(operation))?.state, 'approved');
    await resolve();
    assert.equal(book.calls, 1);
    await assertConcluded(context);
  });

  test('what was learned is asked for where it was not, and nothing is sent again', async () => {
    const { context, book, sendUnclear, now, resolve } = await openRoom();
    const operation = await sendUnclear(2, 'ends');
    assert.equal((await now(operation))?.state, 'sending');
    await resolve();
    assert.equal((await now(operation))?.state, 'approved');
    assert.deepEqual([...book.approved.keys()], [operation.providerKey]);
    await assertConcluded(context);
  });
});
