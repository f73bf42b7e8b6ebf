// Several processes behind one port, of which the system gives a caller to any: nobody notices which one it was.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { vaultDatabase } from '../src/cards/vault/for-tests.ts';
import { asOwner, testContext } from '../src/for-tests.ts';
import { environmentFor, temporaryData } from './support/gateway.ts';
import { assertHealthy } from './support/health.ts';
import { createMerchant } from './support/merchant.ts';
import { runToItsEnd, startProcess } from './support/process.ts';

const [on, other] = await Promise.all([vaultDatabase(), vaultDatabase()]);
const { key } = await createMerchant(await testContext({ on }));
const api = ['--role', 'api'];
const shared = (PORT?: string, at = on) => ({
  ...environmentFor(at, temporaryData()),
  TOLLGATE_SHARED_PORT: 'on',
  ...(PORT === undefined ? {} : { PORT }),
});

test('Processes that share a port answer for each other, whichever is started or stopped', async () => {
  const first = await startProcess(shared(), api);
  const port = String(first.port);
  const second = await startProcess(shared(port), api);
  assert.equal(second.port, first.port);
  const third = await startProcess(shared(port), api);

  // What one has answered under a key, all have.
  const form = 'email=payer%40example.com';
  const ids = new Set<string>();
  for (const { ask } of [first, second, third, first, second, third]) {
    const { status, body, text } = await ask('POST', '/v1/customers', {
      key,
      form,
      idempotencyKey: 'one of them',
    });
    assert.equal(status, 200, text);
    ids.add(String(body.id));
  }
  assert.equal(ids.size, 1);

  for (const leaving of [first, second]) {
    assert.equal(await leaving.stop(), 0, leaving.output());
    for (let asked = 0; asked < 20; asked += 1) {
      const { status } = await third.ask('GET', `/v1/customers/${[...ids][0]}`, { key });
      assert.equal(status, 200);
    }
  }
  const ofOthers = await runToItsEnd(shared(port, other), api);
  assert.equal(ofOthers.code, 1);
  assert.match(
    ofOthers.output,
    new RegExp(`Port ${port} is shared by a program that is not at work on this database: `),
  );
  await asOwner(on, `update platform.heartbeats set version = '0.0.9'`);
  const older = await runToItsEnd(shared(port), api);
  assert.match(
    older.output,
    new RegExp(`Port ${port} is shared by version 0\\.0\\.9 of Tollgate, `),
  );

  const alone = { ...shared(port), TOLLGATE_SHARED_PORT: 'off' };
  const refused = await runToItsEnd(alone, api);
  assert.equal(refused.code, 1);
  assert.match(refused.output, new RegExp(`^Port ${port} is taken by another program; `));
  assert.equal(await third.stop(), 0, third.output());
});

test('A port that somebody has alone is not shared with him, and that is said', async () => {
  const alone = await startProcess(environmentFor(on, temporaryData()), api);
  const refused = await runToItsEnd(shared(String(alone.port)), api);
  assert.equal(refused.code, 1);
  assert.match(
    refused.output,
    new RegExp(
      `Port ${alone.port} is taken by a program that does not share it; set TOLLGATE_SHARED_PORT`,
    ),
  );
  assert.equal(await alone.stop(), 0, alone.output());
  await assertHealthy(on);
});
