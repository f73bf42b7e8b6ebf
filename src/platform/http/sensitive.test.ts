import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { processorMs } from '../../kit/context/for-tests.ts';
import { beginningOf, containsCardNumber, echo, maskKey, maskSensitive } from './sensitive.ts';

const cards: readonly [what: string, text: string][] = [
  ['a Visa number', '4242424242424242'],
  ['an Amex number', '378282246310005'],
  ['a Diners number of 14 digits', '30569309025904'],
  ['a UnionPay number of 19 digits', '6205500000000000004'],
  ['a Mastercard number of the two series', '2223003122003222'],
  ['a Discover number', '6011111111111117'],
  ['a JCB number', '3566002020360505'],
  ['groups of four with spaces', '4242 4242 4242 4242'],
  ['groups of four with dashes', '4242-4242-4242-4242'],
  ['Amex groups', '3782 822463 10005'],
  ['a number in a sentence', 'Please charge 4242424242424242, thanks'],
  ['a number before its expiry', '4242 4242 4242 4242 12 27'],
  ['a number after a count', '1 4242 4242 4242 4242'],
  ['a number inside letters', 'x4242424242424242y'],
  ['spaces that do not break', '4242\u00a04242\u00a04242\u00a04242'],
  ['narrow spaces that do not break', '4242\u202f4242\u202f4242\u202f4242'],
  ['cells of a table', '4242\t4242\t4242\t4242'],
  ['lines', '4242\n4242\n4242\n4242'],
  ['one digit after the other', '4 2 4 2 4 2 4 2 4 2 4 2 4 2 4 2'],
  ['halves', '42424242-42424242'],
  ['groups that ran together', '4242 42424242 4242'],
  ['Diners groups', '3056 930902 5904'],
  ['19 digits in fours', '6205 5000 0000 0000 004'],
  ['groups with dots', '4242.4242.4242.4242'],
  ['groups with lines below', '4242_4242_4242_4242'],
  ['groups with slashes', '4242/4242/4242/4242'],
  ['groups with dots in the middle', '4242·4242·4242·4242'],
  ['groups with minus signs', '4242−4242−4242−4242'],
  ['two spaces', '4242  4242  4242  4242'],
  ['dashes between spaces', '4242 - 4242 - 4242 - 4242'],
  ['the query of a URL', 'https://shop.test/?card=4242+4242+4242+4242'],
  ['the path of a URL', 'https://shop.test/4242%204242%204242%204242'],
  ['wide digits', '４２４２４２４２４２４２４２４２'],
  ['Arabic digits', '٤٢٤٢٤٢٤٢٤٢٤٢٤٢٤٢'],
  ['Persian digits in groups', '۴۲۴۲ ۴۲۴۲ ۴۲۴۲ ۴۲۴۲'],
  ['Devanagari digits', '४२४२४२४२४२४२४२४२'],
  ['Bengali digits in groups', '৪২৪২ ৪২৪২ ৪২৪২ ৪২৪২'],
  ['Thai digits', '๔๒๔๒๔๒๔๒๔๒๔๒๔๒๔๒'],
  ['Khmer digits', '៤២៤២៤២៤២៤២៤២៤២៤២'],
  ['hyphens that are not shown', '4242\u00ad4242\u00ad4242\u00ad4242'],
  ['marks of direction', '\u202a4242\u200f4242\u200e4242\u20684242\u202c'],
  ['joiners, and a mark of order', '4242\u20604242\ufeff4242\u20604242'],
];

// All of them pass Luhn, at a length that their first digits are issued in.
const otherNumbers: readonly [what: string, text: string][] = [
  ["a marketplace's order", '602-1234567-1234562'],
  ['a telephone number with spaces', '+49 1512 3456787'],
  ['a key made of several numbers', 'load-40713-12-942102'],
  ['a key whose numbers begin with fours', 'load-6141-1786-16096'],
  ['a key whose numbers have five digits each', 'load-36104-12345-10003'],
];

// The same, between signs that lists of other things have.
const lists: readonly [what: string, text: string][] = [
  ['prices, one a line', '57.39\n59.95\n70.17\n90.29\n8.84\n31.28\n75.13\n47.31'],
  ['prices between slashes', '16.23 / 50.68 / 71.88 / 97.96 / 48.57'],
  ['an id in two parts', '58410482/43128965'],
  ['the path of an order', 'https://shop.test/orders/51762952/46193000?ok=1'],
  ['a decimal', '5881.826066352064'],
  ['an id and its version', '465213894897_5'],
];

const harmless: readonly [what: string, text: string][] = [
  ['a wrong last digit', '4242424242424241'],
  ['twelve digits', '424242424242'],
  ['twenty digits', '42424242424242424242'],
  ['a millisecond timestamp', '1732100000008'],
  ['a Brazilian phone number', '+55 11 91234-5678'],
  ['a UUID that ends in digits', 'a3b1c2d4-1234-4678-9012-424242424242'],
  ['a date and a time', '2026-11-20 10:00:00'],
  ['a date in a path', '/orders/2026/11/20/10/00/00'],
  ['numbers far apart', '4242    4242    4242    4242'],
  ['nothing', ''],
];

describe('a card number', () => {
  for (const [what, text] of cards) {
    test(`is found in ${what}`, () => assert.equal(containsCardNumber(text), true));
    test(`is masked in ${what}`, () => {
      const masked = maskSensitive(text);
      assert.equal(containsCardNumber(masked), false, masked);
      assert.match(masked, /\*{4}\d{4}/);
    });
  }
  for (const [what, text] of harmless) {
    test(`is not seen in ${what}`, () => {
      assert.equal(containsCardNumber(text), false);
      assert.equal(maskSensitive(text), text);
    });
  }

  for (const [what, text] of [...otherNumbers, ...lists]) {
    test(`is not seen in ${what}, which is masked where it is only shown`, () => {
      assert.match(maskSensitive(text), /\*{4}/, 'it would pass, were it not for its groups');
      assert.equal(containsCardNumber(text), false);
      assert.equal(containsCardNumber(text, { wholeWords: true }), false);
    });
  }

  test('is not seen in the random part of an identifier, but as an identifier', () => {
    const words = { wholeWords: true };
    assert.equal(containsCardNumber('pm_a4242424242424242b', words), false);
    assert.equal(containsCardNumber('cus_4242424242424242', words), true);
    assert.equal(containsCardNumber('4242424242424242', words), true);
  });

  test('takes the security code beside it along, in whatever it is echoed as', () => {
    for (const text of [
      '{"object":"card","number":"4242424242424242","cvc":"987"}',
      '{"number":4242424242424242,"cvv2": 9876}',
      "{'number': '4242424242424242', 'CVC': '987'}",
      'card[number]=4242424242424242&card[cvc]=987',
      String.raw`{\"cvc\":\"987\"}`,
    ]) {
      assert.doesNotMatch(maskSensitive(text), /987|4242424242/);
    }
    assert.equal(maskSensitive('cvc_check and 987'), 'cvc_check and 987');
  });

  // Masking once looked at all groups again after each number it found: 26 s for 250 kB.
  test('is searched and masked in linear time', () => {
    for (const text of ['4242 '.repeat(50_000), '4-'.repeat(125_000), '1'.repeat(250_000)]) {
      const spentMs = processorMs(() => {
        containsCardNumber(text);
        maskSensitive(text);
      });
      assert.ok(spentMs < 2_000, `${spentMs} ms`);
    }
  });
});

describe('a secret', () => {
  test('is masked wherever it stands', () => {
    assert.equal(maskSensitive('key sk_live_abcdefghijk!'), 'key sk_live_****!');
    assert.equal(maskSensitive('pi_3Abc_secret_xyzxyzxyz'), 'pi_3Abc_secret_****');
    assert.equal(maskSensitive('whsec_abcdefghijk'), 'whsec_****');
  });

  test('that is a key keeps its kind and its last four letters', () => {
    assert.equal(maskKey('sk_test_0123456789abcd'), 'sk_test_****abcd');
    assert.equal(maskKey('short'), '****');
    assert.equal(maskKey('x'.repeat(10_000)), `****xxxx`);
    assert.equal(maskKey('\r\nSet-Cookie: a=b; and so on'), '****');
  });
});

test('what an error repeats is short and holds no card number at the cut', () => {
  const shown = echo(`${'a'.repeat(50)}4242424242424242${'b'.repeat(500)}`);
  assert.ok(shown.length <= 100);
  assert.doesNotMatch(shown, /42424/);
});

test('what is cut for show is cut between characters, never in the middle of an emoji', () => {
  assert.equal(beginningOf('ab😀', 3), 'ab');
  assert.equal(beginningOf('ab😀', 4), 'ab😀');
  for (const before of ['', 'a']) {
    const shown = echo(`${before}${'😀'.repeat(600)}${before}`);
    assert.equal(shown.isWellFormed(), true, shown);
    assert.match(shown, /^a?😀{29,30}\.\.\.😀{9,10}a?$/u);
  }
});
