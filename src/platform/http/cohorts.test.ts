import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Type } from 'typebox';
import { type Cohort, createCohorts } from './cohorts.ts';
import { route } from './route.ts';
import { parameters } from './schema.ts';
import { startTestServer } from './testing.ts';

const anHour = 3_600_000;
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

const begin = (aheadMsMax: number, monotonicMs = () => 0, isCrowded = () => false) => {
  const cohorts = createCohorts({ monotonicMs, isCrowded, aheadMsMax });
  const inside = new Map<string, Cohort>();
  return {
    inside,
    enter: (name: string): void => {
      void cohorts.enter().then((cohort) => void inside.set(name, cohort));
    },
    leave: (name: string): void => {
      const cohort = inside.get(name);
      assert.ok(cohort, `${name} is inside`);
      inside.delete(name);
      cohorts.leave(cohort);
    },
    names: (): string => [...inside.keys()].join(' '),
  };
};

describe('requests that write go through in cohorts', () => {
  test('one alone waits for nobody, and who arrives in the same turn comes along', async () => {
    const { enter, names } = begin(anHour);
    enter('a');
    enter('b');
    await turn();
    assert.equal(names(), 'a b');
  });

  test('who comes while others are inside begins when the last of them is through', async () => {
    const { enter, leave, names } = begin(anHour);
    enter('a');
    enter('b');
    await turn();
    enter('c');
    await turn();
    enter('d');
    leave('a');
    await turn();
    assert.equal(names(), 'b');
    leave('b');
    await turn();
    assert.equal(names(), 'c d');
  });

  test('nobody waits for those who stay inside for long', async () => {
    let nowMs = 0;
    const { enter, leave, names } = begin(10, () => nowMs);
    enter('slow');
    await turn();
    nowMs = 9.5;
    enter('a');
    while (names() !== 'slow a') await turn();
    // Whoever comes now is behind the second cohort alone.
    leave('a');
    enter('b');
    await turn();
    assert.equal(names(), 'slow b');
    nowMs = 30;
    enter('c');
    await turn();
    assert.equal(names(), 'slow b c');
  });

  test('who leaves an older cohort hastens nobody', async () => {
    let nowMs = 0;
    const { enter, leave, names } = begin(anHour, () => nowMs);
    enter('slow');
    await turn();
    nowMs = 2 * anHour;
    enter('b');
    await turn();
    enter('c');
    leave('slow');
    await turn();
    assert.equal(names(), 'b');
    leave('b');
    await turn();
    assert.equal(names(), 'c');
  });

  test('cohorts that end while the next one is about to begin leave nobody behind', async () => {
    let nowMs = 0;
    const { enter, leave, names } = begin(10, () => nowMs);
    enter('a');
    await turn();
    nowMs = 20;
    enter('b');
    leave('a');
    enter('c');
    await turn();
    assert.equal(names(), 'b c');
    leave('b');
    leave('c');
    enter('d');
    await turn();
    assert.equal(names(), 'd');
  });

  test('a cohort takes as many as are committed together, and who comes then begins behind it', async () => {
    const { enter, leave, names } = begin(anHour);
    enter('first');
    await turn();
    for (let n = 1; n <= 65; n += 1) enter(`${n}`);
    leave('first');
    await turn();
    assert.equal(names().split(' ').length, 64);
    enter('66');
    for (let n = 1; n <= 64; n += 1) leave(`${n}`);
    await turn();
    assert.equal(names(), '65 66');
  });

  test('a cohort that waits behind another begins when that has been inside for long', async () => {
    const { enter, names } = begin(5);
    for (let n = 1; n <= 65; n += 1) enter(`${n}`);
    await turn();
    assert.equal(names().split(' ').length, 64);
    while (names().split(' ').length < 65) await turn();
  });

  test('while the database has more than it takes nobody begins, and then all do together', async () => {
    let crowded = true;
    const { enter, names } = begin(
      anHour,
      () => 0,
      () => crowded,
    );
    enter('a');
    await turn();
    enter('b');
    await turn();
    assert.equal(names(), '');
    crowded = false;
    while (names() === '') await turn();
    assert.equal(names(), 'a b');
  });

  test('a database that stands still is not waited for by those who have not begun', async () => {
    let nowMs = 0;
    const { enter, names } = begin(
      anHour,
      () => nowMs,
      () => true,
    );
    enter('a');
    await turn();
    assert.equal(names(), '');
    nowMs = 251;
    while (names() === '') await turn();
    assert.equal(names(), 'a');
  });

  test('nobody waits for a request that waits for a provider', { timeout: 10_000 }, async (t) => {
    const outside = Promise.withResolvers<void>();
    const second = Promise.withResolvers<void>();
    const common = { group: 'Things', object: 'thing', answer: Type.Object({}), summary: '' };
    const server = await startTestServer({
      routes: ['first', 'second'].map((name) =>
        route({
          ...common,
          method: 'POST',
          path: `/v1/${name}`,
          operation: `${name}.create`,
          keys: 'secret',
          parameters: parameters({}),
          handle: async (context) => {
            if (name === 'second') second.resolve();
            else {
              context.goesOut?.();
              outside.resolve();
              await second.promise;
            }
            return { body: { object: 'thing' } };
          },
        }),
      ),
    });
    t.after(async () => {
      t.mock.timers.reset();
      second.resolve();
      await server.close();
    });
    // Nobody begins for having waited long enough.
    t.mock.timers.enable({ apis: ['setTimeout'] });
    const first = server.ask('POST', '/v1/first');
    await outside.promise;
    assert.equal((await server.ask('POST', '/v1/second')).status, 200);
    assert.equal((await first).status, 200);
  });
});
