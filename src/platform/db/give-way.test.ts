import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import { manualClock } from '../../kit/context/for-tests.ts';
import { connect, isServerError } from './connection.ts';
import { asOwner, connectionSettings } from './for-tests.ts';
import { databaseWithThings, until } from './for-tests-things.ts';
import { createPatience, givingWay } from './give-way.ts';

// Behind who waits for a table wait all who pay.
test('a question that somebody waits for is broken off, and asked again when they are through', async (t) => {
  const on = await databaseWithThings();
  const owner = async () => {
    const connection = await connect(connectionSettings(on.ownerUrl));
    t.after(() => connection.destroy());
    return connection;
  };
  const [asks, looks, changes] = await Promise.all([owner(), owner(), owner()]);
  await asks.send({ name: '', text: 'set statement_timeout = 0' });
  const text = `select count(*)::integer as things
                  from (select pg_sleep(case when to_regclass('public.changed') is null then 50 else 0 end)) slowly
                  left join test.things on true`;
  const answered = givingWay({ asks, looks }, () => asks.send({ name: '', text }));
  const reading = `select 1 from pg_locks where relation = 'test.things'::regclass and mode = 'AccessShareLock'`;
  await until(async () => (await asOwner(on, reading)).length > 0);
  for (const step of [
    'begin',
    'lock table test.things in access exclusive mode',
    'create table public.changed ()',
    'commit',
  ]) {
    await changes.send({ name: '', text: step });
  }
  assert.deepEqual(await answered, [{ things: 1 }]);
});

describe('a question to a table that somebody else holds', () => {
  const MINUTE = 60_000;
  const held = async (t: TestContext) => {
    const on = await databaseWithThings();
    const [asks, holds] = await Promise.all(
      [1, 2].map(() => connect(connectionSettings(on.ownerUrl))),
    );
    assert.ok(asks && holds);
    t.after(() => {
      asks.destroy();
      holds.destroy();
    });
    await asks.send({ name: '', text: `set lock_timeout = '10ms'` });
    await holds.send({ name: '', text: 'set idle_in_transaction_session_timeout = 0' });
    await holds.send({ name: '', text: 'begin' });
    await holds.send({ name: '', text: 'lock table test.things in access exclusive mode' });
    const clock = manualClock();
    const patient = createPatience(clock, 5 * MINUTE);
    let [asked, said] = [0, 0];
    const ask = (letsGoAt = Number.POSITIVE_INFINITY) =>
      patient(
        async () => {
          asked += 1;
          clock.advance(MINUTE);
          if (asked === letsGoAt) await holds.send({ name: '', text: 'commit' });
          return asks.send({
            name: '',
            text: 'select count(*)::integer as things from test.things',
          });
        },
        () => {
          said += 1;
        },
      );
    return { ask, counts: () => [asked, said] };
  };

  test('is asked again until that is through, and says once that it waits', async (t) => {
    const { ask, counts } = await held(t);
    assert.deepEqual(await ask(4), [{ things: 0 }]);
    assert.deepEqual(counts(), [4, 1]);
  });

  test('is given up after a while, and after that the next ones are asked once', async (t) => {
    const { ask, counts } = await held(t);
    const isLock = (error: unknown) => isServerError(error) && error.code === '55P03';
    await assert.rejects(ask(), isLock);
    assert.deepEqual(counts(), [5, 1]);
    await assert.rejects(ask(), isLock);
    assert.deepEqual(counts(), [6, 1]);
  });
});
