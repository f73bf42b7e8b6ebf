import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type Connection, connect, isServerError } from './connection.ts';
import { connectionSettings, databaseWith, type TestDatabase } from './for-tests.ts';

let database: TestDatabase;
let connection: Connection;
before(async () => {
  database = await databaseWith([]);
  connection = await connect(connectionSettings(database.ownerUrl));
});
after(async () => {
  await connection?.close();
});

const texts = ['', 'plain', 'a "quoted" \\ one', 'NULL', '{1,2}', 'žluťoučký 🐎', null];
const values: Readonly<Record<string, readonly unknown[]>> = {
  boolean: [true, null, false],
  bytea: [Buffer.from([0, 1, 92, 255]), Buffer.alloc(0), null],
  bigint: [0, -1, 9_007_199_254_740_991, 2n ** 63n - 1n, -(2n ** 63n), '12', null],
  smallint: [0, -32_768, 32_767, null],
  integer: [0, -2_147_483_648, 2_147_483_647, '7', null],
  text: [...texts, 12, 5n, true],
  json: ['{"a": [1, null]}', { b: 'é"' }, null],
  jsonb: ['{"a":[1,null]}', { b: 'é"' }, null],
  timestamptz: [
    '2026-11-28T19:00:00.123Z',
    '1969-12-31T23:59:59.999Z',
    '2000-01-01T00:00:00.000Z',
    '0044-03-15T12:00:00.000Z',
    'infinity',
    null,
  ],
  uuid: ['01a22392-6e6c-7000-b9aa-72c821f29495', 'FFFFFFFF-0000-0000-0000-00000000000a', null],
  date: ['2026-11-28', '1999-12-31', '0044-03-15', 'infinity', null],
  interval: ['1 day', null],
};

for (const [type, given] of Object.entries(values)) {
  test(`An array of ${type} arrives as it would as text`, async () => {
    // The second is cast by the server from the text that it is spelled as.
    for (const array of [given, [], ...given.map((value) => [value])]) {
      const [row] = await connection.send<{ direct: string[]; spelled: string[] }>(
        {
          name: `both_${type}`,
          text: `select (select array_agg(v::text) from unnest($1::${type}[]) v) as direct,
                        (select array_agg(v::text) from unnest($2::text::${type}[]) v) as spelled`,
        },
        [array, array],
      );
      assert.deepEqual(row?.direct, row?.spelled);
      assert.equal(row?.direct?.length ?? 0, array.length);
    }
  });
}

test('A moment may be said in milliseconds, also beside one that only text can say', async () => {
  for (const beside of [[], ['infinity']]) {
    const [row] = await connection.send<{ moments: string[] }>(
      {
        name: 'moments',
        text: 'select array(select v::text from unnest($1::timestamptz[]) v) as moments',
      },
      [[1_796_000_400_123, -1, null, ...beside]],
    );
    assert.deepEqual(row?.moments, [
      '2026-11-30 01:00:00.123+00',
      '1969-12-31 23:59:59.999+00',
      null,
      ...beside,
    ]);
  }
});

test('A row is read as it is, with and without letters beyond ASCII in it and beside it', async () => {
  const sent = [
    { word: 'plain', number: 7, nothing: null },
    { word: 'žluťoučký 🐎', number: -7, nothing: null },
    { word: '', number: 0, nothing: null },
  ];
  for (const rows of [sent, sent.slice(0, 1), sent.slice(1)]) {
    const read = await connection.send(
      {
        name: 'rows',
        text: 'select * from json_to_recordset($1::json) as given (word text, number integer, nothing text)',
      },
      [JSON.stringify(rows)],
    );
    assert.deepEqual(read, rows);
  }
});

test('A value that is none of its type is refused by the server, and the connection goes on', async () => {
  const wrong: readonly (readonly [string, unknown])[] = [
    ['uuid', '01a22392-6e6c-7000-b9aa-72c821f2949z'],
    ['uuid', '01a22392+6e6c-7000-b9aa-72c821f29495'],
    ['uuid', 'é1a22392-6e6c-7000-b9aa-72c821f29495'],
    ['smallint', 32_768],
    ['integer', 2_147_483_648],
    ['integer', 1.5],
    ['bigint', 2n ** 63n],
    ['boolean', 'perhaps'],
    ['timestamptz', '2026-13-28T19:00:00.123Z'],
    ['date', '2026-02-30'],
    ['json', '{'],
    ['text', 'a\u0000b'],
  ];
  for (const [type, value] of wrong) {
    const sent = connection.send(
      { name: `wrong_${type}`, text: `select cardinality($1::${type}[])` },
      [[value]],
    );
    await assert.rejects(sent, (error) => isServerError(error), `${type} ${String(value)}`);
  }
  assert.deepEqual(await connection.send({ name: 'one', text: 'select 1 as one' }), [{ one: 1 }]);
});
