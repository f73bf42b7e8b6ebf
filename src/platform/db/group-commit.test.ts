import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Connection } from './connection.ts';
import { createLane } from './group-commit.ts';
import { insertRows, rank } from './write.ts';

const scope = { accountId: '01a22392-6e6c-7000-b9aa-72c821f29495', livemode: false };
const columns = { id: 'uuid', text: 'text' } as const;
const row = ['01a22392-6e6c-7000-b9aa-000000000001', 'it'];
const insert = { table: 'test.things', columns, key: 'id', rank: rank.insert } as const;
const thing = { into: insertRows({ name: 'test.thing', ...insert }), row };
const note = { into: insertRows({ name: 'test.note', ...insert, isNote: true }), row };

/** A lane to a server that takes everything, or so many rows, and what was said to it at once. */
const listening = (taken?: number) => {
  const said: string[][] = [];
  const crossed: string[] = [];
  const sendTogether: Connection['sendTogether'] = async (calls) => {
    const names = calls.map(({ statement: { name } }) => name);
    // Types of whole rows are made where a connection sees a statement for the first time.
    if (names[0] !== '') said.push(names);
    return names.map((name) => {
      if (name.endsWith('.counted')) return [{ count: taken ?? 1 }];
      return name.startsWith('test.') ? [{ key: row[0] }] : [{ oid: 1 }];
    });
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

test('Notes alone are written and committed in one breath, which needs no BEGIN', async () => {
  const { lane, said, crossed } = listening();
  const commits = [lane.submit(scope, [note]), lane.submit(scope, [note, note])];
  assert.deepEqual(await Promise.all(commits), [{ ok: true }, { ok: true }]);
  assert.deepEqual(said, [['enter_batch', 'test.note.counted']]);
  assert.deepEqual(crossed, ['commit.before', 'commit.after']);
});

test('Beside anything that could lose they wait with it to hear that it has not', async () => {
  const { lane, said } = listening();
  assert.deepEqual(await lane.submit(scope, [note, thing]), { ok: true });
  assert.equal(said.length, 2);
  assert.deepEqual(said[0]?.toSorted(), [
    'begin',
    'enter_batch',
    'test.note.one',
    'test.thing.one',
  ]);
  assert.deepEqual(said[1], ['commit']);
});

test('Where fewer rows were written than were given it is asked which, and only who lost is told so', async () => {
  const { lane, said } = listening(1);
  const other = { ...thing, row: ['01a22392-6e6c-7000-b9aa-000000000002', 'other'] };
  const commits = [lane.submit(scope, [thing]), lane.submit(scope, [other])];
  assert.deepEqual(await Promise.all(commits), [{ ok: true }, { ok: false, lost: thing.into }]);
  const begun = ['begin', 'enter_batch'];
  assert.deepEqual(said, [
    [...begun, 'test.thing.counted'],
    ['rollback'],
    [...begun, 'test.thing.rows'],
    ['rollback'],
    [...begun, 'test.thing.one'],
    ['commit'],
  ]);
});
