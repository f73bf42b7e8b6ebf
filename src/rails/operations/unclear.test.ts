// A commit of which nobody can say whether it was made: a real backend is stopped as soon as COMMIT is about to be said
// to it, and goes on, or ends, only after whoever asked has heard that.

import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, beforeEach, describe, test } from 'node:test';
import { type CrashPoint, type Scope, systemClock } from '#kit/context';
import { Unclear } from '#kit/failure';
import { type OpenDatabase, openDatabase } from '#platform/db';
import { asOwner, type TestContext, testAccount, testContext } from '../../for-tests.ts';
import { manualClock } from '../../kit/context/for-tests.ts';
import { type Proxy, proxyBefore } from '../../platform/db/for-tests-proxy.ts';
import {
  backends,
  stopBackend,
  until,
  waitingForCommit,
} from '../../platform/db/for-tests-things.ts';
import { createOutgoing, type Outgoing } from './call-out.ts';
import { newFor } from './for-tests.ts';
import { type BankBook, charging, lookingUp, newBook } from './for-tests-bank.ts';
import { assertConcluded } from './for-tests-checks.ts';
import { createGates } from './gates.ts';
import type { Operation } from './operation.ts';
import { loadKnown } from './operations.store.ts';
import { createResolver } from './resolver.ts';
import { openSendJournal, readSendJournal } from './send-journal.ts';
import { sendOperation } from './send-operation.ts';

const clock = manualClock();
let looking: TestContext;
let context: TestContext;
let scope: Scope;
let proxy: Proxy;
let database: OpenDatabase;
let folder: string;
let outgoing: Outgoing;
let book: BankBook;
/** Called at each COMMIT, with which it is of this test. */
let atCommit: (nth: number) => void = () => {};
let commits = 0;

before(async () => {
  looking = await testContext({ clock });
  scope = await testAccount(looking);
  await waitingForCommit(looking.on, 'rails.operations');
  proxy = await proxyBefore(looking.on.appUrl);
  const crashPoint = (point: CrashPoint): void => {
    if (point === 'commit.before') atCommit((commits += 1));
  };
  database = openDatabase({ url: proxy.url, poolSize: 2, clock: systemClock, crashPoint });
  context = { ...looking, database };
  folder = await mkdtemp(join(tmpdir(), 'sends-'));
  outgoing = createOutgoing({
    journal: await openSendJournal(context, folder),
    gates: createGates(clock),
  });
});
after(async () => {
  await outgoing.journal.close();
  await database.close();
  proxy.close();
  await rm(folder, { recursive: true });
});
beforeEach(() => {
  book = newBook();
});

/** Of the lane alone: whoever looks beside it is told apart by how it came. */
const laneOf = async (): Promise<number> => {
  proxy.endAll();
  await looking.database.close().catch(() => {});
  await until(async () => (await backends(looking.on)).length === 0);
  // Opens it.
  const unit = await database.commit(scope, []).catch(() => database.commit(scope, []));
  assert.ok(unit.ok);
  const [pid = 0] = await backends(looking.on);
  return pid;
};

/** Sends one; of its nth commit nobody knows what became, until the backend is let go. */
const sendUnclear = async (nth: 1 | 2, then: 'goes on' | 'ends'): Promise<Operation> => {
  const pid = await laneOf();
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
};

const now = async ({ id }: Operation) => (await loadKnown(context, scope, id))?.operation;
const isInJournal = async ({ id }: Operation): Promise<boolean> => {
  for await (const line of readSendJournal(folder)) if (line.operationId === id) return true;
  return false;
};
const resolve = async (): Promise<void> => {
  clock.advance(60_000);
  const port = lookingUp(book, 1_000);
  const resolver = createResolver(context, {
    outgoing,
    recoveryOf: () => ({ steps: [{ class: 'B', port }], timeoutMs: 5_000 }),
  });
  for (let round = 0; round < 5; round += 1) {
    await resolver.round();
    clock.advance(60_000);
  }
};

describe('where it is unclear whether the intent was committed', () => {
  test('nothing is sent, and what was committed all the same is found not to have been', async () => {
    const operation = await sendUnclear(1, 'goes on');
    assert.deepEqual([book.calls, await isInJournal(operation)], [0, false]);
    assert.equal((await now(operation))?.state, 'sending');
    await resolve();
    assert.equal((await now(operation))?.state, 'declined');
    assert.equal(book.approved.size, 0);
    await assertConcluded(context);
  });

  test('nothing is sent, and nothing is there where it was not', async () => {
    const operation = await sendUnclear(1, 'ends');
    assert.deepEqual([book.calls, await isInJournal(operation)], [0, false]);
    assert.equal(await now(operation), undefined);
  });
});

describe('where it is unclear whether what was learned was committed', () => {
  test('it counts where it was', async () => {
    const operation = await sendUnclear(2, 'goes on');
    assert.equal((await now(operation))?.state, 'approved');
    await resolve();
    assert.equal(book.calls, 1);
    await assertConcluded(context);
  });

  test('it is asked for where it was not, and nothing is sent again', async () => {
    const operation = await sendUnclear(2, 'ends');
    assert.equal((await now(operation))?.state, 'sending');
    await resolve();
    assert.equal((await now(operation))?.state, 'approved');
    assert.deepEqual([...book.approved.keys()], [operation.providerKey]);
    await assertConcluded(context);
  });
});
