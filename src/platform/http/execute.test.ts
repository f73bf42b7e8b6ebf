import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ApiError } from './errors.ts';
import { openCharges } from './for-tests-charges.ts';
import { cardRefused } from './refusals.ts';
import { testInsert, testKeys } from './testing.ts';

const charges = openCharges();
const { post } = charges;

describe('a key that comes again', () => {
  test('gets the same bytes and causes nothing', async () => {
    const first = await post('amount=5');
    const again = await post('amount=5');
    assert.equal(again.text, first.text);
    assert.equal(again.status, 200);
    assert.deepEqual(charges.server.committed, [[5]]);
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
    const asJson = await charges.server.ask('POST', '/v1/charges', {
      json,
      headers: { 'Idempotency-Key': 'K' },
    });
    assert.equal(asJson.text, text);
    assert.equal(charges.server.committed.length, 1);
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
      assert.deepEqual(charges.server.committed, [[5]]);
    });
  }

  test('of another account or mode is another key', async () => {
    await post('amount=5');
    for (const as of [testKeys.otherAccount, testKeys.live]) {
      assert.equal((await post('amount=7', 'K', { as })).status, 200);
    }
    assert.deepEqual(charges.server.committed, [[5], [7], [7]]);
  });

  test('while the first runs gives one effect and one answer', async () => {
    const answers = await Promise.all(Array.from({ length: 50 }, () => post('amount=5')));
    assert.deepEqual(charges.server.committed, [[5]]);
    assert.equal(new Set(answers.map(({ text }) => text)).size, 1);
    assert.equal(answers.filter(({ headers }) => headers['idempotent-replayed']).length, 49);
  });
});

describe('a refusal', () => {
  test('of the handler is kept under the key', async () => {
    charges.handler = () =>
      Promise.reject(cardRefused('card_declined', { decline_code: 'lost_card' }));
    const first = await post('amount=5');
    charges.handler = async () => ({ body: { id: 'ch_2' } });
    const again = await post('amount=5');
    assert.deepEqual([first.status, again.status], [402, 402]);
    assert.equal(again.text, first.text);
    assert.equal(again.headers['idempotent-replayed'], 'true');
  });

  test('may come with writes, which are committed', async () => {
    charges.handler = async () => ({
      body: cardRefused('card_declined', { charge: 'ch_9' }),
      writes: [{ into: testInsert, row: ['failed charge'] }],
    });
    const { status, body } = await post('amount=5');
    assert.deepEqual([status, body.error.charge], [402, 'ch_9']);
    assert.deepEqual(charges.server.committed, [['failed charge']]);
    assert.equal((await post('amount=5')).headers['idempotent-replayed'], 'true');
  });

  test('that wrote something is kept whatever its status', async () => {
    charges.handler = async () => ({
      body: new ApiError(429, 'The provider is busy.'),
      writes: [{ into: testInsert, row: ['attempt'] }],
    });
    await post('amount=5');
    assert.equal((await post('amount=5')).headers['idempotent-replayed'], 'true');
    assert.deepEqual(charges.server.committed, [['attempt']]);
  });

  test('before the handler leaves the key usable', async () => {
    assert.equal((await post('amount=x')).status, 400);
    assert.equal((await post('amount=5&expand[]=x')).status, 400);
    assert.equal((await post('amount=5', 'K', { as: testKeys.restricted })).status, 403);
    assert.equal((await post('amount=5')).status, 200);
    assert.equal(charges.asked, 1);
  });

  test('because of a limit is not kept', async () => {
    charges.handler = () => Promise.reject(new ApiError(429, 'Slow down.', { code: 'rate_limit' }));
    assert.equal((await post('amount=5')).status, 429);
    charges.handler = async () => ({ body: { id: 'ch_1' } });
    assert.equal((await post('amount=5')).status, 200);
  });
});

describe('a bug', () => {
  test('is kept under the key, so that trying again is of no use', async () => {
    charges.handler = () => Promise.reject(new Error('a secret of ours'));
    const first = await post('amount=5');
    assert.equal(first.status, 500);
    assert.equal(first.headers['stripe-should-retry'], 'false');
    assert.doesNotMatch(first.text, /a secret of ours/);
    assert.equal((await post('amount=5')).text, first.text);
    assert.equal(charges.asked, 2);
  });

  test('without a key may be tried again', async () => {
    charges.handler = () => Promise.reject(new Error('no'));
    assert.equal((await post('amount=5', null)).headers['stripe-should-retry'], 'true');
  });

  test('of the database at the commit is not kept, and trying again works', async () => {
    charges.server.failNext(new Error('connection lost'));
    const failed = await post('amount=5');
    assert.deepEqual([failed.status, failed.headers['stripe-should-retry']], [500, 'true']);
    const { status, headers } = await post('amount=5');
    assert.deepEqual([status, headers['idempotent-replayed']], [200, undefined]);
    assert.deepEqual(charges.server.committed, [[5]]);
  });

  test('is also an answer that cannot be written as JSON', async () => {
    charges.handler = async () => ({ body: { amount: 5n } });
    assert.equal((await post('', null)).status, 500);
    charges.handler = async () => ({ body: undefined });
    assert.equal((await post('', null)).status, 500);
  });
});

describe('a handler that was overtaken', () => {
  test('decides again on what is there now', async () => {
    charges.server.loseNext(3);
    const { status } = await post('amount=5');
    assert.deepEqual([status, charges.asked, charges.server.committed], [200, 4, [[5]]]);
  });

  test('forty times gives up, and the key stays usable', async () => {
    charges.server.loseNext(40);
    const { status, body, headers } = await post('amount=5');
    assert.deepEqual(
      [status, body.error.code, headers['stripe-should-retry']],
      [429, 'lock_timeout', 'true'],
    );
    assert.equal((await post('amount=5')).status, 200);
  });
});
