import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';
import type { Scope } from '#kit/context';
import { type Connection, connect } from './connection.ts';
import { connectionSettings, databaseWith } from './for-tests.ts';
import { inTransaction } from './transaction.ts';
import { statement } from './write.ts';

const scope: Scope = { accountId: '01a22392-6e6c-7000-b9aa-72c821f29495', livemode: false };
const within = statement(
  'test.within',
  `select pg_current_xact_id()::text as number, current_setting('transaction_isolation') as isolation,
          current_setting('app.accounts', true) as accounts`,
);
type Within = { readonly number: string; readonly isolation: string; readonly accounts: string };
const broken = statement('test.broken', 'select 1 / 0');

let connection: Connection;
/** What was said in one breath, by the names of the statements. */
const exchanges: string[] = [];
before(async () => {
  const { ownerUrl } = await databaseWith([]);
  const real = await connect(connectionSettings(ownerUrl));
  connection = {
    ...real,
    sendTogether: (calls) => {
      exchanges.push(calls.map(({ statement: { name } }) => name).join(' + '));
      return real.sendTogether(calls);
    },
    send: (asked, values) => {
      exchanges.push(asked.name);
      return real.send(asked, values);
    },
  };
});
after(() => connection.close());
beforeEach(() => exchanges.splice(0));

test('A transaction begins with its first statement and not before it', async () => {
  const told = await inTransaction(connection, null, async ({ query }) => [
    ...(await query<Within>(within)),
    ...(await query<Within>(within)),
  ]);
  assert.deepEqual(exchanges, ['begin + test.within', 'test.within', 'commit']);
  assert.equal(told[0]?.number, told[1]?.number);
  assert.equal(told[0]?.isolation, 'read committed');
});

test('One of an account is in its scope and serializable from its first statement on', async () => {
  const [told] = await inTransaction(connection, scope, ({ query }) => query<Within>(within));
  assert.deepEqual(exchanges, ['begin_serializable + enter_scope + test.within', 'commit']);
  assert.equal(told?.accounts, `{${scope.accountId}}`);
  assert.equal(told?.isolation, 'serializable');
});

test('Statements that are asked at once are of one transaction', async () => {
  const told = await inTransaction(connection, null, ({ query }) =>
    Promise.all([query<Within>(within), query<Within>(within)]),
  );
  assert.equal(told[0][0]?.number, told[1][0]?.number);
});

test('A text of several statements without a name is said alone', async () => {
  const told = await inTransaction(connection, null, async ({ query }) => {
    await query(statement('', 'select 1; select 2'));
    return query<Within>(within);
  });
  assert.deepEqual(exchanges, ['begin', '', 'test.within', 'commit']);
  assert.equal(told.length, 1);
});

test('One whose first statement fails is taken back, and the connection is as good as before', async () => {
  await assert.rejects(
    inTransaction(connection, null, ({ query }) => query(broken)),
    /division by zero/,
  );
  assert.deepEqual(exchanges, ['begin + test.broken', 'rollback']);
  const [told] = await inTransaction(connection, scope, ({ query }) => query<Within>(within));
  assert.equal(told?.accounts, `{${scope.accountId}}`);
});

test('One that asks nothing says nothing', async () => {
  assert.equal(await inTransaction(connection, scope, async () => 7), 7);
  assert.deepEqual(exchanges, []);
});
