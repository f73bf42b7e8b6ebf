import assert from 'node:assert/strict';
import { test } from 'node:test';
import pg from 'pg';
import { type Connection, DatabaseUnavailable } from './connection.ts';
import { createLane } from './group-commit.ts';
import { insertRows, rank } from './write.ts';

const scope = { accountId: '01a22392-6e6c-7000-b9aa-72c821f29495', livemode: false };
const columns = { id: 'uuid', text: 'text' } as const;
const row = ['01a22392-6e6c-7000-b9aa-000000000001', 'it'];
const insert = {
  table: 'test.things',
  columns,
  key: 'id',
  rank: rank.insert,
  ownedBy: 'nobody',
} as const;
const thing = { into: insertRows({ name: 'test.thing', ...insert }), row };
const note = { into: insertRows({ name: 'test.note', ...insert, isNote: true }), row };

const refused = (code: string) => Object.assign(new pg.DatabaseError('No', 0, 'error'), { code });

/** A lane to a server that takes everything, or refuses with this code, and what was said to it at once. */
const listening = (refusal?: string, hear: (names: readonly string[]) => void = () => {}) => {
  let isCut = false;
  const said: string[][] = [];
  const crossed: string[] = [];
  const sendTogether: Connection['sendTogether'] = async (calls) => {
    const names = calls.map(({ statement: { name } }) => name);
    // Types of whole rows are made where a connection sees a statement for the first time.
    if (names[0] !== '') said.push(names);
    hear(names);
    if (isCut) throw new DatabaseUnavailable('Cut');
    for (const { heard, statement } of calls) {
      heard?.([{ xid: '1', server: 'now', flushed: '0/1', written: '0/1' }]);
      if (refusal !== undefined && statement.isSure) {
        throw refused(refusal);
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
    get broken() {
      return isCut;
    },
    close: async () => {},
    destroy: () => {
      isCut = true;
    },
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

test('A write hears that it is durable before its caller goes on, and never where it is not', async () => {
  const heard: string[] = [];
  const telling = { ...thing, committed: () => void heard.push('durable') };
  const { lane } = listening();
  await lane.submit(scope, [telling]).then(() => heard.push('told'));
  assert.deepEqual(heard, ['durable', 'told']);
  await assert.rejects(listening('23514').lane.submit(scope, [telling]));
  assert.deepEqual(heard, ['durable', 'told']);
});

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
      [...begun, 'test.thing.rows'],
      ['rollback'],
      [...begun, 'test.thing.one'],
      ['commit'],
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

test('Many that are run alone, since together they were refused, are not cut for how long that takes', async (t) => {
  t.mock.timers.enable({ apis: ['setInterval'] });
  const { lane, said } = listening(undefined, (names) => {
    // Slow, and never silent for long.
    t.mock.timers.tick(1_000);
    if (names.includes('test.thing.sure')) throw refused('40P01');
  });
  const commits = Array.from({ length: 9 }, (_, index) =>
    lane.submit(scope, [{ ...thing, row: [`01a22392-6e6c-7000-b9aa-00000000000${index}`, 'it'] }]),
  );
  const outcomes = await Promise.allSettled(commits);
  assert.deepEqual(
    outcomes,
    commits.map(() => ({ status: 'fulfilled', value: { ok: true } })),
  );
  assert.equal(said.filter(([name]) => name === 'commit').length, 9);
});

test('What waits leaves before those who hear that they were committed go on', async () => {
  const seen: string[] = [];
  const other = { ...thing, row: ['01a22392-6e6c-7000-b9aa-000000000002', 'other'] };
  let second: Promise<unknown> = Promise.resolve();
  const { lane } = listening(undefined, ([name = '']) => {
    seen.push(name);
    if (seen.length === 2) second = lane.submit(scope, [other]);
  });
  await lane.submit(scope, [thing]);
  seen.push('the first goes on');
  await second;
  assert.deepEqual(seen, ['begin', 'commit', 'begin', 'commit', 'the first goes on']);
});

test('A connection that others went beside is closed, also where it goes on before they have theirs', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const other = { ...thing, row: ['01a22392-6e6c-7000-b9aa-000000000002', 'other'] };
  const answer = Promise.withResolvers<void>();
  const connected = Promise.withResolvers<void>();
  const asked = Promise.withResolvers<void>();
  let open = 0;
  let made = 0;
  const connection = (stands: boolean): Connection => {
    const sendTogether: Connection['sendTogether'] = async (calls) => {
      for (const { heard } of calls)
        heard?.([{ xid: '1', server: 'now', flushed: '', written: '' }]);
      return calls.map(() => []);
    };
    const send: Connection['send'] = async (statement) => {
      if (stands && statement.name === 'commit') await answer.promise;
      return [];
    };
    return {
      sendTogether,
      send,
      query: send,
      broken: false,
      close: async () => void (open -= 1),
      destroy: () => {},
    };
  };
  const lane = createLane({
    connect: async () => {
      made += 1;
      if (made === 2) {
        asked.resolve();
        await connected.promise;
      }
      open += 1;
      return connection(made === 1);
    },
    livemode: false,
    unitsMax: 64,
    waitingMax: 64,
    crashPoint: () => {},
    monotonicMs: () => 0,
  });
  const first = lane.submit(scope, [thing]);
  for (let n = 0; n < 3; n += 1) await new Promise((resolve) => setImmediate(resolve));
  const second = lane.submit(scope, [other]);
  for (let n = 0; n < 3; n += 1) await new Promise((resolve) => setImmediate(resolve));
  t.mock.timers.tick(2_500);
  await asked.promise;
  answer.resolve();
  assert.deepEqual(await first, { ok: true });
  connected.resolve();
  assert.deepEqual(await second, { ok: true });
  assert.equal(open, 1);
  await lane.close();
  assert.equal(open, 0);
});
