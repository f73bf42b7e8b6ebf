// One key, many at once. However many clients and processes there are: one effect, one event, one
// answer, and everybody else gets its bytes.

import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { asOwner } from '../src/for-tests.ts';
import { openAccountAt } from './payments/support.ts';
import { newSandbox } from './sandbox/support/world.ts';
import { type Answer, type Ask, formOf } from './support/ask.ts';
import { runs, seed } from './support/full.ts';
import { environmentFor, startGatewayHere, temporaryData } from './support/gateway.ts';
import { startProcess } from './support/process.ts';
import { pause } from './support/writers.ts';

const CLIENTS = 200;

// It stays beside the two processes: to make merchants, and to look after the health of the database.
const folder = temporaryData();
const here = await startGatewayHere({ connections: CLIENTS, folder });
const environment = environmentFor(here.on, folder);
// One after the other: the first makes the secrets of their common folder.
const first = await startProcess(environment, [], CLIENTS);
const second = await startProcess(environment, [], CLIENTS);
const merchant = await here.merchant();
const { key } = merchant;

/** All at once; who is told to ask again later does so, as the SDKs do, with the same key. */
const storm = (
  asks: readonly Ask[],
  idempotencyKey: string,
  form: string,
  path = '/v1/customers',
): Promise<Answer[]> =>
  Promise.all(
    Array.from({ length: CLIENTS }, (_, n) =>
      untilAnswered(() =>
        (asks[n % asks.length] as Ask)('POST', path, { key, form, idempotencyKey }),
      ),
    ),
  );

/** Busy is no answer to what was asked, however long a machine is busy; anything else is one. */
const untilAnswered = async (ask: () => Promise<Answer>): Promise<Answer> => {
  for (let tries = 0; tries < 200; tries += 1) {
    const answer = await ask();
    if (!isBusy(answer)) return answer;
    assert.equal(answer.headers['stripe-should-retry'], 'true', answer.text);
    await pause(100);
  }
  throw new Error('It stayed busy');
};

const busyCodes = new Set(['idempotency_key_in_use', 'lock_timeout']);
const isBusy = ({ status, body }: Answer): boolean =>
  status === 503 || ((status === 409 || status === 429) && busyCodes.has(body.error.code));

const countOf = async (text: string, value: string): Promise<number> => {
  const [row] = await asOwner(here.on, `select count(*)::integer as count from ${text}`, [value]);
  return Number(row?.['count']);
};

const assertOnce = async (answers: readonly Answer[], name: string, idempotencyKey: string) => {
  for (const { status, text } of answers) assert.equal(status, 200, text);
  assert.equal(new Set(answers.map(({ text }) => text)).size, 1, 'All answers are the same bytes.');
  const executed = answers.filter(({ headers }) => headers['idempotent-replayed'] === undefined);
  // None, when the one that was executed was itself told to ask again before its commit was known.
  assert.ok(executed.length <= 1, 'One request was executed, the others are replays.');
  const originals = new Set(answers.map(({ headers }) => headers['original-request']));
  assert.equal(originals.size, 1);
  for (const { headers } of executed) assert.ok(originals.has(String(headers['request-id'])));
  assert.equal(await countOf('cards.customers where name = $1', name), 1);
  assert.equal(await countOf('platform.events where idempotency_key = $1', idempotencyKey), 1);
};

describe(`${CLIENTS} requests at once with one key`, () => {
  for (const [where, asks, rounds] of [
    ['one process', [first.ask], runs(6, 500)],
    ['two processes', [first.ask, second.ask], runs(10, 500)],
    ['two processes and this one', [first.ask, second.ask, here.ask], runs(2, 100)],
  ] as const) {
    test(`make one customer and one event, over ${where}`, async () => {
      for (let round = 0; round < rounds; round += 1) {
        const idempotencyKey = randomUUID();
        const name = `storm ${idempotencyKey}`;
        const form = formOf({ name });
        await assertOnce(await storm(asks, idempotencyKey, form), name, idempotencyKey);
      }
    });
  }

  test('change a customer once', async () => {
    const { body } = await first.ask('POST', '/v1/customers', { key, form: 'balance=0' });
    const path = `/v1/customers/${body.id}`;
    for (let round = 1; round <= runs(3, 100); round += 1) {
      const idempotencyKey = randomUUID();
      const answers = await storm(
        [first.ask, second.ask],
        idempotencyKey,
        `balance=${round}`,
        path,
      );
      for (const { status, text } of answers) assert.equal(status, 200, text);
      assert.equal(new Set(answers.map(({ text }) => text)).size, 1);
      assert.equal(answers[0]?.body.balance, round);
      assert.equal(await countOf('platform.events where idempotency_key = $1', idempotencyKey), 1);
    }
  });

  test('are refused but for one when each asks for something else', async () => {
    for (let round = 0; round < runs(3, 252); round += 1) {
      const idempotencyKey = randomUUID();
      const answers = await Promise.all(
        Array.from({ length: CLIENTS }, (_, n) =>
          untilAnswered(() =>
            (n % 2 === 0 ? first : second).ask('POST', '/v1/customers', {
              key,
              form: formOf({ name: `altered ${idempotencyKey}`, balance: n }),
              idempotencyKey,
            }),
          ),
        ),
      );
      const accepted = answers.filter(({ status }) => status === 200);
      assert.equal(accepted.length, 1);
      for (const { status, body } of answers) {
        if (status === 200) continue;
        assert.equal(status, 400);
        assert.equal(body.error.type, 'idempotency_error');
      }
      assert.equal(
        await countOf('cards.customers where name = $1', `altered ${idempotencyKey}`),
        1,
      );
    }
  });
});

describe(`${CLIENTS} requests at once with one key for a payment`, () => {
  test('reach the bank once, over two processes', async () => {
    const bank = await newSandbox();
    await openAccountAt(bank, first.ask, key);
    const rounds = runs(2, 500);
    for (let round = 0; round < rounds; round += 1) {
      const idempotencyKey = randomUUID();
      const form = `amount=1200&currency=eur&confirm=true&payment_method=pm_card_visa&metadata[key]=${idempotencyKey}`;
      const answers = await storm(
        [first.ask, second.ask],
        idempotencyKey,
        form,
        '/v1/payment_intents',
      );
      for (const { status, body, text } of answers) {
        assert.deepEqual([status, body.status], [200, 'succeeded'], text);
      }
      assert.equal(new Set(answers.map(({ text }) => text)).size, 1);
      const ours = `payments.intents where metadata->>'key' = $1`;
      assert.equal(await countOf(ours, idempotencyKey), 1);
    }
    const asked = bank.journal().lines.filter(({ fact }) => 'request' in fact);
    assert.deepEqual(
      asked.map(({ fact }) => fact.fact),
      Array.from({ length: rounds }, () => 'approved'),
    );
  });
});

describe('one key in both modes of two accounts, at once and over two processes', () => {
  test('makes a customer in each, and no answer is another’s', async () => {
    const other = await here.merchant('Another');
    // The processes run in test mode only, so live keys go through this one.
    const callers = [
      { key, asks: [first.ask, second.ask] },
      { key: other.key, asks: [first.ask, second.ask] },
      { key: merchant.liveKey, asks: [here.ask] },
      { key: other.liveKey, asks: [here.ask] },
    ];
    for (let round = 0; round < runs(5, 500); round += 1) {
      const idempotencyKey = `common-${round}`;
      const answers = await Promise.all(
        callers.flatMap((caller) =>
          Array.from({ length: 10 }, async (_, n) => ({
            caller,
            answer: await untilAnswered(() =>
              (caller.asks[n % caller.asks.length] as Ask)('POST', '/v1/customers', {
                key: caller.key,
                form: 'name=x',
                idempotencyKey,
              }),
            ),
          })),
        ),
      );
      const bodies = callers.map(
        (caller) =>
          new Set(
            answers.filter((each) => each.caller === caller).map(({ answer }) => answer.text),
          ),
      );
      for (const texts of bodies) assert.equal(texts.size, 1);
      assert.equal(new Set(bodies.flatMap((texts) => [...texts])).size, 4);
    }
  });
});

type Asked = {
  readonly told: string;
  readonly idempotencyKey: string;
  readonly original: string;
  readonly isStored: boolean;
  readonly succeeded: boolean;
};

const counted = async (column: string, table: string, values: readonly string[]) => {
  const text = `select ${column} as key, count(*)::integer as count from ${table}
                 where ${column} = any($1) group by 1`;
  const rows = await asOwner(here.on, text, [values]);
  return new Map(rows.map(({ key, count }) => [key, Number(count)]));
};

/** One event at the most for each key, none for what was refused, and one answer kept or none. */
const assertEffects = async (asked: readonly Asked[]): Promise<void> => {
  const keys = asked.map(({ idempotencyKey }) => idempotencyKey);
  const events = await counted('idempotency_key', 'platform.events', keys);
  const originals = asked.map(({ original }) => original);
  const answers = await counted('request_id', 'platform.answers', originals);
  for (const { told, idempotencyKey, original, isStored, succeeded } of asked) {
    const happened = events.get(idempotencyKey) ?? 0;
    assert.ok(happened <= (succeeded ? 1 : 0), told);
    assert.equal(answers.get(original) ?? 0, isStored ? 1 : 0, told);
  }
};

describe('random requests sent twice', () => {
  const text = fc.string({ unit: 'grapheme', maxLength: 30 });
  const valid = fc.record(
    {
      name: text,
      description: text,
      email: fc.constantFrom('a@example.com', 'b.c@example.org', ''),
      balance: fc.integer(),
      metadata: fc.dictionary(fc.stringMatching(/^[a-z]{1,20}$/), text, { maxKeys: 5 }),
      address: fc.record({ city: text, line1: text }, { requiredKeys: [] }),
      tax_exempt: fc.constantFrom('none', 'exempt', 'reverse', ''),
      preferred_locales: fc.array(fc.constantFrom('de', 'en'), { minLength: 1, maxLength: 3 }),
      expand: fc.constantFrom(['tax_ids'], ['tax', 'cash_balance']),
    },
    { requiredKeys: [] },
  );
  const faulty = fc.constantFrom(
    { balance: 'x' },
    { planet: 'Mars' },
    { expand: ['nothing'] },
    { payment_method: 'pm_missing' },
    { email: 'not an address' },
  );
  const parameters = fc
    .tuple(valid, fc.oneof({ weight: 3, arbitrary: fc.constant({}) }, faulty))
    .map(([body, fault]) => ({ ...body, ...fault }));

  test('have one effect and one set of events, and the same bytes', async () => {
    const { body: subject } = await first.ask('POST', '/v1/customers', { key });
    const path = fc.constantFrom(
      '/v1/customers',
      '/v1/customers',
      `/v1/customers/${subject.id}`,
      '/v1/customers/cus_missing',
    );
    const requests = fc.sample(fc.tuple(path, parameters), { numRuns: runs(300, 1_000), seed });
    let executed = 0;
    const asked: Asked[] = [];
    for (const [n, [to, body]] of requests.entries()) {
      const idempotencyKey = randomUUID();
      const sent = { key, form: formOf(body), idempotencyKey };
      const [once, twice] =
        n % 2 === 0
          ? await Promise.all([
              untilAnswered(() => first.ask('POST', to, sent)),
              untilAnswered(() => second.ask('POST', to, sent)),
            ])
          : [
              await untilAnswered(() => first.ask('POST', to, sent)),
              await untilAnswered(() => second.ask('POST', to, sent)),
            ];
      const told = `seed ${seed}, request ${n}: ${to} ${JSON.stringify(body)}`;
      assert.equal(once.status, twice.status, told);

      // What is refused before it is executed is refused anew, under a request id of its own.
      const isStored = once.headers['original-request'] !== undefined;
      if (isStored) assert.equal(twice.text, once.text, told);
      asked.push({
        told,
        idempotencyKey,
        original: String(once.headers['original-request']),
        isStored,
        succeeded: once.status === 200,
      });
      if (isStored) executed += 1;
    }
    await assertEffects(asked);
    assert.ok(executed > requests.length / 2, `Only ${executed} were executed.`);
  });
});
