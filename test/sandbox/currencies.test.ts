import assert from 'node:assert/strict';
import { test } from 'node:test';
import { currencyOf } from '#kit/money';
import { hostCurrencies } from '#rails/acquiring';
import { exponentOf, lettersOf, numberOf, spellAmount } from '../../sandbox/bank/currencies.ts';

test('the bank names, and reads in a file, every currency in which it can be asked to pay', () => {
  for (const code of hostCurrencies) {
    const { numeric, exponent } = currencyOf(code);
    assert.equal(lettersOf(numeric), code.toUpperCase());
    assert.equal(numberOf(code.toUpperCase()), numeric);
    assert.equal(exponentOf(numeric), exponent, code);
  }
  assert.equal(lettersOf('000'), 'XXX');
  assert.equal(spellAmount(123456n, currencyOf('huf').numeric), '1234.56');
});
