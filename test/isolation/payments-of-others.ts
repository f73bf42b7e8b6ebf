import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { test } from 'node:test';
import { newUuid } from '#kit/ids';
import { listAttacks, loadOwnRules, loadTriesOf, setRules } from '#payments/risk';
import { asOwner } from '../../src/for-tests.ts';
import type { ConfirmationToken } from '../../src/payments/confirmation/confirmation-token.ts';
import type { Mandate } from '../../src/payments/confirmation/mandate.ts';
import { insertToken, loadToken, useToken } from '../../src/payments/confirmation/tokens.store.ts';
import type { Dispute } from '../../src/payments/disputes/dispute.ts';
import {
  insertDispute,
  listDisputeRows,
  loadDisputeOf,
  loadDisputes,
  loadDisputesForPerson,
  loadDisputesOfCharges,
  updateDispute,
} from '../../src/payments/disputes/disputes.store.ts';
import {
  insertFraudWarning,
  listFraudWarningRows,
  loadFraudWarnings,
} from '../../src/payments/disputes/fraud-warnings.store.ts';
import { insertTry, isProofUsed, loadTallies } from '../../src/payments/risk/tries.store.ts';
import {
  insertAttempt,
  insertMandate,
  insertSetup,
  listAttemptRows,
  listSetupRows,
  loadAttempts,
  loadMandates,
  loadMandatesOfMethod,
  loadSetup,
  updateAttempt,
  updateSetup,
} from '../../src/payments/setup/setup.store.ts';
import { blankSetup, type SetupAttempt } from '../../src/payments/setup/setup-intent.ts';
import type { Tried } from './world.ts';

export const paymentsOfOthers = ({ gateway, context, world }: Tried): void => {
  test('setups, disputes and what is told of them are no business of others', async () => {
    const { mine, theirs } = world;
    const [id, other] = [newUuid(context), newUuid(context)];
    const setup = blankSetup(id, 'x');
    const attempt = { id, version: 1, setupId: id, attempt: 1 } as SetupAttempt;
    const dispute = {
      id,
      version: 1,
      events: 0,
      chargeId: id,
      intentId: id,
      connectorAccountId: id,
      providerId: 'cb_1',
      status: 'needs_response',
      currency: 'usd',
      amount: 1n,
      withdrawn: 0n,
      counted: 0n,
      needsReview: false,
      metadata: {},
    } as unknown as Dispute;
    const warning = {
      id,
      chargeId: id,
      intentId: id,
      providerId: 'fw_1',
      isDirect: true,
      isActionable: true,
    };
    const token = { id, usedBy: null } as ConfirmationToken;
    const made = [
      insertSetup(theirs.scope, setup),
      insertAttempt(theirs.scope, attempt),
      insertMandate(theirs.scope, { id, methodId: id } as unknown as Mandate),
      insertDispute(theirs.scope, dispute),
      insertFraudWarning(theirs.scope, id, warning),
      insertToken(theirs.scope, token),
    ];
    assert.deepEqual(await gateway.context.database.commit(theirs.scope, made), { ok: true });
    const all = { onlyForPerson: false, limit: 100 };
    const page = { from: null, idFrom: '0'.repeat(8) + id.slice(8), idBefore: other, limit: 9 };
    for (const scope of [mine.scope, mine.liveScope, theirs.liveScope]) {
      assert.equal(await loadSetup(context, scope, id), undefined);
      assert.equal((await loadAttempts(context, scope, [id])).size, 0);
      assert.equal((await loadMandates(context, scope, [id])).size, 0);
      assert.deepEqual(await loadMandatesOfMethod(context, scope, id), []);
      assert.equal((await loadDisputes(context, scope, [id])).size, 0);
      assert.deepEqual(await loadDisputesOfCharges(context, scope, [id]), []);
      const reviewed = await loadDisputesForPerson(context, scope, all);
      assert.ok(!reviewed.some((each) => each.id === id));
      assert.equal((await loadFraudWarnings(context, scope, [id])).size, 0);
      assert.equal(await loadDisputeOf(context, scope, id, 'cb_1'), undefined);
      assert.equal(await loadToken(context, scope, id), undefined);
      for (const direction of ['older', 'newer'] as const) {
        const asked = { ...page, direction };
        const ofAny = { customerId: null, methodId: null, chargeId: null, intentId: null };
        const of = { ...ofAny, chargeId: id };
        const found = [
          ...(await listDisputeRows(context, scope, { ...asked, ...ofAny })),
          ...(await listFraudWarningRows(context, scope, { ...asked, ...ofAny })),
          ...(await listSetupRows(context, scope, { ...asked, ...of })),
          ...(await listAttemptRows(context, scope, { ...asked, setupId: id })),
          ...(await listDisputeRows(context, scope, { ...asked, ...of })),
          ...(await listFraudWarningRows(context, scope, { ...asked, ...of })),
        ];
        assert.deepEqual(
          found.filter((each) => each.id === id),
          [],
        );
      }
      for (const write of [
        updateSetup(scope, { ...setup, version: 2 }),
        updateAttempt(scope, { ...attempt, version: 2 }),
        updateDispute(scope, { ...dispute, version: 2 }),
        useToken(scope, id, { prefix: 'pi', id }),
      ]) {
        // While the worker writes for their own account, as it may at any moment.
        const [commit] = await Promise.all([
          context.database.commit(scope, [write]),
          gateway.context.database.commit(theirs.scope, [
            insertToken(theirs.scope, { ...token, id: newUuid(context) }),
          ]),
        ]);
        assert.deepEqual(commit, { ok: false, lost: write.into });
      }
    }
    // As they were asked above: their own account finds it.
    assert.equal((await loadMandatesOfMethod(context, theirs.scope, id)).length, 1);
    assert.equal((await loadDisputesOfCharges(context, theirs.scope, [id])).length, 1);
    const reviewed = await loadDisputesForPerson(context, theirs.scope, all);
    assert.ok(reviewed.some((each) => each.id === id));
    // What stands there only to be tried is taken away again: no check is to find it.
    for (const table of ['disputes', 'fraud_warnings', 'setup_intents']) {
      await asOwner(gateway.on, `delete from payments.${table} where id = '${id}'`);
    }
  });

  test('nobody sees who tried cards at another, nor what its defence is', async () => {
    const { mine, theirs } = world;
    const [network, device, subject] = [randomUUID(), randomUUID(), randomUUID()];
    const who = { network, device, card: null, bin: '455673' };
    const rules = await setRules(context, theirs.scope, { enabled: false });
    assert.ok(rules.ok);
    const made = await context.database.commit(theirs.scope, [
      insertTry(theirs.scope, {
        id: newUuid(context),
        kind: 'tried',
        subject,
        ...who,
        step: 'none',
        reasons: [],
        outcome: 'open',
        proof: subject,
      }),
    ]);
    assert.deepEqual(made, { ok: true });
    const nowMs = Date.now();
    assert.equal((await loadTallies(context, theirs.scope, { ...who, nowMs })).network.bad, 1);
    for (const scope of [mine.scope, mine.liveScope, theirs.liveScope]) {
      const { network: at, device: by, bin } = await loadTallies(context, scope, { ...who, nowMs });
      assert.deepEqual([at.bad, by.bad, bin.bad], [0, 0, 0]);
      assert.deepEqual(await loadTriesOf(context, scope, subject), []);
      assert.equal(await isProofUsed(context, scope, subject), false);
      assert.deepEqual(await loadOwnRules(context, scope), {});
      assert.deepEqual(await listAttacks(context, scope), []);
    }
    assert.equal((await loadTriesOf(context, theirs.scope, subject)).length, 1);
  });
};
