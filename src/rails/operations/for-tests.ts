// Operations and evidence as tests name them.

import assert from 'node:assert/strict';
import { type Context, type Scope, systemRandom } from '#kit/context';
import { newUuid } from '#kit/ids';
import { asOwner, type TestContext } from '../../for-tests.ts';
import { manualClock } from '../../kit/context/for-tests.ts';
import { checks } from './checks.ts';
import { conclude } from './conclude.ts';
import type { Evidence, Outcome } from './evidence.ts';
import { type NewOperation, newOperation, type Operation, providerKeysFrom } from './operation.ts';
import { isFinished } from './operation-states.ts';
import { loadKnown } from './operations.store.ts';

export const testKeys = providerKeysFrom(Buffer.alloc(32, 7));

const clock = manualClock();
const source = { clock, random: systemRandom };

export const operationOf = (changes: Partial<Operation> = {}): Operation => ({
  ...newOperation(source, { accountId: newUuid(source), livemode: false }, testKeys, {
    kind: 'authorize',
    intentId: newUuid(source),
    ordinal: 1,
    attempt: 1,
    connectorAccountId: newUuid(source),
    amount: 2_500n,
    currency: 'eur',
    timeoutMs: 30_000,
  }),
  ...changes,
});

export const evidenceOf = (given: Partial<Evidence> & { readonly says: Outcome }): Evidence => ({
  id: newUuid(source),
  kind: 'answer',
  atMs: clock.now(),
  send: null,
  sourceKey: null,
  considered: [],
  ...given,
});

export const newFor = (
  context: Pick<Context, 'clock' | 'random'>,
  scope: Scope,
  changes: Partial<NewOperation> = {},
): Operation =>
  newOperation(context, scope, testKeys, {
    kind: 'authorize',
    intentId: newUuid(context),
    ordinal: 1,
    attempt: 1,
    connectorAccountId: newUuid(context),
    amount: 2_500n,
    currency: 'eur',
    timeoutMs: 30_000,
    ...changes,
  });

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
