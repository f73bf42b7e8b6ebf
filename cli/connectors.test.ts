import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, test } from 'node:test';
import { asOwner, type TestDatabase, testAccount, testContext } from '../src/for-tests.ts';
import { temporaryFolder } from '../src/kit/context/for-tests.ts';
import { environmentOn, tollgate } from './for-tests.ts';

const folder = temporaryFolder('cli-connectors');
const context = await testContext();
let on: TestDatabase;
let env: NodeJS.ProcessEnv;

const connectors = (...args: string[]) => tollgate(['connectors', ...args], env);

before(async () => {
  ({ on } = context);
  await testAccount(context);
  env = environmentOn(on, folder);
});

const fileWith = (text: string): string => {
  const file = join(folder, 'settings.json');
  writeFileSync(file, text);
  return file;
};

test('an account at a provider is added, shown, disabled and removed on the command line', async () => {
  const providers = await connectors('providers');
  assert.match(providers.out, /stripe {2}Stripe/, providers.err);
  assert.match(providers.out, /secret_key +Secret key, secret, required/);

  const settings = fileWith('{"secret_key":"sk_test_of_this_test"}');
  const added = await connectors('add', 'stripe', '--settings', settings, '--priority', '3');
  assert.equal(added.code, 0, added.err);
  const id = added.out.trim();
  assert.match(id, /^cna_/);

  const listed = await connectors('list');
  assert.match(
    listed.out,
    /stripe {2}priority 3 {2}takes payments {2}Stripe {2}secrets: secret_key/,
  );
  assert.ok(!listed.out.includes('sk_test_of_this_test'));

  assert.match((await connectors('disable', id)).out, /disabled/);
  assert.match((await connectors('remove', id)).out, /Its secrets are gone/);
  assert.match((await connectors('list')).out, /There are no accounts at providers/);
  const entries = await asOwner(
    on,
    `select action from identity.audit_entries where action like 'connector_account.%' order by position`,
  );
  assert.deepEqual(
    entries.map(({ action }) => action),
    ['connector_account.create', 'connector_account.update', 'connector_account.delete'],
  );
});

test('what is wrong is said in a sentence, without what stood in the file', async () => {
  const cases: readonly (readonly [readonly string[], RegExp])[] = [
    [['add', 'strpe'], /connector: there is no connector of this name/],
    [['add', 'stripe'], /settings\[secret_key\]: is missing/],
    [['add', 'stripe', '--settings', fileWith('sk_test_naked')], /are not a JSON object/],
    [['disable', 'cna_1'], /There is no cna_1/],
    [['add', 'stripe', '--priority', 'low'], /whole number/],
  ];
  for (const [args, says] of cases) {
    const { code, err } = await connectors(...args);
    assert.notEqual(code, 0);
    assert.match(err, says);
    assert.ok(!err.includes('sk_test_naked'));
  }
});
