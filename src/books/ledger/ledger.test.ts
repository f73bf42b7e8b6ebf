import assert from 'node:assert/strict';
import { beforeEach, describe, test } from 'node:test';
import {
  booksSealingWith,
  captureEntry,
  correctionOf,
  type Entry,
  entryIdOf,
  type LedgerAccount,
  loadBalances,
  loadBalancesAt,
  loadEntries,
  loadEntriesOf,
  post,
  refundEntry,
  releaseDue,
  sealBooks,
  takeSnapshots,
  verifyBooks,
} from '#books/ledger';
import type { Scope } from '#kit/context';
import { newUuid } from '#kit/ids';
import type { Sealing } from '#kit/seals';
import { asOwner, type TestContext, testAccount, testContext } from '../../for-tests.ts';
import { manualClock, temporaryFolder } from '../../kit/context/for-tests.ts';
import { connectionSettings } from '../../platform/db/for-tests.ts';
import { connect } from '../../platform/db/index.ts';
import { checks } from './checks.ts';
import { settled } from './for-tests.ts';
import { alignPositions } from './snapshots.ts';

const clock = manualClock();
const DAY_MS = 86_400_000;
let context: TestContext;
let scope: Scope;
let sealing: Sealing;

beforeEach(async () => {
  context = await testContext({ clock });
  scope = await testAccount(context);
  sealing = booksSealingWith(Buffer.alloc(32, 7), `${temporaryFolder('books')}/anchors`);
});

const capture = (changes: Partial<Parameters<typeof captureEntry>[0]> = {}): Entry =>
  captureEntry({
    subject: newUuid(context),
    currency: 'usd',
    amount: 10_000n,
    fee: 320n,
    availableAtMs: clock.now() + 2 * DAY_MS,
    ...changes,
  });
const postAll = (...entries: Entry[]) =>
  context.database.commit(
    scope,
    entries.map((entry) => post(scope, entry, clock.now())),
  );
const held = async (currency = 'usd'): Promise<Partial<Record<LedgerAccount, bigint>>> =>
  Object.fromEntries((await loadBalances(context, scope)).get(currency) ?? []);
const countSettled = async (): Promise<bigint> => {
  await settled(context.on);
  return takeSnapshots(context);
};
const sealSettled = async (): Promise<number> => {
  await settled(context.on);
  return sealBooks(context, sealing);
};
const healthy = async (): Promise<void> => {
  for (const { name, text } of checks) {
    assert.deepEqual(await asOwner(context.on, text), [], name);
  }
};
const tamper = (text: string) =>
  asOwner(context.on, `set session_replication_role = replica; ${text}`);

describe('an entry', () => {
  test('is found again as it was posted, and moves the balances', async () => {
    const entry = capture({ details: { feeRules: 3 } });
    assert.deepEqual(await postAll(entry), { ok: true });
    const id = entryIdOf(entry);
    const found = (await loadEntries(context, scope, [id])).get(id);
    assert.deepEqual(found?.postings, {
      provider_receivable: 10_000n,
      merchant_pending: -9_680n,
      fees_earned: -320n,
    });
    assert.deepEqual(found?.details, { feeRules: 3 });
    assert.equal(found?.availableAtMs, entry.availableAtMs);
    assert.deepEqual(await held(), found?.postings);
    await healthy();
  });

  test('of the same fact cannot be posted twice, and takes nothing else of its unit along', async () => {
    const entry = capture();
    const other = capture();
    await postAll(entry);
    const again = await postAll(other, entry);
    assert.equal(again.ok ? '' : again.lost.name, 'ledger.post');
    assert.equal((await loadEntriesOf(context, scope, other.subject)).length, 0);
    assert.equal((await held()).provider_receivable, 10_000n);
  });

  test('of the next part of the same fact is another one', async () => {
    const first = capture({ amount: 6_000n });
    const second = capture({ subject: first.subject, part: 1, amount: 4_000n });
    await postAll(first, second);
    assert.deepEqual(
      (await loadEntriesOf(context, scope, first.subject)).map(({ part }) => part),
      [0, 1],
    );
  });

  test('that does not sum to zero is refused here', () => {
    const wrong = { ...capture(), postings: { bank: 1n, suspense: -2n } };
    assert.throws(() => post(scope, wrong, clock.now()), /sum to zero/);
  });

  const insert = (accounts: string, amounts: string, more = '') => `
    insert into books.entries (posted_at, available_at, purpose, part, account_id, livemode, id,
                               subject, currency, accounts, amounts)
    values (now(), now(), 1, 0, '${scope.accountId}', false,
            '00000000-0000-7000-8000-000000000100', '00000000-0000-7000-8000-00000000abcd',
            'usd', '${accounts}', '${amounts}') ${more}`;

  const refusedByTheDatabase: readonly (readonly [string, string, string])[] = [
    ['does not sum to zero', '{1,2}', '{5,-4}'],
    ['has more accounts than amounts', '{1,2,4}', '{5,-5}'],
    ['has one posting', '{1}', '{0}'],
    ['has an empty posting', '{1,2,4}', '{5,-5,0}'],
    ['has no amount at all', '{1,2}', '{null,null}'],
    ['names an account that does not exist', '{1,99}', '{5,-5}'],
  ];
  for (const [what, accounts, amounts] of refusedByTheDatabase) {
    test(`that ${what} is refused by the database`, async () => {
      await assert.rejects(asOwner(context.on, insert(accounts, amounts)), /"balanced"/);
    });
  }

  const namedOtherwise: readonly (readonly [string, string, string])[] = [
    ['purpose', '000000000100', '000000000200'],
    ['part', '000000000100', '000000000101'],
    ['subject, by its last letter that counts', '000000000100', '000000010100'],
    [
      'subject, by its first letter',
      '00000000-0000-7000-8000-000000000100',
      '10000000-0000-7000-8000-000000000100',
    ],
  ];
  for (const [what, own, other] of namedOtherwise) {
    test(`must carry the id of its business key, and not of another ${what}`, async () => {
      await assert.rejects(
        asOwner(context.on, insert('{1,4}', '{5,-5}').replace(own, other)),
        /named_by_its_business_key/,
      );
    });
  }

  test('can be neither changed nor removed by the role that serves, nor by the owner by accident', async () => {
    await postAll(capture());
    for (const text of [
      'update books.entries set part = 1',
      'delete from books.entries',
      'truncate books.entries',
    ]) {
      await assert.rejects(
        context.database.transaction(scope, (tx) => tx.query({ name: '', text })),
        /permission denied/,
      );
      await assert.rejects(asOwner(context.on, text), /append-only/);
    }
    await assert.rejects(
      context.database.transaction(scope, (tx) =>
        tx.query({ name: '', text: 'insert into books.entries (position) values (1)' }),
      ),
      /permission denied/,
    );
  });

  test('that was wrong is corrected by its opposite, before or after its day', async () => {
    const wrong = capture();
    await postAll(wrong);
    await countSettled();
    await postAll(correctionOf({ ...wrong, id: entryIdOf(wrong) }, 'Captured twice'));
    assert.deepEqual(await held(), {});
    await countSettled();
    await healthy();
    await releaseDue(context, { livemode: false, nowMs: clock.now() + 3 * DAY_MS });
    assert.deepEqual(await held(), {});
    await healthy();
  });

  test('of one merchant is not seen by another, nor in the other mode', async () => {
    await postAll(capture());
    await countSettled();
    const stranger = await testAccount(context);
    assert.equal((await loadBalances(context, stranger)).size, 0);
    assert.equal((await loadBalances(context, { ...scope, livemode: true })).size, 0);
  });
});

describe('balances', () => {
  test('are the same from snapshots and from the beginning, per currency', async () => {
    for (let round = 0; round < 5; round += 1) {
      await postAll(capture(), capture({ currency: 'eur', amount: 500n, fee: 25n }));
      assert.equal(await countSettled(), 2n);
      assert.equal(await countSettled(), 0n);
      await postAll(refundEntry({ subject: newUuid(context), currency: 'usd', amount: 100n }));
      assert.equal((await held()).provider_receivable, BigInt(round + 1) * 9_900n);
      assert.equal((await held('eur')).fees_earned, BigInt(round + 1) * -25n);
      assert.equal(await countSettled(), 1n);
      assert.equal((await held()).provider_receivable, BigInt(round + 1) * 9_900n);
    }
    await healthy();
  });

  test('stand as of any moment, whatever was counted since and in whichever order it came', async () => {
    const moments: { ms: number; receivable: bigint }[] = [];
    let receivable = 0n;
    for (let day = 0; day < 6; day += 1) {
      clock.advance(DAY_MS);
      await postAll(capture({ amount: 1_000n }));
      receivable += 1_000n;
      moments.push({ ms: clock.now(), receivable });
      if (day % 2 === 0) await countSettled();
    }
    for (const { ms, receivable } of moments) {
      const then = (await loadBalancesAt(context, scope, ms)).get('usd');
      assert.equal(then?.get('provider_receivable'), receivable);
      const before = (await loadBalancesAt(context, scope, ms - 1)).get('usd');
      assert.equal(before?.get('provider_receivable') ?? 0n, receivable - 1_000n);
    }
  });

  test('miss nothing that commits late: a snapshot ends below what is still open', async () => {
    // Begins first and commits last, with snapshots taken in between.
    const slow = await connect(connectionSettings(context.on.ownerUrl));
    const send = (text: string) => slow.send({ name: '', text });
    await send('begin');
    await send('select pg_current_xact_id()');
    await postAll(capture());
    assert.equal(await takeSnapshots(context), 0n);

    const subject = newUuid(context);
    const id = entryIdOf({ subject, purpose: 'payout_paid' });
    await send(`insert into books.entries (posted_at, purpose, part, account_id, livemode, id, subject,
        currency, accounts, amounts)
      values (now(), 31, 0, '${scope.accountId}', false, '${id}', '${subject}', 'usd', '{8,9}', '{7,-7}')`);
    assert.equal((await held()).bank, undefined);
    await send('commit');
    await slow.close();

    assert.equal((await held()).bank, -7n);
    assert.equal(await countSettled(), 2n);
    assert.equal((await held()).bank, -7n);
    await healthy();
  });

  test('go on after a restore from a dump, where transactions are numbered from the beginning', async () => {
    await postAll(capture());
    await countSettled();
    await asOwner(context.on, `update books.horizon set position = position + 1000000`);
    await assert.rejects(loadBalances(context, scope), /lie behind/);
    assert.equal(await alignPositions(context.database), true);
    assert.equal(await alignPositions(context.database), false);
    await postAll(capture());
    assert.equal((await held()).provider_receivable, 20_000n);
    await countSettled();
    assert.equal((await held()).provider_receivable, 20_000n);
    await healthy();
  });
});

describe('what is pending', () => {
  test('becomes available on its day, once', async () => {
    const soon = clock.now() + DAY_MS;
    await postAll(capture({ availableAtMs: soon }), capture({ availableAtMs: soon + DAY_MS }));
    await countSettled();
    const release = (nowMs: number) => releaseDue(context, { livemode: false, nowMs });
    assert.equal(await release(soon - 1), 0n);
    assert.equal(await releaseDue(context, { livemode: true, nowMs: soon + 9 * DAY_MS }), 0n);
    assert.equal(await release(soon), 1n);
    assert.equal(await release(soon), 0n);
    const { merchant_pending, merchant_available } = await held();
    assert.deepEqual([merchant_pending, merchant_available], [-9_680n, -9_680n]);
    await healthy();
    assert.equal(await release(soon + DAY_MS), 1n);
    assert.equal((await held()).merchant_pending, undefined);
    assert.equal((await held()).merchant_available, -19_360n);
    await healthy();
  });

  test('counts as available from its day on, whether or not it was released', async () => {
    const soon = clock.now() + DAY_MS;
    const shown = async (dueMs: number): Promise<bigint[]> => {
      const usd = (await loadBalances(context, scope, dueMs)).get('usd');
      return [usd?.get('merchant_pending') ?? 0n, usd?.get('merchant_available') ?? 0n];
    };
    const all = [-9_680n, -9_680n];
    await postAll(capture({ availableAtMs: soon }), capture({ availableAtMs: soon + DAY_MS }));
    const steps = [
      async () => {},
      countSettled,
      () => releaseDue(context, { livemode: false, nowMs: soon }),
    ];
    for (const step of steps) {
      await step();
      assert.deepEqual(await shown(soon), all);
      assert.deepEqual(await shown(soon + DAY_MS), [0n, -19_360n]);
    }
    await healthy();
  });

  test('and posted after its day is released by the next round', async () => {
    const day = clock.now() - DAY_MS;
    await postAll(capture({ availableAtMs: day }));
    await countSettled();
    await releaseDue(context, { livemode: false, nowMs: clock.now() });
    await postAll(capture({ availableAtMs: day }));
    await countSettled();
    await releaseDue(context, { livemode: false, nowMs: clock.now() });
    assert.equal((await held()).merchant_available, -19_360n);
    await healthy();
  });
});

describe('the chain of the books', () => {
  beforeEach(async () => {
    for (let n = 0; n < 3; n += 1) {
      await postAll(capture(), capture());
      assert.equal(await sealSettled(), 2);
    }
  });
  const problems = async () => (await verifyBooks(context, sealing)).problems.join(' ');

  test('verifies when nobody touched it', async () => {
    assert.deepEqual(await verifyBooks(context, sealing), { seals: 3, entries: 6, problems: [] });
    assert.equal(await sealSettled(), 0);
  });

  test('tells of a changed amount', async () => {
    await tamper(`update books.entries set amounts = '{9000,-8680,-320}'
                   where id = (select id from books.entries order by position, id limit 1)`);
    assert.match(await problems(), /Seal 1: an entry was changed/);
  });

  test('tells of a removed entry', async () => {
    await tamper(`delete from books.entries
                   where id = (select id from books.entries order by position desc, id limit 1)`);
    assert.match(await problems(), /Seal 3: holds 1 entries instead of 2/);
  });

  test('tells of an entry slipped in among sealed ones', async () => {
    await tamper(`insert into books.entries
      (position, posted_at, purpose, part, account_id, livemode, id, subject, currency, accounts, amounts)
      select position, now(), 31, 0, account_id, false, '00000000-0000-7000-8000-000000001f00',
             '00000000-0000-7000-8000-00000000abcd', 'usd', '{8,9}', '{7,-7}'
        from books.entries order by position limit 1`);
    assert.match(await problems(), /Seal 1: holds 3 entries instead of 2/);
  });

  test('tells of a seal that was removed with its entries, by what was noted outside', async () => {
    await tamper(`delete from books.entries where position >= (select upto from books.seals where number = 2);
                  delete from books.seals where number = 3`);
    assert.match(await problems(), /Seal 3: was noted outside the database and is gone/);
  });

  test('tells of a tail that was cut, changed and sealed anew by the gateway itself', async () => {
    await tamper(`delete from books.seals where number = 3;
                  update books.entries set amounts = '{9000,-8680,-320}'
                   where id = (select id from books.entries order by position desc, id limit 1)`);
    assert.equal(await sealSettled(), 2);
    assert.match(await problems(), /Seal 3: differs from what was noted outside/);
  });

  test('tells of a chain made anew with another key', async () => {
    const forger = booksSealingWith(Buffer.alloc(32, 8), sealing.anchorFile);
    assert.match(
      (await verifyBooks(context, forger)).problems.join(' '),
      /is not signed with the key/,
    );
  });
});
