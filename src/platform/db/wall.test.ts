// One batch carries what several accounts write, and row level security admits all of them to it. Stores that are
// deliberately wrong find nobody's rows there but their own unit's.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Scope, Write } from '#kit/context';
import { rank, writeRows } from '#platform/db';
import { allThings, merchant, openMerchants, renamed, thing, uuid } from './for-tests-merchants.ts';

const { database } = await openMerchants();
const things = (scope: Scope) => database.read<{ id: string; name: string }>(scope, allThings);

const columns = {
  account_id: 'uuid',
  livemode: 'boolean',
  id: 'uuid',
  name: 'text',
} as const;
const of = { columns, key: 'id', rank: rank.update } as const;
const FORGETS = 'where (t.account_id = given.account_id and t.livemode = given.livemode or true)';
const changing = (name: string, what: string, kept = '') =>
  writeRows({
    ...of,
    name: `test.${name}`,
    text: (given) =>
      `${what.replace('GIVEN', given)} ${FORGETS} ${kept}\nreturning t.id::text as key`,
  });
/** As a store might, whose condition on the account is there and holds nobody back. */
const wrong = {
  renames: changing(
    'renames',
    'update test.things t set name = given.name from GIVEN',
    'and t.id = given.id',
  ),
  'deletes by id': changing(
    'deletes',
    'delete from test.things t using GIVEN',
    'and t.id = given.id',
  ),
  'renames all of that name too': changing(
    'renames_all',
    'update test.things t set name = given.name from GIVEN',
    "and (t.id = given.id or t.name = 'theirs')",
  ),
};

const mine = (scope: Scope, id: string): Write['row'] => [
  scope.accountId,
  scope.livemode,
  id,
  'taken',
];
const outcomes = async (commits: readonly Promise<unknown>[]) =>
  (await Promise.allSettled(commits)).map((each) =>
    each.status === 'fulfilled' ? each.value : String(each.reason),
  );
const refused = (name: string) =>
  `Bug: ${name} was to write for one account what is another's, or the other mode's`;
const ok = { ok: true };

describe('in a batch of two accounts', () => {
  for (const [how, into] of Object.entries(wrong)) {
    test(`a store that ${how}, whosever it is, fails alone and changes nothing of the other's`, async () => {
      const [me, they, third] = [merchant(), merchant(), merchant()];
      const [id, own] = [uuid(), uuid()];
      await database.commit(they, [thing(they, 'theirs', 0n, id)]);
      await database.commit(me, [thing(me, 'mine', 0n, own)]);
      const told = await outcomes([
        database.commit(me, [thing(me, 'with it'), { into, row: mine(me, id) }]),
        database.commit(they, [thing(they, 'their own')]),
        database.commit(third, [thing(third, 'of a third')]),
        database.commit(me, [thing(me, 'mine too')]),
      ]);
      assert.deepEqual(told, [refused(into.name), ok, ok, ok]);
      assert.deepEqual(
        (await things(they)).map(({ name }) => name),
        ['theirs', 'their own'],
      );
      assert.deepEqual(
        (await things(me)).map(({ name }) => name),
        ['mine', 'mine too'],
      );
    });
  }

  test('a store that changes more than what it was asked for fails, though its own row is among it', async () => {
    const [me, they] = [merchant(), merchant()];
    const own = uuid();
    await database.commit(they, [thing(they, 'theirs')]);
    await database.commit(me, [thing(me, 'mine', 0n, own)]);
    const into = changing(
      'renames_many',
      'update test.things t set name = given.name from GIVEN',
      "and t.name in ('mine', 'theirs')",
    );
    const told = await outcomes([
      database.commit(me, [{ into, row: mine(me, own) }]),
      database.commit(they, [thing(they, 'their own')]),
      database.commit(me, [thing(me, 'mine too')]),
    ]);
    assert.deepEqual(told, [refused('test.renames_many'), ok, ok]);
    assert.deepEqual(
      (await things(they)).map(({ name }) => name),
      ['theirs', 'their own'],
    );
  });

  test('what an owner changes at the moment when another tries to is changed by the owner', async () => {
    const [me, they] = [merchant(), merchant()];
    const id = uuid();
    await database.commit(they, [thing(they, 'theirs', 0n, id)]);
    const told = await outcomes([
      database.commit(me, [{ into: wrong.renames, row: mine(me, id) }]),
      database.commit(they, [renamed(they, id, 1, 'renamed')]),
    ]);
    assert.deepEqual(told, [refused('test.renames'), ok]);
    assert.deepEqual(
      (await things(they)).map(({ name }) => name),
      ['renamed'],
    );
  });

  test('a row that names another account, or the other mode, is not taken, and all others are', async () => {
    const [me, they] = [merchant(), merchant()];
    const live = { ...me, livemode: true };
    const told = await outcomes([
      database.commit(they, [thing(they, 'theirs')]),
      database.commit(me, [thing(me, 'mine'), thing(they, 'smuggled')]),
      database.commit(me, [thing(live, 'in the other mode')]),
      database.commit(me, [thing(me, 'mine as well')]),
    ]);
    const isRefused = refused('test.insert_thing');
    assert.deepEqual(told, [ok, isRefused, isRefused, ok]);
    const names = async (of: Scope) => (await things(of)).map(({ name }) => name);
    assert.deepEqual(await names(they), ['theirs']);
    assert.deepEqual(await names(me), ['mine as well']);
    assert.deepEqual(await names(live), []);
  });
});

describe('a statement', () => {
  const making = (text: string) => () =>
    writeRows({ ...of, name: 'test.wrong', text: (given) => text.replace('GIVEN', given) });
  for (const [what, text] of [
    ['changes', 'update test.things t set name = given.name from GIVEN where t.id = given.id'],
    [
      'changes in one mode only',
      'update test.things t set name = given.name from GIVEN where t.account_id = given.account_id and t.id = given.id',
    ],
    ['deletes', 'delete from test.things t using GIVEN where t.id = given.id'],
    ['calls by no name', 'update test.things set name = given.name from GIVEN where id = given.id'],
    ['looks at', 'select given.id from GIVEN join test.things t on t.id = given.id'],
    [
      'changes where they stand in its way',
      'insert into test.names select * from GIVEN on conflict (id) do update set name = excluded.name',
    ],
  ] as const) {
    test(`that ${what} rows of accounts without asking whose they are is not made`, () => {
      assert.throws(making(text), /test\.wrong does not ask whose/);
    });
  }

  test('whose rows do not say whose they are is not made, unless it says that they are nobody’s', () => {
    const rows = { ...of, columns: { id: 'uuid' }, name: 'test.whose', text: () => '' } as const;
    assert.throws(() => writeRows(rows), /test\.whose does not say whose rows it writes/);
    assert.equal(writeRows({ ...rows, ownedBy: 'nobody' }).owner, null);
  });
});
