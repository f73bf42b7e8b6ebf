import assert from 'node:assert/strict';
import { test } from 'node:test';
import { uuidAt } from '#kit/ids';
import { asOwner, testAccount, testContext } from '../../for-tests.ts';
import { analyzed, rowsRead } from '../../platform/db/for-tests-rows-read.ts';
import { type ChargeFilter, listCharges } from './charges.store.ts';

test('Charges of a transfer group, customer or payment are found without the others, in order', async () => {
  const context = await testContext();
  const scope = await testAccount(context);
  // Of three thousand, three have a group.
  await asOwner(
    context.on,
    `insert into payments.charges (account_id, livemode, id, version, intent_id, attempt, status, currency,
            amount, connector_account_id, metadata, details, customer_id, transfer_group)
     select '${scope.accountId}', false, lpad(n::text, 32, '0')::uuid, 1, gen_random_uuid(), 1, 1, 'eur',
            100, gen_random_uuid(), '{}', '{}',
            lpad((n % 1000)::text, 32, '0')::uuid, case when n % 1000 = 7 then 'hats' end
       from generate_series(1, 3000) n`,
  );
  await analyzed(context.on);

  const ever = { idFrom: uuidAt(0), idBefore: uuidAt(2 ** 48 - 1) };
  const none = { customerId: null, intentId: null, transferGroup: null, from: null, limit: 11 };
  const ids = (...numbers: number[]) =>
    numbers.map((n) => `00000000-0000-0000-0000-${String(n).padStart(12, '0')}`);
  const asked: [Partial<ChargeFilter>, string[]][] = [
    [{ transferGroup: 'hats' }, ids(2007, 1007, 7)],
    [{ transferGroup: 'hats', from: ids(2007)[0] ?? null }, ids(1007, 7)],
    [{ transferGroup: 'hats', direction: 'newer', limit: 2 }, ids(7, 1007)],
    [{ transferGroup: 'none' }, []],
    [{ customerId: ids(7)[0] ?? null }, ids(2007, 1007, 7)],
    [{ customerId: ids(7)[0] ?? null, transferGroup: 'hats' }, ids(2007, 1007, 7)],
    [{ customerId: ids(8)[0] ?? null, transferGroup: 'hats' }, []],
    [{ intentId: ids(5)[0] ?? null }, []],
  ];
  for (const [filter, expected] of asked) {
    const whole: ChargeFilter = { ...ever, ...none, direction: 'older', ...filter };
    const found = await listCharges(context, scope, whole);
    assert.deepEqual(
      found.map(({ id }) => id),
      expected,
    );
    const rows = await rowsRead(context, (on) => listCharges(on, scope, whole));
    assert.ok(rows <= 12, `${rows} rows were read for ${JSON.stringify(filter)}`);
  }
});
