import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { ApiError } from './errors.ts';
import { read, readForm, refusalOf } from './for-tests-parameters.ts';
import { decodeForm } from './form.ts';
import { parseJson } from './json.ts';
import { compileParameters } from './parameters.ts';
import { amount, parameters, required, text } from './schema.ts';

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
  ['printed=abcd', undefined, 'printed', 'Invalid string: abcd; must be at least 5 characters'],
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
    ['phone', `phone=${encodeURIComponent('４２４２４２４２４２４２４２４２')}`],
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
