import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  allocate,
  amountOf,
  currencies,
  currencyCodes,
  currencyOf,
  decimalOf,
  divide,
  formatMoney,
  isValidOn,
} from '#kit/money';

/** A small generator with a seed, so that a failure can be run again. */
const generator = (seed: number) => {
  let state = seed >>> 0 || 1;
  return (below: number): number => {
    state ^= state << 13;
    state >>>= 0;
    state ^= state >>> 17;
    state ^= state << 5;
    state >>>= 0;
    return state % below;
  };
};
const isFull = process.env['TOLLGATE_TEST_FULL'] === '1';
const ROUNDS = isFull ? 1_000_000 : 30_000;
const seed = Number(process.env['TEST_SEED'] ?? 20_260_101);

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

  test('begin and end', () => {
    assert.equal(isValidOn(currencyOf('hrk'), '2022-12-31'), true);
    assert.equal(isValidOn(currencyOf('hrk'), '2023-01-01'), false);
    assert.equal(isValidOn(currencyOf('xcg'), '2025-03-30'), false);
    assert.equal(isValidOn(currencyOf('usd'), '1999-01-01'), true);
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

describe('allocation', () => {
  test('gives what is left to those who lost most, then to the first', () => {
    assert.deepEqual(allocate(100n, [1n, 1n, 1n]), [34n, 33n, 33n]);
    assert.deepEqual(allocate(-100n, [1n, 1n, 1n]), [-34n, -33n, -33n]);
    assert.deepEqual(allocate(5n, [3n, 7n]), [2n, 3n]);
    assert.deepEqual(allocate(1n, [0n, 1n]), [0n, 1n]);
    assert.deepEqual(allocate(0n, [1n, 2n]), [0n, 0n]);
  });

  test('refuses weights of which none is above zero, or one below', () => {
    assert.throws(() => allocate(1n, []), /above zero/);
    assert.throws(() => allocate(1n, [0n]), /above zero/);
    assert.throws(() => allocate(1n, [2n, -1n]), /below zero/);
  });

  test(`loses nothing and is fair to the unit, ${ROUNDS} times`, () => {
    const draw = generator(seed);
    for (let round = 0; round < ROUNDS; round += 1) {
      const amount = BigInt(draw(2 ** 31)) * BigInt(draw(2 ** 20)) * (draw(2) === 0 ? 1n : -1n);
      const weights = Array.from({ length: 1 + draw(6) }, () => BigInt(draw(1_000)));
      weights[0] = (weights[0] ?? 0n) + 1n;
      const total = weights.reduce((sum, weight) => sum + weight, 0n);
      const parts = allocate(amount, weights);
      const sum = parts.reduce((all, part) => all + part, 0n);
      if (sum !== amount) assert.fail(`seed ${seed}, ${round}: ${amount} became ${sum}`);
      parts.forEach((part, place) => {
        // Less than one unit from the exact share.
        const off = part * total - amount * (weights[place] ?? 0n);
        if (off >= total || off <= -total) assert.fail(`seed ${seed}, ${round}: unfair`);
      });
    }
  });
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

  test('go to digits and back', () => {
    assert.equal(decimalOf(5n, 2), '0.05');
    assert.equal(decimalOf(-1_234n, 3), '-1.234');
    assert.equal(decimalOf(12n, 0), '12');
    assert.equal(amountOf('12.5', 2), 1_250n);
    assert.equal(amountOf('12.505', 2), null);
    assert.equal(amountOf('1e3', 2), null);
    assert.equal(amountOf('', 2), null);
    const draw = generator(seed);
    const all = [...currencies.values()];
    for (let round = 0; round < ROUNDS; round += 1) {
      const { code, exponent } = all[draw(all.length)] as (typeof all)[number];
      const amount = BigInt(draw(2 ** 31)) * BigInt(1 + draw(2 ** 25)) * (draw(2) ? 1n : -1n);
      if (amountOf(decimalOf(amount, exponent), exponent) !== amount)
        assert.fail(`seed ${seed}: ${amount} ${code}`);
    }
  });
});
