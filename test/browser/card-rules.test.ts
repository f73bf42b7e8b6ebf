// What the page tells of a card while it is typed, held to what the gateway knows of cards.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { brandOf, cvcLengthOf, testCards } from '#cards/bins';
import { passesLuhn } from '#kit/log';
import { cardByNumber } from '../../sandbox/issuer/test-cards.ts';
import { cardGroups, grouped } from '../../src/commerce/checkout/page/test-cards.ts';
import * as rules from '../../web/checkout/card-rules.js';

describe('card-rules.js', () => {
  test('names the brand of every six first digits as the gateway does', () => {
    const wrong: string[] = [];
    for (let bin = 0; bin < 1_000_000; bin += 1) {
      const digits = String(bin).padStart(6, '0');
      if (rules.brandOf(digits) !== (brandOf(digits) ?? 'unknown')) wrong.push(digits);
    }
    assert.deepEqual(wrong.slice(0, 20), []);
  });

  test('takes every test card, and knows how long its security code is', () => {
    for (const { number } of testCards) {
      assert.equal(rules.numberFault(number), null, number.slice(-4));
      assert.equal(rules.cvcLengthOf(number), cvcLengthOf(number), number.slice(-4));
    }
  });

  for (const [digits, shown] of [
    ['', ''],
    ['42424', '4242 4'],
    ['4242424242424242', '4242 4242 4242 4242'],
    ['378282246310005', '3782 822463 10005'],
    ['36227206271667', '3622 720627 1667'],
    ['3056930009020004', '3056 9300 0902 0004'],
    ['6205500000000000004', '6205 5000 0000 0000 004'],
  ] as const) {
    test(`groups ${digits === '' ? 'nothing' : digits.slice(0, 6)} as it stands on the card`, () => {
      assert.equal(rules.groupNumber(digits), shown);
      assert.equal(grouped(digits), shown);
    });
  }

  test('a beginning that happens to pass the check of digits is not complete', () => {
    assert.ok(passesLuhn('42424242424242'));
    assert.equal(rules.isSurelyComplete('42424242424242'), false);
    assert.equal(rules.isSurelyComplete('4242424242424242'), true);
    assert.equal(rules.isSurelyComplete('4242424242424241'), false);
    // It might still become longer.
    assert.equal(rules.isSurelyComplete('6200000000000005'), false);
  });

  for (const [typed, shown] of [
    ['3', '03 / '],
    ['1', '1'],
    ['12', '12 / '],
    ['1230', '12 / 30'],
    ['12/2030', '12 / 30'],
    ['122030', '12 / 30'],
    ['1/30', '01 / 30'],
    ['12-30', '12 / 30'],
    ['1220', '12 / 20'],
  ] as const) {
    test(`makes ${shown} of ${typed}`, () => {
      assert.equal(rules.formatExpiry(typed, false), shown);
    });
  }

  const now = new Date('2026-11-28T12:00:00Z');
  for (const [text, fault] of [
    ['', 'needExpiry'],
    ['13 / 30', 'wrongExpiry'],
    ['00 / 30', 'wrongExpiry'],
    ['1', 'wrongExpiry'],
    ['10 / 26', 'expired'],
    ['11 / 26', null],
    ['12 / 2034', null],
    ['01 / 99', 'wrongExpiry'],
  ] as const) {
    test(`finds ${text === '' ? 'nothing' : text} ${fault ?? 'right'}`, () => {
      assert.equal(rules.readExpiry(text, now).fault, fault);
    });
  }

  test('reads the digits of other scripts', () => {
    assert.equal(rules.digitsOf('٤٢٤٢ ۴۲۴۲-४२४२ 4242'), '4242424242424242');
  });

  test('every card that is offered in test mode exists in the sandbox, and stands there once', () => {
    const offered = cardGroups.flatMap(({ cards }) => cards.map(({ number }) => number));
    assert.equal(new Set(offered).size, offered.length);
    const unknown = offered.filter(
      (number) => passesLuhn(number) && cardByNumber(number) === undefined,
    );
    assert.deepEqual(unknown, []);
  });
});
