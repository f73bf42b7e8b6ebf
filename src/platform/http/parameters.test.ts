import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { read, readForm, readJson } from './for-tests-parameters.ts';
import { decodeForm } from './form.ts';
import { compileParameters } from './parameters.ts';
import { id, listParameters } from './schema.ts';

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
