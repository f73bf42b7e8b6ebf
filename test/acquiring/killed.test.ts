// Kills the gateway at each numbered point while it pays through the direct connector, stops one past
// its lease, and lets others go on. The bank's journal says what really happened.

import assert from 'node:assert/strict';
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { type CrashPoint, crashPoints } from '#kit/context';
import { newUuid, type Uuid } from '#kit/ids';
import { readSendJournal } from '#rails/operations';
import { asOwner } from '../../src/for-tests.ts';
import { runs } from '../support/full.ts';
import type { Work } from './support/send.ts';
import { assertOneStory } from './support/verdict.ts';
import { newWorld, stateOf } from './support/world.ts';

const KILLS = runs(2, 20);
const RESOLVER_KILLS = runs(1, 20);
const AT_ONCE = 4;
const TIMEOUT_MS = 2_000;
const program = fileURLToPath(new URL('./support/send.ts', import.meta.url));
const world = await newWorld({ timeoutMs: TIMEOUT_MS });
const { context, scope, bank } = world;
const card = await world.card();

const start = (given: Pick<Work, 'crashAt' | 'intents'> & Partial<Work>): ChildProcess => {
  const work: Work = {
    appUrl: context.on.appUrl,
    vaultUrl: world.vaultUrl,
    folders: world.folders,
    journalFolder: world.journalFolder,
    scope,
    account: world.account,
    card,
    timeoutMs: TIMEOUT_MS,
    ...given,
  };
  return fork(program, [JSON.stringify(work)], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
};
const run = async (given: Parameters<typeof start>[0]): Promise<string> => {
  const [code, signal] = (await once(start(given), 'exit')) as [number | null, string | null];
  return signal ?? String(code);
};

const inBatches = async (count: number, work: (n: number) => Promise<void>): Promise<void> => {
  for (let from = 0; from < count; from += AT_ONCE) {
    const batch = Array.from({ length: Math.min(AT_ONCE, count - from) }, (_, n) => work(from + n));
    await Promise.all(batch);
  }
};

/** A merchant who heard nothing asks for the same again. */
const payAgain = (intentId: Uuid): Promise<unknown> =>
  world.rails.send(context, scope, {
    connectorAccountId: world.account,
    kind: 'sale',
    intentId,
    ordinal: 1,
    attempt: 1,
    amount: 2_500n,
    currency: 'eur',
    request: world.payment(card),
  });

const makeDue = async (id: Uuid): Promise<void> => {
  const due = `update rails.operations set due_at = now() - interval '1 second' where id = '${id}'`;
  await asOwner(context.on, due);
};

const assertEnded = async (): Promise<void> => {
  const { open } = await assertOneStory(world);
  assert.equal(open, 0);
  const sent = new Set<string>();
  for await (const { reference } of readSendJournal(world.journalFolder)) sent.add(reference);
  for (const { paymentReference = '' } of bank.journal().liveApprovals()) {
    assert.ok(sent.has(paymentReference), 'approved, and not in the send journal');
  }
};

const sending: readonly CrashPoint[] = [
  'send.before',
  'send.intended',
  'send.journaled',
  'acquiring.stored',
  'acquiring.written',
  'send.answered',
  'send.recorded',
];
const resolving: readonly CrashPoint[] = [
  'resolve.leased',
  'resolve.journaled',
  'acquiring.stored',
  'acquiring.written',
  'resolve.answered',
  'resolve.recorded',
];

describe('a gateway that is killed while it sends', () => {
  for (const point of sending) {
    test(`at ${point}, ${KILLS} times`, async () => {
      const intents = Array.from({ length: KILLS }, () => newUuid(context));
      await inBatches(KILLS, async (n) => {
        const crashAt = `${crashPoints[point]}`;
        assert.equal(await run({ crashAt, intents: [intents[n] as Uuid] }), 'SIGKILL');
      });
      await Promise.all(intents.map(payAgain));
      await world.resolve();
      await assertEnded();
    });
  }
});

describe('a gateway that is killed while it resolves', () => {
  for (const point of resolving) {
    test(`at ${point}, ${RESOLVER_KILLS} times`, async () => {
      for (let kill = 0; kill < RESOLVER_KILLS; kill += 1) {
        bank.setFaults([{ id: 'lost', kind: 'swapped', times: 1, when: { mti: '0200' } }]);
        const { operation } = await world.pay();
        assert.equal(operation.state, 'unknown');
        await makeDue(operation.id);
        assert.equal(await run({ crashAt: `${crashPoints[point]}`, intents: [] }), 'SIGKILL');
        await world.resolve();
      }
      await assertEnded();
    });
  }
});

test('a gateway that sleeps past its lease writes nothing stale when it wakes', async () => {
  bank.setFaults([
    { id: 'lost', kind: 'hang', times: 1, when: { mti: '0200' } },
    { id: 'slow', kind: 'hang', times: 1, when: { mti: '0420' } },
  ]);
  const { operation } = await world.pay();
  assert.equal(operation.state, 'unknown');
  await makeDue(operation.id);
  const child = start({ crashAt: '', intents: [], leaseMs: 500 });
  await once(child, 'message');
  // It has sent the reversal and waits for an answer that does not come.
  const untilMs = context.clock.monotonicMs() + 20_000;
  while (!bank.journal().lines.some(({ fact }) => fact.fact === 'fault' && fact.rule === 'slow')) {
    assert.ok(context.clock.monotonicMs() < untilMs, 'the child resolves');
    await context.clock.sleep(10);
  }
  child.kill('SIGSTOP');
  await context.clock.sleep(TIMEOUT_MS);
  await world.resolve();
  assert.equal(await stateOf(context, scope, operation.id), 'reversed');
  const [before] = await asOwner(
    context.on,
    `select * from rails.operations where id = '${operation.id}'`,
  );
  const evidenceOf = `select * from rails.evidence where operation_id = '${operation.id}' order by id`;
  const evidence = await asOwner(context.on, evidenceOf);
  const messages = `select * from rails.card_messages where operation_id = '${operation.id}' order by part`;
  const stored = await asOwner(context.on, messages);

  const exited = once(child, 'exit');
  child.kill('SIGCONT');
  await context.clock.sleep(1_000);
  child.kill('SIGKILL');
  await exited;
  const [after] = await asOwner(
    context.on,
    `select * from rails.operations where id = '${operation.id}'`,
  );
  assert.deepEqual(after, before);
  assert.deepEqual(await asOwner(context.on, evidenceOf), evidence);
  assert.deepEqual(await asOwner(context.on, messages), stored);
  await assertEnded();
});

test('after all this the books of both sides are whole', async () => {
  await world.assertHealthy();
});
