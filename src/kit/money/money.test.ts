import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { currencies, currencyCodes, currencyOf, decimalOf, divide, formatMoney } from '#kit/money';

describe('the currencies', () => {
  test('have the decimal places of ISO 4217, also where Intl has others', () => {
    const places = {
      usd: 2,
      eur: 2,
      jpy: 0,
      isk: 0,
      ugx: 0,
      huf: 2,
      idr: 2,
      cop: 2,
      mga: 2,
      kwd: 3,
    };
    for (const [code, exponent] of Object.entries({ ...places, clf: 4, iqd: 3, bhd: 3, lbp: 2 })) {
      assert.equal(currencyOf(code).exponent, exponent, code);
    }
  });

  test('have one code and one number each, but for a successor that took over its number', () => {
    const numbers = [...currencies.values()].map(({ numeric }) => numeric);
    const shared = numbers.filter((numeric, at) => numbers.indexOf(numeric) !== at);
    assert.deepEqual(shared, ['532']);
    for (const { code, numeric } of currencies.values()) {
      assert.match(code, /^[a-z]{3}$/);
      assert.match(numeric, /^\d{3}$/);
    }
  });

  test('hold every currency that the API takes', () => {
    assert.deepEqual(
      currencyCodes.filter((code) => !currencies.has(code)),
      [],
    );
  });

  test('are never guessed', () => {
    assert.throws(() => currencyOf('xyz'), /no currency/);
    assert.throws(() => currencyOf('USD'), /no currency/);
  });
});

describe('division', () => {
  const table: readonly (readonly [bigint, bigint, bigint, bigint, bigint, bigint])[] = [
    // dividend, divisor, half up, half even, up, down
    [5n, 2n, 3n, 2n, 3n, 2n],
    [7n, 2n, 4n, 4n, 4n, 3n],
    [-5n, 2n, -3n, -2n, -3n, -2n],
    [10n, 3n, 3n, 3n, 4n, 3n],
    [11n, 3n, 4n, 4n, 4n, 3n],
    [6n, 3n, 2n, 2n, 2n, 2n],
    [0n, 3n, 0n, 0n, 0n, 0n],
  ];
  for (const [dividend, divisor, halfUp, halfEven, up, down] of table) {
    test(`${dividend} by ${divisor}`, () => {
      assert.equal(divide(dividend, divisor, 'half_up'), halfUp);
      assert.equal(divide(dividend, divisor, 'half_even'), halfEven);
      assert.equal(divide(dividend, divisor, 'up'), up);
      assert.equal(divide(dividend, divisor, 'down'), down);
    });
  }
});

describe('amounts for people', () => {
  const shown = (amount: bigint, currency: string, locale: string): string =>
    formatMoney(amount, { currency, exponent: currencyOf(currency).exponent, locale }).replaceAll(
      /\s/g,
      ' ',
    );

  test('follow the locale in marks and the currency in decimals', () => {
    assert.equal(shown(123_456n, 'usd', 'en-US'), '$1,234.56');
    assert.equal(shown(123_456n, 'eur', 'de-DE'), '1.234,56 €');
    assert.equal(shown(123_456n, 'jpy', 'ja-JP'), '¥123,456'.replace('¥', '￥'));
    assert.equal(shown(123_456n, 'kwd', 'en-US'), 'KWD 123.456');
    // Intl alone would show neither of these decimals.
    assert.equal(shown(123_456n, 'huf', 'en-US'), 'HUF 1,234.56');
    assert.equal(shown(-5n, 'cop', 'en-US'), '-COP 0.05');
  });

  test('keep every digit of amounts beyond floating point', () => {
    assert.equal(shown(9_007_199_254_740_993_01n, 'usd', 'en-US'), '$9,007,199,254,740,993.01');
  });

  test('are plain digits with a point in files', () => {
    assert.equal(decimalOf(5n, 2), '0.05');
    assert.equal(decimalOf(-1_234n, 3), '-1.234');
    assert.equal(decimalOf(12n, 0), '12');
  });
});
