import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readPageForm } from './page-form.ts';

const form = (fields: Readonly<Record<string, string>>) => new URLSearchParams(fields);
const card = { expected_amount: '900', 'card[sealed]': 'eyJ.sealed', 'card[name]': 'Jenny Rosen' };

test('the name on the card is the name of the payer, unless the page asked for another', () => {
  assert.equal(readPageForm(form(card), 2026).name, 'Jenny Rosen');
  assert.equal(readPageForm(form({ ...card, name: 'Rosen Ltd' }), 2026).name, 'Rosen Ltd');
  assert.equal(readPageForm(form({ ...card, 'card[name]': ' ' }), 2026).name, undefined);
});

test('the billing address is that of the delivery where the payer says so, and their own otherwise', () => {
  const delivered = {
    'shipping[name]': 'Jenny',
    'shipping[line1]': '1 Lane',
    'shipping[country]': 'DE',
  };
  const billed = { 'billing[line1]': '2 Road', 'billing[country]': 'AT' };
  const same = readPageForm(form({ ...card, ...delivered, ...billed, billing_same: 'true' }), 2026);
  assert.deepEqual(same.billing_address, { line1: '1 Lane', country: 'DE' });
  assert.deepEqual(same.shipping, { name: 'Jenny', address: { line1: '1 Lane', country: 'DE' } });
  const other = readPageForm(form({ ...card, ...delivered, ...billed }), 2026);
  assert.deepEqual(other.billing_address, { line1: '2 Road', country: 'AT' });
});

test('what the page did not ask is not read', () => {
  const said = readPageForm(form({ ...card, do: 'pay', amount: '1', 'metadata[a]': 'b' }), 2026);
  assert.deepEqual(Object.keys(said).toSorted(), [
    'consent',
    'expected_amount',
    'name',
    'payment_method_data',
  ]);
});

test('a date is read with spaces wherever a payer puts them, and not from a text that is none', () => {
  const typed = { expected_amount: '900', 'card[number]': '4242424242424242' };
  const dateOf = (expiry: string) => {
    const { payment_method_data: told } = readPageForm(
      form({ ...typed, 'card[expiry]': expiry }),
      2026,
    ) as { payment_method_data: { card: Record<string, unknown> } };
    return `${String(told.card['exp_month'])}/${String(told.card['exp_year'])}`;
  };
  for (const expiry of ['12/34', '12 / 34', ' 12  /  2034 ', '1234', '12 34', '12-34', '12.2034']) {
    assert.equal(dateOf(expiry), '12/2034', expiry);
  }
  for (const none of ['', '12', '12//34', '12/345', `12${' '.repeat(100)}34`]) {
    assert.equal(dateOf(none), '0/2026', none);
  }
});
