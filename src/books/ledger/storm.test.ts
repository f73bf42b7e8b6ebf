// Sixteen writers, each with a connection of its own, while snapshots are taken, money is released and
// the chain is sealed; the books are looked at in between, as of whatever moment it happens to be.
// In full it is a million postings (`npm test -- --full src/books/ledger/storm.test.ts`).

import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  booksSealingWith,
  captureEntry,
  loadBalances,
  post,
  refundEntry,
  releaseDue,
  sealBooks,
  takeSnapshots,
  verifyBooks,
} from '#books/ledger';
import { systemClock } from '#kit/context';
import { newUuid } from '#kit/ids';
import { asOwner, testAccount, testContext } from '../../for-tests.ts';
import { temporaryFolder } from '../../kit/context/for-tests.ts';
import { checks } from './checks.ts';
import { settled } from './for-tests.ts';

const isFull = process.env['TOLLGATE_TEST_FULL'] === '1';
const POSTINGS = isFull ? 1_000_000 : 16_000;
const LOOKS = isFull ? 200 : 20;
const WRITERS = 16;
/** Units in flight of one writer, which its lane coalesces. */
const AT_ONCE = 32;
const CURRENCIES = ['usd', 'eur', 'jpy'];

test(`${POSTINGS} postings from ${WRITERS} connections balance at ${LOOKS} moments`, async (t) => {
  const first = await testContext();
  const writers = [first];
  while (writers.length < WRITERS) writers.push(await testContext({ on: first.on }));
  const scopes = [await testAccount(first), await testAccount(first), await testAccount(first)];
  const sealing = booksSealingWith(Buffer.alloc(32, 9), `${temporaryFolder('storm')}/anchors`);

  let posted = 0;
  let replays = 0;
  const sums = new Map<string, bigint>();
  const writeOne = async (context: typeof first, n: number): Promise<void> => {
    const place = n % scopes.length;
    const scope = scopes[place] as (typeof scopes)[number];
    const currency = CURRENCIES[(n % 7) % CURRENCIES.length] as string;
    const amount = BigInt(1_000 + (n % 9_000));
    const captured = captureEntry({
      subject: newUuid(context),
      currency,
      amount,
      fee: 30n,
      availableAtMs: systemClock.now() - (n % 2) * 1_000 + 500,
    });
    const refunded = refundEntry({ subject: newUuid(context), currency, amount: amount / 2n });
    const writes = [
      post(scope, captured, context.clock.now()),
      post(scope, refunded, context.clock.now()),
    ];
    assert.deepEqual(await context.database.commit(scope, writes), { ok: true });
    const key = `${place} ${currency}`;
    sums.set(key, (sums.get(key) ?? 0n) + amount - amount / 2n);
    posted += 5;
    if (n % 50 !== 0) return;
    // Some come again, and must lose.
    const again = await context.database.commit(scope, [
      post(scope, captured, context.clock.now()),
    ]);
    assert.equal(again.ok, false);
    replays += 1;
  };

  const startedMs = systemClock.monotonicMs();
  let n = 0;
  let isDone = false;
  const writing = Promise.all(
    writers.flatMap((context) =>
      Array.from({ length: AT_ONCE }, async () => {
        while (n * 5 < POSTINGS) await writeOne(context, n++);
      }),
    ),
  ).finally(() => {
    isDone = true;
  });

  const tending = (async () => {
    while (!isDone) {
      await takeSnapshots(first, 50);
      await releaseDue(first, { livemode: false, nowMs: systemClock.now() });
      await sealBooks(first, sealing);
    }
  })();
  const looking = (async () => {
    for (let look = 0; look < LOOKS; look += 1) {
      const { name, text } = checks[look % checks.length] as (typeof checks)[number];
      assert.deepEqual(await asOwner(first.on, text), [], name);
      if (isDone) break;
    }
  })();
  await writing;
  const seconds = (systemClock.monotonicMs() - startedMs) / 1000;
  await Promise.all([tending, looking]);
  t.diagnostic(
    `${Math.round(posted / 2.5 / seconds)} entries a second, ${replays} replays refused`,
  );

  await settled(first.on);
  while ((await takeSnapshots(first)) > 0n);
  await releaseDue(first, { livemode: false, nowMs: systemClock.now() + 10_000 });
  await settled(first.on);
  await takeSnapshots(first);
  while ((await sealBooks(first, sealing)) > 0);
  for (const { name, text } of checks) assert.deepEqual(await asOwner(first.on, text), [], name);
  for (const [place, scope] of scopes.entries()) {
    for (const [currency, held] of await loadBalances(first, scope)) {
      assert.equal(held.get('provider_receivable'), sums.get(`${place} ${currency}`));
      assert.equal(held.get('merchant_pending'), undefined);
    }
  }
  const verdict = await verifyBooks(first, sealing);
  assert.deepEqual(verdict.problems, []);
  const [{ count } = { count: 0n }] = await asOwner(first.on, 'select count(*) from books.entries');
  assert.equal(BigInt(verdict.entries), count);
  assert.ok(replays > 0);
});
