import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { newUuid, spellId } from '#kit/ids';
import { DISPUTE, type Dispute } from '#payments/disputes';
import { DISPUTE_NOTICE } from '#rails/connectors';
import { testAccount, testContext } from '../src/for-tests.ts';
import { temporaryFolder } from '../src/kit/context/for-tests.ts';
import { insertDispute } from '../src/payments/disputes/disputes.store.ts';
import { giveNoticeToPerson, insertNotice } from '../src/rails/connectors/dispute-notices.store.ts';

const program = fileURLToPath(new URL('./tollgate.ts', import.meta.url));
const context = await testContext();
const scope = await testAccount(context);
const { on } = context;
const env = {
  PATH: process.env['PATH'],
  TOLLGATE_DATA: temporaryFolder('cli-disputes'),
  DATABASE_URL: on.ownerUrl,
  DATABASE_APP_URL: on.appUrl,
  DATABASE_VAULT_URL: on.vaultUrl,
};

const disputes = (...args: string[]): Promise<{ readonly out: string; readonly err: string }> =>
  new Promise((resolve) => {
    const command = [program, 'disputes', ...args];
    execFile(process.execPath, command, { env, timeout: 240_000 }, (_, out, err) => {
      resolve({ out, err });
    });
  });

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
