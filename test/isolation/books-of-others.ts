import assert from 'node:assert/strict';
import { test } from 'node:test';
import { STANDARD_SCHEDULE } from '#books/calendars';
import { allExpectations, expect, expectation, loadExpectationsOf } from '#books/expectations';
import { listFeeRules, loadFeeRules, setFeeRules } from '#books/fees';
import {
  captureEntry,
  type Entry,
  entryIdOf,
  loadBalances,
  loadBalancesAt,
  loadEntries,
  loadEntriesOf,
  loadUntoldReleases,
  post,
  takeSnapshots,
  tellReleases,
} from '#books/ledger';
import { newUuid } from '#kit/ids';
import { insertWithdrawal } from '../../src/books/fees/fee-rules.store.ts';
import { settled } from '../../src/books/ledger/for-tests.ts';
import { asOwner } from '../../src/for-tests.ts';
import type { Tried } from './world.ts';

const words = { methods: [], brands: [] };

export const booksOfOthers = ({ gateway, context, world }: Tried): void => {
  test('the books of others are neither counted nor read', async () => {
    const { mine, theirs } = world;
    const nowMs = context.clock.now();
    // A currency that nobody has paid in, and of a kind that is held against no payment.
    const fact = { subject: newUuid(context), currency: 'usd' };
    const amounts = { amount: 900n, fee: 30n, availableAtMs: nowMs };
    const entry: Entry = { ...captureEntry({ ...fact, ...amounts }), purpose: 'correction' };
    const connectorAccountId = newUuid(context);
    const reference = 'TGX';
    const expected = expect({
      connectorAccountId,
      reference,
      kind: 'reserve',
      currency: 'usd',
      amount: 900n,
      cost: null,
      schedule: STANDARD_SCHEDULE,
      atMs: nowMs,
    });
    const others = [theirs.scope, theirs.liveScope, mine.liveScope];
    for (const [n, scope] of others.entries()) {
      const writes = [post(scope, entry, nowMs), expectation(scope, expected)];
      assert.deepEqual(await gateway.context.database.commit(scope, writes), { ok: true });
      if (n === 0) {
        await settled(gateway.on);
        await takeSnapshots(gateway.context);
      }
      await setFeeRules(gateway.context, scope, { rules: [], known: words });
    }
    const { scope } = mine;
    const id = entryIdOf(entry);
    const asked = { connectorAccountId, reference };
    assert.equal((await loadBalances(context, scope)).has('usd'), false);
    assert.equal((await loadBalancesAt(context, scope, nowMs + 60_000)).has('usd'), false);
    assert.equal((await loadEntries(context, scope, [id])).size, 0);
    assert.deepEqual(await loadEntriesOf(context, scope, fact.subject), []);
    assert.deepEqual(await loadExpectationsOf(context, scope, asked), []);
    for await (const each of allExpectations(context, scope)) {
      assert.notEqual(each.reference, reference);
    }
    assert.equal((await loadFeeRules(context, scope)).version, 0);
    const versions = (await listFeeRules(context, scope)).map(({ version }) => version);
    assert.deepEqual(versions, [0]);
    // Theirs, which is no plan of mine to withdraw.
    const validFromMs = context.clock.now() + 3_600_000;
    const planned = { rules: [], known: words, validFromMs };
    const ofTheirs = await setFeeRules(gateway.context, theirs.scope, planned);
    const version = ofTheirs.ok ? ofTheirs.version : 0;
    const withdrawal = insertWithdrawal(scope, { version, atMs: context.clock.now() });
    assert.equal((await context.database.commit(scope, [withdrawal])).ok, false);
    // The first version of mine, although the others have one of theirs.
    const set = await setFeeRules(context, scope, { rules: [], known: words });
    assert.equal(set.ok && set.version, 1);
  });

  test('what became available to others is neither seen nor told', async () => {
    const { mine, theirs } = world;
    await asOwner(
      gateway.on,
      `insert into books.releases (account_id, livemode, released) values ($1, false, 1)
       on conflict (account_id, livemode) do update set released = books.releases.released + 1`,
      [theirs.scope.accountId],
    );
    for (const scope of [mine.scope, mine.liveScope, theirs.liveScope]) {
      assert.equal(await loadUntoldReleases(context, scope), undefined);
      const tell = tellReleases(scope, { released: 1n, events: 0 });
      const commit = await context.database.commit(scope, [tell]);
      assert.deepEqual(commit, { ok: false, lost: tell.into });
    }
  });
};
