// Several gateways on one database: they start at once on an empty one, and refuse one that a newer
// version has written.

import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { systemRandom } from '#kit/context';
import { readMigrations, withDatabase, withLogin } from '#platform/db';
import { asOwner } from '../src/for-tests.ts';
import { modules } from '../src/modules.ts';
import { startThrowAway } from '../src/platform/postgres/for-tests.ts';
import { loadSecrets } from '../src/secrets.ts';
import { runs } from './support/full.ts';
import { environmentFor, temporaryData } from './support/gateway.ts';
import { assertHealthy } from './support/health.ts';
import { runToItsEnd, startProcess } from './support/process.ts';

// A server of its own, because starting here sets the password of the role that serves, which all
// databases of a server share.
let server: Awaited<ReturnType<typeof startThrowAway>>;
before(async () => {
  server = await startThrowAway();
});
after(async () => {
  await server.running.stop();
  server.remove();
});

const emptyDatabase = async () => {
  const { ownerUrl } = server.running;
  const name = `empty_${randomUUID().replaceAll('-', '')}`;
  await asOwner({ ownerUrl }, `create database ${name}`);
  return { ownerUrl: withDatabase(ownerUrl, name), appUrl: '' };
};

const appliedTo = async (on: { ownerUrl: string; appUrl: string }): Promise<string[]> =>
  (await asOwner(on, 'select module, name from public.tollgate_migrations')).map(
    ({ module, name }) => `${String(module)}/${String(name)}`,
  );

const assertServesTogether = async (
  on: { ownerUrl: string; appUrl: string },
  environments: readonly Record<string, string>[],
): Promise<void> => {
  const gateways = await Promise.all(
    environments.map((environment, n) =>
      startProcess(environment, n === 0 ? ['--quickstart'] : []),
    ),
  );
  for (const gateway of gateways) {
    assert.equal((await gateway.ask('GET', '/readyz')).status, 200, gateway.output());
  }
  const known = (await readMigrations(modules)).map(({ module, name }) => `${module}/${name}`);
  assert.deepEqual((await appliedTo(on)).sort(), known.toSorted());

  const key = /"?(sk_test_\w+)/.exec(gateways[0]?.output() ?? '')?.[1] ?? '';
  const idempotencyKey = randomUUID();
  const answers = [];
  for (const { ask } of gateways) {
    answers.push(await ask('POST', '/v1/customers', { key, form: 'name=x', idempotencyKey }));
  }
  for (const { status, text } of answers) {
    assert.equal(status, 200, text);
    assert.equal(text, answers[0]?.text, 'One key is one customer, whichever of them is asked.');
  }
  for (const gateway of gateways) assert.equal(await gateway.stop(), 0);
  await assertHealthy(on);
};

describe('gateways that start at once on an empty database', () => {
  test('both become ready, and each migration was applied once', async () => {
    for (let round = 0; round < runs(2, 20); round += 1) {
      const on = await emptyDatabase();
      // Each has a folder of its own, as on two machines: what they share is told to them.
      const appUrl = withLogin(on.ownerUrl, 'tollgate_app', 'forBothOfThem');
      const vaultUrl = withLogin(on.ownerUrl, 'tollgate_vault', 'forBothOfThem');
      for (const role of ['tollgate_app', 'tollgate_vault']) {
        await asOwner(
          on,
          `do $$ begin
             create role ${role} login nosuperuser nobypassrls;
           exception when duplicate_object then null; end $$;
           alter role ${role} password 'forBothOfThem'`,
        );
      }
      const shared = { ...on, appUrl, vaultUrl };
      await assertServesTogether(on, [
        environmentFor(shared, temporaryData()),
        environmentFor(shared, temporaryData()),
      ]);
    }
  });

  test('share the secrets of one folder, which did not exist before', async () => {
    for (let round = 0; round < runs(2, 20); round += 1) {
      const on = await emptyDatabase();
      const {
        DATABASE_APP_URL: _,
        TOLLGATE_SECRET: __,
        ...shared
      } = environmentFor(on, temporaryData());
      await assertServesTogether(on, [shared, shared]);
    }
  });
});

test('whoever looks for the secrets of a new folder at the same moment finds the same', async () => {
  for (let round = 0; round < 20; round += 1) {
    const folder = join(temporaryData(), 'new');
    const found = await Promise.all(
      Array.from({ length: 8 }, () => loadSecrets(folder, systemRandom)),
    );
    assert.equal(new Set(found.map((secrets) => JSON.stringify(secrets))).size, 1);
    assert.deepEqual(await loadSecrets(folder, systemRandom), found[0]);
    assert.deepEqual(readdirSync(folder), ['secrets.json']);
  }
});

describe('a database that a newer version has written', () => {
  test('is refused with one sentence that says what to do', async () => {
    const on = await emptyDatabase();
    const { DATABASE_APP_URL: _, ...environment } = environmentFor(on, temporaryData());
    const first = await startProcess(environment);
    assert.equal(await first.stop(), 0);
    await asOwner(
      on,
      `insert into public.tollgate_migrations (module, number, name, checksum)
       values ('cards/customers', 9999, '9999-of-tomorrow', '\\x00')`,
    );

    const { code, output } = await runToItsEnd(environment);
    assert.equal(code, 1);
    assert.equal(
      output.trim(),
      'The data were written by a newer version of Tollgate (it applied cards/customers/9999-of-tomorrow): start that version, or restore a backup made before it ran.',
    );
    const [row] = await asOwner(on, 'select count(*)::integer as count from identity.accounts');
    assert.equal(row?.['count'], 0, 'Nothing was written to it.');
  });

  test('and one whose migration was changed afterwards is refused as well', async () => {
    const on = await emptyDatabase();
    const { DATABASE_APP_URL: _, ...environment } = environmentFor(on, temporaryData());
    const first = await startProcess(environment);
    assert.equal(await first.stop(), 0);
    await asOwner(
      on,
      `update public.tollgate_migrations set checksum = '\\x00' where module = 'cards/customers'`,
    );
    const { code, output } = await runToItsEnd(environment);
    assert.equal(code, 1);
    assert.match(
      output.trim(),
      /^Migration cards\/customers\/[\w-]+ was changed after it had been applied: restore its file\.$/,
    );
  });
});
