import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readSettings } from './config.ts';
import { testDatabase } from './for-tests.ts';
import { silentLog, temporaryFolder } from './kit/context/for-tests.ts';
import { openRuntime } from './runtime.ts';

test('a process with another master secret is refused before it can do harm', async () => {
  const on = await testDatabase();
  const settings = (secret: string) =>
    readSettings({
      DATABASE_URL: on.ownerUrl,
      DATABASE_APP_URL: on.appUrl,
      DATABASE_VAULT_URL: on.vaultUrl,
      TOLLGATE_DATA: temporaryFolder('data'),
      TOLLGATE_SECRET: secret.repeat(64),
    });
  const how = { log: silentLog, actor: { kind: 'system', id: 'test' } } as const;

  const first = await openRuntime(settings('a'), how);
  await first.close();
  await assert.rejects(
    openRuntime(settings('b'), how),
    /another master secret: set TOLLGATE_SECRET/,
  );
  const again = await openRuntime(settings('a'), how);
  await again.close();
});
