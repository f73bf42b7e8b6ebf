import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { crashPointFrom, type Scope, systemClock } from '#kit/context';
import { connect, DatabaseUnavailable, isServerError, openDatabase } from '#platform/db';
import { asOwner, connectionSettings } from './for-tests.ts';
import {
  allThings,
  claimName,
  merchant,
  name,
  openMerchants,
  owes,
  renamed,
  thing,
  uuid,
  worksOnce,
} from './for-tests-merchants.ts';
import { type Entered, statusOf } from './unanswered-commit.ts';

const { on, open, database, count } = await openMerchants();

describe('the group commit', () => {
  test('is crowded when as many wait as a batch takes, in one mode and not in the other', async () => {
    const scope = merchant();
    const commits = Array.from({ length: 63 }, () => database.commit(scope, [thing(scope, 'one')]));
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

  for (const [what, before] of [
    ['before', true],
    ['behind', false],
  ] as const) {
    test(`who wrote from an old version hears that it lost, also where what it writes ${what} that is refused`, async () => {
      const scope = merchant();
      const id = uuid();
      await database.commit(scope, [thing(scope, 'first', 0n, id)]);
      await database.commit(scope, [renamed(scope, id, 1, 'second')]);
      const refused = before ? owes(scope, id, -1n) : thing(scope, 'bad', -1n);
      const stale = renamed(scope, id, 1, 'third');
      const [alone, , together] = await Promise.all([
        database.commit(scope, [stale, refused]),
        database.commit(scope, [thing(scope, 'good')]),
        database.commit(scope, [stale, refused, thing(scope, 'neighbour')]),
      ]);
      const lost = { ok: false, lost: stale.into };
      assert.deepEqual([alone, together], [lost, lost]);
      assert.equal(await count(scope), 2);
      await assert.rejects(database.commit(scope, [refused]), /violates check constraint/);
      await assert.rejects(
        database.commit(scope, [renamed(scope, id, 2, 'third'), refused]),
        /violates check constraint/,
      );
    });
  }

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
