// Handlers that do what no transaction takes back: they call the outside, or change the vault.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Unavailable, Unclear } from '#kit/failure';
import { ApiError } from './errors.ts';
import { openCharges } from './for-tests-charges.ts';
import type { ApiRequest, Outcome } from './route.ts';
import { testInsert } from './testing.ts';

const charges = openCharges();
const { post } = charges;

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
  const begun = await charges.server.database.commit(request.scope, [
    ...request.claim('a'),
    intent,
  ]);
  request.claimed(begun);
  assert.ok(begun.ok);
  await request.conclude({ body: { id: 'ch_1', decided: 1 } });
  const kept = await request.conclude({ body: { id: 'ch_1', decided: 2 } });
  await charges.server.database.commit(request.scope, [
    ...kept,
    { into: testInsert, row: ['outcome'] },
  ]);
  return { body: null, concluded: true };
};

describe('a handler that calls the outside', () => {
  test('claims the key with what it intends, before the call', async () => {
    charges.handler = twoPhases;
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
    assert.deepEqual(charges.server.committed, [['intent'], ['outcome']]);
  });

  test('has its refusal kept too, whatever its status', async () => {
    charges.handler = async (request) => {
      await request.begin([]);
      throw new ApiError(429, 'The provider is busy.');
    };
    const first = await post('amount=5');
    const again = await post('amount=5');
    assert.deepEqual([first.status, again.status, again.text], [429, 429, first.text]);
  });

  test('may have its answer committed by another, and repeats those very bytes', async () => {
    charges.handler = concluding;
    const { text, headers } = await post('amount=5');
    assert.equal(headers['original-request'], headers['request-id']);
    const again = await post('amount=5');
    assert.deepEqual([again.text, again.headers['idempotent-replayed']], [text, 'true']);
    assert.deepEqual(charges.server.committed, [['intent'], ['outcome']]);
    assert.match(text, /"decided": 2/);
  });

  test('whose first commit loses the key to another answers as that one does', async () => {
    charges.handler = concluding;
    const both = await Promise.all([post('amount=5'), post('amount=5')]);
    assert.ok(both.some(({ status }) => status === 200));
    assert.deepEqual(charges.server.committed, [['intent'], ['outcome']]);
  });

  test('and has lost its key meanwhile has what was learned written without the answer', async () => {
    charges.handler = async (request) => {
      const begun = await charges.server.database.commit(request.scope, [...request.claim('a')]);
      request.claimed(begun);
      for (let round = 1; round <= 3; round += 1) {
        const kept = await request.conclude({ body: { id: 'ch_1' } });
        if (round === 1) charges.server.takeOverClaims();
        const outcome = [...kept, { into: testInsert, row: ['outcome'] }];
        if ((await charges.server.database.commit(request.scope, outcome)).ok) {
          return { body: null, concluded: true };
        }
      }
      throw new Error('What was learned could not be written.');
    };
    const { status, headers } = await post('amount=5');
    assert.deepEqual([status, headers['stripe-should-retry']], [200, 'false']);
    assert.deepEqual(charges.server.committed, [['outcome']]);
    // The key is the other's now, who is still at it.
    assert.equal((await post('amount=5')).status, 409);
  });

  test('and breaks is not kept: who asks again is told what became of it', async () => {
    charges.handler = async (request) => {
      await charges.server.database.commit(request.scope, [...request.claim('a')]);
      throw new Error('A bug after the money moved.');
    };
    const { status, headers } = await post('amount=5');
    assert.deepEqual([status, headers['stripe-should-retry']], [500, 'true']);
  });

  test('needs no key for that', async () => {
    charges.handler = twoPhases;
    assert.equal((await post('amount=5', null)).status, 200);
    assert.deepEqual(charges.server.committed, [['intent'], ['outcome']]);
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
    assert.equal(charges.asked, 1);
    for (const { status } of answers) assert.ok(status === 200 || status === 409, String(status));
    assert.equal((await postCard()).headers['idempotent-replayed'], 'true');
    assert.equal(charges.asked, 1);
  });

  test('gives the key back when the database or the vault is away', async () => {
    charges.handler = () => Promise.reject(new Unavailable('The vault is away.'));
    assert.equal((await postCard()).status, 503);
    charges.handler = async () => ({ body: { id: 'pm_1' } });
    assert.equal((await postCard()).status, 200);
  });

  test('gives the key back once the database is there again', async () => {
    charges.handler = () => {
      charges.server.failNext(new Unavailable('The database is away.'));
      return Promise.reject(new Unavailable('The vault is away.'));
    };
    assert.equal((await postCard()).status, 503);
    charges.handler = async () => ({ body: { id: 'pm_1' } });
    await waitForCard();
  });

  test('keeps no error where nobody knows whether what was begun is stored', async () => {
    charges.handler = () => Promise.reject(new Unclear('A COMMIT was not answered.'));
    assert.equal((await postCard()).status, 500);
    charges.handler = async () => ({ body: { id: 'pm_1' } });
    assert.equal((await postCard()).body.id, 'pm_1');
  });

  test('gives back a key of which it does not know that it has it', async () => {
    charges.server.hideNext(new Unclear('A COMMIT was not answered.'));
    assert.equal((await postCard()).status, 500);
    assert.deepEqual([charges.asked, (await postCard()).status], [0, 200]);
  });

  test('gives back a key that it has only later, by a COMMIT that was not answered', async () => {
    charges.server.hideNext(new Unclear('A COMMIT was not answered.'), 1);
    assert.equal((await postCard()).status, 500);
    await waitForCard();
    assert.equal(charges.asked, 1);
  });

  test('keeps nobody waiting while the key cannot be given back', async () => {
    let letGo = (): void => {};
    charges.handler = () => {
      letGo = charges.server.holdNext();
      return Promise.reject(new Unavailable('The vault is away.'));
    };
    assert.equal((await postCard()).status, 503);
    letGo();
  });

  test('keeps no answer that says to come back later, and none that was not committed', async () => {
    charges.handler = () => Promise.reject(new ApiError(503, 'Too many cards at once.'));
    assert.equal((await postCard()).status, 503);
    charges.handler = async () => {
      charges.server.failNext(new Error('connection lost'));
      return { body: { id: 'pm_1' } };
    };
    assert.equal((await postCard()).status, 500);
    charges.handler = async () => ({ body: { id: 'pm_2' } });
    assert.equal((await postCard()).body.id, 'pm_2');
  });

  test('that was overtaken forty times gives the key back', async () => {
    let losing = true;
    charges.handler = async () => {
      if (losing) charges.server.loseNext(1);
      return { body: { id: 'pm_1' }, writes: [{ into: testInsert, row: ['method'] }] };
    };
    assert.equal((await postCard()).body.error.code, 'lock_timeout');
    losing = false;
    assert.equal((await postCard()).status, 200);
  });

  test('so slowly that another has the key now takes it back, and does not run again', async () => {
    let undone = 0;
    charges.handler = async () => {
      charges.server.takeOverClaims();
      return {
        body: { id: 'pm_1' },
        writes: [{ into: testInsert, row: ['method'] }],
        undo: async () => void (undone += 1),
      };
    };
    assert.equal((await postCard()).status, 409);
    assert.deepEqual([charges.asked, undone, charges.server.committed], [1, 1, []]);
  });

  test('and then calls the outside gives the key to nobody any more', async () => {
    charges.handler = async (request) => {
      await request.begin([{ into: testInsert, row: ['intent'] }]);
      throw new Unavailable('The vault is away.');
    };
    assert.equal((await postCard()).status, 503);
    assert.equal((await postCard()).status, 409);
    assert.deepEqual([charges.asked, charges.server.committed], [1, [['intent']]]);
  });
});
