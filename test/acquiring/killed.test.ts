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
import { learnSizes } from '../support/statistics.ts';
import { waitUntil } from '../support/writers.ts';
import type { Work } from './support/send.ts';
import { assertOneStory } from './support/verdict.ts';
import { newWorld, stateOf } from './support/world.ts';

const KILLS = runs(2, 20);
const RESOLVER_KILLS = runs(1, 20);
const SLEEPS = runs(1, 250);
const LEASED = runs(4, 20);
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

const makeDue = async (ids: readonly Uuid[]): Promise<void> => {
  const due = `update rails.operations set due_at = now() - interval '1 second' where id = any($1)`;
  await asOwner(context.on, due, [ids]);
};

const slowFacts = (): number =>
  bank.journal().lines.filter(({ fact }) => fact.fact === 'fault' && fact.rule === 'slow').length;

const countReversed = async (ids: readonly Uuid[]): Promise<number> => {
  const count =
    'select count(*)::int as count from rails.operations where id = any($1) and state = 9';
  const [row] = await asOwner(context.on, count, [ids]);
  return Number(row?.['count']);
};

/** Operations, evidence and messages, as they are stored. */
const everythingOf = async (ids: readonly Uuid[]): Promise<Record<string, unknown>[]> => {
  const rows = [
    await asOwner(context.on, 'select * from rails.operations where id = any($1) order by id', [
      ids,
    ]),
    await asOwner(
      context.on,
      'select * from rails.evidence where operation_id = any($1) order by id',
      [ids],
    ),
    await asOwner(
      context.on,
      'select * from rails.card_messages where operation_id = any($1) order by operation_id, part',
      [ids],
    ),
  ];
  return rows.flat();
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
        await makeDue([operation.id]);
        assert.equal(await run({ crashAt: `${crashPoints[point]}`, intents: [] }), 'SIGKILL');
        await world.resolve();
      }
      await assertEnded();
    });
  }
});

test(`a gateway that sleeps past its leases writes nothing stale when it wakes, ${SLEEPS} times`, async () => {
  for (let sleep = 0; sleep < SLEEPS; sleep += 1) {
    if (sleep % 10 === 9) await learnSizes(context.on);
    bank.setFaults([
      { id: 'lost', kind: 'hang', times: LEASED, when: { mti: '0200' } },
      { id: 'slow', kind: 'hang', times: LEASED, when: { mti: '0420' } },
    ]);
    const sent = await Promise.all(Array.from({ length: LEASED }, () => world.pay()));
    const ids = sent.map(({ operation }) => operation.id);
    for (const { operation } of sent) assert.equal(operation.state, 'unknown');
    await makeDue(ids);
    const told = slowFacts();
    const child = start({ crashAt: '', intents: [], leaseMs: 500, rounds: 10_000 });
    await once(child, 'message');
    // It has sent the reversals and waits for answers that do not come. One that it sent too late for its
    // lease it repeats, and is answered.
    await waitUntil(
      'the reversals',
      300_000,
      async () => slowFacts() - told + (await countReversed(ids)) >= LEASED,
    );
    assert.ok(slowFacts() > told);
    child.kill('SIGSTOP');
    await context.clock.sleep(TIMEOUT_MS);
    await world.resolve();
    for (const id of ids) assert.equal(await stateOf(context, scope, id), 'reversed');
    const before = await everythingOf(ids);

    const exited = once(child, 'exit');
    child.kill('SIGCONT');
    await context.clock.sleep(1_000);
    child.kill('SIGKILL');
    await exited;
    assert.deepEqual(await everythingOf(ids), before);
  }
  await assertEnded();
});

test('after all this the books of both sides are whole', async () => {
  await world.assertHealthy();
});
