// What a bank tells of a dispute after it was over, or cannot tell, and what a person says of it.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseId } from '#kit/ids';
import { endDispute, explainDispute, loadDispute } from '#payments/disputes';
import { explainNotice, heardBy, loadNoticesForPerson } from '#rails/connectors';
import { decideByPerson, loadOfIntent } from '#rails/operations';
import { asOwner } from '../../src/for-tests.ts';
import { operationListeners } from '../../src/modules.ts';
import { assertHealthy } from '../support/health.ts';
import { openContested, type Paid } from './support.ts';

const { gateway, merchant, stripe, bank, happened, pay, disputeOf, until } = await openContested();
const { disputes, refunds } = stripe;

const AFTERWARDS_MS = 5_000;

const available = async (): Promise<number> => {
  const { available: held } = await stripe.balance.retrieve();
  return held.find(({ currency }) => currency === 'eur')?.amount ?? 0;
};

const bankNameOf = async (charge: string): Promise<string> => {
  const [row] = await asOwner(
    gateway.on,
    'select provider_id from payments.disputes where charge_id = $1',
    [parseId('ch', charge)],
  );
  return String(row?.['provider_id']);
};

/** As if the bank had told that too of the last dispute of that payment. */
const tell = async ({ charge }: Paid, status: string, moved: number): Promise<void> => {
  await asOwner(
    gateway.on,
    `insert into rails.dispute_notices (account_id, livemode, id, connector_account_id, key, position, subject,
                                        notice, received_at, due_at)
     select account_id, livemode, gen_random_uuid(), connector_account_id, gen_random_uuid()::text, position + 1000,
            subject, jsonb_set(jsonb_set(notice::jsonb, '{dispute,status}', to_jsonb($2::text)),
                               '{dispute,moved,minor}', to_jsonb($3::text)), now(), now()
       from rails.dispute_notices where subject = $1 order by position desc limit 1`,
    [`dispute ${await bankNameOf(charge)}`, status, String(moved)],
  );
};
const isHeard = async (): Promise<boolean> =>
  (await asOwner(gateway.on, 'select 1 as one from rails.dispute_notices where state = 1 limit 1'))
    .length === 0;

test('A dispute is won after it was lost, where its bank gives the money back after all', async () => {
  const before = await available();
  const paid = await pay('pm_card_createDispute');
  await bank.advance(AFTERWARDS_MS);
  const { id } = await disputeOf(paid, 'needs_response');
  await disputes.close(id);
  // The bank tells that it was given up, and then otherwise.
  const heard = `select 1 as one from rails.dispute_notices
    where state = 2 and subject = $1 and notice->'dispute'->>'status' = 'lost'`;
  const named = [`dispute ${await bankNameOf(paid.charge)}`];
  await until(async () => (await asOwner(gateway.on, heard, named)).length > 0 || undefined);
  await happened();
  await tell(paid, 'won', 5_000);
  const won = await disputeOf(paid, 'won');
  assert.deepEqual(await happened(), ['charge.dispute.closed', 'charge.dispute.funds_reinstated']);
  assert.deepEqual(
    won.balance_transactions.map(({ reporting_category: category, amount }) => [category, amount]),
    [
      ['dispute', -5_000],
      ['dispute_reversal', 5_000],
    ],
  );
  assert.equal(await available(), before - 2_000);
  // The sandbox's bank knows of no such end and will not pay: nobody else refuses it.
  assert.equal((await refunds.create({ charge: paid.charge })).status, 'failed');
  await assertHealthy(gateway.on);
});

test('A dispute of which its bank tells what cannot be is ended by a person, and by nothing that it denies', async () => {
  const before = await available();
  const paid = await pay('pm_card_createDispute');
  await bank.advance(AFTERWARDS_MS);
  const { id } = await disputeOf(paid, 'needs_response');
  const disputeId = parseId('du', id) ?? '';
  const { context } = gateway;
  const { scope } = merchant;
  const why = 'case 7719';
  const review = async () => (await loadDispute(context, scope, disputeId))?.needsReview;
  assert.deepEqual(await explainDispute(context, scope, { disputeId, why }), {
    ok: false,
    code: 'not_for_person',
  });
  await tell(paid, 'won', 0);
  await until(async () => (await review()) || undefined);
  gateway.errors.length = 0;
  await happened();
  const denied = { ok: false, code: 'told_otherwise', told: 'won' };
  assert.deepEqual(await explainDispute(context, scope, { disputeId, why }), denied);
  const lost = { disputeId, why, says: 'lost' as const };
  assert.deepEqual(await endDispute(context, scope, lost), denied);
  const closed = { disputeId, why, says: 'warning_closed' as const };
  assert.deepEqual(await endDispute(context, scope, closed), denied);

  const won = { disputeId, why, says: 'won' as const };
  assert.equal((await endDispute(context, scope, won)).ok, true);
  assert.deepEqual([(await disputes.retrieve(id)).status, await review()], ['won', false]);
  assert.equal(await available(), before - 2_000);
  assert.deepEqual(await happened(), ['charge.dispute.closed', 'charge.dispute.funds_reinstated']);
  const audited = await asOwner(
    gateway.on,
    `select action, details->>'why' as why from identity.audit_entries where target = '${id}'`,
  );
  assert.deepEqual(audited, [{ action: 'dispute.decide', why }]);
  // The bank tells of the money at last: it stands in the books already.
  await tell(paid, 'won', 5_000);
  await until(async () => (await isHeard()) || undefined);
  assert.equal((await disputes.retrieve(id)).balance_transactions.length, 2);
  assert.deepEqual([await review(), await available()], [false, before - 2_000]);

  // What it tells now cannot be, and is explained: nothing follows from it.
  await tell(paid, 'won', 5_000);
  await until(async () => (await review()) || undefined);
  gateway.errors.length = 0;
  assert.equal((await explainDispute(context, scope, { disputeId, why })).ok, true);
  assert.deepEqual([await review(), await available()], [false, before - 2_000]);
  await assertHealthy(gateway.on);
});

test('A dispute that a person called won, and then lost, has cost its fee once', async () => {
  const before = await available();
  const paid = await pay('pm_card_createDispute');
  await bank.advance(AFTERWARDS_MS);
  const { id } = await disputeOf(paid, 'needs_response');
  const disputeId = parseId('du', id) ?? '';
  const say = async (says: 'won' | 'lost') => {
    const said = { disputeId, says, why: 'case 7719' };
    assert.equal((await endDispute(gateway.context, merchant.scope, said)).ok, true);
  };
  await say('won');
  assert.equal(await available(), before - 2_000);
  await happened();
  await say('lost');
  assert.equal(await available(), before - 7_000);
  assert.deepEqual(await happened(), ['charge.dispute.closed', 'charge.dispute.funds_withdrawn']);
  const { status, balance_transactions: moved } = await disputes.retrieve(id);
  assert.deepEqual(
    [status, moved.map(({ amount, fee }) => [amount, fee])],
    [
      'lost',
      [
        [-5_000, 2_000],
        [5_000, 0],
        [-5_000, 0],
      ],
    ],
  );
  await assertHealthy(gateway.on);
  // The bank gives it back, and takes it anew: that is another round, and costs another fee.
  await tell(paid, 'won', 5_000);
  await disputeOf(paid, 'won');
  await tell(paid, 'needs_response', -5_000);
  await disputeOf(paid, 'needs_response');
  assert.equal(await available(), before - 9_000);
  await assertHealthy(gateway.on);
});

test('A payment that its bank takes back while it is contested is refunded with what it gives back of it', async () => {
  const before = await available();
  const paid = await pay('pm_card_createDispute');
  await bank.advance(AFTERWARDS_MS);
  await disputeOf(paid, 'needs_response');
  const { context } = gateway;
  const { scope } = merchant;
  const operations = await loadOfIntent(context, scope, parseId('pi', paid.intent.id) ?? '');
  const said = await decideByPerson(context, scope, {
    operationId: operations[0]?.id ?? '',
    says: 'reversed',
    why: 'in the list of the bank',
    writes: (change) => heardBy(operationListeners, context, scope, change),
  });
  assert.equal(said.ok, true);
  gateway.errors.length = 0;
  assert.deepEqual((await refunds.list({ charge: paid.charge })).data, []);
  await assertHealthy(gateway.on);
  await happened();
  await tell(paid, 'won', 5_000);
  await disputeOf(paid, 'won');
  assert.deepEqual(await happened(), [
    'charge.dispute.closed',
    'charge.dispute.funds_reinstated',
    'refund.created',
    'charge.refunded',
  ]);
  const { data } = await refunds.list({ charge: paid.charge });
  assert.deepEqual(
    data.map(({ amount, status }) => `${amount} ${status}`),
    ['5000 succeeded'],
  );
  assert.equal(await available(), before - 7_000);
  await assertHealthy(gateway.on);
});

test('A dispute whose end is told before its opening is known by both', async () => {
  const paid = await pay('pm_card_visa');
  const before = await available();
  const told = async (status: string, moved: number, position: number): Promise<void> => {
    await asOwner(
      gateway.on,
      `insert into rails.dispute_notices (account_id, livemode, id, connector_account_id, key, position, subject,
                                          notice, received_at, due_at)
       select o.account_id, o.livemode, gen_random_uuid(), o.connector_account_id, $2, $3, 'dispute turned',
              json_build_object('key', $2::text, 'atMs', 0, 'kind', 'dispute', 'dispute', json_build_object(
                'providerId', 'turned', 'reference', o.reference, 'status', $4::text, 'reason', 'general',
                'networkReasonCode', null, 'currency', 'eur', 'amount', json_build_object('minor', '5000'),
                'moved', json_build_object('minor', $5::text), 'openedAtMs', 0, 'respondByMs', null,
                'eligibleFor', json_build_array())),
              now(), now()
         from rails.operations o where o.intent_id = $1`,
      [parseId('pi', paid.intent.id), `turned ${status}`, position, status, String(moved)],
    );
  };
  await told('won', 5_000, 6_000);
  await until(async () => {
    const [row] = await asOwner(
      gateway.on,
      `select tries from rails.dispute_notices where key = 'turned won'`,
    );
    return Number(row?.['tries']) > 0 ? true : undefined;
  });
  await told('needs_response', -5_000, 6_001);
  const dispute = await disputeOf(paid, 'won');
  assert.equal(dispute.balance_transactions.length, 2);
  assert.equal(await available(), before - 2_000, 'Its fee');
  await assertHealthy(gateway.on);
});

test('A dispute about what nobody here knows waits for a person after three days, and is heard once it is known', async () => {
  const { context } = gateway;
  const { scope } = merchant;
  /** As if its provider had told that so many days ago. */
  const strange = async (name: string, status: string, days: number): Promise<void> => {
    const dispute = {
      providerId: name,
      reference: 'op_nobody',
      status,
      reason: 'general',
      networkReasonCode: null,
      currency: 'eur',
      amount: { minor: '5000' },
      moved: { minor: status === 'lost' ? '0' : '-5000' },
      openedAtMs: 0,
      respondByMs: null,
      eligibleFor: [],
    };
    const warning = { providerId: name, reference: 'op_nobody' };
    const key = `${name} ${status}`;
    const told =
      status === 'warning'
        ? { key, atMs: 0, kind: 'fraud_warning', warning }
        : { key, atMs: 0, kind: 'dispute', dispute };
    await asOwner(
      gateway.on,
      `insert into rails.dispute_notices (account_id, livemode, id, connector_account_id, key, position, subject,
                                          notice, received_at, due_at)
       select account_id, livemode, gen_random_uuid(), connector_account_id, $1, 5000 + $5::integer, $2, $3,
              now() - make_interval(days => $4), now()
         from rails.dispute_feeds limit 1`,
      [
        key,
        `${status === 'warning' ? 'warning' : 'dispute'} ${name}`,
        JSON.stringify(told),
        days,
        status === 'lost' ? 1 : 0,
      ],
    );
  };
  const statesOf = async (name: string): Promise<unknown[]> =>
    (
      await asOwner(
        gateway.on,
        'select state from rails.dispute_notices where subject like $1 order by position',
        [`% ${name}`],
      )
    ).map(({ state }) => state);
  const waiting = () => loadNoticesForPerson(context, scope, 100);
  const named = async (): Promise<string[]> =>
    (await waiting()).map(({ notice }) => notice.key).toSorted();

  await strange('fresh', 'needs_response', 2);
  await strange('theirs', 'needs_response', 4);
  await strange('theirs', 'lost', 4);
  await strange('ours', 'needs_response', 4);
  await strange('odd', 'warning', 4);
  await until(async () => ((await waiting()).length === 2 ? true : undefined));
  await until(async () => ((await statesOf('odd'))[0] === 3 ? true : undefined));
  assert.deepEqual(await named(), ['ours needs_response', 'theirs needs_response']);
  const said = gateway.errors.splice(0).filter((line) => /see tollgate disputes list/.test(line));
  assert.equal(said.length, 2, 'Once of each.');
  await assert.rejects(assertHealthy(gateway.on), /told of a dispute and nobody knew/);

  const theirs = (await waiting()).find(({ notice }) => notice.key.startsWith('theirs'));
  assert.ok(theirs !== undefined);
  const { id } = theirs;
  const explain = () =>
    context.database.commit(scope, [
      explainNotice(scope, { id, explanation: 'of the till', atMs: context.clock.now() }),
    ]);
  assert.deepEqual(await explain(), { ok: true });
  assert.equal((await explain()).ok, false);
  assert.deepEqual(await statesOf('theirs'), [3, 3], 'With it went what stood behind it.');

  const paid = await pay('pm_card_visa');
  await asOwner(
    gateway.on,
    `update rails.dispute_notices n
        set notice = jsonb_set(n.notice::jsonb, '{dispute,reference}', to_jsonb(o.reference))
       from rails.operations o where o.intent_id = $1 and n.subject = 'dispute ours'`,
    [parseId('pi', paid.intent.id)],
  );
  assert.equal((await disputeOf(paid, 'needs_response')).amount, 5_000);
  assert.deepEqual(await waiting(), []);
  assert.deepEqual(await statesOf('fresh'), [1]);
  await assertHealthy(gateway.on);
});
