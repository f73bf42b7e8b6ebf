import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { Type } from 'typebox';
import { ApiError } from './errors.ts';
import { decodeForm } from './form.ts';
import { parseJson } from './json.ts';
import { compileParameters } from './parameters.ts';
import {
  address,
  alias,
  amount,
  anything,
  arrayOf,
  boolean,
  browserNoise,
  cardText,
  currency,
  decimal,
  described,
  either,
  email,
  emptyable,
  id,
  ignored,
  integer,
  listParameters,
  map,
  metadata,
  object,
  oneOf,
  parameters,
  phone,
  required,
  returnUrl,
  text,
  timestamp,
  timestampRange,
  url,
} from './schema.ts';

const schema = parameters(
  {
    amount: amount(),
    address: emptyable(address()),
    back_to: returnUrl(),
    birthday: timestamp(),
    capture_method: oneOf('automatic', 'automatic_async', 'manual'),
    card: alias('source'),
    confirm: boolean(),
    created: timestampRange(),
    currency: currency(),
    customer: id(),
    customer_account: id(),
    default_card: alias('invoice_settings[default_payment_method]'),
    description: emptyable(text(20)),
    email: emptyable(email()),
    extra: anything(),
    invoice_settings: object({ default_payment_method: emptyable(id()), footer: text() }),
    items: arrayOf(object({ price: required(id()), quantity: integer({ min: 1, max: 10 }) })),
    labels: map(text(10)),
    metadata: metadata(),
    mode: oneOf('one', 'two'),
    name: described('A name.', text()),
    off_session: either(boolean(), oneOf('one_off', 'recurring')),
    old: ignored(),
    payment_method_data: object({ type: required(text()), ...browserNoise }),
    phone: emptyable(phone()),
    off_session_or_why: oneOf('true', 'false', 'recurring'),
    plain: Type.Integer({ minimum: 2 }),
    return_url: url(),
    source: either(id(), object({ number: required(cardText()), cvc: cardText(4) })),
    types: arrayOf(text(), { max: 3 }),
    unit_amount_decimal: decimal(),
  },
  { exclusive: [['customer', 'customer_account']] },
);
const read = compileParameters(schema);
const readForm = (form: string) => read(decodeForm(form)).values;
const readJson = (json: unknown) => read(parseJson(JSON.stringify(json))).values;

const refusalOf = (work: () => unknown): ApiError => {
  try {
    work();
  } catch (error) {
    assert.ok(error instanceof ApiError, String(error));
    assert.equal(error.status, 400);
    return error;
  }
  throw new Error('Nothing was refused.');
};

const readings: readonly [form: string, values: unknown][] = [
  ['', {}],
  ['amount=1000', { amount: 1000 }],
  ['currency=USD', { currency: 'usd' }],
  ['confirm=true', { confirm: true }],
  // As older versions of stripe-python write them.
  ['confirm=True', { confirm: true }],
  ['confirm=False', { confirm: false }],
  ['off_session_or_why=True', { off_session_or_why: 'true' }],
  ['off_session_or_why=False', { off_session_or_why: 'false' }],
  ['off_session_or_why=recurring', { off_session_or_why: 'recurring' }],
  ['description=', { description: null }],
  ['address=', { address: null }],
  ['address[city]=Bonn&address[line1]=', { address: { city: 'Bonn', line1: null } }],
  ['metadata=', { metadata: null }],
  ['metadata[a]=b&metadata[c]=', { metadata: { a: 'b', c: '' } }],
  ['metadata[0]=b', { metadata: { 0: 'b' } }],
  ['labels[a]=b', { labels: { a: 'b' } }],
  ['created=5', { created: { gte: 5, lte: 5 } }],
  ['created[gt]=5&created[lte]=9', { created: { gt: 5, lte: 9 } }],
  [
    'items[0][price]=a&items[1][price]=b&items[1][quantity]=2',
    { items: [{ price: 'a' }, { price: 'b', quantity: 2 }] },
  ],
  ['items[1][price]=b&items[0][price]=a', { items: [{ price: 'a' }, { price: 'b' }] }],
  [
    'items[][price]=a&items[][quantity]=1&items[][price]=b',
    { items: [{ price: 'a', quantity: 1 }, { price: 'b' }] },
  ],
  ['types[]=a&types[]=b', { types: ['a', 'b'] }],
  ['unit_amount_decimal=12.50', { unit_amount_decimal: '12.5' }],
  ['unit_amount_decimal=-0.00', { unit_amount_decimal: '0' }],
  ['off_session=true', { off_session: true }],
  ['off_session=one_off', { off_session: 'one_off' }],
  ['source=tok_1', { source: 'tok_1' }],
  ['source[number]=4242 4242 4242 4242', { source: { number: '4242 4242 4242 4242' } }],
  ['card=tok_1', { source: 'tok_1' }],
  ['card=tok_1&source=tok_1', { source: 'tok_1' }],
  ['default_card=pm_1', { invoice_settings: { default_payment_method: 'pm_1' } }],
  [
    'default_card=pm_1&invoice_settings[footer]=x',
    { invoice_settings: { footer: 'x', default_payment_method: 'pm_1' } },
  ],
  ['old=1&guid=2&key=pk_test_1&_stripe_version=3', {}],
  [
    'payment_method_data[type]=card&payment_method_data[guid]=1',
    { payment_method_data: { type: 'card' } },
  ],
  ['email=a@b.co', { email: 'a@b.co' }],
  [
    'return_url=https://shop.test/done?id={CHECKOUT_SESSION_ID}',
    { return_url: 'https://shop.test/done?id={CHECKOUT_SESSION_ID}' },
  ],
  ['back_to=https://shop.test/done', { back_to: 'https://shop.test/done' }],
  ['back_to=shop-app://paid?order=7', { back_to: 'shop-app://paid?order=7' }],
  ['phone=5511912345678', { phone: '5511912345678' }],
  ['phone=%2B49 (0) 30 1234 5678 ext. 9', { phone: '+49 (0) 30 1234 5678 ext. 9' }],
  ['plain=2', { plain: 2 }],
  ['extra[a][b]=c', { extra: { a: { b: 'c' } } }],
];

describe('parameters', () => {
  for (const [form, values] of readings) {
    test(`${form === '' ? 'nothing' : form} is read`, () =>
      assert.deepEqual(readForm(form), values));
  }

  test('mean the same in JSON', () => {
    assert.deepEqual(
      readJson({
        amount: 1000,
        confirm: true,
        description: null,
        metadata: { order: 42, gift: true },
        items: [{ price: 'a', quantity: 2 }],
        unit_amount_decimal: 12.5,
        name: 7,
      }),
      {
        amount: 1000,
        confirm: true,
        description: null,
        metadata: { order: '42', gift: 'true' },
        items: [{ price: 'a', quantity: 2 }],
        unit_amount_decimal: '12.5',
        name: '7',
      },
    );
  });

  test('carry expand beside the values', () => {
    const { values, expand } = read(decodeForm('expand[0]=customer&expand[1]=a.b&amount=5'));
    assert.deepEqual({ values, expand }, { values: { amount: 5 }, expand: ['customer', 'a.b'] });
  });

  test('of a list bring their limit into range', () => {
    const list = compileParameters(listParameters({ customer: id() }));
    for (const [sent, limit] of [
      ['0', 1],
      ['-5', 1],
      ['1000', 100],
      ['7', 7],
    ] as const) {
      assert.deepEqual(list(decodeForm(`limit=${sent}`)).values, { limit });
    }
  });
});

const faults: readonly [
  form: string,
  code: string | undefined,
  param: string,
  message: string | RegExp,
][] = [
  ['planet=x', 'parameter_unknown', 'planet', 'Received unknown parameter: planet'],
  [
    'address[planet]=x',
    'parameter_unknown',
    'address[planet]',
    'Received unknown parameter: address[planet]',
  ],
  [
    'a=1&items[0][b]=2&amount=x',
    'parameter_unknown',
    'a',
    'Received unknown parameters: a, items[0][b]',
  ],
  [
    'created[after]=1',
    'parameter_unknown',
    'created[after]',
    'Received unknown parameter: created[after]',
  ],
  [
    'amount=1&items[0][quantity]=1',
    'parameter_missing',
    'items[0][price]',
    'Missing required param: items[0][price].',
  ],
  ['amount=12abc', 'parameter_invalid_integer', 'amount', 'Invalid integer: 12abc'],
  ['amount=1e3', 'parameter_invalid_integer', 'amount', 'Invalid integer: 1e3'],
  ['amount=1.0', 'parameter_invalid_integer', 'amount', 'Invalid integer: 1.0'],
  ['amount=0.30000000000000004', 'parameter_invalid_integer', 'amount', /^Invalid integer/],
  ['amount=010', 'parameter_invalid_integer', 'amount', 'Invalid integer: 010'],
  ['amount=%2B5', 'parameter_invalid_integer', 'amount', 'Invalid integer: +5'],
  ['amount=NaN', 'parameter_invalid_integer', 'amount', 'Invalid integer: NaN'],
  [
    'amount=9007199254740993',
    'parameter_invalid_integer',
    'amount',
    'Invalid integer: 9007199254740993',
  ],
  [
    'amount=9223372036854775808',
    'parameter_invalid_integer',
    'amount',
    'Invalid integer: 9223372036854775808',
  ],
  ['amount[a]=1', 'parameter_invalid_integer', 'amount', 'Invalid integer: {"a":"1"}'],
  [
    'amount=0',
    'parameter_invalid_integer',
    'amount',
    'This value must be greater than or equal to 1.',
  ],
  [
    'amount=-1',
    'parameter_invalid_integer',
    'amount',
    'This value must be greater than or equal to 1.',
  ],
  [
    'plain=1',
    'parameter_invalid_integer',
    'plain',
    'This value must be greater than or equal to 2.',
  ],
  [
    'items[0][price]=a&items[0][quantity]=11',
    'parameter_invalid_integer',
    'items[0][quantity]',
    'This value must be less than or equal to 10.',
  ],
  [
    'birthday=-1',
    'parameter_invalid_integer',
    'birthday',
    'This value must be greater than or equal to 0.',
  ],
  [
    'name=',
    'parameter_invalid_empty',
    'name',
    "You passed an empty string for 'name'. We assume empty values are an attempt to unset a parameter; however 'name' cannot be unset. You should remove 'name' from your request or supply a non-empty value.",
  ],
  ['amount=', 'parameter_invalid_empty', 'amount', /You passed an empty string for 'amount'/],
  ['name[0]=a', undefined, 'name', 'Invalid string: {"0":"a"}'],
  ['name[]=a', undefined, 'name', 'Invalid string: ["a"]'],
  ['metadata[a][b]=c', undefined, 'metadata[a]', 'Invalid string: {"b":"c"}'],
  ['confirm=x', undefined, 'confirm', 'Invalid boolean: x'],
  ['confirm=1', undefined, 'confirm', 'Invalid boolean: 1'],
  ['confirm=TRUE', undefined, 'confirm', 'Invalid boolean: TRUE'],
  ['types=a', undefined, 'types', 'Invalid array'],
  ['types[a]=a', undefined, 'types', 'Invalid array'],
  ['types[]=a&types[]=b&types[]=c&types[]=d', undefined, 'types', /at most 3 elements/],
  ['address=a', undefined, 'address', 'Invalid object'],
  ['metadata=a', undefined, 'metadata', 'Invalid object'],
  [
    'capture_method=x',
    undefined,
    'capture_method',
    'Invalid capture_method: must be one of automatic, automatic_async, or manual',
  ],
  ['mode=x', undefined, 'mode', 'Invalid mode: must be one of one or two'],
  [
    'description=aaaaaaaaaabbbbbbbbbbc',
    undefined,
    'description',
    'Invalid string: aaaaaaaaaa...bbbbbbbbbc; must be at most 20 characters',
  ],
  ['email=a', 'email_invalid', 'email', 'Invalid email address: a'],
  ['email=a@b', 'email_invalid', 'email', 'Invalid email address: a@b'],
  [
    'currency=xyz',
    undefined,
    'currency',
    /^Invalid currency: xyz\. .*supports these currencies: usd, aed/,
  ],
  ['return_url=shop', 'url_invalid', 'return_url', 'Not a valid URL'],
  ['return_url=javascript:alert(1)', 'url_invalid', 'return_url', 'Not a valid URL'],
  ['return_url=shop-app://paid', 'url_invalid', 'return_url', 'Not a valid URL'],
  ['back_to=shop', 'url_invalid', 'back_to', 'Not a valid URL'],
  ['back_to=shop-app:paid', 'url_invalid', 'back_to', 'Not a valid URL'],
  ['back_to=shop-app://', 'url_invalid', 'back_to', 'Not a valid URL'],
  ['back_to=JavaScript://a%0aalert(1)', 'url_invalid', 'back_to', 'Not a valid URL'],
  ['back_to=data://a', 'url_invalid', 'back_to', 'Not a valid URL'],
  ['back_to=file://a/b', 'url_invalid', 'back_to', 'Not a valid URL'],
  ['back_to=s://a', 'url_invalid', 'back_to', 'Not a valid URL'],
  ['unit_amount_decimal=1e3', undefined, 'unit_amount_decimal', 'Invalid decimal: 1e3'],
  ['created=x', 'parameter_invalid_integer', 'created', 'Invalid integer: x'],
  ['created[gt]=', 'parameter_invalid_empty', 'created[gt]', /empty string for 'created\[gt\]'/],
  [
    'customer=a&customer_account=b',
    undefined,
    'customer',
    'You may only specify one of these parameters: customer, customer_account.',
  ],
  [
    'source=a&card=b',
    'parameters_exclusive',
    'source',
    'You may only specify one of these parameters: source, card.',
  ],
  [
    'source[cvc]=123',
    'parameter_missing',
    'source[number]',
    'Missing required param: source[number].',
  ],
  [
    'off_session=x',
    undefined,
    'off_session',
    'Invalid off_session: must be one of one_off or recurring',
  ],
  ['expand=x', undefined, 'expand', 'Invalid array'],
  [
    `metadata[${'k'.repeat(41)}]=x`,
    undefined,
    'metadata',
    /up to 40 characters, but you passed in a key that is 41/,
  ],
  [
    `metadata[a]=${'v'.repeat(501)}`,
    undefined,
    'metadata[a]',
    /up to 500 characters, but you passed in a value that is 501/,
  ],
];

describe('parameters are refused', () => {
  for (const [form, code, param, message] of faults) {
    test(form.slice(0, 60), () => {
      const refusal = refusalOf(() => readForm(form));
      if (typeof message === 'string') assert.equal(refusal.message, message);
      else assert.match(refusal.message, message);
      assert.equal(refusal.code, code);
      assert.equal(refusal.param, param);
    });
  }

  test('when a required one is missing, which is told before what is malformed', () => {
    const strict = compileParameters(parameters({ amount: required(amount()), name: text() }));
    const refusal = refusalOf(() => strict(decodeForm('name[0]=x')));
    assert.equal(refusal.message, 'Missing required param: amount.');
    assert.equal(refusalOf(() => strict(new Map())).param, 'amount');
  });

  test('with JSON numbers that are not whole or not exact', () => {
    for (const json of ['1e3', '1.5', '9007199254740993', '1E400', '-0']) {
      const refusal = refusalOf(() => read(parseJson(`{"amount":${json}}`)));
      assert.equal(refusal.message, `Invalid integer: ${json}`);
    }
  });

  test('without any generated integer text wrongly accepted', () => {
    const numberLike = fc.stringMatching(/^[-+0-9.eE xXn_,]{1,20}$/);
    fc.assert(
      fc.property(numberLike, (sent) => {
        let value: unknown;
        try {
          value = read(new Map([['amount', sent]])).values['amount'];
        } catch (error) {
          assert.ok(error instanceof ApiError);
          return;
        }
        assert.equal(String(value), sent);
        assert.ok(Number.isSafeInteger(value) && (value as number) >= 1);
      }),
      { numRuns: process.env['TOLLGATE_TEST_FULL'] ? 1_000_000 : 2_000 },
    );
  });
});

describe('a card number in a free text is refused', () => {
  const pan = '4242 4242 4242 4242';
  const places: readonly [param: string, form: string][] = [
    ['name', `name=${pan}`],
    ['name', `name=Card: ${pan} 12/29`],
    ['metadata[note]', `metadata[note]=${pan}`],
    ['metadata', 'metadata[4242424242424242]=x'],
    ['labels', 'labels[4242424242424242]=x'],
    ['customer', 'customer=4242424242424242'],
    ['email', 'email=4242424242424242@shop.test'],
    ['return_url', 'return_url=https://shop.test/4242424242424242'],
    ['extra[a]', `extra[a]=${pan}`],
    ['phone', 'phone=4242424242424242'],
    ['phone', 'phone=my card is 378282246310005 thanks'],
    ['types[1]', 'types[]=a&types[]=4242424242424242'],
    ['items[0][price]', 'items[0][price]=378282246310005'],
  ];
  for (const [param, form] of places) {
    test(`as ${form}`, () => {
      const refusal = refusalOf(() => readForm(form));
      assert.equal(refusal.param, param);
      assert.match(refusal.message, /seems to contain a card number/);
      assert.doesNotMatch(refusal.message, /4242|3782/);
    });
  }

  test('and every other refusal masks one', () => {
    for (const form of [
      '4242424242424242=x',
      `confirm=${pan}`,
      `capture_method=${pan}`,
      `amount=${pan}`,
    ]) {
      assert.doesNotMatch(refusalOf(() => readForm(form)).message, /4242 ?4242/);
    }
  });

  test('but not in a card field, which no refusal shows either', () => {
    assert.deepEqual(readForm('source[number]=4242424242424242'), {
      source: { number: '4242424242424242' },
    });
    const wrong = refusalOf(() => readForm('source[number]=1&source[cvc]=12345'));
    assert.doesNotMatch(wrong.message, /12345/);
  });
});
