import assert from 'node:assert/strict';
import { test } from 'node:test';
import { newUuid, spellId } from '#kit/ids';
import { DISPUTE, type Dispute } from '#payments/disputes';
import { DISPUTE_NOTICE, INBOUND_WEBHOOK } from '#rails/connectors';
import { testAccount, testContext } from '../src/for-tests.ts';
import { temporaryFolder } from '../src/kit/context/for-tests.ts';
import { insertDispute } from '../src/payments/disputes/disputes.store.ts';
import { giveNoticeToPerson, insertNotice } from '../src/rails/connectors/dispute-notices.store.ts';
import { giveWebhookToPerson, insertInbound } from '../src/rails/connectors/inbound.store.ts';
import { environmentOn, tollgate } from './for-tests.ts';

const context = await testContext();
const scope = await testAccount(context);
const { on } = context;
const env = environmentOn(on, temporaryFolder('cli-disputes'));

const disputes = (...args: string[]) => tollgate(['disputes', ...args], env);

const atMs = Date.parse('2026-11-28T09:30:00Z');
const [id, connectorAccountId] = [newUuid(context), newUuid(context)];
const spelled = spellId(DISPUTE, id);

test('a dispute of which its bank tells what cannot be is listed and shown, and only what is there is decided', async () => {
  const told = {
    providerId: 'dp_77',
    reference: 'op_1',
    status: 'won',
    reason: 'general',
    networkReasonCode: null,
    currency: 'eur',
    amount: 5_000n,
    moved: 0n,
    openedAtMs: atMs,
    respondByMs: null,
    eligibleFor: [],
  } as const;
  await context.database.commit(scope, [
    insertDispute(scope, {
      id,
      version: 1,
      events: 0,
      chargeId: newUuid(context),
      intentId: newUuid(context),
      connectorAccountId,
      providerId: 'dp_77',
      status: 'under_review',
      currency: 'eur',
      amount: 5_000n,
      withdrawn: 5_000n,
      counted: 5_000n,
      needsReview: true,
      metadata: {},
      bookings: [
        { purpose: 'dispute', part: 0, amount: 5_000, fee: 2_000, fees: [], feeRules: 1, atMs },
      ],
    } as unknown as Dispute),
    insertNotice(scope, {
      id: newUuid(context),
      connectorAccountId,
      position: 1n,
      receivedAtMs: atMs,
      notice: { key: '1', atMs, kind: 'dispute', dispute: told },
    }),
  ]);
  const strange = newUuid(context);
  const notice = {
    key: '2',
    atMs,
    kind: 'dispute',
    dispute: {
      ...told,
      providerId: 'dp_78',
      reference: 'op_2',
      status: 'needs_response',
      moved: -5_000n,
    },
  } as const;
  await context.database.commit(scope, [
    insertNotice(scope, {
      id: strange,
      connectorAccountId,
      position: 2n,
      receivedAtMs: atMs,
      notice,
    }),
  ]);
  await context.database.commit(scope, [giveNoticeToPerson(scope, strange)]);
  const spelledNotice = spellId(DISPUTE_NOTICE, strange);
  const unknown = `${spelledNotice}  2026-11-28 09:30      €50.00 eur  needs response  moved -€50.00 eur  dp_78 of op_2  nobody knows it`;
  const line = `${spelled}      €50.00 eur  under review  dp_77  for a person`;
  const listed = await disputes('list', '--open');
  assert.equal(listed.out, `${unknown}\n${line}\n`, listed.err);
  const explained = await disputes('explain', spelledNotice, '--why', 'paid at the till');
  assert.equal(explained.out, `${spelledNotice} is explained.\n`, explained.err);
  const shown = await disputes('show', spelled);
  assert.equal(
    shown.out,
    [
      line,
      '',
      '2026-11-28 09:30  told: won, moved €0.00 eur  not heard yet',
      '2026-11-28 09:30  booked: dispute €50.00 eur, fee €20.00 eur',
      '',
    ].join('\n'),
    shown.err,
  );
  const missing = spellId(DISPUTE, newUuid(context));
  const decided = await disputes('decide', missing, '--as', 'won', '--why', 'seen');
  assert.match(decided.err, /There is no dispute du_/);
  const odd = await disputes('explain', 'ch_1', '--why', 'seen');
  assert.match(odd.err, /ch_1 is no dispute/);
});

test('what a provider said by webhook of what nobody knows is listed with what waits for a person, until it is explained', async () => {
  const webhook = newUuid(context);
  const sealed = Buffer.from('sealed');
  await context.database.commit(scope, [
    insertInbound(scope, {
      id: webhook,
      connectorAccountId,
      eventId: 'evt_1',
      receivedAtMs: atMs,
      sealed,
    }),
  ]);
  const said = { name: 'op_9', outcome: 'approved', amount: '1250', currency: 'eur' } as const;
  await context.database.commit(scope, [giveWebhookToPerson(scope, { id: webhook, told: [said] })]);
  const name = spellId(INBOUND_WEBHOOK, webhook);
  const listed = await tollgate(['operations', 'list'], env);
  const line = `${name}  2026-11-28 09:30      €12.50 eur  approved  op_9  nobody knows it\n`;
  assert.equal(listed.out, line, listed.err);
  const why = ['--why', 'by the shop of before'];
  const explained = await tollgate(['operations', 'explain', name, ...why], env);
  assert.equal(explained.out, `${name} is explained.\n`, explained.err);
  const again = await tollgate(['operations', 'explain', name, ...why], env);
  assert.equal(again.err, `${name} waits for no explanation.\n`);
});
