// What the SDK hides: headers, bytes, and the many ways in which clients in the field write the same.

import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { describe, test } from 'node:test';
import { gatherRoutes } from '../../src/roles/api.ts';
import { startGatewayHere } from '../support/gateway.ts';
import { stripeFor } from '../support/stripe.ts';

const gateway = await startGatewayHere();
const merchant = await gateway.merchant();
const { key } = merchant;
const ask = gateway.ask;

const post = (form: string, headers = {}) => ask('POST', '/v1/customers', { key, form, headers });

describe('every answer', () => {
  const answers = {
    'a success': () => ask('GET', '/v1/customers', { key }),
    'a creation': () => post('name=x'),
    'a refused parameter': () => post('planet=x'),
    'a missing object': () => ask('GET', '/v1/customers/cus_missing', { key }),
    'an unknown URL': () => ask('GET', '/v1/nothing', { key }),
    'a path outside the API': () => ask('GET', '/nothing', { key }),
    'a missing key': () => ask('GET', '/v1/customers'),
    'a method nobody uses': () => ask('PATCH', '/v1/customers', { key }),
    'a body that is too large': () => post(`name=${'x'.repeat(300_000)}`),
  };

  for (const [name, answered] of Object.entries(answers)) {
    test(`carries the headers of an API: ${name}`, async () => {
      const { headers, text, body } = await answered();
      assert.match(headers['request-id'] as string, /^req_[0-9A-Za-z]{14,}$/);
      assert.equal(headers['content-type'], 'application/json');
      assert.equal(headers['cache-control'], 'no-cache, no-store');
      assert.equal(headers['content-length'], String(Buffer.byteLength(text)));
      assert.equal(headers['stripe-version'], '2026-10-28.endive');
      assert.equal(headers['x-content-type-options'], 'nosniff');
      assert.equal(headers['x-powered-by'], undefined);
      assert.equal(headers['server'], undefined);
      assert.equal(text, JSON.stringify(body, null, 2));
    });
  }

  test('has a request id of its own', async () => {
    const ids = await Promise.all(
      Array.from({ length: 50 }, async () => (await answers['a success']()).headers['request-id']),
    );
    assert.equal(new Set(ids).size, 50);
  });

  test('is found again by the SDK under its request id', async () => {
    const { customers } = stripeFor(gateway.port, key);
    const { lastResponse } = await customers.create();
    assert.match(lastResponse.requestId, /^req_/);
    assert.equal(lastResponse.apiVersion, '2026-10-28.endive');
  });
});

describe('Stripe-Should-Retry', () => {
  for (const [name, expected, answered] of [
    ['a POST that succeeded', 'false', () => post('')],
    ['a POST that was refused', 'false', () => post('planet=x')],
    ['a missing key', 'false', () => ask('POST', '/v1/customers')],
    ['a missing object', 'false', () => ask('GET', '/v1/customers/cus_missing', { key })],
    ['a GET that succeeded', undefined, () => ask('GET', '/v1/customers', { key })],
  ] as const) {
    test(`is ${expected ?? 'left to the SDK'} for ${name}`, async () => {
      assert.equal((await answered()).headers['stripe-should-retry'], expected);
    });
  }
});

describe('Stripe-Version', () => {
  for (const version of [
    '2020-08-27',
    '2022-11-15',
    '2024-04-10',
    '2025-03-31.basil',
    '2026-10-28.endive',
    '2027-01-01.fern',
  ]) {
    test(`${version} is accepted and echoed, and changes nothing`, async () => {
      const answer = await post('', { 'stripe-version': version });
      assert.equal(answer.status, 200);
      assert.equal(answer.headers['stripe-version'], version);
      assert.deepEqual(Object.keys(answer.body), Object.keys((await post('')).body));
    });
  }

  for (const version of [
    'latest',
    '2020-8-27',
    '2020-08-27.',
    '2020-08-27; beta',
    '2020-08-27.UPPER',
    "' or 1",
  ]) {
    test(`${version} is refused`, async () => {
      const { status, body } = await post('', { 'stripe-version': version });
      assert.equal(status, 400);
      assert.equal(body.error.message, `Invalid Stripe API version: ${version}`);
    });
  }
});

const metadataOf = async (form: string) => {
  const { status, text, body } = await post(form);
  assert.equal(status, 200, text);
  return body.metadata;
};
const localesOf = async (form: string) => (await post(form)).body.preferred_locales;
const fieldsOf = async (form: string) => (await post(form)).body.invoice_settings?.custom_fields;

const names = (count: number) => Array.from({ length: count }, (_, n) => `p${n}=1`).join('&');
const nested = (levels: number) => `a${'[b]'.repeat(levels - 1)}=1`;

describe('a form', () => {
  test('may write brackets plain or percent-encoded', async () => {
    assert.deepEqual(await metadataOf('metadata[a]=1'), { a: '1' });
    assert.deepEqual(await metadataOf('metadata%5Ba%5D=1'), { a: '1' });
    assert.deepEqual(await metadataOf('metadata%5ba]=1'), { a: '1' });
  });

  test('may write a space as plus or as %20, and a plus as %2B', async () => {
    assert.deepEqual(await metadataOf('metadata[a]=1+2%203%2B4'), { a: '1 2 3+4' });
  });

  test('may number the elements of a list, in any order, or not', async () => {
    const locales = ['de', 'en', 'fr'];
    for (const form of [
      'preferred_locales[0]=de&preferred_locales[1]=en&preferred_locales[2]=fr',
      'preferred_locales[2]=fr&preferred_locales[0]=de&preferred_locales[1]=en',
      'preferred_locales[3]=de&preferred_locales[5]=en&preferred_locales[10]=fr',
      'preferred_locales[]=de&preferred_locales[]=en&preferred_locales[]=fr',
      'preferred_locales%5B%5D=de&preferred_locales%5B%5D=en&preferred_locales%5B%5D=fr',
    ]) {
      assert.deepEqual(await localesOf(form), locales, form);
    }
  });

  test('may write a list of maps by number or with empty brackets', async () => {
    const fields = [
      { name: 'A', value: '1' },
      { name: 'B', value: '2' },
    ];
    const at = 'invoice_settings[custom_fields]';
    for (const form of [
      `${at}[0][name]=A&${at}[0][value]=1&${at}[1][name]=B&${at}[1][value]=2`,
      `${at}[][name]=A&${at}[][value]=1&${at}[][name]=B&${at}[][value]=2`,
      `${at}[1][value]=2&${at}[0][value]=1&${at}[1][name]=B&${at}[0][name]=A`,
    ]) {
      assert.deepEqual(await fieldsOf(form), fields, form);
    }
  });

  test('may name its charset, or no type at all', async () => {
    for (const type of [
      'application/x-www-form-urlencoded; charset=utf-8',
      'APPLICATION/X-WWW-FORM-URLENCODED',
    ]) {
      const { body } = await post('name=J%C3%B6rg', { 'content-type': type });
      assert.equal(body.name, 'Jörg');
    }
    const untyped = await ask('POST', '/v1/customers', { key, bytes: 'name=x' });
    assert.equal(untyped.body.name, 'x');
  });

  for (const [form, message] of [
    ['metadata[a=1', "Invalid parameter name: 'metadata[a'. Brackets must be paired, as in a[b]."],
    [
      'metadata]a[=1',
      "Invalid parameter name: 'metadata]a['. Brackets must be paired, as in a[b].",
    ],
    ['=1', "Invalid parameter name: ''. Brackets must be paired, as in a[b]."],
    ['name=a&name=b', "The parameter 'name' was given more than once."],
    ['metadata[a]=1&metadata[a]=2', "The parameter 'metadata[a]' was given more than once."],
    ['name=%zz', "Invalid percent-encoding in the parameter 'name': the sequence '%zz'."],
    ['name=%ff', "Invalid percent-encoding in the parameter 'name': bytes that are not UTF-8."],
    ['name=a%00b', 'Invalid string: the parameter contains a NUL character.'],
    ['metadata=x', 'Invalid object'],
    ['preferred_locales=de', 'Invalid array'],
    ['name[0]=a', 'Invalid string: {"0":"a"}'],
    ['name[first]=a', 'Invalid string: {"first":"a"}'],
    ['validate=yes', 'Invalid boolean: yes'],
    ['address[planet]=Mars', 'Received unknown parameter: address[planet]'],
    ['address[__proto__]=1', 'Received unknown parameter: address[__proto__]'],
    ['address[toString]=1', 'Received unknown parameter: address[toString]'],
    ['metadata[__proto__]=1', 'Received unknown parameter: metadata[__proto__]'],
    ['metadata[__proto__][x]=1', 'Received unknown parameter: metadata[__proto__]'],
    ['__proto__[admin]=1', 'Received unknown parameter: __proto__'],
    ['constructor[prototype][x]=1', 'Received unknown parameter: constructor'],
  ] as const) {
    test(`is refused: ${form}`, async () => {
      const { status, body } = await post(form);
      assert.equal(status, 400);
      assert.equal(body.error.type, 'invalid_request_error');
      assert.equal(body.error.message, message);
    });
  }

  test('has at most a thousand names, twenty levels and a quarter of a megabyte', async () => {
    assert.match(
      (await post(names(1_000))).body.error.message,
      /^Received unknown parameters: p0, p1,/,
    );
    assert.match((await post(names(1_001))).body.error.message, /at most 1000 parameters/);

    assert.equal((await post(nested(20))).body.error.code, 'parameter_unknown');
    assert.match((await post(nested(21))).body.error.message, /at most 20 levels/);

    const { status, headers, body } = await post(`name=${'x'.repeat(256 * 1024)}`);
    assert.equal(status, 413);
    assert.match(body.error.message, /at most 262144 bytes/);
    assert.equal(headers['connection'], 'close');
  });

  test('that never ends is answered all the same, and the connection closed', async () => {
    const answer = await new Promise<string>((resolve, reject) => {
      const socket = connect(gateway.port, '127.0.0.1');
      let text = '';
      const limit = setTimeout(() => socket.destroy(new Error('Nothing came.')), 10_000);
      socket.on('data', (chunk) => (text += String(chunk)));
      socket.on('error', reject);
      socket.on('close', () => {
        clearTimeout(limit);
        resolve(text);
      });
      socket.write(
        `POST /v1/customers HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${key}\r\nTransfer-Encoding: chunked\r\n\r\n`,
      );
      const chunk = `10000\r\n${'x'.repeat(0x10000)}\r\n`;
      for (let sent = 0; sent < 6; sent += 1) socket.write(chunk);
    });
    assert.match(answer, /^HTTP\/1\.1 413 /);
  });
});

const postJson = (json: unknown) => ask('POST', '/v1/customers', { key, json });
const postText = (bytes: string | Buffer, type = 'application/json') =>
  ask('POST', '/v1/customers', { key, bytes, headers: { 'content-type': type } });

describe('a JSON body', () => {
  test('means the same as the form', async () => {
    const { status, body } = await postJson({
      name: 'Jörg',
      balance: -5,
      validate: true,
      metadata: { a: '1' },
      preferred_locales: ['de', 'en'],
      address: { city: 'Berlin', line2: null },
    });
    assert.equal(status, 200);
    const form = await post(
      'name=J%C3%B6rg&balance=-5&validate=true&metadata[a]=1&preferred_locales[]=de&preferred_locales[]=en&address[city]=Berlin&address[line2]=',
    );
    const same = { id: '', created: 0, invoice_prefix: '' };
    assert.deepEqual({ ...body, ...same }, { ...form.body, ...same });
  });

  test('unsets by null', async () => {
    const { body } = await postJson({ name: 'x', description: 'y' });
    const unset = await ask('POST', `/v1/customers/${body.id}`, { key, json: { name: null } });
    assert.equal(unset.body.name, null);
    assert.equal(unset.body.description, 'y');
  });

  for (const [text, message] of [
    ['{"name":"a","name":"b"}', /^The parameter 'name' was given more than once\.$/],
    [
      '{"address":{"city":"a","city":"b"}}',
      /^The parameter 'address\[city\]' was given more than once\.$/,
    ],
    ['{"__proto__":{"admin":true}}', /^Received unknown parameter: __proto__$/],
    ['{"address":{"__proto__":"x"}}', /^Received unknown parameter: address\[__proto__\]$/],
    ['{"\\u005f_proto__":{}}', /^Received unknown parameter: __proto__$/],
    ['{"balance":1.5}', /^Invalid integer: 1\.5$/],
    ['{"balance":1e3}', /^Invalid integer: 1e3$/],
    ['{"balance":9007199254740993}', /^Invalid integer: 9007199254740993$/],
    ['{"name":{"a":1}}', /^Invalid string: \{"a":1\}$/],
    ['{"name":"a\\u0000b"}', /NUL character/],
    ['{"name":"\\ud800"}', /surrogate/],
    ['{"name":"a"', /^Invalid JSON in the request body, at character 11\./],
    ['{"name":"a"}}', /^Invalid JSON in the request body, at character 12\./],
    ["{'name':'a'}", /^Invalid JSON in the request body, at character 1\./],
    ['{"name":NaN}', /^Invalid JSON/],
    ['[]', /^Invalid JSON/],
    ['"name"', /^Invalid JSON/],
    ['null', /^Invalid JSON/],
    [`${'{"a":'.repeat(21)}1${'}'.repeat(21)}`, /at most 20 levels/],
    [`{"metadata":${'['.repeat(30)}${']'.repeat(30)}}`, /at most 20 levels/],
  ] as const) {
    test(`is refused: ${text.slice(0, 50)}`, async () => {
      const { status, body } = await postText(text);
      assert.equal(status, 400);
      assert.match(body.error.message, message);
    });
  }

  test('is refused in another type, another encoding, or with bytes that are no text', async () => {
    const message =
      'Invalid request (check that your POST content type is application/x-www-form-urlencoded).';
    for (const type of ['text/plain', 'multipart/form-data; boundary=x', 'application/xml']) {
      const { status, body } = await postText('name=x', type);
      assert.equal(status, 400, type);
      assert.equal(body.error.message, message);
    }
    const zipped = await ask('POST', '/v1/customers', {
      key,
      bytes: 'x',
      headers: { 'content-type': 'application/json', 'content-encoding': 'gzip' },
    });
    assert.equal(zipped.body.error.message, message);
    const latin = await postText(Buffer.from([0x7b, 0x22, 0xe9, 0x22, 0x3a, 0x31, 0x7d]));
    assert.equal(latin.body.error.message, 'The parameters are not valid UTF-8.');
  });
});

describe('parameters', () => {
  test('of GET and DELETE stand in the query, although a form type is sent', async () => {
    const headers = { 'content-type': 'application/x-www-form-urlencoded' };
    const { id } = (await post('')).body;
    const got = await ask('GET', `/v1/customers/${id}?expand[0]=tax_ids`, { key, headers });
    assert.equal(got.status, 200);
    assert.ok('tax_ids' in got.body);
    const gone = await ask('DELETE', `/v1/customers/${id}?expand[]=tax_ids`, { key, headers });
    assert.equal(gone.status, 200, gone.text);
  });

  test('may stand in the query of a POST, but not there and in the body', async () => {
    const queried = await ask('POST', '/v1/customers?name=x', { key, form: 'email=a@example.com' });
    assert.deepEqual([queried.body.name, queried.body.email], ['x', 'a@example.com']);
    for (const asked of [{ form: 'name=y' }, { json: { name: 'y' } }]) {
      const { status, body } = await ask('POST', '/v1/customers?name=x', { key, ...asked });
      assert.equal(status, 400);
      assert.equal(body.error.message, "The parameter 'name' was given more than once.");
    }
  });

  test('may be missing altogether', async () => {
    const { status } = await ask('POST', '/v1/customers', {
      key,
      headers: { 'content-length': '0' },
    });
    assert.equal(status, 200);
  });
});

describe('HEAD', () => {
  test('answers like GET, without the body', async () => {
    const got = await ask('GET', '/v1/customers', { key });
    const head = await ask('HEAD', '/v1/customers', { key });
    assert.equal(head.status, 200);
    assert.equal(head.text, '');
    assert.equal(head.headers['content-length'], got.headers['content-length']);
  });
});

const openPaths = new Set(
  gatherRoutes()
    .filter(({ keys }) => keys !== 'secret')
    .map(({ path }) => path),
);

describe('routes of secret keys', () => {
  for (const { method, path, operation } of gatherRoutes().filter(
    ({ keys }) => keys === 'secret',
  )) {
    test(`are closed to pages of other origins: ${operation}`, async () => {
      const headers = { origin: 'https://evil.example' };
      const answer = await ask(method, path.replaceAll(/:\w+/g, 'x_1'), { key, headers });
      assert.equal(answer.headers['access-control-allow-origin'], undefined);
      // Pages may ask about a path whose other methods are for them.
      if (openPaths.has(path)) return;
      const preflight = await ask('OPTIONS', path.replaceAll(/:\w+/g, 'x_1'), { headers });
      assert.equal(preflight.headers['access-control-allow-origin'], undefined);
    });
  }
});

describe('an expectation', () => {
  for (const expect of ['100-continue', 'a miracle']) {
    test(`is no reason to answer differently: ${expect}`, async () => {
      const { status, body, headers } = await post('name=x', { expect });
      assert.equal(status, 200);
      assert.equal(body.name, 'x');
      assert.match(String(headers['request-id']), /^req_/);
    });
  }
});

describe('SDK headers', () => {
  test('are noise, however they look', async () => {
    const { status } = await post('', {
      'x-stripe-client-user-agent': '{"lang":',
      'x-stripe-client-telemetry': 'x'.repeat(4_000),
      'user-agent': 'Stripe/v1 NodeBindings/23.1.0',
    });
    assert.equal(status, 200);
  });
});
