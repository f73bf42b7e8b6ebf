// A card number typed where it does not belong must not arrive anywhere: not in a table, not in an
// answer, not in a log.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { asOwner } from '../../src/for-tests.ts';
import { startGatewayHere } from '../support/gateway.ts';

const gateway = await startGatewayHere();
const merchant = await gateway.merchant();
const { key } = merchant;

const { body: jenny } = await gateway.ask('POST', '/v1/customers', { key, form: 'name=Jenny' });

const written = [
  '4242424242424242',
  '4242 4242 4242 4242',
  '4242-4242-4242-4242',
  '378282246310005',
  '3782 822463 10005',
  '6205500000000000004',
];

const places = (number: string): readonly [string, string, string, string?][] => {
  const text = encodeURIComponent(number);
  return [
    ['a name', 'POST', '/v1/customers', `name=${text}`],
    ['a description', 'POST', '/v1/customers', `description=Paid with ${text} today`],
    [
      'an e-mail address',
      'POST',
      '/v1/customers',
      `email=${number.replaceAll(/\D/g, '')}@example.com`,
    ],
    ['metadata', 'POST', '/v1/customers', `metadata[note]=${text}`],
    ['the name of metadata', 'POST', '/v1/customers', `metadata[${text}]=x`],
    ['an address', 'POST', `/v1/customers/${jenny.id}`, `address[line1]=${text}`],
    [
      'a shipping name',
      'POST',
      `/v1/customers/${jenny.id}`,
      `shipping[name]=${text}&shipping[address][city]=x`,
    ],
    [
      'a custom field',
      'POST',
      `/v1/customers/${jenny.id}`,
      `invoice_settings[custom_fields][0][name]=x&invoice_settings[custom_fields][0][value]=${text}`,
    ],
    [
      'a tax id',
      'POST',
      '/v1/customers',
      `tax_id_data[0][type]=eu_vat&tax_id_data[0][value]=${text}`,
    ],
    ['a locale', 'POST', '/v1/customers', `preferred_locales[]=${text}`],
    ['an enum', 'POST', '/v1/customers', `tax_exempt=${text}`],
    ['an integer', 'POST', '/v1/customers', `balance=${text}`],
    ['a boolean', 'POST', '/v1/customers', `validate=${text}`],
    ['an id', 'POST', '/v1/customers', `payment_method=${text}`],
    ['an id that begins like one', 'POST', '/v1/customers', `payment_method=pm_${text}`],
    ['an unknown parameter', 'POST', '/v1/customers', `card_number=${text}`],
    ['the name of an unknown parameter', 'POST', '/v1/customers', `${text}=1`],
    ['a nested unknown name', 'POST', '/v1/customers', `address[${text}]=1`],
    ['a list', 'GET', `/v1/customers?email=${number.replaceAll(/\D/g, '')}@example.com`],
    ['a cursor', 'GET', `/v1/customers?starting_after=${text}`],
    ['a search', 'GET', `/v1/customers/search?query=${encodeURIComponent(`name:'${number}'`)}`],
    [
      'a search in metadata',
      'GET',
      `/v1/customers/search?query=${encodeURIComponent(`metadata['${number}']:'x'`)}`,
    ],
    ['a page of a search', 'GET', `/v1/customers/search?query=created>0&page=${text}`],
    ['an expand path', 'GET', `/v1/customers/${jenny.id}?expand[]=${text}`],
    ['a type of event', 'GET', `/v1/events?type=${text}`],
    ['the URL of a customer', 'GET', `/v1/customers/${text}`],
    ['the URL of an event', 'GET', `/v1/events/${text}`],
    ['a URL that does not exist', 'GET', `/v1/${text}`],
    ['a URL outside the API', 'GET', `/${text}`],
  ];
};

const digitsOf = (text: string): string => text.replaceAll(/[^0-9]/g, '');

/** Whether the number can be read there, however it is grouped. */
const shows = (text: string, number: string): boolean => {
  const digits = digitsOf(number);
  return text.replaceAll(/[\s\-+]|%20/g, '').includes(digits);
};

describe('a card number is refused and never shown', () => {
  for (const number of written) {
    for (const [place, method, path, form] of places(number)) {
      test(`in ${place}, written as ${number.replaceAll(/\d/g, '9')}`, async () => {
        const answer = await gateway.ask(
          method,
          path,
          form === undefined ? { key } : { key, form },
        );
        assert.ok([400, 404].includes(answer.status), `${answer.status} ${answer.text}`);
        assert.equal(shows(answer.text, number), false, answer.text);
        for (const value of Object.values(answer.headers)) {
          assert.equal(shows(String(value), number), false);
        }
      });
    }
  }

  test('with the sentence that says where, by name', async () => {
    const { body } = await gateway.ask('POST', '/v1/customers', {
      key,
      form: 'metadata[note]=4242424242424242',
    });
    assert.equal(
      body.error.message,
      "The parameter 'metadata[note]' seems to contain a card number. Card numbers are accepted only in card fields; remove it from 'metadata[note]' and try again.",
    );
    assert.equal(body.error.param, 'metadata[note]');
  });

  test('in a JSON body too, as text and as number', async () => {
    for (const json of [
      { name: '4242424242424242' },
      { metadata: { n: 4242424242424242 } },
      { name: 4242424242424242 },
      { address: { line1: '4242 4242 4242 4242' } },
    ]) {
      const answer = await gateway.ask('POST', '/v1/customers', { key, json });
      assert.equal(answer.status, 400, answer.text);
      assert.equal(shows(answer.text, '4242424242424242'), false);
    }
  });

  test('in headers that are echoed, or kept like the idempotency key', async () => {
    for (const name of ['idempotency-key', 'stripe-version', 'stripe-account']) {
      const headers = { [name]: '4242424242424242' };
      const answer = await gateway.ask('POST', '/v1/customers', { key, headers });
      assert.ok([400, 403].includes(answer.status), `${name}: ${answer.status}`);
      assert.equal(shows(answer.text, '4242424242424242'), false, name);
      assert.equal(shows(JSON.stringify(answer.headers), '4242424242424242'), false, name);
    }
  });

  test('and so it stands in no table', async () => {
    const tables = await asOwner(
      gateway.on,
      `select format('%I.%I', table_schema, table_name) as name from information_schema.tables
        where table_type = 'BASE TABLE' and table_schema not in ('pg_catalog', 'information_schema')`,
    );
    assert.ok(tables.length > 5);
    for (const { name } of tables) {
      const rows = await asOwner(gateway.on, `select t::text as row from ${String(name)} t`);
      for (const { row } of rows) {
        for (const number of written) {
          assert.equal(shows(String(row), number), false, `${String(name)} holds a card number.`);
        }
      }
    }
  });
});

describe('what only resembles a card number is left alone', () => {
  for (const [name, form] of [
    ['a phone number', 'phone=%2B49 30 901820 4242'],
    ['an order number that fails the check digit', 'metadata[order]=4242424242424241'],
    ['a timestamp in milliseconds', 'metadata[at]=1795170978123'],
    ['a UUID', 'metadata[id]=01890a5d-ac96-774b-bcce-424242424242'],
    ['an amount', 'balance=424242424242'],
  ] as const) {
    test(name, async () => {
      const { status, text } = await gateway.ask('POST', '/v1/customers', { key, form });
      assert.equal(status, 200, text);
    });
  }
});
