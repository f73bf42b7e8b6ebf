import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { connect } from 'node:net';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { asOwner } from '../../src/for-tests.ts';
import { modules } from '../../src/modules.ts';
import { type Asked, formOf } from '../support/ask.ts';
import { runs, seed } from '../support/full.ts';
import { startGatewayHere } from '../support/gateway.ts';
import { stripeFor } from '../support/stripe.ts';

const gateway = await startGatewayHere();
const merchant = await gateway.merchant();
const { key } = merchant;

const post = (idempotencyKey: string, asked: Asked = {}, path = '/v1/customers') =>
  gateway.ask('POST', path, { key, idempotencyKey, ...asked });

const countOf = async (table: 'cards.customers' | 'platform.events'): Promise<number> => {
  const [row] = await asOwner(gateway.on, `select count(*)::integer as count from ${table}`);
  return Number(row?.['count']);
};

const countsOf = async () => [await countOf('cards.customers'), await countOf('platform.events')];

describe('a repeated request', () => {
  test('gets the same bytes, marked as a replay, under a request id of its own', async () => {
    const idempotencyKey = randomUUID();
    const first = await post(idempotencyKey, { form: 'name=Jenny&metadata[a]=1' });
    const before = await countsOf();
    const second = await post(idempotencyKey, { form: 'name=Jenny&metadata[a]=1' });

    assert.equal(second.text, first.text);
    assert.equal(second.status, first.status);
    assert.deepEqual(await countsOf(), before);

    assert.equal(first.headers['idempotent-replayed'], undefined);
    assert.equal(first.headers['original-request'], first.headers['request-id']);
    assert.equal(second.headers['idempotent-replayed'], 'true');
    assert.equal(second.headers['original-request'], first.headers['request-id']);
    assert.notEqual(second.headers['request-id'], first.headers['request-id']);
    for (const { headers } of [first, second]) {
      assert.equal(headers['idempotency-key'], idempotencyKey);
      assert.equal(headers['stripe-should-retry'], 'false');
    }
  });

  test('is recognized by its meaning and not by its bytes', async () => {
    const idempotencyKey = randomUUID();
    const first = await post(idempotencyKey, {
      form: 'name=Jenny+R&preferred_locales[]=de&metadata[a]=1&metadata[b]=2&balance=5',
    });
    for (const same of [
      { form: 'balance=5&metadata[b]=2&metadata[a]=1&preferred_locales[0]=de&name=Jenny%20R' },
      {
        form: 'account_balance=5&metadata%5Ba%5D=1&metadata%5Bb%5D=2&preferred_locales[7]=de&name=Jenny R',
      },
      { form: 'guid=x&name=Jenny+R&preferred_locales[]=de&metadata[a]=1&metadata[b]=2&balance=5' },
      {
        json: {
          balance: 5,
          name: 'Jenny R',
          preferred_locales: ['de'],
          metadata: { b: '2', a: 1 },
        },
      },
    ]) {
      const again = await post(idempotencyKey, same);
      assert.equal(again.text, first.text, JSON.stringify(same));
      assert.equal(again.headers['idempotent-replayed'], 'true');
    }
  });

  test('is replayed after the object has changed and gone', async () => {
    const idempotencyKey = randomUUID();
    const first = await post(idempotencyKey, { form: 'name=before' });
    await gateway.ask('POST', `/v1/customers/${first.body.id}`, { key, form: 'name=after' });
    assert.equal((await post(idempotencyKey, { form: 'name=before' })).text, first.text);
    await gateway.ask('DELETE', `/v1/customers/${first.body.id}`, { key });
    assert.equal((await post(idempotencyKey, { form: 'name=before' })).text, first.text);
  });

  test('is recognized with another secret key of the same account and mode', async () => {
    const second = await merchant.restrictedKey({ customers: 'write' });
    const idempotencyKey = randomUUID();
    const first = await post(idempotencyKey, { form: 'name=x' });
    const again = await post(idempotencyKey, { key: second, form: 'name=x' });
    assert.equal(again.text, first.text);
  });

  test('is replayed when it was a refusal that was executed', async () => {
    const idempotencyKey = randomUUID();
    const first = await post(idempotencyKey, {}, '/v1/customers/cus_missing');
    assert.equal(first.status, 404);
    const second = await post(idempotencyKey, {}, '/v1/customers/cus_missing');
    assert.equal(second.status, 404);
    assert.equal(second.text, first.text);
    assert.equal(second.headers['idempotent-replayed'], 'true');
    assert.equal(second.headers['original-request'], first.headers['request-id']);
  });

  test('that changes nothing is replayed too', async () => {
    const { body } = await post(randomUUID(), { form: 'name=same' });
    const idempotencyKey = randomUUID();
    const path = `/v1/customers/${body.id}`;
    const first = await post(idempotencyKey, { form: 'name=same' }, path);
    await gateway.ask('POST', path, { key, form: 'name=other' });
    const second = await post(idempotencyKey, { form: 'name=same' }, path);
    assert.equal(second.text, first.text);
    assert.equal(second.headers['idempotent-replayed'], 'true');
  });

  test('without a key is another request', async () => {
    const [first, second] = [
      await gateway.ask('POST', '/v1/customers', { key }),
      await gateway.ask('POST', '/v1/customers', { key }),
    ];
    assert.notEqual(first.body.id, second.body.id);
    assert.equal(first.headers['original-request'], undefined);
  });

  test('of the SDK keeps its key through a retry', async () => {
    const { customers } = stripeFor(gateway.port, key);
    const idempotencyKey = randomUUID();
    const first = await customers.create({ name: 'x' }, { idempotencyKey });
    const second = await customers.create({ name: 'x' }, { idempotencyKey });
    assert.equal(second.id, first.id);
    assert.equal(second.lastResponse.idempotencyKey, idempotencyKey);
  });

  test('reads and deletes as if there were no key', async () => {
    const { body } = await gateway.ask('POST', '/v1/customers', { key, form: 'name=a' });
    const path = `/v1/customers/${body.id}`;
    const idempotencyKey = randomUUID();
    const read = () => gateway.ask('GET', path, { key, idempotencyKey });
    assert.equal((await read()).body.name, 'a');
    await gateway.ask('POST', path, { key, form: 'name=b' });
    const later = await read();
    assert.equal(later.body.name, 'b');
    assert.equal(later.headers['idempotent-replayed'], undefined);
    assert.equal((await gateway.ask('DELETE', path, { key, idempotencyKey })).status, 200);
    assert.equal((await gateway.ask('DELETE', path, { key, idempotencyKey })).status, 404);
  });
});

describe('a key that was used for something else', () => {
  test('is refused, and changes nothing', async () => {
    const { body } = await post(randomUUID(), { form: 'name=x' });
    const idempotencyKey = randomUUID();
    const form = 'name=Jenny';
    const version = { 'stripe-version': '2024-04-10' };
    await post(idempotencyKey, { form, headers: version });
    const before = await countsOf();

    for (const [asked, path] of [
      [{ form: 'name=jenny', headers: version }, '/v1/customers'],
      [{ form: 'name=Jenny&email=a@example.com', headers: version }, '/v1/customers'],
      [{ form: '', headers: version }, '/v1/customers'],
      [{ form: 'name=Jenny&expand[]=tax_ids', headers: version }, '/v1/customers'],
      [{ form, headers: version }, `/v1/customers/${body.id}`],
      [{ form, headers: { 'stripe-version': '2025-03-31.basil' } }, '/v1/customers'],
      [{ form }, '/v1/customers'],
    ] as const) {
      const refused = await post(idempotencyKey, asked, path);
      assert.equal(refused.status, 400, JSON.stringify(asked));
      assert.equal(refused.body.error.type, 'idempotency_error');
      assert.equal(
        refused.body.error.message,
        `Keys for idempotent requests can only be used with the same parameters they were first used with. Try using a key other than '${idempotencyKey}' if you meant to execute a different request.`,
      );
      assert.equal(refused.headers['idempotent-replayed'], undefined);
      assert.equal(refused.headers['original-request'], undefined);
    }
    assert.deepEqual(await countsOf(), before);
  });

  test('is refused whatever was altered', async () => {
    const original = { name: 'Jenny', balance: 100, metadata: { order: '1' } };
    const idempotencyKey = randomUUID();
    await post(idempotencyKey, { form: formOf(original) });
    const before = await countsOf();

    const altered = fc
      .record({
        name: fc.constantFrom('Jenny', 'jenny', 'Jenny ', 'Jennу'),
        balance: fc.integer({ min: 99, max: 101 }),
        metadata: fc.record({ order: fc.constantFrom('1', '01', '１', '1 ') }),
      })
      .filter((body) => JSON.stringify(body) !== JSON.stringify(original));
    await fc.assert(
      fc.asyncProperty(altered, async (body) => {
        const refused = await post(idempotencyKey, { form: formOf(body) });
        assert.equal(refused.status, 400);
        assert.equal(refused.body.error.type, 'idempotency_error');
      }),
      { numRuns: runs(100, 50_000), seed },
    );
    assert.deepEqual(await countsOf(), before);
  });
});

const thenWorks = async (idempotencyKey: string, form = 'name=x') => {
  const answer = await post(idempotencyKey, { form });
  assert.equal(answer.status, 200, answer.text);
  assert.equal(answer.headers['idempotent-replayed'], undefined);
};

describe('a key stays usable', () => {
  for (const [name, asked] of [
    ['after an unknown parameter', { form: 'planet=x' }],
    ['after a malformed one', { form: 'balance=x' }],
    ['after a bad expand path', { form: 'expand[]=x' }],
    ['after a malformed body', { bytes: '{', headers: { 'content-type': 'application/json' } }],
    ['after a malformed version', { headers: { 'stripe-version': 'x' } }],
    ['after a wrong key', { key: 'sk_test_wrong' }],
    ['after no key', { key: null }],
    ['after a foreign account', { headers: { 'stripe-account': 'acct_x' } }],
    ['after a body that is too large', { form: `name=${'x'.repeat(300_000)}` }],
  ] as const) {
    test(name, async () => {
      const idempotencyKey = randomUUID();
      const refused = await post(idempotencyKey, asked);
      assert.ok(refused.status >= 400, refused.text);
      assert.equal(refused.headers['original-request'], undefined);
      await thenWorks(idempotencyKey);
    });
  }

  test('after a refusal for want of permission', async () => {
    const idempotencyKey = randomUUID();
    const reader = await merchant.restrictedKey({ customers: 'read' });
    assert.equal((await post(idempotencyKey, { key: reader })).status, 403);
    await thenWorks(idempotencyKey);
  });
});

// Node's client sends none of these, so they are written by hand.
const statusOf = (header: Buffer): Promise<number> =>
  new Promise((resolve, reject) => {
    const socket = connect(gateway.port, '127.0.0.1');
    const limit = setTimeout(() => socket.destroy(new Error('Nothing came.')), 10_000);
    let text = '';
    socket.on('error', reject);
    socket.on('data', (chunk) => {
      text += String(chunk);
      const status = /^HTTP\/1\.1 (\d+)/.exec(text)?.[1];
      if (status === undefined) return;
      clearTimeout(limit);
      socket.destroy();
      resolve(Number(status));
    });
    socket.write(`POST /v1/customers HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${key}\r\n`);
    socket.write(Buffer.concat([Buffer.from('Idempotency-Key: '), header, Buffer.from('\r\n')]));
    socket.write('Content-Length: 0\r\n\r\n');
  });

describe('the text of a key', () => {
  for (const [name, text] of [
    ['one character', 'k'],
    ['255 characters', 'k'.repeat(255)],
    [
      'all that can be printed',
      Array.from({ length: 95 }, (_, n) => String.fromCharCode(32 + n))
        .join('')
        .trim(),
    ],
    ['the name of a method of every object', 'constructor'],
  ] as const) {
    test(`may be ${name}`, async () => {
      const first = await post(text);
      assert.equal(first.status, 200, first.text);
      assert.equal((await post(text)).text, first.text);
      assert.equal(first.headers['idempotency-key'], text);
    });
  }

  for (const [name, bytes] of [
    ['empty', ''],
    ['256 characters long', 'k'.repeat(256)],
    ['10,000 characters long', 'k'.repeat(10_000)],
    ['with a tab inside', 'a\tb'],
    ['with a NUL', 'a\0b'],
    ['an emoji', '😀'],
    ['with a line break', 'a\rb'],
    ['of Latin-1', Buffer.from([0xe9, 0xe8])],
  ] as const) {
    test(`is refused when it is ${name}`, async () => {
      assert.equal(await statusOf(Buffer.from(bytes)), 400);
    });
  }
});

describe('the same key', () => {
  test('never meets itself in the other mode or at another merchant', async () => {
    const other = await gateway.merchant('Another');
    const keys = [key, merchant.liveKey, other.key, other.liveKey];
    for (let round = 0; round < runs(25, 2_500); round += 1) {
      const idempotencyKey = `shared-${round}`;
      const answers = await Promise.all(
        keys.map((each) => post(idempotencyKey, { key: each, form: 'name=x' })),
      );
      assert.equal(new Set(answers.map(({ body }) => body.id)).size, 4);
      for (const { status, headers } of answers) {
        assert.equal(status, 200);
        assert.equal(headers['idempotent-replayed'], undefined);
      }
      const again = await Promise.all(
        keys.map((each) => post(idempotencyKey, { key: each, form: 'name=x' })),
      );
      assert.deepEqual(
        again.map(({ text }) => text),
        answers.map(({ text }) => text),
      );
    }
  });
});

describe('what is kept', () => {
  test('tells nobody what was asked or answered', async () => {
    const idempotencyKey = 'a-key-that-must-not-be-readable';
    await post(idempotencyKey, { form: 'name=canary-name&email=canary@example.com' });
    const rows = await asOwner(gateway.on, 'select t::text as row from platform.answers t');
    const [answers] = await asOwner(
      gateway.on,
      `select string_agg(encode(answer, 'escape'), '') as text from platform.answers`,
    );
    const all = `${rows.map(({ row }) => String(row)).join('\n')}${String(answers?.['text'])}`;
    for (const canary of [idempotencyKey, 'canary-name', 'canary@example.com', 'cus_']) {
      assert.equal(all.includes(canary), false, canary);
    }
  });

  test('is kept for a day and an hour, and then the key is new', async () => {
    const job = modules
      .flatMap((module) => module.periodicJobs ?? [])
      .find(({ name }) => name === 'idempotency.forget');
    assert.ok(job !== undefined);
    const grow = (hours: number) =>
      asOwner(
        gateway.on,
        'update platform.answers set created_at = created_at - make_interval(hours => $1)',
        [hours],
      );

    const idempotencyKey = randomUUID();
    const first = await post(idempotencyKey, { form: 'name=x' });
    await grow(24);
    await job.run(gateway.context);
    assert.equal((await post(idempotencyKey, { form: 'name=x' })).text, first.text);
    await grow(2);
    await job.run(gateway.context);
    const anew = await post(idempotencyKey, { form: 'name=y' });
    assert.equal(anew.status, 200);
    assert.notEqual(anew.body.id, first.body.id);
  });
});

/** Cuts the connection after the whole request (0), or somewhere on the way. */
const leaveAfter = (where: number, text: string): Promise<void> =>
  new Promise((resolve) => {
    const socket = connect(gateway.port, '127.0.0.1');
    socket.on('error', () => {});
    socket.on('close', () => resolve());
    const bytes = where === 0 ? text.length : Math.floor((text.length * where) / 10);
    socket.write(text.slice(0, bytes), () => setTimeout(() => socket.destroy(), where % 4));
  });

const requestOf = (idempotencyKey: string, form: string): string =>
  [
    'POST /v1/customers HTTP/1.1',
    'Host: x',
    `Authorization: Bearer ${key}`,
    `Idempotency-Key: ${idempotencyKey}`,
    'Content-Type: application/x-www-form-urlencoded',
    `Content-Length: ${form.length}`,
    '',
    form,
  ].join('\r\n');

describe('a client that leaves', () => {
  test('in the middle of its request finds the answer when it asks again', async () => {
    for (let round = 0; round < runs(40, 5_000); round += 1) {
      const idempotencyKey = randomUUID();
      const form = `name=leaver-${round}`;
      await leaveAfter(round % 10, requestOf(idempotencyKey, form));
      const answer = await post(idempotencyKey, { form });
      assert.equal(answer.status, 200, answer.text);
      assert.equal((await post(idempotencyKey, { form })).text, answer.text);
    }
    const rows = await asOwner(
      gateway.on,
      `select name from cards.customers where name like 'leaver-%' group by name having count(*) <> 1`,
    );
    assert.deepEqual(rows, []);
  });
});
