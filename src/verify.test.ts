import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import { connect, isServerError } from '#platform/db';
import { verifyKeys } from '#platform/idempotency';
import { asOwner, testDatabase } from './for-tests.ts';
import { createPatience, givingWay } from './give-way.ts';
import { manualClock } from './kit/context/for-tests.ts';
import { allChecks } from './modules.ts';
import { connectionSettings } from './platform/db/for-tests.ts';
import { until } from './platform/db/for-tests-things.ts';
import { countWithFirst, firstOf, showRow } from './verify.ts';

test('a row that differs is spelled so that a person can read it', () => {
  const day = new Date('2026-12-06T00:00:00Z');
  const problems = [{ kind: 'totals', ours: 4900n }];
  assert.equal(
    showRow({ day, problems, balance: -5n, note: null }, undefined),
    'day 2026-12-06T00:00:00.000Z, problems [{"kind":"totals","ours":"4900"}], balance -5, note null',
  );
});

// Of ten million rows one look for each is hours, and a table that is kept to look into knows no bound of memory.
test('no question looks into another table for each row: tables are compared as wholes', async () => {
  const on = await testDatabase();
  const looking: string[] = [];
  for (const { name, text } of allChecks()) {
    const plan = await asOwner(on, `explain ${text}`);
    if (plan.some((line) => String(Object.values(line)[0]).includes('SubPlan'))) looking.push(name);
  }
  assert.deepEqual(looking, []);
});

// With its details a charge is kilobytes: a million of them sorted are gigabytes on the disk.
test('what refunds and disputes sum to is summed before it meets the charges', async () => {
  const on = await testDatabase();
  const summed = allChecks().filter(({ name }) => /^a charge has (given back|lost)/.test(name));
  assert.equal(summed.length, 2);
  for (const { name, text } of summed) {
    const lines = (await asOwner(on, `explain ${text}`)).map((line) => String(line['QUERY PLAN']));
    const sum = lines.findIndex((line) => line.includes('Aggregate'));
    const charges = lines.findIndex((line) => line.includes(' on charges '));
    assert.ok(sum >= 0 && charges >= 0, lines.join('\n'));
    assert.doesNotMatch(subtreeOf(lines, sum).join('\n'), / on charges /, name);
  }
});

/** What stands deeper below a line. */
const subtreeOf = (lines: readonly string[], at: number): readonly string[] => {
  const depth = (line: string): number => line.search(/\S/);
  const below = lines.slice(at + 1);
  const end = below.findIndex((line) => depth(line) <= depth(lines[at] ?? ''));
  return end === -1 ? below : below.slice(0, end);
};

// Behind who waits for a table wait all who pay.
test('a question that somebody waits for is broken off, and asked again when they are through', async (t) => {
  const on = await testDatabase();
  const owner = async () => {
    const connection = await connect(connectionSettings(on.ownerUrl));
    t.after(() => connection.destroy());
    return connection;
  };
  const [asks, looks, changes] = await Promise.all([owner(), owner(), owner()]);
  await asks.send({ name: '', text: 'set statement_timeout = 0' });
  const text = `select count(*)::integer as jobs
                  from (select pg_sleep(case when to_regclass('public.changed') is null then 50 else 0 end)) slowly
                  left join platform.jobs on true`;
  const answered = givingWay({ asks, looks }, () => asks.send({ name: '', text }));
  const reading = `select 1 from pg_locks where relation = 'platform.jobs'::regclass and mode = 'AccessShareLock'`;
  await until(async () => (await asOwner(on, reading)).length > 0);
  for (const step of [
    'begin',
    'lock table platform.jobs in access exclusive mode',
    'create table public.changed ()',
    'commit',
  ]) {
    await changes.send({ name: '', text: step });
  }
  assert.deepEqual(await answered, [{ jobs: 1 }]);
});

describe('a question to a table that somebody else holds', () => {
  const MINUTE = 60_000;
  const held = async (t: TestContext) => {
    const on = await testDatabase();
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
    await holds.send({ name: '', text: 'lock table platform.jobs in access exclusive mode' });
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
            text: 'select count(*)::integer as jobs from platform.jobs',
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
    assert.deepEqual(await ask(4), [{ jobs: 0 }]);
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

test('of what is wrong ten thousand times the first rows are fetched, and how many there are', async () => {
  const on = await testDatabase();
  const wrong = 'select g as n from generate_series(1, 10000) g order by g desc';
  assert.deepEqual(await asOwner(on, firstOf(wrong)), [
    { n: 10_000, rows_in_all: 10_000 },
    { n: 9_999, rows_in_all: 10_000 },
    { n: 9_998, rows_in_all: 10_000 },
  ]);
});

test('of what is wrong with a million stored answers the first are kept, and how many there are', async () => {
  const wrong = countWithFirst();
  const look = verifyKeys(() => Promise.resolve([]), Buffer.alloc(32, 7), wrong.note);
  const accountId = '00000000-0000-0000-0000-000000000001';
  for (let n = 0; n < 30_000; n += 1_000) {
    const told = Array.from({ length: 1_000 }, (_, at) => ({
      account_id: accountId,
      livemode: false,
      idempotency_key: `key ${n + at}`,
      request_id: `req_${n + at}`,
    }));
    // What a request did is told twice.
    await look(told);
    await look(told);
  }
  assert.equal(wrong.count(), 30_000);
  const gone = (n: number): string => `the answer to req_${n} is gone before its time`;
  assert.deepEqual(wrong.first, [gone(0), gone(1), gone(2)]);
});
