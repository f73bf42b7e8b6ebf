import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { Type } from 'typebox';
import { Unavailable, Unclear } from '#kit/failure';
import { ApiError } from './errors.ts';
import { cardRefused } from './refusals.ts';
import type { ApiRequest, Outcome, Route } from './route.ts';
import { route } from './route.ts';
import { alias, amount, decimal, emptyable, id, metadata, parameters, text } from './schema.ts';
import type { TestServer } from './testing.ts';
import { startTestServer, testInsert, testKeys } from './testing.ts';

let asked = 0;
let handler: (request: ApiRequest) => Promise<Outcome>;

const charge = (path: string, more: Pick<Route, 'claims'> = {}): Route =>
  route({
    ...more,
    method: 'POST',
    path,
    operation: 'charges.create',
    summary: 'Charge',
    group: 'Charges',
    object: 'charge',
    keys: 'secret',
    answer: Type.Object({}),
    parameters: parameters({
      amount: amount(),
      card: alias('source'),
      description: emptyable(text()),
      metadata: metadata(),
      source: id(),
      tax: decimal(),
    }),
    handle: (_context, request) => {
      asked += 1;
      return handler(request);
    },
  });

let server: TestServer;
beforeEach(async () => {
  asked = 0;
  handler = async ({ requestId, parameters }) => ({
    body: { id: 'ch_1', requestId, ...parameters },
    writes: [{ into: testInsert, row: [parameters['amount'] ?? null] }],
  });
  const seals = charge('/v1/cards', { claims: () => true });
  server = await startTestServer({ routes: [charge('/v1/charges'), charge('/v1/other'), seals] });
});
afterEach(() => server.close());

const post = (
  form: string,
  key: string | null = 'K',
  more: { path?: string; as?: string; headers?: Record<string, string> } = {},
) =>
  server.ask('POST', more.path ?? '/v1/charges', {
    form,
    key: more.as ?? testKeys.secret,
    headers: { ...(key === null ? {} : { 'Idempotency-Key': key }), ...more.headers },
  });

describe('a key that comes again', () => {
  test('gets the same bytes and causes nothing', async () => {
    const first = await post('amount=5');
    const again = await post('amount=5');
    assert.equal(again.text, first.text);
    assert.equal(again.status, 200);
    assert.deepEqual(server.committed, [[5]]);
    assert.equal(first.headers['idempotency-key'], 'K');
    assert.equal(first.headers['original-request'], first.headers['request-id']);
    assert.equal(first.headers['idempotent-replayed'], undefined);
    assert.equal(again.headers['idempotency-key'], 'K');
    assert.equal(again.headers['original-request'], first.headers['request-id']);
    assert.notEqual(again.headers['request-id'], first.headers['request-id']);
    assert.equal(again.headers['idempotent-replayed'], 'true');
    assert.equal(again.headers['stripe-should-retry'], 'false');
  });

  test('with the same meaning written differently is the same request', async () => {
    const first = await post(
      'amount=5&description=a+b&metadata[x]=1&metadata[y]=2&tax=1.50&source=tok&expand[]=',
    );
    assert.equal(first.status, 400, 'an empty path cannot be expanded and leaves the key unused');

    const { text } = await post(
      'amount=5&description=a+b&metadata[x]=1&metadata[y]=2&tax=1.50&source=tok',
    );
    for (const form of [
      'metadata[y]=2&metadata[x]=1&tax=1.5&description=a%20b&amount=5&source=tok',
      'metadata%5By%5D=2&metadata[x]=1&tax=1.500&description=a%20b&amount=5&card=tok&guid=1',
    ]) {
      assert.equal((await post(form)).text, text);
    }
    const json = {
      amount: '5',
      description: 'a b',
      metadata: { y: 2, x: '1' },
      tax: 1.5,
      source: 'tok',
    };
    const asJson = await server.ask('POST', '/v1/charges', {
      json,
      headers: { 'Idempotency-Key': 'K' },
    });
    assert.equal(asJson.text, text);
    assert.equal(server.committed.length, 1);
  });

  const others: readonly [what: string, form: string, more: Parameters<typeof post>[2]][] = [
    ['other parameters', 'amount=6', {}],
    ['fewer parameters', '', {}],
    ['an unset parameter', 'amount=5&description=', {}],
    ['another path', 'amount=5', { path: '/v1/other' }],
    ['another version', 'amount=5', { headers: { 'Stripe-Version': '2020-08-27' } }],
  ];
  for (const [what, form, more] of others) {
    test(`with ${what} is refused and causes nothing`, async () => {
      await post('amount=5');
      const { status, body, headers } = await post(form, 'K', more);
      assert.equal(status, 400);
      assert.equal(body.error.type, 'idempotency_error');
      assert.match(body.error.message, /Try using a key other than 'K' if/);
      assert.equal(headers['original-request'], undefined);
      assert.deepEqual(server.committed, [[5]]);
    });
  }

  test('of another account or mode is another key', async () => {
    await post('amount=5');
    for (const as of [testKeys.otherAccount, testKeys.live]) {
      assert.equal((await post('amount=7', 'K', { as })).status, 200);
    }
    assert.deepEqual(server.committed, [[5], [7], [7]]);
  });

  test('while the first runs gives one effect and one answer', async () => {
    const answers = await Promise.all(Array.from({ length: 50 }, () => post('amount=5')));
    assert.deepEqual(server.committed, [[5]]);
    assert.equal(new Set(answers.map(({ text }) => text)).size, 1);
    assert.equal(answers.filter(({ headers }) => headers['idempotent-replayed']).length, 49);
  });
});

describe('a refusal', () => {
  test('of the handler is kept under the key', async () => {
    handler = () => Promise.reject(cardRefused('card_declined', { decline_code: 'lost_card' }));
    const first = await post('amount=5');
    handler = async () => ({ body: { id: 'ch_2' } });
    const again = await post('amount=5');
    assert.deepEqual([first.status, again.status], [402, 402]);
    assert.equal(again.text, first.text);
    assert.equal(again.headers['idempotent-replayed'], 'true');
  });

  test('may come with writes, which are committed', async () => {
    handler = async () => ({
      body: cardRefused('card_declined', { charge: 'ch_9' }),
      writes: [{ into: testInsert, row: ['failed charge'] }],
    });
    const { status, body } = await post('amount=5');
    assert.deepEqual([status, body.error.charge], [402, 'ch_9']);
    assert.deepEqual(server.committed, [['failed charge']]);
    assert.equal((await post('amount=5')).headers['idempotent-replayed'], 'true');
  });

  test('that wrote something is kept whatever its status', async () => {
    handler = async () => ({
      body: new ApiError(429, 'The provider is busy.'),
      writes: [{ into: testInsert, row: ['attempt'] }],
    });
    await post('amount=5');
    assert.equal((await post('amount=5')).headers['idempotent-replayed'], 'true');
    assert.deepEqual(server.committed, [['attempt']]);
  });

  test('before the handler leaves the key usable', async () => {
    assert.equal((await post('amount=x')).status, 400);
    assert.equal((await post('amount=5&expand[]=x')).status, 400);
    assert.equal((await post('amount=5', 'K', { as: testKeys.restricted })).status, 403);
    assert.equal((await post('amount=5')).status, 200);
    assert.equal(asked, 1);
  });

  test('because of a limit is not kept', async () => {
    handler = () => Promise.reject(new ApiError(429, 'Slow down.', { code: 'rate_limit' }));
    assert.equal((await post('amount=5')).status, 429);
    handler = async () => ({ body: { id: 'ch_1' } });
    assert.equal((await post('amount=5')).status, 200);
  });
});

describe('a bug', () => {
  test('is kept under the key, so that trying again is of no use', async () => {
    handler = () => Promise.reject(new Error('a secret of ours'));
    const first = await post('amount=5');
    assert.equal(first.status, 500);
    assert.equal(first.headers['stripe-should-retry'], 'false');
    assert.doesNotMatch(first.text, /a secret of ours/);
    assert.equal((await post('amount=5')).text, first.text);
    assert.equal(asked, 2);
  });

  test('without a key may be tried again', async () => {
    handler = () => Promise.reject(new Error('no'));
    assert.equal((await post('amount=5', null)).headers['stripe-should-retry'], 'true');
  });

  test('of the database at the commit is not kept, and trying again works', async () => {
    server.failNext(new Error('connection lost'));
    const failed = await post('amount=5');
    assert.deepEqual([failed.status, failed.headers['stripe-should-retry']], [500, 'true']);
    const { status, headers } = await post('amount=5');
    assert.deepEqual([status, headers['idempotent-replayed']], [200, undefined]);
    assert.deepEqual(server.committed, [[5]]);
  });

  test('is also an answer that cannot be written as JSON', async () => {
    handler = async () => ({ body: { amount: 5n } });
    assert.equal((await post('', null)).status, 500);
    handler = async () => ({ body: undefined });
    assert.equal((await post('', null)).status, 500);
  });
});

describe('a handler that was overtaken', () => {
  test('decides again on what is there now', async () => {
    server.loseNext(3);
    const { status } = await post('amount=5');
    assert.deepEqual([status, asked, server.committed], [200, 4, [[5]]]);
  });

  test('forty times gives up, and the key stays usable', async () => {
    server.loseNext(40);
    const { status, body, headers } = await post('amount=5');
    assert.deepEqual(
      [status, body.error.code, headers['stripe-should-retry']],
      [429, 'lock_timeout', 'true'],
    );
    assert.equal((await post('amount=5')).status, 200);
  });
});

const twoPhases = async (request: ApiRequest): Promise<Outcome> => {
  const begun = await request.begin([{ into: testInsert, row: ['intent'] }]);
  assert.ok(begun.ok);
  await outside();
  return { body: { id: 'ch_1' }, writes: [{ into: testInsert, row: ['outcome'] }] };
};

/** The call between the two phases; a test may be in the middle of it. */
let outside = async (): Promise<void> => {};

/** As the rails do it: both commits are another's, and the second is decided twice. */
const concluding = async (request: ApiRequest): Promise<Outcome> => {
  const intent = { into: testInsert, row: ['intent'] };
  const begun = await server.database.commit(request.scope, [...request.claim('a'), intent]);
  request.claimed(begun);
  assert.ok(begun.ok);
  await request.conclude({ body: { id: 'ch_1', decided: 1 } });
  const kept = await request.conclude({ body: { id: 'ch_1', decided: 2 } });
  await server.database.commit(request.scope, [...kept, { into: testInsert, row: ['outcome'] }]);
  return { body: null, concluded: true };
};

describe('a handler that calls the outside', () => {
  test('claims the key with what it intends, before the call', async () => {
    handler = twoPhases;
    const reached = Promise.withResolvers<void>();
    const answered = Promise.withResolvers<void>();
    outside = () => {
      reached.resolve();
      return answered.promise;
    };
    const first = post('amount=5');
    await reached.promise;
    const meanwhile = await post('amount=5');
    outside = async () => {};
    answered.resolve();
    assert.deepEqual(
      [meanwhile.status, meanwhile.body.error.code],
      [409, 'idempotency_key_in_use'],
    );
    assert.equal(meanwhile.headers['stripe-should-retry'], 'true');

    const { text, headers } = await first;
    assert.equal(headers['original-request'], headers['request-id']);
    const again = await post('amount=5');
    assert.equal(again.text, text);
    assert.deepEqual(server.committed, [['intent'], ['outcome']]);
  });

  test('has its refusal kept too, whatever its status', async () => {
    handler = async (request) => {
      await request.begin([]);
      throw new ApiError(429, 'The provider is busy.');
    };
    const first = await post('amount=5');
    const again = await post('amount=5');
    assert.deepEqual([first.status, again.status, again.text], [429, 429, first.text]);
  });

  test('may have its answer committed by another, and repeats those very bytes', async () => {
    handler = concluding;
    const { text, headers } = await post('amount=5');
    assert.equal(headers['original-request'], headers['request-id']);
    const again = await post('amount=5');
    assert.deepEqual([again.text, again.headers['idempotent-replayed']], [text, 'true']);
    assert.deepEqual(server.committed, [['intent'], ['outcome']]);
    assert.match(text, /"decided": 2/);
  });

  test('whose first commit loses the key to another answers as that one does', async () => {
    handler = concluding;
    const both = await Promise.all([post('amount=5'), post('amount=5')]);
    assert.ok(both.some(({ status }) => status === 200));
    assert.deepEqual(server.committed, [['intent'], ['outcome']]);
  });

  test('and has lost its key meanwhile has what was learned written without the answer', async () => {
    handler = async (request) => {
      const begun = await server.database.commit(request.scope, [...request.claim('a')]);
      request.claimed(begun);
      for (let round = 1; round <= 3; round += 1) {
        const kept = await request.conclude({ body: { id: 'ch_1' } });
        if (round === 1) server.takeOverClaims();
        const outcome = [...kept, { into: testInsert, row: ['outcome'] }];
        if ((await server.database.commit(request.scope, outcome)).ok) {
          return { body: null, concluded: true };
        }
      }
      throw new Error('What was learned could not be written.');
    };
    const { status, headers } = await post('amount=5');
    assert.deepEqual([status, headers['stripe-should-retry']], [200, 'false']);
    assert.deepEqual(server.committed, [['outcome']]);
    // The key is the other's now, who is still at it.
    assert.equal((await post('amount=5')).status, 409);
  });

  test('and breaks is not kept: who asks again is told what became of it', async () => {
    handler = async (request) => {
      await server.database.commit(request.scope, [...request.claim('a')]);
      throw new Error('A bug after the money moved.');
    };
    const { status, headers } = await post('amount=5');
    assert.deepEqual([status, headers['stripe-should-retry']], [500, 'true']);
  });

  test('needs no key for that', async () => {
    handler = twoPhases;
    assert.equal((await post('amount=5', null)).status, 200);
    assert.deepEqual(server.committed, [['intent'], ['outcome']]);
  });
});

describe('a handler that changes the vault', () => {
  const postCard = () => post('amount=5', 'K', { path: '/v1/cards' });
  /** Once the key is given back. */
  const waitForCard = async (): Promise<void> => {
    let { status } = await postCard();
    for (let tries = 0; status === 409 && tries < 1_200; tries += 1) {
      await new Promise((resolve) => setTimeout(resolve, 50));
      ({ status } = await postCard());
    }
    assert.equal(status, 200);
  };

  test('runs for the holder of the key alone', async () => {
    const answers = await Promise.all(Array.from({ length: 20 }, postCard));
    assert.equal(asked, 1);
    for (const { status } of answers) assert.ok(status === 200 || status === 409, String(status));
    assert.equal((await postCard()).headers['idempotent-replayed'], 'true');
    assert.equal(asked, 1);
  });

  test('gives the key back when the database or the vault is away', async () => {
    handler = () => Promise.reject(new Unavailable('The vault is away.'));
    assert.equal((await postCard()).status, 503);
    handler = async () => ({ body: { id: 'pm_1' } });
    assert.equal((await postCard()).status, 200);
  });

  test('gives the key back once the database is there again', async () => {
    handler = () => {
      server.failNext(new Unavailable('The database is away.'));
      return Promise.reject(new Unavailable('The vault is away.'));
    };
    assert.equal((await postCard()).status, 503);
    handler = async () => ({ body: { id: 'pm_1' } });
    await waitForCard();
  });

  test('keeps no error where nobody knows whether what was begun is stored', async () => {
    handler = () => Promise.reject(new Unclear('A COMMIT was not answered.'));
    assert.equal((await postCard()).status, 500);
    handler = async () => ({ body: { id: 'pm_1' } });
    assert.equal((await postCard()).body.id, 'pm_1');
  });

  test('gives back a key of which it does not know that it has it', async () => {
    server.hideNext(new Unclear('A COMMIT was not answered.'));
    assert.equal((await postCard()).status, 500);
    assert.deepEqual([asked, (await postCard()).status], [0, 200]);
  });

  test('gives back a key that it has only later, by a COMMIT that was not answered', async () => {
    server.hideNext(new Unclear('A COMMIT was not answered.'), 1);
    assert.equal((await postCard()).status, 500);
    await waitForCard();
    assert.equal(asked, 1);
  });

  test('keeps nobody waiting while the key cannot be given back', async () => {
    let letGo = (): void => {};
    handler = () => {
      letGo = server.holdNext();
      return Promise.reject(new Unavailable('The vault is away.'));
    };
    assert.equal((await postCard()).status, 503);
    letGo();
  });

  test('keeps no answer that says to come back later, and none that was not committed', async () => {
    handler = () => Promise.reject(new ApiError(503, 'Too many cards at once.'));
    assert.equal((await postCard()).status, 503);
    handler = async () => {
      server.failNext(new Error('connection lost'));
      return { body: { id: 'pm_1' } };
    };
    assert.equal((await postCard()).status, 500);
    handler = async () => ({ body: { id: 'pm_2' } });
    assert.equal((await postCard()).body.id, 'pm_2');
  });

  test('that was overtaken forty times gives the key back', async () => {
    let losing = true;
    handler = async () => {
      if (losing) server.loseNext(1);
      return { body: { id: 'pm_1' }, writes: [{ into: testInsert, row: ['method'] }] };
    };
    assert.equal((await postCard()).body.error.code, 'lock_timeout');
    losing = false;
    assert.equal((await postCard()).status, 200);
  });

  test('so slowly that another has the key now takes it back, and does not run again', async () => {
    let undone = 0;
    handler = async () => {
      server.takeOverClaims();
      return {
        body: { id: 'pm_1' },
        writes: [{ into: testInsert, row: ['method'] }],
        undo: async () => void (undone += 1),
      };
    };
    assert.equal((await postCard()).status, 409);
    assert.deepEqual([asked, undone, server.committed], [1, 1, []]);
  });

  test('and then calls the outside gives the key to nobody any more', async () => {
    handler = async (request) => {
      await request.begin([{ into: testInsert, row: ['intent'] }]);
      throw new Unavailable('The vault is away.');
    };
    assert.equal((await postCard()).status, 503);
    assert.equal((await postCard()).status, 409);
    assert.deepEqual([asked, server.committed], [1, [['intent']]]);
  });
});
