import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { test } from 'node:test';
import { connect } from '#platform/db';
import { testDatabase } from './for-tests.ts';
import { connectionSettings } from './platform/db/for-tests.ts';
import { describeSchema } from './platform/db/for-tests-schema.ts';

const file = new URL('./schema.txt', import.meta.url);

test('the schema that the migrations make is the one written down for review', async () => {
  const { ownerUrl } = await testDatabase();
  const owner = await connect(connectionSettings(ownerUrl));
  const schema = await describeSchema(owner);
  await owner.close();

  if (process.env['UPDATE_SCHEMA'] === '1') await writeFile(file, schema);
  assert.equal(
    schema,
    await readFile(file, 'utf8').catch(() => ''),
    'A migration changed the schema. Look at the change, then: UPDATE_SCHEMA=1 npm test -- src/schema.test.ts',
  );
});
