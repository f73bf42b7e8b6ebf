import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { crashPointFrom } from '#kit/context';
import { connect, DatabaseUnavailable, openDatabase, statement } from '#platform/db';
import { manualClock } from '../../kit/context/for-tests.ts';
import { asOwner, connectionSettings } from './for-tests.ts';
import {
  allThings,
  countThings,
  insertThing,
  merchant,
  openMerchants,
  thing,
  uuid,
} from './for-tests-merchants.ts';

const { on, database, count } = await openMerchants();

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
