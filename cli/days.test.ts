import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { spellId } from '#kit/ids';
import { clearingFile } from '#rails/acquiring';
import { asOwner, type TestDatabase, testAccount, testContext } from '../src/for-tests.ts';
import { temporaryFolder } from '../src/kit/context/for-tests.ts';
import { insertEndedDay, insertNextDay } from '../src/rails/connectors/day-ends.store.ts';
import { environmentOn, tollgate } from './for-tests.ts';

const folder = temporaryFolder('cli-days');
const context = await testContext();
const scope = await testAccount(context);
const connectorAccountId = '00000000-0000-7000-8000-000000000001';
const account = spellId('cna', connectorAccountId);
let on: TestDatabase;
let env: NodeJS.ProcessEnv;

const days = (...args: string[]) => tollgate(['days', ...args], env);

before(() => {
  ({ on } = context);
  env = environmentOn(on, folder);
});

test('a day that did not fit is listed, shown, explained, and its file printed', async () => {
  const of = { host: 'bank:8583/1', acquirer: '1', merchant: 'M', businessDay: '2026-11-27' };
  const file = await clearingFile(context, scope, of);
  const ended = { connectorAccountId, endedAtMs: Date.now(), lines: 0, fileId: null };
  const says = "eur: ours nothing; the bank's 1 sales of 300";
  await context.database.commit(scope, [
    insertNextDay(scope, { id: connectorAccountId, dueAtMs: Date.now() }),
    insertEndedDay(scope, { ...ended, day: '2026-11-26', problems: [], needsReview: false }),
    insertEndedDay(scope, {
      ...ended,
      day: '2026-11-27',
      fileId: file.id,
      problems: [{ code: 'totals_differ', says }],
      needsReview: true,
    }),
  ]);
  await asOwner(
    on,
    `update rails.day_ends set next_day = '2026-11-28', failures = 3, problem = 'link down'`,
  );

  const listed = await days('list');
  assert.equal(
    listed.out,
    [
      `2026-11-28  ${account}  not ended after 3 tries: link down`,
      `2026-11-27  ${account}       0 lines  totals differ`,
      `2026-11-26  ${account}       0 lines  as it should be`,
      '',
    ].join('\n'),
    listed.err,
  );
  assert.match((await days('show', account, '2026-11-27')).out, new RegExp(`differ: ${says}\n$`));
  assert.equal((await days('file', account, '2026-11-27')).out, file.body);

  const explained = await days('explain', account, '2026-11-27', '--why', 'a till in the shop');
  assert.equal(explained.out, '2026-11-27 is explained.\n', explained.err);
  assert.doesNotMatch((await days('list', '--open')).out, /2026-11-27/);
  const again = await days('explain', account, '2026-11-27', '--why', 'again');
  assert.match(again.err, /Nothing of 2026-11-27 waits/);
  const noted = await asOwner(
    on,
    `select 1 from identity.audit_entries where action = 'day.explain'`,
  );
  assert.equal(noted.length, 1);
  assert.match((await days('show', 'acct_1', '2026-11-27')).err, /their ids begin with cna_/);
});
