import assert from 'node:assert/strict';
import { test } from 'node:test';
import { asOwner, testAccount, testContext } from '../../for-tests.ts';
import { forgetDeliveries } from './deliveries.store.ts';

const id = (n: number) => `00000000-0000-0000-0000-${String(n).padStart(12, '0')}`;

test('Old deliveries are forgotten, so many at once, of every account and mode; the others stay', async () => {
  const context = await testContext();
  for (const { accountId } of [await testAccount(context), await testAccount(context)]) {
    await asOwner(
      context.on,
      `insert into outward.deliveries (account_id, livemode, id, endpoint_id, event_id, object_id, sequence, state)
       select '${accountId}', mode, lpad(n::text, 32, '0')::uuid, '${id(1)}', lpad(n::text, 32, '0')::uuid,
              gen_random_uuid(), 1, 2
         from generate_series(1, 10) n, unnest(array[true, false]) as mode`,
    );
  }
  // Seven of each of four.
  assert.equal(await forgetDeliveries(context, id(8), 20), 20);
  assert.equal(await forgetDeliveries(context, id(8), 20), 8);
  assert.equal(await forgetDeliveries(context, id(8), 20), 0);
  const left = await asOwner(
    context.on,
    'select count(*)::integer as rows from outward.deliveries',
  );
  assert.deepEqual(left[0]?.['rows'], 12);
});
