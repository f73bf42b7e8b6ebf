// Amounts and currencies of every shape: taken to the last unit, or refused with the reason, and never an
// error of ours. What counts as one unit is written here from the documentation and not from the code.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { runs, seed } from '../support/full.ts';
import { openShop } from '../support/payments.ts';

const PAYMENTS = runs(400, 1_000_000);
const AT_ONCE = 16;

const { gateway, bank, merchant } = await openShop();
const { ask } = gateway;

const threeDecimals = ['bhd', 'iqd', 'jod', 'kwd', 'lyd', 'omr', 'tnd'];
const hundreds = ['isk', 'ugx'];
const ordinary =
  `usd eur gbp chf sek jpy krw vnd clp xaf huf inr brl mxn zar aed twd idr cop`.split(' ');

const stepOf = (currency: string): bigint => {
  if (threeDecimals.includes(currency)) return 10n;
  return hundreds.includes(currency) ? 100n : 1n;
};

const good = fc.bigInt({ min: 20_000n, max: 99_999_000n });
const amounts = fc.oneof(
  { weight: 6, arbitrary: good.map(String) },
  { weight: 2, arbitrary: fc.bigInt({ min: -10n, max: 2_000n }).map(String) },
  { weight: 1, arbitrary: fc.bigInt({ min: 0n, max: 10n ** 30n }).map(String) },
  {
    weight: 2,
    arbitrary: fc.constantFrom(
      '',
      '0',
      '-0',
      '00100',
      '+100',
      '1.0',
      '10.50',
      '1e3',
      '0x64',
      'NaN',
      'Infinity',
      '٣٠٠',
      '100 ',
      '9007199254740991',
      '9007199254740993',
      '9223372036854775807',
      '9223372036854775808',
      '1,000',
    ),
  },
);
const currencies = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom(...ordinary, ...threeDecimals, ...hundreds) },
  {
    weight: 1,
    arbitrary: fc.constantFrom('USD', 'Eur', 'xxx', 'xts', 'us', 'euro', '', '€', 'btc', '978'),
  },
);

const pay = async (amount: string, currency: string): Promise<'paid' | 'refused'> => {
  const form = new URLSearchParams({
    amount,
    currency,
    confirm: 'true',
    payment_method: 'pm_card_visa',
    'metadata[asked]': `${amount} ${currency}`,
  }).toString();
  const { status, text, body } = await ask('POST', '/v1/payment_intents', {
    key: merchant.key,
    form,
  });
  const told = `${JSON.stringify(amount)} ${JSON.stringify(currency)}, seed ${seed}: ${text}`;
  if (status === 400) {
    assert.equal(body.error.type, 'invalid_request_error', told);
    assert.ok(['amount', 'currency'].includes(body.error.param), told);
    return 'refused';
  }
  assert.equal(status, 200, told);
  assert.match(amount, /^0*[1-9]\d*$/, told);
  const asked = BigInt(amount);
  assert.equal(body.status, 'succeeded', told);
  assert.equal(body.currency, currency.toLowerCase(), told);
  assert.equal(BigInt(body.amount), asked, told);
  assert.equal(BigInt(body.amount_received), asked, told);
  assert.equal(asked % stepOf(body.currency), 0n, told);
  return 'paid';
};

test(`${PAYMENTS} generated amounts are taken as they are, or refused`, async () => {
  const asked = fc.sample(fc.tuple(amounts, currencies), { numRuns: PAYMENTS, seed });
  const counted = { paid: 0, refused: 0 };
  let paid = 0n;
  for (let from = 0; from < asked.length; from += AT_ONCE) {
    const batch = asked.slice(from, from + AT_ONCE);
    const ends = await Promise.all(batch.map(([amount, currency]) => pay(amount, currency)));
    for (const [n, end] of ends.entries()) {
      counted[end] += 1;
      if (end === 'paid') paid += BigInt(batch[n]?.[0] ?? 0);
    }
  }
  assert.ok(counted.paid > 0 && counted.refused > 0, JSON.stringify(counted));
  const booked = [...bank.book.values()];
  assert.equal(booked.length, counted.paid);
  assert.equal(
    booked.reduce((sum, { captured }) => sum + captured, 0n),
    paid,
  );
});
