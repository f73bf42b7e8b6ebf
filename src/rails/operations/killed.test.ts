// Kills the process that sends, and the one that resolves, at each numbered point; the bank's book says
// what really happened.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtemp } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { type CrashPoint, crashPoints, type Scope } from '#kit/context';
import { newUuid, type Uuid } from '#kit/ids';
import { asOwner, type TestContext, testAccount, testContext } from '../../for-tests.ts';
import { createOutgoing, type Outgoing } from './call-out.ts';
import { newFor } from './for-tests.ts';
import { assertConcluded } from './for-tests-checks.ts';
import { roundOf } from './for-tests-resolver.ts';
import { bankPort, stepOf, type Work } from './for-tests-send.ts';
import { createGates, usualGates } from './gates.ts';
import { loadOfIntent } from './operations.store.ts';
import { createResolver } from './resolver.ts';
import { openSendJournal, readSendJournal } from './send-journal.ts';
import { sendOperation } from './send-operation.ts';

const isFull = process.env['TOLLGATE_TEST_FULL'] === '1';
const KILLS = isFull ? 20 : 5;
const RESOLVER_KILLS = isFull ? 20 : 5;
const AT_ONCE = 5;
const child = fileURLToPath(new URL('./for-tests-send.ts', import.meta.url));

type Booking = { readonly intentId: Uuid; readonly reference: string; alive: boolean };

// By the key: a bank of class A books one key once. It never forgets, and never refuses.
const bookings = new Map<string, Booking>();
const cancelled = new Set<string>();
let isDeaf = false;
const bank = createServer((request, response) => {
  let text = '';
  request.on('data', (chunk) => (text += String(chunk)));
  request.on('end', () => {
    const asked = JSON.parse(text) as Record<string, string> & { providerKey: string };
    const { intentId = '', reference = '', amount, currency } = asked;
    const approval = { outcome: 'approved', amount, currency, reference };
    const booking = bookings.get(asked.providerKey);
    let says: object = { outcome: 'unknown', code: 'odd' };
    if (request.url === '/charge') {
      if (booking === undefined) {
        const alive = !cancelled.has(asked.providerKey);
        bookings.set(asked.providerKey, { intentId, reference, alive });
      }
      const first = bookings.get(asked.providerKey);
      says = first?.alive
        ? { ...approval, reference: first.reference }
        : { outcome: 'reversed', reference };
    }
    if (request.url === '/look-up')
      says = booking ? approval : { outcome: 'not_found', horizonMs: 0 };
    if (request.url === '/cancel') {
      cancelled.add(asked.providerKey);
      if (booking) booking.alive = false;
      says = { outcome: 'reversed', reference };
    }
    response.end(JSON.stringify(isDeaf ? { outcome: 'unknown', code: 'lost' } : says));
  });
});

let context: TestContext;
let scope: Scope;
let bankUrl: string;
let folder: string;
let outgoing: Outgoing;
const intents: Uuid[] = [];

before(async () => {
  context = await testContext();
  scope = await testAccount(context);
  folder = await mkdtemp(join(tmpdir(), 'sends-'));
  await new Promise<void>((resolve) => bank.listen(0, '127.0.0.1', resolve));
  bankUrl = `http://127.0.0.1:${(bank.address() as AddressInfo).port}`;
  outgoing = createOutgoing({
    journal: await openSendJournal(context, folder),
    gates: createGates(context, { ...usualGates, failuresMax: 1e9 }),
  });
});
after(async () => {
  await outgoing.journal.close();
  bank.closeAllConnections();
  bank.close();
});

const run = (work: Pick<Work, 'crashAt' | 'intents' | 'recoveryClass'>) =>
  new Promise<string>((resolve, reject) => {
    const all: Work = { appUrl: context.on.appUrl, bankUrl, folder, scope, ...work };
    const running = spawn(process.execPath, [child, JSON.stringify(all)], {
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    running.once('error', reject);
    running.once('exit', (code, signal) => resolve(signal ?? String(code)));
  });

const inBatches = async (count: number, work: (n: number) => Promise<void>): Promise<void> => {
  for (let from = 0; from < count; from += AT_ONCE) {
    const batch = Array.from({ length: Math.min(AT_ONCE, count - from) }, (_, n) => work(from + n));
    await Promise.all(batch);
  }
};

/** A client that got no answer asks for the same again. */
const sendAgain = async (intentId: Uuid): Promise<void> => {
  await sendOperation(context, scope, outgoing, {
    operation: newFor(context, scope, { intentId, timeoutMs: 4_000 }),
    port: bankPort(bankUrl, 'charge'),
  });
};

const resolveAll = async (recoveryClass: Work['recoveryClass']): Promise<void> => {
  const resolver = createResolver(context, {
    outgoing,
    recoveryOf: () => ({ steps: [stepOf(bankUrl, recoveryClass)], timeoutMs: 4_000 }),
    budget: { perSecond: 1_000, burst: 1_000 },
  });
  const open = 'select 1 as one from rails.operations where due_at is not null';
  while ((await asOwner(context.on, open)).length > 0) {
    await asOwner(
      context.on,
      `update rails.operations set due_at = now() - interval '1 second', leased_until = null,
              deadline_at = least(deadline_at, now()) where due_at is not null`,
    );
    await roundOf(resolver);
  }
};

/** N1 and N8, by the bank's book: what is alive there is exactly what is called approved here. */
const assertBooksAgree = async (): Promise<void> => {
  const sent = new Set<string>();
  for await (const { providerKey } of readSendJournal(folder)) sent.add(providerKey);
  for (const key of bookings.keys())
    assert.ok(sent.has(key), 'booked, and not in the send journal');
  for (const intentId of intents) {
    const alive = [...bookings.values()].filter((each) => each.intentId === intentId && each.alive);
    assert.ok(alive.length <= 1, 'two live approvals');
    const operations = await loadOfIntent(context, scope, intentId);
    const approved = operations.filter(({ state }) => state === 'approved');
    assert.deepEqual(
      approved.map(({ reference }) => reference),
      alive.map(({ reference }) => reference),
    );
  }
};

const classes = ['A', 'B', 'C'] as const;
const sending: readonly CrashPoint[] = [
  'send.before',
  'send.intended',
  'send.journaled',
  'send.answered',
  'send.recorded',
  'commit.before',
  'commit.after',
];

describe('killed while sending, at', () => {
  for (const point of sending) {
    test(point, async () => {
      await inBatches(KILLS, async (n) => {
        const own = [1, 2, 3].map(() => newUuid(context));
        intents.push(...own);
        const crashAt = `${crashPoints[point]}:${1 + (n % 3)}`;
        const ended = await run({ crashAt, intents: own, recoveryClass: 'A' });
        assert.equal(ended, 'SIGKILL');
        for (const intentId of own) await sendAgain(intentId);
      });
      await resolveAll(classes[sending.indexOf(point) % 3] ?? 'A');
      await assertBooksAgree();
    });
  }
});

describe('killed while resolving, at', () => {
  for (const [index, point] of (
    ['resolve.leased', 'resolve.journaled', 'resolve.answered', 'resolve.recorded'] as const
  ).entries()) {
    test(point, async () => {
      const recoveryClass = classes[index % 3] ?? 'A';
      const own = Array.from({ length: RESOLVER_KILLS }, () => newUuid(context));
      intents.push(...own);
      isDeaf = true;
      await Promise.all(own.map(sendAgain));
      isDeaf = false;
      for (let n = 0; n < RESOLVER_KILLS; n += 1) {
        await asOwner(
          context.on,
          `update rails.operations set due_at = now(), leased_until = null where due_at is not null`,
        );
        const crashAt = String(crashPoints[point]);
        assert.equal(await run({ crashAt, intents: [], recoveryClass }), 'SIGKILL');
        if (n === 0) await assertNothingDouble();
        const left = await asOwner(
          context.on,
          'select 1 as one from rails.operations where due_at is not null',
        );
        if (left.length > 0) continue;
        // All known already: something new for the next one to die on.
        const next = newUuid(context);
        intents.push(next);
        isDeaf = true;
        await sendAgain(next);
        isDeaf = false;
      }
      await resolveAll(recoveryClass);
      await assertBooksAgree();
    });
  }
});

const assertNothingDouble = async (): Promise<void> => {
  for (const intentId of intents) {
    const alive = [...bookings.values()].filter((each) => each.intentId === intentId && each.alive);
    assert.ok(alive.length <= 1);
  }
};

test('in the end every state is what its evidence says', async () => {
  assert.equal(await assertConcluded(context), intents.length);
});
