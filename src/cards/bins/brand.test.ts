import assert from 'node:assert/strict';
import { test } from 'node:test';
import { brandOf, cvcLengthOf, hasIssuedLength } from '#cards/bins';

test('a number names its network by its first digits', () => {
  for (const [digits, brand] of [
    ['4242424242424242', 'visa'],
    ['5555555555554444', 'mastercard'],
    ['2221000000000009', 'mastercard'],
    ['2720999999999996', 'mastercard'],
    ['2223003122003222', 'mastercard'],
    ['378282246310005', 'amex'],
    ['6011111111111117', 'discover'],
    ['6011981111111113', 'discover'],
    ['3056930009020004', 'diners'],
    ['36227206271667', 'diners'],
    ['3566002020360505', 'jcb'],
    ['6200000000000005', 'unionpay'],
    ['6205500000000000004', 'unionpay'],
    ['6759649826438453', 'maestro'],
    ['5018000000000009', 'maestro'],
    ['6521500000000000', 'rupay'],
    ['5085000000000000', 'rupay'],
    ['8172900000000000', 'rupay'],
    ['6510000000000000', 'discover'],
    ['3538000000000000', 'rupay'],
    ['3539000000000000', 'jcb'],
  ] as const) {
    assert.equal(brandOf(digits), brand, digits);
  }
});

test('digits that no network issues have no brand', () => {
  for (const digits of [
    '2220990000000000',
    '2721000000000000',
    '9999999999999999',
    '1234567890123456',
    '',
  ]) {
    assert.equal(brandOf(digits), null, digits);
  }
});

test('a network issues certain lengths only, and says how long its security code is', () => {
  assert.equal(hasIssuedLength('378282246310005'), true);
  assert.equal(hasIssuedLength('3782822463100050'), false);
  assert.equal(hasIssuedLength('555555555555444'), false);
  assert.equal(cvcLengthOf('378282246310005'), 4);
  assert.equal(cvcLengthOf('4242424242424242'), 3);
});
