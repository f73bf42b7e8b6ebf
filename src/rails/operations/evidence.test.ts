import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { asOwner, testAccount } from '../../for-tests.ts';
import { approvalOf, charging, lost, newBook } from './for-tests-bank.ts';
import { assertConcluded } from './for-tests-checks.ts';
import { openResolverWorld } from './for-tests-resolver.ts';
import { loadByReference, loadKnown } from './operations.store.ts';
import { recordEvidence } from './record-evidence.ts';

const { context, scope, send } = await openResolverWorld('evidence');
const known = async (id: string) => {
  const found = await loadKnown(context, scope, id);
  assert.ok(found);
  return found;
};

describe('evidence', () => {
  test('that comes twice is kept once, and a state is written once per piece', async () => {
    const operation = await send(async () => lost);
    const webhook = {
      operationId: operation.id,
      evidence: { kind: 'webhook', says: approvalOf(operation), sourceKey: 'evt_1' },
    } as const;
    const recorded = await Promise.all(
      Array.from({ length: 6 }, () => recordEvidence(context, scope, webhook)),
    );
    assert.equal(recorded.filter((each) => each.ok && !each.repeated).length, 1);
    const { operation: stored, evidence } = await known(operation.id);
    assert.equal(stored.state, 'approved');
    assert.equal(evidence.length, 2);
  });

  test('from many sides at once is all kept, and all of it counts', async () => {
    const operation = await send(async () => lost);
    await Promise.all(
      Array.from({ length: 8 }, (_, n) =>
        recordEvidence(context, scope, {
          operationId: operation.id,
          evidence: {
            kind: 'webhook',
            says: n === 5 ? approvalOf(operation) : { outcome: 'pending' },
            sourceKey: `evt_${n}`,
          },
        }),
      ),
    );
    const { operation: stored, evidence } = await known(operation.id);
    assert.equal(stored.state, 'approved');
    assert.equal(evidence.length, 9);
  });

  test('can be neither changed nor removed, by the serving role or by the owner', async () => {
    for (const text of ['update rails.evidence set kind = 6', 'delete from rails.evidence']) {
      await assert.rejects(asOwner(context.on, text), /append-only/);
    }
    await assert.rejects(
      context.database.transaction(scope, (tx) =>
        tx.query({ name: '', text: 'delete from rails.evidence' }),
      ),
      /permission denied/,
    );
  });

  test('of another account, or another mode, does not exist: under its policy alone', async () => {
    const operation = await send(charging(newBook()));
    const others = [await testAccount(context), { ...scope, livemode: true }];
    for (const other of others) {
      assert.equal(await loadKnown(context, other, operation.id), undefined);
      for (const table of ['operations', 'evidence']) {
        // Without any condition of the store.
        const text = `select 1 as one from rails.${table}`;
        assert.deepEqual(await context.database.read(other, { name: '', text }), []);
      }
      const changed = await context.database.transaction(other, (tx) =>
        tx.query({ name: '', text: 'update rails.operations set tries = 99 returning id' }),
      );
      assert.deepEqual(changed, []);
      const says = { outcome: 'declined', code: 'forged' } as const;
      assert.deepEqual(
        await recordEvidence(context, other, {
          operationId: operation.id,
          evidence: { kind: 'webhook', says },
        }),
        { ok: false, code: 'no_such_operation' },
      );
    }
    const [found] = await loadByReference(
      context,
      scope,
      operation.connectorAccountId,
      operation.reference,
    );
    assert.equal(found?.id, operation.id);
  });
});

test('in the end every state is what its evidence says', async () => {
  assert.equal(await assertConcluded(context), 3);
});
