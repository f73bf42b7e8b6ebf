// What holds of the whole journal at the end of every story.

import assert from 'node:assert/strict';
import { asOwner, type TestContext } from '../../for-tests.ts';
import { checks } from './checks.ts';
import { conclude } from './conclude.ts';
import { isFinished } from './operation-states.ts';
import { loadKnown } from './operations.store.ts';

/** Every check answers with no rows, and every state is what its evidence says, concluded anew. */
export const assertConcluded = async (context: TestContext): Promise<number> => {
  for (const { name, text } of checks) {
    assert.deepEqual(await asOwner(context.on, text), [], name);
  }
  const rows = await asOwner(context.on, 'select account_id, livemode, id from rails.operations');
  for (const row of rows) {
    const scope = { accountId: String(row['account_id']), livemode: row['livemode'] === true };
    const known = await loadKnown(context, scope, String(row['id']));
    assert.ok(known);
    const { operation, evidence } = known;
    const concluded = conclude(operation, evidence);
    const fromStart = conclude({ ...operation, state: 'sending' }, evidence);
    assert.equal(concluded.state, operation.state);
    if (isFinished(operation.state)) assert.equal(fromStart.state, operation.state);
    assert.deepEqual(concluded.alerts, operation.alerts);
  }
  return rows.length;
};
