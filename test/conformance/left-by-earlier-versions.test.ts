// Late words that an earlier version heard and did nothing about, and what is held and to be taken.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { describe, test } from 'node:test';
import { newUuid } from '#kit/ids';
import { loadOfIntent, recordEvidence } from '#rails/operations';
import { asOwner } from '../../src/for-tests.ts';
import { notSent, testBank } from '../../src/payments/intents/for-tests-bank.ts';
import { assertHealthy } from '../support/health.ts';
import { APPROVED, declined, openLateWords, PATIENCE_MS } from '../support/late-words.ts';
import { openShop } from '../support/payments.ts';
import { refusalOf } from '../support/stripe.ts';
import { waitUntil } from '../support/writers.ts';

const {
  first,
  held,
  statusOf,
  paymentIntents,
  context,
  on,
  scope,
  uuid,
  operationOf,
  assertReviewed,
} = await openLateWords();

describe('what an earlier version left', () => {
  const migrate = async () => {
    const name = '../../src/payments/intents/migrations/0010-late-words.sql';
    await asOwner(on, await readFile(new URL(name, import.meta.url), 'utf8'));
  };
  const over = (id: string) =>
    asOwner(
      on,
      `update payments.charges set details = (details::jsonb || '{"isCaptureOver": true}')::json
        where intent_id = $1`,
      [uuid(id)],
    );

  test('of captures is booked', async () => {
    const { id } = await held();
    const { id: other } = await held();
    await paymentIntents.capture(other);
    first.next.push(declined);
    await refusalOf(paymentIntents.capture(id));
    const operation = await operationOf(id, 'capture');
    const { amount, currency, reference } = operation;
    await recordEvidence(context, scope, {
      operationId: operation.id,
      evidence: { kind: 'webhook', says: { outcome: 'approved', amount, currency, reference } },
    });
    await assert.rejects(assertHealthy(on), APPROVED);
    assert.equal(await statusOf(id), 'requires_capture');
    await migrate();
    await waitUntil('the booking', PATIENCE_MS, async () => (await statusOf(id)) === 'succeeded');
    // It may be looked at as often as one likes.
    await migrate();
    await assertReviewed(operation);
    await assertHealthy(on);
  });

  test('of cancellations is ended, and was not called healthy', async () => {
    const { id: idle } = await held();
    const { id: stuck } = await held();
    await over(idle);
    await assert.rejects(assertHealthy(on), /what can be captured of an intent/);
    await over(stuck);
    await asOwner(
      on,
      `update payments.intents set status = 4, due_at = null,
              details = (details::jsonb || '{"doing": "void"}')::json where id = $1`,
      [uuid(stuck)],
    );
    await assert.rejects(
      assertHealthy(on, ['what can be captured of an intent is what its charge holds']),
      /a payment that is under way/,
    );
    assert.equal((await paymentIntents.cancel(idle)).status, 'canceled');
    await migrate();
    await waitUntil('the end', PATIENCE_MS, async () => (await statusOf(stuck)) === 'canceled');
    await assertHealthy(on);
  });

  test('and cannot be let go of for now is not tried without a pause', async () => {
    const { id } = await held();
    // Another is alive, and nobody reviews it.
    await asOwner(
      on,
      `insert into rails.operations
       select (jsonb_populate_record(o, jsonb_build_object('id', $2::uuid, 'kind', 4, 'attempt', 9, 'state', 10,
               'reference', 'other', 'provider_key', 'other', 'due_at', now() + interval '1 day'))).*
         from rails.operations o where o.intent_id = $1`,
      [uuid(id), newUuid(context)],
    );
    const overdue = async (set: string) => {
      const [row] = await asOwner(
        on,
        `update payments.intents set ${set} where id = $1 returning due_at > now() as later`,
        [uuid(id)],
      );
      return row?.['later'] === true;
    };
    await overdue("due_at = now() - interval '1 second'");
    await waitUntil('a pause', PATIENCE_MS, () => overdue('due_at = due_at'));
    assert.equal(await statusOf(id), 'requires_capture');
    await asOwner(on, `delete from rails.operations where intent_id = $1 and kind = 4`, [uuid(id)]);
  });

  test('of cancellations is ended by itself where nobody asks', async () => {
    const { id } = await held();
    await over(id);
    await migrate();
    await waitUntil('the end', PATIENCE_MS, async () => (await statusOf(id)) === 'canceled');
    await assertHealthy(on);
  });
});

describe('what is held and to be taken', async () => {
  const support = { recovery: [{ class: 'B' as const }], timeoutMs: 5_000 };
  const bank = testBank('two_steps', {
    operations: { authorize: support, capture: support, void: support, refund: support },
  });
  const shop = await openShop([bank]);

  test('ends when the account of its provider was deleted', async () => {
    bank.next.push((_call, truth) => truth(), notSent);
    const { id, status } = await shop.stripe.paymentIntents.create({
      amount: 5000,
      currency: 'eur',
      confirm: true,
      payment_method: 'pm_card_visa',
    });
    assert.equal(status, 'processing');
    const { key } = shop.merchant;
    const list = await shop.gateway.ask('GET', '/v1/connector_accounts', { key });
    const account = (list.body as { data: { id: string }[] }).data[0]?.id;
    await shop.gateway.ask('DELETE', `/v1/connector_accounts/${account}`, { key });
    const due = (what: string) =>
      asOwner(
        shop.gateway.on,
        `update payments.${what} where ${what.startsWith('intents') ? 'id' : 'intent_id'} = $1`,
        [uuid(id)],
      );
    const doing = async () => {
      const [row] = await asOwner(
        shop.gateway.on,
        `select details->>'doing' as doing from payments.intents where id = $1`,
        [uuid(id)],
      );
      return row?.['doing'];
    };
    await due("intents set due_at = now() - interval '1 second'");
    await waitUntil('its end to begin', PATIENCE_MS, async () => (await doing()) === 'void');
    const operations = await loadOfIntent(shop.gateway.context, shop.merchant.scope, uuid(id));
    assert.equal(operations.filter(({ kind }) => kind === 'capture').length, 2);
    // Its days are over, and its bank lets go of it.
    await due(`charges set details = (details::jsonb || '{"captureBeforeMs": 1000}')::json`);
    await shop.resolveUntil(
      async () => (await shop.stripe.paymentIntents.retrieve(id)).status === 'canceled',
    );
    await assertHealthy(shop.gateway.on);
  });
});
