// What can go wrong with a commit, and that whoever is told something of it is told the truth: that it was done, or that
// it was not, or that nobody knows.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { type Statement, systemClock, type Write } from '#kit/context';
import { Unavailable, Unclear } from '#kit/failure';
import {
  type Connection,
  connect,
  DatabaseUnavailable,
  isServerError,
  type OpenDatabase,
  openDatabase,
} from '#platform/db';
import { asOwner, connectionSettings, type TestDatabase } from './for-tests.ts';
import { proxyBefore } from './for-tests-proxy.ts';
import {
  asked,
  backends,
  databaseWithThings,
  isThere,
  late,
  note,
  scope,
  thing,
  until,
  uuid,
} from './for-tests-things.ts';

let on: TestDatabase;
let database: OpenDatabase;
const opened: OpenDatabase[] = [];
const open = (url: string): OpenDatabase => {
  const one = openDatabase({ url, poolSize: 2, clock: systemClock, crashPoint: () => {} });
  opened.push(one);
  return one;
};
before(async () => {
  on = await databaseWithThings();
  database = open(on.appUrl);
});
after(() => Promise.all(opened.map((one) => one.close())));

const count = async (): Promise<number> =>
  Number((await asOwner(on, 'select count(*)::integer as n from test.things'))[0]?.['n']);

describe('a COMMIT that is refused', () => {
  for (const [what, bad] of [
    ['a check that was put off', () => [late('23514')]],
    ['a name that is taken, which was put off', () => [late('fine', 'the same')]],
  ] as const) {
    test(`by ${what} is that of its unit alone`, async () => {
      await database.commit(scope, [late('fine', 'the same')]).catch(() => {});
      const ids = [uuid(), uuid(), uuid()];
      const outcomes = await Promise.allSettled([
        database.commit(scope, [thing(ids[0])]),
        database.commit(scope, [thing(ids[1]), ...bad()]),
        database.commit(scope, [thing(ids[2])]),
      ]);
      assert.deepEqual(
        outcomes.map(({ status }) => status),
        ['fulfilled', 'rejected', 'fulfilled'],
      );
      assert.ok(outcomes[1].status === 'rejected' && isServerError(outcomes[1].reason));
      const there = [];
      for (const id of ids) there.push(await isThere(on, id));
      assert.deepEqual(there, [true, false, true]);
    });
  }

  for (const [what, state] of [
    ['has no room', '53100'],
    ['ran out of memory', '53200'],
    ['was told to end it', '57014'],
  ] as const) {
    test(`by a server that ${what} is known not to be: later it may be tried again`, async () => {
      const [id, { into, row }] = [uuid(), late(state)];
      const insertLate: Statement = {
        name: '',
        text: 'insert into test.late (account_id, livemode, id, state, name) values ($1, $2, $3, $4, $5)',
      };
      const outcomes = await Promise.allSettled([
        database.commit(scope, [thing(id), { into, row }]),
        database.commit(scope, [asked(id), { into, row }]),
        database.transaction(scope, (tx) => tx.query(insertLate, row)),
      ]);
      for (const outcome of outcomes) {
        assert.ok(outcome.status === 'rejected' && outcome.reason instanceof DatabaseUnavailable);
      }
      assert.equal(await isThere(on, id), false);
      if (state !== '57014') assert.equal(database.isFull(), true);
      assert.deepEqual(await database.commit(scope, [thing(id)]), { ok: true });
    });
  }

  test('because a statement before it failed is not taken for done, whoever caught that', async () => {
    const id = uuid();
    const [insert, broken] = [
      { name: '', text: 'insert into test.things (account_id, livemode, id) values ($1, $2, $3)' },
      { name: '', text: 'select 1 / 0' },
    ];
    const work = database.transaction(scope, async (tx) => {
      await tx.query(insert, [scope.accountId, false, id]);
      await tx.query(broken).catch(() => {});
      return 'done';
    });
    await assert.rejects(work, /division by zero/);
    assert.equal(await isThere(on, id), false);
  });
});

type Told = 'done' | 'not done' | 'nobody knows';
const hear = async (commit: Promise<{ ok: boolean }>): Promise<Told> => {
  try {
    assert.ok((await commit).ok);
    return 'done';
  } catch (error) {
    if (error instanceof Unclear) return 'nobody knows';
    assert.ok(error instanceof Unavailable, String(error));
    return 'not done';
  }
};

/** Once nothing is under way any more. */
const assertTrue = async (told: ReadonlyMap<string, Told>): Promise<void> => {
  await until(async () => (await backends(on, 'busy')).length === 0);
  for (const [id, said] of told) {
    if (said !== 'nobody knows') assert.equal(await isThere(on, id), said === 'done', said);
  }
};

describe('a connection that is lost', () => {
  for (const [what, write] of [
    ['a batch that is committed as it is run', thing],
    ['a batch that is committed once it was heard', asked],
  ] as const) {
    for (const way of ['there', 'back'] as const) {
      test(`at any byte ${way} of ${what}`, async (t) => {
        const proxy = await proxyBefore(on.appUrl);
        const own = open(proxy.url);
        const told = new Map<string, Told>();
        const again = async (): Promise<void> => {
          while ((await hear(own.commit(scope, [write(uuid())]))) !== 'done');
        };
        try {
          await again();
          proxy.cutAfter(Number.MAX_SAFE_INTEGER, way);
          await again();
          const bytes = proxy.passed(way);
          assert.ok(bytes > 50);
          for (let at = 0; at < bytes; at += 3) {
            await again();
            proxy.cutAfter(at, way);
            const id = uuid();
            told.set(id, await hear(own.commit(scope, [write(id)])));
          }
          await again();
          await assertTrue(told);
        } finally {
          await own.close();
          proxy.close();
        }
        const said = [...told.values()];
        t.diagnostic(countsOf(said));
        assert.ok(said.includes('done') || way === 'there');
        assert.ok(said.includes('not done'));
        assert.ok(!said.includes('nobody knows'), 'a server that is there can say');
      });
    }
  }
});

const countsOf = (said: readonly Told[]): string =>
  ['done', 'not done', 'nobody knows']
    .map((each) => `${each}: ${said.filter((told) => told === each).length}`)
    .join(', ');

describe('a backend that is told to stop at any moment', () => {
  for (const [what, tell] of [
    ['what it does', 'pg_cancel_backend'],
    ['for good', 'pg_terminate_backend'],
  ] as const) {
    test(what, async () => {
      const owner: Connection = await connect(connectionSettings(on.ownerUrl));
      const own = open(on.appUrl);
      const told = new Map<string, Told>();
      try {
        for (let round = 0; round < 60; round += 1) {
          const writes = [thing, asked, note].map((write): [string, Write] => {
            const id = uuid();
            return [id, write(id)];
          });
          const heard = writes.map(([, write]) => hear(own.commit(scope, [write])));
          // Some of a millisecond later in each round: it meets them anywhere, and between them.
          await new Promise((resolve) => setImmediate(resolve));
          const untilMs = performance.now() + round / 20;
          while (performance.now() < untilMs);
          const stopped = owner.send({
            name: '',
            text: `select ${tell}(pid) from pg_stat_activity
                    where datname = current_database() and application_name = 'tollgate'`,
          });
          for (const [index, said] of (await Promise.all(heard)).entries()) {
            const [id = ''] = writes[index] ?? [];
            // A note that nobody could be told of does no harm.
            if (index < 2 || said === 'done') told.set(id, said);
          }
          await stopped;
        }
        await own.close();
        await assertTrue(told);
      } finally {
        await owner.close();
      }
    });
  }
});

describe('two processes that write the rows of one account', () => {
  test('lock them crosswise in one transaction each, and lose nothing', async () => {
    const other = open(on.appUrl);
    const before = await count();
    const commits = Array.from({ length: 200 }, (_, n) =>
      (n % 2 ? database : other).commit(scope, [thing(), asked(), note()]),
    );
    for (const outcome of await Promise.all(commits)) assert.deepEqual(outcome, { ok: true });
    assert.equal(await count(), before + 600);
  });
});
