import assert from 'node:assert/strict';
import { test } from 'node:test';
import { apiExponent } from '#books/currencies';
import { currencyOf } from '#kit/money';
import { hostCurrencies } from './currencies.ts';

test('no bank is asked in a currency that it counts otherwise than our API does', () => {
  const others = hostCurrencies.filter((code) => apiExponent(code) !== currencyOf(code).exponent);
  assert.deepEqual(others, []);
  assert.ok(hostCurrencies.length > 130);
});
