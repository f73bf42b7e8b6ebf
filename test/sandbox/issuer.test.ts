// What the issuers decide, as tables.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  complete,
  expire,
  increment,
  opening,
  refund,
  reverse,
  withChange,
} from '../../sandbox/issuer/approval.ts';
import {
  type AccountView,
  type Asked,
  authorize,
  standIn,
} from '../../sandbox/issuer/authorize.ts';
import { cardByNumber, testCards } from '../../sandbox/issuer/test-cards.ts';
import { networkOf } from '../../sandbox/networks/networks.ts';
import { testCards as documented } from '../../src/cards/bins/test-cards.ts';
import { anApproval } from './support/issuer.ts';

const now = Date.parse('2026-11-20T12:00:00Z');
const asked = (more: Partial<Asked> = {}): Asked => ({
  amountMinor: 5_000n,
  expiry: '3012',
  isAuthenticated: false,
  initiatedBy: 'cardholder',
  isOnFile: false,
  ...more,
});
const rich: AccountView = {
  availableMinor: 1_000_000n,
  approvedToday: 0,
  limits: { amountMinor: null, countPerDay: null },
};
const cardOf = (number: string) => cardByNumber(number) ?? assert.fail(`${number} is not known`);
const codeOf = (number: string, more: Partial<Asked> = {}, account = rich) =>
  authorize(cardOf(number), account, asked(more), now).code;

describe('test cards', () => {
  test('every documented card is given out by an issuer of this world, by its own network', () => {
    for (const { number, brand, funding, country } of documented) {
      const known = cardOf(number);
      assert.deepEqual(
        {
          network: known.network as string,
          funding: known.funding as string,
          country: known.country,
        },
        { network: brand, funding, country },
        number,
      );
    }
    assert.equal(testCards.length, documented.length);
    assert.equal(new Set(testCards.map(({ number }) => number)).size, testCards.length);
  });

  const table: readonly (readonly [
    name: string,
    number: string,
    more: Partial<Asked>,
    code: string,
  ])[] = [
    ['an ordinary card', '4242424242424242', {}, '00'],
    ['an ordinary card that is only verified', '4242424242424242', { amountMinor: 0n }, '85'],
    ['an ordinary card in the past', '4242424242424242', { expiry: '2610' }, '54'],
    ['an ordinary card in its last month', '4242424242424242', { expiry: '2611' }, '00'],
    ['an ordinary card without a date', '4242424242424242', { expiry: undefined as never }, '00'],
    ['a CVC of a wrong length', '4242424242424242', { cvc: '1234' }, 'N7'],
    ['American Express with four digits', '378282246310005', { cvc: '1234' }, '00'],
    ['declined', '4000000000000002', {}, '05'],
    ['declined when only verified', '4000000000000002', { amountMinor: 0n }, '05'],
    ['insufficient funds', '4000000000009995', {}, '51'],
    ['lost', '4000000000009987', {}, '41'],
    ['stolen', '4000000000009979', {}, '43'],
    ['velocity', '4000000000006975', {}, '61'],
    ['expired', '4000000000000069', {}, '54'],
    ['incorrect CVC with one', '4000000000000127', { cvc: '123' }, 'N7'],
    ['incorrect CVC without one', '4000000000000127', {}, '00'],
    ['processing error', '4000000000000119', {}, '30'],
    ['fails when charged', '4000000000000341', {}, '05'],
    ['blocked', '4100000000000019', {}, '59'],
    ['failing CVC check is only told', '4000000000000101', { cvc: '123' }, '00'],
    ['authentication required', '4000002760003184', {}, '1A'],
    ['authentication required, off session', '4000002760003184', { initiatedBy: 'merchant' }, '1A'],
    ['authentication required, done', '4000002760003184', { isAuthenticated: true }, '00'],
    ['set up, on session', '4000002500003155', {}, '1A'],
    ['set up, on session again', '4000002500003155', { isOnFile: true }, '1A'],
    ['set up, off session', '4000002500003155', { initiatedBy: 'merchant', isOnFile: true }, '00'],
    ['not set up, off session', '4000002500003155', { initiatedBy: 'merchant' }, '1A'],
    ['authenticated, then no funds', '4000008260003178', { isAuthenticated: true }, '51'],
    ['authenticated, then declined', '4000008400001629', { isAuthenticated: true }, '05'],
    ['authentication is optional', '4000000000003055', {}, '00'],
  ];
  for (const [name, number, more, code] of table) {
    test(`${name}: ${code}`, () => assert.equal(codeOf(number, more), code));
  }

  const claims: readonly (readonly [
    name: string,
    claim: string,
    more: Partial<Asked> & { readonly currency?: string },
    code: string,
  ])[] = [
    ['low value', 'LV', { amountMinor: 3_000n }, '00'],
    ['low value of too much', 'LV', { amountMinor: 3_001n }, '1A'],
    ['low value, proven all the same', 'LV', { amountMinor: 3_001n, isAuthenticated: true }, '00'],
    ['low value in dollars', 'LV', { amountMinor: 1n, currency: '840' }, '1A'],
    ['low value without the holder', 'LV', { amountMinor: 1n, initiatedBy: 'merchant' }, '1A'],
    ['risk analysis', 'RA', { amountMinor: 50_000n }, '00'],
    ['risk analysis of too much', 'RA', { amountMinor: 50_001n }, '1A'],
    ["a merchant's own charge", 'MI', { initiatedBy: 'merchant' }, '00'],
    ["a merchant's own charge by the holder", 'MI', {}, '1A'],
    ['one of a series', 'RE', { initiatedBy: 'merchant' }, '00'],
    ['one of a series by the holder', 'RE', {}, '1A'],
    ['nothing that is known', 'XX', {}, '1A'],
  ];
  for (const [name, claim, { currency = '978', ...more }, code] of claims) {
    test(`claimed exempt as ${name}: ${code}`, () => {
      const exemption = { code: claim, currency };
      assert.equal(codeOf('4000002760000016', { ...more, exemption }), code);
    });
  }

  test('a claim frees no card whose bank always asks', () => {
    const exemption = { code: 'LV', currency: '978' };
    assert.equal(codeOf('4000002760003184', { amountMinor: 1n, exemption }), '1A');
  });

  test('addresses are checked as the card says, and only where one is given', () => {
    const checks = (number: string, more: Partial<Asked>) => {
      const { addressLine, postalCode } = authorize(cardOf(number), rich, asked(more), now).checks;
      return addressLine + postalCode;
    };
    const given = { addressLine: '1 Main Street', postalCode: '12345' };
    assert.equal(checks('4242424242424242', given), 'YY');
    assert.equal(checks('4242424242424242', {}), 'PP');
    assert.equal(checks('4000000000000036', given), 'YN');
    assert.equal(checks('4000000000000028', given), 'NY');
    assert.equal(checks('4000000000000010', given), 'NN');
    assert.equal(checks('4000000000000044', given), 'UU');
    assert.equal(checks('4000000000000010', { postalCode: '12345' }), 'PN');
  });

  test('limits and funds decide last', () => {
    const poor = { ...rich, availableMinor: 4_999n };
    const limited = { ...rich, limits: { amountMinor: 4_999n, countPerDay: null } };
    const often = { ...rich, approvedToday: 3, limits: { amountMinor: null, countPerDay: 3 } };
    assert.equal(codeOf('4242424242424242', {}, poor), '51');
    assert.equal(codeOf('4242424242424242', {}, limited), '61');
    assert.equal(codeOf('4242424242424242', {}, often), '65');
    assert.equal(codeOf('4000000000009987', {}, poor), '41');
  });

  test('a network stands in for small amounts of cards it has not stopped', () => {
    const code = (number: string, more: Partial<Asked> = {}) =>
      standIn(cardOf(number), asked(more), now).code;
    assert.equal(code('4242424242424242'), '00');
    assert.equal(code('4242424242424242', { amountMinor: 5_001n }), '91');
    assert.equal(code('4242424242424242', { expiry: '2001' }), '54');
    assert.equal(code('4000000000009987'), '41');
  });
});

test('networks route by the longest prefix', () => {
  assert.equal(networkOf('4242424242424242'), 'visa');
  assert.equal(networkOf('6521000000000000'), 'rupay');
  assert.equal(networkOf('6511000000000000'), 'discover');
  assert.equal(networkOf('2720990000000000'), 'mastercard');
  assert.equal(networkOf('2721000000000000'), undefined);
  assert.equal(networkOf('9'), undefined);
});

describe('an approval', () => {
  const held = anApproval('authorization', 1_000n);
  const bought = anApproval('purchase', 1_000n);
  const last = (amountMinor: bigint) => ({ amountMinor, isLast: true });
  const more = (amountMinor: bigint) => ({ amountMinor, isLast: false });
  const after = (changed: ReturnType<typeof complete>, approval = held) =>
    changed.ok ? withChange(approval, changed.change) : assert.fail(changed.code);
  const codeOf = (changed: ReturnType<typeof complete>) => (changed.ok ? '00' : changed.code);
  const gone = after(reverse(held, opening('authorization', 1_000n), 'opening'));

  test('is captured up to what is held, once or in parts', () => {
    assert.equal(codeOf(complete(held, last(1_001n))), '64');
    assert.deepEqual(
      [after(complete(held, last(400n)))].map((a) => [a.state, a.heldMinor, a.capturedMinor]),
      [['captured', 0n, 400n]],
    );
    const part = after(complete(held, more(400n)));
    assert.deepEqual([part.state, part.heldMinor, part.capturedMinor], ['held', 600n, 400n]);
    assert.equal(codeOf(complete(part, more(601n))), '64');
    assert.equal(after(complete(part, last(0n)), part).state, 'captured');
    assert.equal(codeOf(complete(part, more(0n))), '13');
  });

  test('is reversed once, and nothing follows', () => {
    assert.equal(gone.state, 'reversed');
    assert.equal(gone.heldMinor, 0n);
    assert.equal(codeOf(complete(gone, last(1n))), '79');
    assert.equal(codeOf(refund(gone, 1n)), '79');
    assert.equal(codeOf(reverse(gone, opening('authorization', 1_000n), 'opening')), '79');
  });

  test('is not reversed under what stands on it', () => {
    const taken = after(complete(held, last(400n)));
    assert.equal(codeOf(reverse(taken, opening('authorization', 1_000n), 'opening')), '79');
    const refunded = after(refund(bought, 1n), bought);
    assert.equal(codeOf(reverse(refunded, opening('purchase', 1_000n), 'opening')), '79');
  });

  test('is let go to what was taken of it', () => {
    const part = after(complete(held, more(400n)));
    const rest = after(reverse(part, opening('authorization', 1_000n), 'opening'), part);
    assert.deepEqual([rest.state, rest.heldMinor, rest.capturedMinor], ['captured', 0n, 400n]);
  });

  test('is raised, and let go whole', () => {
    const raised = after(increment(held, 500n));
    assert.deepEqual([raised.heldMinor, raised.approvedMinor], [1_500n, 1_500n]);
    assert.equal(codeOf(complete(raised, last(1_500n))), '00');
    const gone = after(reverse(raised, opening('authorization', 1_000n), 'opening'), raised);
    assert.deepEqual([gone.state, gone.heldMinor], ['reversed', 0n]);
    const part = after(complete(held, more(400n)));
    assert.equal(codeOf(increment(part, 1n)), '84');
  });

  test('has nothing to take back of what raised it, once it has ended by itself', () => {
    const raise = increment(held, 500n);
    const made = raise.ok ? raise.change : assert.fail();
    const raised = after(raise);
    const ended = withChange(raised, expire(raised));
    const back = after(reverse(ended, made, 'later'), ended);
    assert.deepEqual([back.state, back.heldMinor], ['expired', 0n]);
  });

  test('a completion taken back leaves the hold as it was', () => {
    const completed = complete(held, last(400n));
    const made = completed.ok ? completed.change : assert.fail();
    const back = after(reverse(after(completed), made, 'later'), after(completed));
    assert.deepEqual([back.state, back.heldMinor, back.capturedMinor], ['held', 1_000n, 0n]);
  });

  test('is refunded up to what was captured', () => {
    assert.equal(codeOf(refund(held, 1n)), '84');
    assert.equal(codeOf(refund(bought, 1_001n)), '64');
    const part = after(refund(bought, 400n), bought);
    assert.equal(codeOf(refund(part, 600n)), '00');
    assert.equal(codeOf(refund(part, 601n)), '64');
  });
});
