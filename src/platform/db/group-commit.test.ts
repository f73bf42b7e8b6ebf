import assert from 'node:assert/strict';
import { test } from 'node:test';
import pg from 'pg';
import type { Connection } from './connection.ts';
import { createLane } from './group-commit.ts';
import { insertRows, rank } from './write.ts';

const scope = { accountId: '01a22392-6e6c-7000-b9aa-72c821f29495', livemode: false };
const columns = { id: 'uuid', text: 'text' } as const;
const row = ['01a22392-6e6c-7000-b9aa-000000000001', 'it'];
const insert = { table: 'test.things', columns, key: 'id', rank: rank.insert } as const;
const thing = { into: insertRows({ name: 'test.thing', ...insert }), row };
const note = { into: insertRows({ name: 'test.note', ...insert, isNote: true }), row };

/** A lane to a server that takes everything, or refuses with this code, and what was said to it at once. */
const listening = (refusal?: string) => {
  const said: string[][] = [];
  const crossed: string[] = [];
  const sendTogether: Connection['sendTogether'] = async (calls) => {
    const names = calls.map(({ statement: { name } }) => name);
    // Types of whole rows are made where a connection sees a statement for the first time.
    if (names[0] !== '') said.push(names);
    for (const { heard, statement } of calls) {
      heard?.([{ xid: '1', server: 'now', at: 'now' }]);
      if (refusal !== undefined && statement.isSure) {
        throw Object.assign(new pg.DatabaseError('No', 0, 'error'), { code: refusal });
      }
    }
    return names.map((name) => (name.startsWith('test.') ? [{ key: row[0] }] : [{ oid: 1 }]));
  };
  const send: Connection['send'] = async (statement) =>
    ((await sendTogether([{ statement }]))[0] ?? []) as never[];
  const connection: Connection = {
    sendTogether,
    send,
    query: send,
    broken: false,
    close: async () => {},
    destroy: () => {},
  };
  const lane = createLane({
    connect: async () => connection,
    livemode: false,
    unitsMax: 64,
    waitingMax: 64,
    crashPoint: (point) => void crossed.push(point),
    monotonicMs: () => 0,
  });
  return { lane, said, crossed };
};

const begun = ['begin', 'enter_batch'];

test('Notes alone are written and committed in one breath, which needs no BEGIN', async () => {
  const { lane, said, crossed } = listening();
  const commits = [lane.submit(scope, [note]), lane.submit(scope, [note, note])];
  assert.deepEqual(await Promise.all(commits), [{ ok: true }, { ok: true }]);
  assert.deepEqual(said, [['enter_batch', 'test.note.sure']]);
  assert.deepEqual(crossed, ['commit.before', 'commit.after']);
});

test('What could lose is an error where it would, so that COMMIT is said before it was answered', async () => {
  const { lane, said, crossed } = listening();
  assert.deepEqual(await lane.submit(scope, [note, thing]), { ok: true });
  assert.deepEqual(
    said.map((names) => names.toSorted()),
    [['begin', 'enter_batch', 'test.note.one', 'test.thing.one'], ['commit']],
  );
  assert.deepEqual(crossed, ['commit.before', 'commit.after']);
});

for (const [what, code] of [
  ['that is there already', '23505'],
  ['less than was given', '22012'],
] as const) {
  test(`After a row ${what} it is asked which, and only who lost is told so`, async () => {
    const { lane, said } = listening(code);
    const other = { ...thing, row: ['01a22392-6e6c-7000-b9aa-000000000002', 'other'] };
    const commits = [lane.submit(scope, [thing]), lane.submit(scope, [other])];
    const outcomes = await Promise.allSettled(commits);
    assert.deepEqual(outcomes[1], { status: 'fulfilled', value: { ok: false, lost: thing.into } });
    assert.deepEqual(said, [
      [...begun, 'test.thing.sure'],
      ['commit'],
      ['rollback'],
      [...begun, 'test.thing.rows'],
      ['rollback'],
      [...begun, 'test.thing.one'],
      ['commit'],
      ['rollback'],
      [...begun, 'test.thing.rows'],
      ['commit'],
    ]);
    assert.deepEqual(outcomes[0], { status: 'fulfilled', value: { ok: true } });
  });
}

test('Two rows of one key in a batch are asked for by their keys at once', async () => {
  const { lane, said } = listening();
  const commits = [lane.submit(scope, [thing]), lane.submit(scope, [thing])];
  assert.deepEqual(await Promise.all(commits), [{ ok: true }, { ok: false, lost: thing.into }]);
  assert.deepEqual(said[0], [...begun, 'test.thing.rows']);
});
