import assert from 'node:assert/strict';
import { Duplex } from 'node:stream';
import { after, before, test } from 'node:test';
import { type Connection, connect, isServerError } from './connection.ts';
import { connectionSettings, databaseWith } from './for-tests.ts';
import { failedAt, openWire } from './wire.ts';

let url: string;
let connection: Connection;
before(async () => {
  url = (await databaseWith([])).ownerUrl;
  connection = await connect(connectionSettings(url));
});
after(() => connection.close());

const begin = { statement: { name: 'begin', text: 'begin' } };
const commit = { name: 'commit', text: 'commit' };
const rollback = { name: 'rollback', text: 'rollback' };
const one = { name: 'one', text: 'select 1 as n' };
const slow = { statement: { name: 'slow', text: 'select pg_sleep(0.3)::text as slept' } };
const wrong = { statement: { name: 'wrong', text: 'select 1 / 0 as n' } };
const number = { name: 'number', text: 'select pg_current_xact_id()::text as number' };
const inTransaction = async (): Promise<boolean> => {
  const [first] = await connection.send(number);
  const [second] = await connection.send(number);
  return first?.['number'] === second?.['number'];
};

test('An answer is heard while what was said behind it is run, and what is said then comes after', async () => {
  const order: string[] = [];
  let committed = null as Promise<unknown> | null;
  const heard = (rows: readonly unknown[]): void => {
    order.push(JSON.stringify(rows));
    committed = connection.send(commit);
  };
  const timer = setTimeout(() => order.push('a while later'), 100);
  const rows = await connection.sendTogether([begin, { statement: one, heard }, slow]);
  clearTimeout(timer);
  assert.deepEqual(order, ['[{"n":1}]', 'a while later']);
  assert.deepEqual(rows, [[], [{ n: 1 }], [{ slept: '' }]]);
  await committed;
  assert.equal(await inTransaction(), false);
});

test('Where it was refused before, nobody hears of it, and the connection goes on', async () => {
  const heard = (): void => assert.fail('There was no answer');
  await assert.rejects(
    connection.sendTogether([begin, wrong, { statement: one, heard }]),
    isServerError,
  );
  await connection.send(rollback);
  assert.deepEqual(await connection.send(one), [{ n: 1 }]);
});

test('Where it is refused behind it, a COMMIT that was said meanwhile commits nothing', async () => {
  await connection.send({ name: '', text: 'create temporary table kept (n integer)' });
  const keep = { statement: { name: 'keep', text: 'insert into kept values (1)' } };
  let committed = null as Promise<unknown> | null;
  const heard = (): void => {
    committed = connection.send(commit);
  };
  await assert.rejects(
    connection.sendTogether([begin, { statement: one, heard }, keep, wrong]),
    isServerError,
  );
  await committed;
  assert.equal(await inTransaction(), false);
  const [row] = await connection.send({
    name: '',
    text: 'select count(*)::integer as n from kept',
  });
  assert.deepEqual(row, { n: 0 });
});

test('A server that was said to and not told to commit waits for as long as it would for anybody', async () => {
  await connection.send({ name: '', text: 'set idle_in_transaction_session_timeout = 200' });
  await connection.sendTogether([begin, { statement: one, heard: () => {} }]);
  await new Promise((resolve) => setTimeout(resolve, 600));
  await assert.rejects(connection.send(one), /does not answer/);
  assert.equal(connection.broken, true);
});

/** Takes what is said and answers with one error of these parts. */
const answeringWith = (parts: readonly string[]): Duplex => {
  const text = Buffer.from(`${parts.map((part) => `${part}\0`).join('')}\0`);
  const head = Buffer.alloc(5, 'E');
  head.writeInt32BE(text.length + 4, 1);
  const ready = Buffer.from([0x5a, 0, 0, 0, 5, 0x49]);
  return new Duplex({
    read: () => {},
    write(_piece, _encoding, done) {
      this.push(Buffer.concat([head, text, ready]));
      done();
    },
  });
};

for (const [what, parts, isOfStatement] of [
  ['an error of the statement', ['SERROR', 'VERROR', 'C23505', 'MNo'], true],
  ['one that ends the connection', ['SFATAL', 'VFATAL', 'C57P01', 'MNo'], false],
  ['what PgBouncer says of a server it has lost', ['SFATAL', 'C08P01', 'MNo'], false],
  ['what an old one says', ['SERROR', 'C08P01', 'MNo'], false],
  ['what another pooler says of that', ['SERROR', 'VERROR', 'C58000', 'MNo'], false],
  ['one of a connection', ['SERROR', 'VERROR', 'C08006', 'MNo'], false],
] as const) {
  test(`Of ${what} a COMMIT is ${isOfStatement ? '' : 'not '}known to be refused`, async () => {
    const wire = openWire(answeringWith(parts), 1_000);
    const refused = new Promise((resolve, reject) => {
      wire.ask([{ statement: commit }], resolve, reject);
    });
    await assert.rejects(refused, (error) => (failedAt(error) === 0) === isOfStatement);
    assert.equal(wire.broken, !isOfStatement);
    wire.destroy();
  });
}
