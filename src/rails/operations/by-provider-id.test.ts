import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadByProviderId } from '#rails/operations';
import { asOwner, testAccount, testContext } from '../../for-tests.ts';
import { analyzed, rowsRead } from '../../platform/db/for-tests-rows-read.ts';

// A provider's webhook names a payment by the provider's own id: its operation was looked for in all evidence.
test('An operation is found by what its provider calls it, without reading what was said of others', async () => {
  const context = await testContext();
  const [scope, other] = [await testAccount(context), await testAccount(context)];
  const id = (n: number) => `00000000-0000-0000-0000-${String(n).padStart(12, '0')}`;
  for (const { accountId } of [scope, other]) {
    await asOwner(
      context.on,
      `insert into rails.operations (account_id, livemode, id, intent_id, connector_account_id, kind, ordinal,
              attempt, state, amount, currency, reference, provider_key, sends, first_sent_at, deadline_at, version)
       select '${accountId}', false, lpad(n::text, 32, '0')::uuid, gen_random_uuid(), '${id(1)}', 1, 1, 1, 4, 100,
              'eur', 'op_' || n, 'key', 1, now(), now(), 1 from generate_series(1, 2000) n`,
    );
    await asOwner(
      context.on,
      `insert into rails.evidence (account_id, livemode, operation_id, id, kind, at, says)
       select '${accountId}', false, lpad(n::text, 32, '0')::uuid, gen_random_uuid(), 1, now(),
              json_build_object('providerId', 'prov_' || n) from generate_series(1, 2000) n`,
    );
  }
  await analyzed(context.on);

  const ask = (of: string) => (on: typeof context) => loadByProviderId(on, scope, id(1), of);
  const found = await ask('prov_77')(context);
  assert.deepEqual(
    found.map(({ id: of }) => of),
    [id(77)],
  );
  for (const name of ['prov_77', 'prov_nobody']) {
    const rows = await rowsRead(context, ask(name));
    assert.ok(rows <= 5, `${rows} rows were read for ${name}`);
  }
});
