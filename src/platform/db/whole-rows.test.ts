import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { crashPointFrom, type Scope, systemClock } from '#kit/context';
import { type Connection, connect, isServerError } from './connection.ts';
import { asOwner, connectionSettings, databaseWith, type TestDatabase } from './for-tests.ts';
import { createLane, type Lane } from './group-commit.ts';
import type { Migration } from './migrate.ts';
import { createWholeRows } from './whole-rows.ts';
import { rank, writeRows } from './write.ts';

const notes: Migration = {
  module: 'test',
  number: 1,
  name: '0001-notes',
  text: `
    create schema test;
    grant usage on schema test to tollgate_app;
    create table test.notes (id uuid primary key, tags text[] not null, text text not null);
    grant select, insert on test.notes to tollgate_app;`,
};

const every = {
  a: 'boolean',
  b: 'bytea',
  c: 'bigint',
  d: 'smallint',
  e: 'integer',
  f: 'text',
  g: 'json',
  h: 'jsonb',
  i: 'timestamptz',
  id: 'uuid',
} as const;
const tellBack = writeRows({
  name: 'test.tell_back',
  columns: every,
  key: 'id',
  ownedBy: 'nobody',
  rank: rank.insert,
  text: (given) => `select to_jsonb(given)::text as key from ${given}`,
});
const insertNote = writeRows({
  name: 'test.insert_note',
  columns: { id: 'uuid', tags: 'text', text: 'text' },
  key: 'id',
  ownedBy: 'nobody',
  rank: rank.insert,
  text: (given) => `insert into test.notes (id, tags, text)
    select given.id, given.tags::text[], given.text from ${given}
    on conflict do nothing returning id::text as key`,
});

const FIRST = '01a22392-6e6c-7000-b9aa-72c821f29495';
const SECOND = 'ffffffff-0000-0000-0000-00000000000a';
const full = [
  true,
  Buffer.from([0, 255]),
  2n ** 62n,
  -7,
  12,
  'a "quoted", \\ (one) 🐎',
  { b: 'é"' },
  '{"a":[1,null]}',
  '2026-11-28T19:00:00.123Z',
  FIRST,
];
const empty = [false, Buffer.alloc(0), null, null, null, '', null, null, null, SECOND];
const nothing = { accountId: FIRST, livemode: false } as Scope;

let database: TestDatabase;
let connection: Connection;
before(async () => {
  database = await databaseWith([notes]);
  connection = await connect(connectionSettings(database.appUrl));
});
after(() => connection?.close());

const laneOver = (open: () => Promise<Connection>): Lane =>
  createLane({
    connect: open,
    livemode: false,
    unitsMax: 8,
    waitingMax: 8,
    crashPoint: crashPointFrom(undefined),
    monotonicMs: () => systemClock.monotonicMs(),
  });
const note = (id: string, text: string) => [
  { into: insertNote, row: [id, '{red,"two words"}', text] },
];
const notesOf = (of: TestDatabase) =>
  asOwner(of, 'select id::text, tags, text from test.notes order by id');

test('Whole rows arrive as their columns would', async () => {
  const rows = [{ row: full }, { row: empty }];
  const wholeRows = createWholeRows();
  const tables = [{ statement: tellBack, rows }];
  await wholeRows.learn(connection, tables);
  const [call] = wholeRows.callsFor(connection, tables);
  assert.equal(call?.statement, tellBack.ofRows);
  const columns = tellBack.types.map((_, column) => rows.map(({ row }) => row[column]));
  const [asRows, asColumns] = await connection.sendTogether([
    call ?? assert.fail(),
    { statement: tellBack, values: columns },
  ]);
  assert.equal(asRows?.length, 2);
  assert.deepEqual(asRows, asColumns);
});

test('A row alone arrives as its columns would', async () => {
  for (const row of [full, empty]) {
    const [call] = createWholeRows().callsFor(connection, [
      { statement: tellBack, rows: [{ row }] },
    ]);
    assert.equal(call?.statement, tellBack.ofOne);
    const [asValues, asColumns] = await connection.sendTogether([
      call ?? assert.fail(),
      { statement: tellBack, values: row.map((value) => [value]) },
    ]);
    assert.equal(asValues?.length, 1);
    assert.deepEqual(asValues, asColumns);
  }
});

test('A row alone that is there already loses, and one that is new does not', async () => {
  const lane = laneOver(() => connect(connectionSettings(database.appUrl)));
  const id = '01a22392-6e6c-7000-b9aa-000000000002';
  try {
    assert.deepEqual(await lane.submit(nothing, note(id, 'once')), { ok: true });
    assert.deepEqual(await lane.submit(nothing, note(id, 'twice')), {
      ok: false,
      lost: insertNote,
    });
  } finally {
    await asOwner(database, `delete from test.notes where id = '${id}'`);
    await lane.close();
  }
});

test('A value that is none of its type is left to the server, which says what is wrong', async () => {
  const lane = laneOver(() => connect(connectionSettings(database.appUrl)));
  const isWrong = (error: unknown) => isServerError(error) && error.code === '22P02';
  const wrongId = '01a22392+6e6c-7000-b9aa-72c821f29495';
  try {
    await assert.rejects(lane.submit(nothing, note(wrongId, 'wrong')), isWrong);
    const two = [...note(wrongId, 'wrong'), ...note(SECOND, 'wrong with it')];
    await assert.rejects(lane.submit(nothing, two), isWrong);
    const id = '01a22392-6e6c-7000-b9aa-000000000001';
    assert.deepEqual(await lane.submit(nothing, note(id, 'right')), { ok: true });
    assert.deepEqual(await notesOf(database), [{ id, tags: ['red', 'two words'], text: 'right' }]);
  } finally {
    await lane.close();
  }
});

test('Without the right to types of its own, rows go column by column', async () => {
  const bare = await databaseWith([notes]);
  await asOwner(
    bare,
    `do $$ begin execute format('revoke temporary on database %I from public', current_database()); end $$`,
  );
  const lane = laneOver(() => connect(connectionSettings(bare.appUrl)));
  try {
    assert.deepEqual(await lane.submit(nothing, note(FIRST, 'one')), { ok: true });
    assert.deepEqual(await lane.submit(nothing, note(SECOND, 'two')), { ok: true });
    assert.equal((await notesOf(bare)).length, 2);
  } finally {
    await lane.close();
  }
});

test('A type that is gone when it is needed, as behind a pooler, costs nobody an answer', async () => {
  const pooled = await databaseWith([notes]);
  const elsewhere = await connect(connectionSettings(pooled.appUrl));
  const lane = laneOver(async () => {
    const here = await connect(connectionSettings(pooled.appUrl));
    return {
      ...here,
      // What is said alone goes to another server connection than what is said in a transaction.
      send: (said, values) => (said.name === '' ? elsewhere : here).send(said, values),
      get broken() {
        return here.broken;
      },
    };
  });
  try {
    const both = [
      lane.submit(nothing, note(FIRST, 'one')),
      lane.submit(nothing, note(SECOND, 'two')),
    ];
    assert.deepEqual(await Promise.all(both), [{ ok: true }, { ok: true }]);
    assert.deepEqual(await lane.submit(nothing, note(SECOND, 'again')), {
      ok: false,
      lost: insertNote,
    });
    assert.equal((await notesOf(pooled)).length, 2);
  } finally {
    await lane.close();
    await elsewhere.close();
  }
});
