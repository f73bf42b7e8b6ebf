import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { stillAttached } from '#cards/methods';
import { parseId, spellId } from '#kit/ids';
import { blankCustomer } from '../../src/cards/customers/customer.ts';
import {
  customersOfClock,
  notDefault,
  updateCustomer,
} from '../../src/cards/customers/customers.store.ts';
import {
  listTestClockRows,
  loadTestClocks,
  updateTestClock,
} from '../../src/cards/test-clocks/test-clocks.store.ts';
import {
  insertAuthentication,
  loadAuthentication,
  updateAuthentication,
  useAuthenticationRow,
} from '../../src/cards/three-ds/authentications.store.ts';
import {
  type CardAuthentication,
  nothingLearned,
} from '../../src/cards/three-ds/card-authentication.ts';
import { asOwner } from '../../src/for-tests.ts';
import type { Tried } from './world.ts';

export const cardsOfOthers = ({ gateway, context, world }: Tried): void => {
  test('a customer of others is not changed by a write that names it', async () => {
    const [row] = await asOwner(
      gateway.on,
      `select account_id, livemode, id, version from cards.customers where account_id = $1 limit 1`,
      [world.theirs.accountId],
    );
    assert.ok(row !== undefined);
    const customer = {
      ...blankCustomer(String(row['id']), 'X'),
      version: Number(row['version']) + 1,
    };
    for (const scope of [world.mine.scope, world.mine.liveScope]) {
      const write = updateCustomer(scope, customer);
      const commit = await context.database.commit(scope, [write]);
      assert.deepEqual(commit, { ok: false, lost: write.into });
    }
  });

  test('a default of others is not looked at by a write that names it', async () => {
    const [row] = await asOwner(
      gateway.on,
      `select id, customer_id from cards.payment_methods
        where account_id = $1 and customer_id is not null limit 1`,
      [world.theirs.accountId],
    );
    assert.ok(row !== undefined);
    const [method, customer] = [String(row['id']), String(row['customer_id'])];
    for (const scope of [world.mine.scope, world.mine.liveScope]) {
      for (const write of [
        stillAttached(scope, method, customer),
        notDefault(scope, customer, spellId('pm', method)),
      ]) {
        const commit = await context.database.commit(scope, [write]);
        assert.deepEqual(commit, { ok: false, lost: write.into });
      }
    }
  });

  test('an authentication of others is neither found, changed nor used', async () => {
    const { mine, theirs } = world;
    const it = anAuthentication();
    await context.database.commit(theirs.scope, [insertAuthentication(theirs.scope, it)]);
    const binding = { ...it, operationId: randomUUID(), nowMs: context.clock.now() };
    for (const scope of [mine.scope, mine.liveScope, theirs.liveScope]) {
      assert.equal(await loadAuthentication(context, scope, it.id), undefined);
      const change = updateAuthentication(scope, { ...it, version: 2 });
      const use = useAuthenticationRow(scope, it.id, binding);
      for (const write of [change, use]) {
        const commit = await context.database.commit(scope, [write]);
        assert.deepEqual(commit, { ok: false, lost: write.into });
      }
    }
    const own = await context.database.commit(theirs.scope, [
      useAuthenticationRow(theirs.scope, it.id, binding),
    ]);
    assert.deepEqual(own, { ok: true });
  });

  test('a test clock of another cannot be seen, listed, moved, or asked for its customers', async () => {
    const { mine, theirs } = world;
    const key = theirs.key;
    const form = 'frozen_time=1800000000';
    const made = await gateway.ask('POST', '/v1/test_helpers/test_clocks', { key, form });
    const spelled: string = made.body.id;
    await gateway.ask('POST', '/v1/customers', { key, form: `test_clock=${spelled}` });
    const id = parseId('clock', spelled) ?? '';
    const clock = (await loadTestClocks(context, theirs.scope, [id])).get(id);
    assert.ok(clock !== undefined);

    assert.equal((await loadTestClocks(context, mine.scope, [id])).size, 0);
    for (const direction of ['older', 'newer'] as const) {
      const page = { direction, from: null, limit: 100 };
      const listed = await listTestClockRows(context, mine.scope, page);
      assert.ok(!listed.some((each) => each.id === id));
    }
    assert.deepEqual(await customersOfClock(context, mine.scope, spelled), []);
    const change = updateTestClock(mine.scope, { ...clock, version: clock.version + 1 });
    assert.deepEqual(await context.database.commit(mine.scope, [change]), {
      ok: false,
      lost: change.into,
    });
  });
};

/** Completed, and not used. */
const anAuthentication = (): CardAuthentication => ({
  id: randomUUID(),
  version: 1,
  state: 'completed',
  intentId: randomUUID(),
  card: randomUUID(),
  amount: 5_000n,
  currency: 'eur',
  merchantId: 'M1',
  expiresAtMs: Date.now() + 600_000,
  dueAtMs: null,
  usedFor: null,
  asked: {
    brand: 'visa',
    merchant: { id: 'M1', name: 'A shop', mcc: '5992', country: 'DE', acquirerBin: '412345' },
    payer: null,
    preference: 'any',
    directoryServer: 'https://directory.test/',
    reach: 'public',
    returnUrl: 'https://shop.test/',
  },
  learned: { ...nothingLearned, transStatus: 'Y' },
});
