// What holds at the end of every journey, whatever happened on the way.

import assert from 'node:assert/strict';
import { allChecks } from '../../src/modules.ts';
import { asOwner, type TestDatabase } from '../../src/platform/db/for-tests.ts';

/** Every check of every module answers with no rows, but for those that are named. */
export const assertHealthy = async (
  database: Pick<TestDatabase, 'ownerUrl'>,
  except: readonly string[] = [],
): Promise<void> => {
  const checks = allChecks();
  assert.ok(checks.length > 0, 'There are checks to make.');
  for (const name of except)
    assert.ok(
      checks.some((check) => check.name === name),
      name,
    );
  for (const check of checks.filter(({ name }) => !except.includes(name))) {
    const rows = await asOwner(database, check.text);
    assert.deepEqual(rows, [], `Not healthy: ${check.name}`);
  }
};
