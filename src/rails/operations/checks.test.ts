import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import type { Scope } from '#kit/context';
import { newUuid } from '#kit/ids';
import { asOwner, type TestContext, testAccount, testContext } from '../../for-tests.ts';
import { checks } from './checks.ts';
import { insertEvidence } from './evidence.store.ts';
import { newFor } from './for-tests.ts';
import { loadByReference } from './operations.store.ts';
import { insertOperation } from './write-operation.store.ts';

let context: TestContext;
let scope: Scope;

before(async () => {
  context = await testContext();
  scope = await testAccount(context);
});

const sent = (reference?: string) => ({
  ...newFor(context, scope, reference === undefined ? {} : { reference }),
  state: 'sending' as const,
  sends: 1,
  version: 1,
  dueAtMs: context.clock.now(),
});
const failing = async (): Promise<string[]> => {
  const names: string[] = [];
  for (const { name, text } of checks) {
    if ((await asOwner(context.on, text)).length > 0) names.push(name);
  }
  return names;
};

describe('an operation', () => {
  for (const [what, reference] of [
    ['its own id', undefined],
    ['a number that the host dictates', '000000123456'],
  ] as const) {
    test(`is found by its reference, which is ${what}, at its provider alone`, async () => {
      const operation = sent(reference);
      await context.database.commit(scope, [insertOperation(scope, operation)]);
      const at = (connectorAccountId: string) =>
        loadByReference(context, scope, connectorAccountId, operation.reference);
      const found = await at(operation.connectorAccountId);
      assert.deepEqual(
        found.map(({ id }) => id),
        [operation.id],
      );
      assert.deepEqual(await at(newUuid(context)), []);
    });
  }

  test('is not given a reference that looks like the id of another', () => {
    assert.throws(() => sent('op_0355ekPtfjChaSuPwhiHTD'), /told from our own/);
  });

  const refused: readonly (readonly [what: string, changes: object])[] = [
    ['a negative amount', { amount: -1n }],
    ['no place among its kind', { ordinal: 0 }],
    ['no number as an attempt', { attempt: 0 }],
  ];
  for (const [what, changes] of refused) {
    test(`with ${what} is refused by the database`, async () => {
      const write = insertOperation(scope, { ...sent(), ...changes });
      await assert.rejects(context.database.commit(scope, [write]), /operations_counted/);
    });
  }
});

describe('evidence', () => {
  test('of no operation is found by the checks', async () => {
    assert.deepEqual(await failing(), []);
    const evidence = {
      id: newUuid(context),
      kind: 'look_up',
      atMs: context.clock.now(),
      says: { outcome: 'unknown', code: 'timeout' },
      send: null,
      sourceKey: null,
      considered: [],
    } as const;
    await context.database.commit(scope, [insertEvidence(scope, newUuid(context), evidence)]);
    assert.deepEqual(await failing(), ['evidence is of an operation that there is']);
  });
});
