import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type Connection, connect } from './connection.ts';
import { connectionSettings, databaseWith } from './for-tests.ts';

let connection: Connection;
before(async () => {
  const database = await databaseWith([]);
  connection = await connect(connectionSettings(database.ownerUrl));
});
after(async () => {
  await connection?.close();
});

test('Rows that come in many pieces, which share one piece of memory, are read as they are', async () => {
  const ask = {
    name: 'long',
    text: `select n, repeat(n || 'é', 40000) as word from generate_series(1, 9) n`,
  };
  const [long, again] = await Promise.all([connection.send(ask), connection.send(ask)]);
  const rows = Array.from({ length: 9 }, (_, at) => ({
    n: at + 1,
    word: `${at + 1}é`.repeat(40_000),
  }));
  assert.deepEqual(long, rows);
  assert.deepEqual(again, rows);
});

test('Many short rows are read whole wherever a piece ends', async () => {
  const ask = { name: 'many', text: 'select n from generate_series(1, 30000) n' };
  const rows = await connection.send(ask);
  assert.equal(rows.length, 30_000);
  assert.ok(rows.every(({ n }, at) => n === at + 1));
});
