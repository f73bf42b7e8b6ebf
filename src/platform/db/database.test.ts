import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { crashPointFrom, type Scope, systemClock, systemRandom } from '#kit/context';
import { newUuid } from '#kit/ids';
import {
  connect,
  DatabaseUnavailable,
  insertRows,
  isServerError,
  type Migration,
  type OpenDatabase,
  openDatabase,
  rank,
  readMigrations,
  statement,
  writeRows,
} from '#platform/db';
import { manualClock } from '../../kit/context/for-tests.ts';
import { asOwner, connectionSettings, databaseWith, type TestDatabase } from './for-tests.ts';

import { module } from './module.ts';
import { type Entered, statusOf } from './unanswered-commit.ts';

const things: Migration = {
  module: 'test',
  number: 1,
  name: '0001-things',
  text: `
    create schema test;
    grant usage on schema test to tollgate_app;
    create table test.things (
      account_id uuid not null, livemode boolean not null, id uuid not null, name text not null,
      version integer not null default 1, amount bigint not null default 0 check (amount >= 0),
      primary key (account_id, livemode, id));
    create table test.names (
      account_id uuid not null, livemode boolean not null, name text not null, id uuid not null,
      primary key (account_id, livemode, name));
    create sequence test.calls;
    create function test.works_once() returns boolean language plpgsql as $$ begin
      if nextval('test.calls') > 1 then raise exception 'not twice'; end if;
      return true;
    end $$;
    grant usage on sequence test.calls to tollgate_app;
    call platform.isolate('test.things');
    call platform.isolate('test.names');
    grant select, insert, update, delete on test.things, test.names to tollgate_app;`,
};

const claimName = insertRows({
  name: 'test.claim_name',
  table: 'test.names',
  columns: { account_id: 'uuid', livemode: 'boolean', name: 'text', id: 'uuid' },
  key: 'id',
  rank: rank.claim,
  orNothing: true,
});
const insertThing = insertRows({
  name: 'test.insert_thing',
  table: 'test.things',
  columns: { account_id: 'uuid', livemode: 'boolean', id: 'uuid', name: 'text', amount: 'bigint' },
  key: 'id',
  rank: rank.insert,
});
const updateThing = writeRows({
  name: 'test.update_thing',
  columns: {
    account_id: 'uuid',
    livemode: 'boolean',
    id: 'uuid',
    version: 'integer',
    name: 'text',
  },
  key: 'id',
  rank: rank.update,
  text: (
    given,
  ) => `update test.things t set name = given.name, version = t.version + 1 from ${given}
    where t.account_id = given.account_id and t.livemode = given.livemode and t.id = given.id
      and t.version = given.version returning t.id::text as key`,
});
// Until it is known that somebody has lost, and who.
const worksOnce = writeRows({
  name: 'test.works_once',
  columns: { id: 'uuid' },
  key: 'id',
  rank: rank.update,
  text: (given) => `select given.id::text as key from ${given} where test.works_once()`,
});
const allThings = statement(
  'test.all',
  'select id, name, version, amount from test.things order by id',
);
const countThings = statement('test.count', 'select count(*)::integer as count from test.things');

let on: TestDatabase;
let database: OpenDatabase;

const open = () =>
  openDatabase({
    url: on.appUrl,
    poolSize: 4,
    clock: systemClock,
    crashPoint: crashPointFrom(undefined),
  });

before(async () => {
  on = await databaseWith([...(await readMigrations([module])), things]);
  database = open();
});
after(() => database.close());

const uuid = () => newUuid({ clock: systemClock, random: systemRandom });
const merchant = (livemode = false): Scope => ({ accountId: uuid(), livemode });
const thing = (scope: Scope, name: string, amount = 0n, id = uuid()) => ({
  into: insertThing,
  row: [scope.accountId, scope.livemode, id, name, amount],
});
const name = (scope: Scope, text: string) => ({
  into: claimName,
  row: [scope.accountId, scope.livemode, text, uuid()],
});
const renamed = (scope: Scope, id: string, version: number, text: string) => ({
  into: updateThing,
  row: [scope.accountId, scope.livemode, id, version, text],
});
const count = async (scope: Scope): Promise<number> =>
  (await database.read<{ count: number }>(scope, countThings))[0]?.count ?? -1;

describe('a read', () => {
  test('sees the rows of its account and mode and no others', async () => {
    const [mine, theirs] = [merchant(), merchant()];
    await database.commit(mine, [thing(mine, 'mine')]);
    await database.commit(theirs, [thing(theirs, 'theirs')]);
    await database.commit({ ...mine, livemode: true }, [
      thing({ ...mine, livemode: true }, 'live'),
    ]);

    const rows = await database.read<{ name: string }>(mine, allThings);
    assert.deepEqual(
      rows.map((row) => row.name),
      ['mine'],
    );
  });

  test('that leaves together with those of others sees no more than it would alone', async () => {
    const merchants = Array.from({ length: 20 }, (_, n) => merchant(n % 2 === 0));
    await Promise.all(merchants.map((scope) => database.commit(scope, [thing(scope, 'one')])));
    const rows = await Promise.all(
      [...merchants, ...merchants.toReversed()].map((scope) => count(scope)),
    );
    assert.deepEqual([...new Set(rows)], [1]);
  });

  test('that several ask at once is asked once, and each has the rows', async () => {
    const scope = merchant();
    await database.commit(scope, [thing(scope, 'one')]);
    const numbered = statement(
      'test.numbered',
      `select clock_timestamp()::text as at from test.things where name = any($1)`,
    );
    const ask = (...names: string[]) => database.read<{ at: string }>(scope, numbered, [names]);
    const told = await Promise.all([ask('one'), ask('one', 'two'), ask('one')]);
    const [first, other, again] = told.map(([row]) => row?.at);
    assert.equal(first, again);
    assert.notEqual(first, other);
  });

  test('that fails is alone in it, whoever left together with it', async () => {
    const scope = merchant();
    await database.commit(scope, [thing(scope, 'one')]);
    const broken = statement('test.broken', 'select 1 / (count(*) - 1) from test.things');
    const asked = [count(scope), database.read(scope, broken), count(scope), count(merchant())];
    const told = await Promise.allSettled(asked);
    assert.deepEqual(
      told.map((each) => (each.status === 'fulfilled' ? each.value : each.reason.code)),
      [1, '22012', 1, 0],
    );
  });

  test('whose values cannot be spelled fails before anything is sent', async () => {
    const scope = merchant();
    const spelled = statement('test.spelled', 'select $1::text as said');
    const asked = [count(scope), database.read(scope, spelled, [{ amount: 1n }])];
    const [before, unspelled] = await Promise.allSettled(asked);
    assert.equal(unspelled?.status, 'rejected');
    assert.equal(before?.status, 'fulfilled');
    assert.deepEqual(await database.read(scope, spelled, ['it']), [{ said: 'it' }]);
  });

  test('spells lists as they are, whatever is in them', async () => {
    const said = ['', ' ', 'null', 'a,b', '{}', '"', '\\', 'naïve 金', null];
    const listed = statement('test.listed', 'select $1::text[] as said, $2::bytea[] as bytes');
    const [row] = await database.read(merchant(), listed, [said, [Buffer.from([0, 34, 92])]]);
    assert.deepEqual(row, { said, bytes: [Buffer.from([0, 34, 92])] });
  });

  test('cannot write', async () => {
    const scope = merchant();
    await assert.rejects(
      database.read(scope, statement('', 'delete from test.things')),
      /read-only transaction/,
    );
  });

  test('outside any scope is an error and not an empty answer', async () => {
    await assert.rejects(
      database.system((tx) => tx.query(allThings)),
      /app\.accounts|malformed array/,
    );
  });

  test('keeps 64-bit integers exact and times as milliseconds', async () => {
    const scope = merchant();
    await database.commit(scope, [thing(scope, 'large', 9_007_199_254_740_993n)]);
    const [row] = await database.read(scope, allThings);
    assert.equal(row?.['amount'], 9_007_199_254_740_993n);
    const [time] = await database.read(
      scope,
      statement('', `select timestamptz '2026-01-02 03:04:05.678+00' as at`),
    );
    assert.equal(time?.['at'], Date.parse('2026-01-02T03:04:05.678Z'));
  });
});

describe('a transaction', () => {
  test('that throws leaves nothing behind', async () => {
    const scope = merchant();
    await assert.rejects(
      database.transaction(scope, async (tx) => {
        await tx.query(
          insertThing,
          thing(scope, 'half').row.map((value) => [value]),
        );
        throw new Error('no');
      }),
      /no/,
    );
    assert.equal(await count(scope), 0);
  });

  test('that a full disk stops was a failure of the world: nothing is kept, and later it works', async () => {
    const scope = merchant();
    const full = statement(
      '',
      `do $$ begin raise exception 'No space left on device' using errcode = 'disk_full'; end $$`,
    );
    await assert.rejects(
      database.transaction(scope, async (tx) => {
        await tx.query(
          insertThing,
          thing(scope, 'half').row.map((value) => [value]),
        );
        await tx.query(full);
      }),
      (error) =>
        error instanceof DatabaseUnavailable &&
        error.message === 'The database cannot do it now: No space left on device',
    );
    assert.equal(await count(scope), 0);
    await database.commit(scope, [thing(scope, 'whole')]);
    assert.equal(await count(scope), 1);
  });

  test('of a table that others keep locked was a failure of the world, for all who wait, within seconds', async () => {
    const scope = merchant();
    const owner = await connect(connectionSettings(on.ownerUrl));
    try {
      await owner.send(statement('', 'begin'));
      await owner.send(statement('', 'lock table test.things in access exclusive mode'));
      const begun = performance.now();
      const asked = [
        ...Array.from({ length: 6 }, (_, n) => database.commit(scope, [thing(scope, `${n}`)])),
        database.read(scope, countThings),
        database.read(scope, statement('', countThings.text)),
        database.transaction(scope, (tx) => tx.query(countThings)),
      ];
      for (const outcome of await Promise.allSettled(asked)) {
        assert.ok(outcome.status === 'rejected' && outcome.reason instanceof DatabaseUnavailable);
      }
      assert.ok(performance.now() - begun < 8_000);
    } finally {
      await owner.close();
    }
    await database.commit(scope, [thing(scope, 'afterwards')]);
    assert.equal(await count(scope), 1);
  });

  test('that a full disk stops is remembered for ten seconds, in which it may answer and store little things', async () => {
    const clock = manualClock();
    const own = openDatabase({
      url: on.appUrl,
      poolSize: 1,
      clock,
      crashPoint: crashPointFrom(undefined),
    });
    try {
      const stop = (state: string) =>
        statement('', `do $$ begin raise exception 'No' using errcode = '${state}'; end $$`);
      for (const state of ['57014', 'P0001']) {
        await assert.rejects(own.system((tx) => tx.query(stop(state))));
        assert.equal(own.isFull(), false, state);
      }
      await assert.rejects(own.system((tx) => tx.query(stop('53100'))));
      const scope = merchant();
      await own.commit(scope, [thing(scope, 'little')]);
      assert.equal(own.isFull(), true);
      clock.advance(10_000);
      assert.equal(own.isFull(), false);
    } finally {
      await own.close();
    }
  });

  test('is run again when it collided with another', async () => {
    const scope = merchant();
    const id = uuid();
    await database.commit(scope, [thing(scope, 'counter', 0n, id)]);
    await Promise.all(
      Array.from({ length: 4 }, () =>
        database.transaction(scope, async (tx) => {
          await tx
            .query(statement('', 'set transaction isolation level serializable'))
            .catch(() => {});
          const [row] = await tx.query<{ amount: bigint }>(
            statement('', 'select amount from test.things where id = $1'),
            [id],
          );
          await tx.query(statement('', 'update test.things set amount = $2 where id = $1'), [
            id,
            (row?.amount ?? 0n) + 1n,
          ]);
        }),
      ),
    );
    const [row] = await database.read(scope, allThings);
    assert.equal(row?.['amount'], 4n);
  });
});

describe('the group commit', () => {
  test('is crowded when a quarter of a batch waits, in one mode and not in the other', async () => {
    const scope = merchant();
    const commits = Array.from({ length: 15 }, () => database.commit(scope, [thing(scope, 'one')]));
    assert.equal(database.isCrowded(false), false);
    commits.push(database.commit(scope, [thing(scope, 'one')]));
    assert.equal(database.isCrowded(false), true);
    assert.equal(database.isCrowded(true), false);
    await Promise.all(commits);
    assert.equal(database.isCrowded(false), false);
  });

  test('serves many requests with few transactions and loses none', async () => {
    let batches = 0;
    const counting = openDatabase({
      url: on.appUrl,
      poolSize: 1,
      clock: systemClock,
      crashPoint: crashPointFrom(undefined),
      observeBatch: () => {
        batches += 1;
      },
    });
    const scopes = Array.from({ length: 20 }, () => merchant());
    const outcomes = await Promise.all(
      Array.from({ length: 1_000 }, (_, n) => {
        const scope = scopes[n % 20] as Scope;
        return counting.commit(scope, [thing(scope, `thing ${n}`)]);
      }),
    );
    await counting.close();
    assert.ok(outcomes.every((outcome) => outcome.ok));
    assert.ok(batches <= 20, `${batches} batches`);
    for (const scope of scopes) assert.equal(await count(scope), 50);
  });

  test('a name taken by two hundred at once has one winner, and losers write nothing', async () => {
    const scope = merchant();
    const outcomes = await Promise.all(
      Array.from({ length: 200 }, () =>
        database.commit(scope, [name(scope, 'the name'), thing(scope, 'of the winner')]),
      ),
    );
    assert.equal(outcomes.filter((outcome) => outcome.ok).length, 1);
    assert.ok(outcomes.every((outcome) => outcome.ok || outcome.lost === claimName));
    assert.equal(await count(scope), 1);
  });

  test('a name taken over two processes has one winner', async () => {
    const scope = merchant();
    const other = open();
    const outcomes = await Promise.all(
      Array.from({ length: 100 }, (_, n) =>
        (n % 2 ? database : other).commit(scope, [name(scope, 'shared'), thing(scope, 'one')]),
      ),
    );
    await other.close();
    assert.equal(outcomes.filter((outcome) => outcome.ok).length, 1);
    assert.equal(await count(scope), 1);
  });

  test('of two updates from the same version one wins and the other learns that it lost', async () => {
    const scope = merchant();
    const id = uuid();
    await database.commit(scope, [thing(scope, 'first', 0n, id)]);
    const outcomes = await Promise.all([
      database.commit(scope, [renamed(scope, id, 1, 'a'), thing(scope, 'with a')]),
      database.commit(scope, [renamed(scope, id, 1, 'b'), thing(scope, 'with b')]),
    ]);
    assert.equal(outcomes.filter((outcome) => outcome.ok).length, 1);
    const rows = await database.read<{ name: string; version: number }>(scope, allThings);
    assert.equal(rows.length, 2);
    assert.equal(rows[1]?.name, `with ${rows[0]?.name}`);
    assert.equal(rows[0]?.version, 2);
  });

  test('a broken unit fails alone; its neighbours are committed', async () => {
    const scope = merchant();
    const outcomes = await Promise.allSettled([
      database.commit(scope, [thing(scope, 'good')]),
      database.commit(scope, [thing(scope, 'bad', -1n)]),
      database.commit(scope, [thing(scope, 'also good')]),
    ]);
    assert.deepEqual(
      outcomes.map((outcome) => outcome.status),
      ['fulfilled', 'rejected', 'fulfilled'],
    );
    assert.ok(outcomes[1]?.status === 'rejected' && isServerError(outcomes[1].reason));
    assert.equal(await count(scope), 2);
  });

  test('whoever was told that it lost is not tried again when the rest then fails', async () => {
    const scope = merchant();
    const [winner, loser] = await Promise.allSettled([
      database.commit(scope, [name(scope, 'once'), { into: worksOnce, row: [uuid()] }]),
      database.commit(scope, [name(scope, 'once'), thing(scope, 'of the loser')]),
    ]);
    assert.equal(winner.status, 'rejected');
    assert.deepEqual(loser, { status: 'fulfilled', value: { ok: false, lost: claimName } });
    assert.equal(await count(scope), 0);
  });

  test('rows of an account that the batch did not declare are refused by the database', async () => {
    const [mine, theirs] = [merchant(), merchant()];
    await assert.rejects(database.commit(mine, [thing(theirs, 'smuggled')]), /row-level security/);
    assert.equal(await count(theirs), 0);
  });

  test('of a number that a server gives out anew after a crash the first who had it learns that it was lost', async () => {
    const asking = await connect(connectionSettings(on.appUrl));
    const history = async (entered: Entered): Promise<unknown> => {
      const { xid, server, flushed, written } = entered;
      const [row] = await asking.send(statusOf, [xid, server, flushed, written]);
      assert.equal(row?.['status'], 'committed');
      return row?.['history'];
    };
    const enter = async (): Promise<Entered> => {
      const [row] = await asOwner(
        on,
        `select pg_current_xact_id()::text as xid, pg_postmaster_start_time()::text as server,
                pg_current_wal_flush_lsn()::text as flushed, pg_current_wal_insert_lsn()::text as written`,
      );
      return row as Entered;
    };
    const before = await enter();
    await asOwner(on, 'checkpoint');
    const entered = await enter();
    // In the very second of the checkpoint: no clock is asked, which may have been set back since.
    assert.equal(await history(entered), 'same');
    assert.equal(await history({ ...entered, server: 'of another life' }), 'lost');
    const { xid } = entered;
    assert.equal(await history({ ...before, xid }), 'lost', 'had before the checkpoint, and again');
    const unflushed = { ...entered, flushed: before.flushed };
    assert.equal(
      await history(unflushed),
      'unclear',
      'a crash may have left less than was written',
    );
    await asOwner(on, 'checkpoint');
    assert.equal(await history({ ...entered, server: 'of another life' }), 'unclear');
    assert.equal(await history(entered), 'unclear');
    await asking.close();
  });

  test('a connection cut before COMMIT fails the batch, and the next batch gets a new one', async () => {
    const scope = merchant();
    await database.commit(scope, [thing(scope, 'before')]);
    await asOwner(
      on,
      `select pg_terminate_backend(pid) from pg_stat_activity
        where datname = current_database() and usename = 'tollgate_app'`,
    );
    const again = async (tries: number): Promise<void> => {
      try {
        await database.commit(scope, [thing(scope, 'after')]);
      } catch (error) {
        assert.ok(error instanceof DatabaseUnavailable);
        if (tries > 0) await again(tries - 1);
      }
    };
    await again(3);
    assert.equal(await count(scope), 2);
  });
});

describe('the roles', () => {
  test('the serving role is neither superuser nor owner and cannot pass row level security', async () => {
    const [role] = await asOwner(
      on,
      `select rolsuper, rolbypassrls, rolcreaterole, rolcreatedb from pg_roles where rolname = 'tollgate_app'`,
    );
    assert.deepEqual(role, {
      rolsuper: false,
      rolbypassrls: false,
      rolcreaterole: false,
      rolcreatedb: false,
    });
    const app = await connect(connectionSettings(on.appUrl));
    await assert.rejects(
      app.send(statement('', 'alter table test.things disable row level security')),
      /must be owner/,
    );
    await app.close();
  });
});
