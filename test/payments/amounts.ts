// Generated amounts and currencies, asked of a gateway whose bank keeps its book in memory. What counts as one
// unit is written here from the documentation and not from the code.

import assert from 'node:assert/strict';
import fc from 'fast-check';
import { atOnce } from '../support/at-once.ts';
import { openShop } from '../support/payments.ts';

const AT_ONCE = 64;
const BLOCK = 10_000;

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

export type Counted = { readonly paid: number; readonly refused: number };

export const open = async () => {
  const { gateway, bank, merchant } = await openShop();

  /** What was paid, or undefined for a refusal with its reason. */
  const pay = async (
    amount: string,
    currency: string,
    seed: number,
  ): Promise<bigint | undefined> => {
    const form = new URLSearchParams({
      amount,
      currency,
      confirm: 'true',
      payment_method: 'pm_card_visa',
      'metadata[asked]': `${amount} ${currency}`,
    }).toString();
    const { status, text, body } = await gateway.ask('POST', '/v1/payment_intents', {
      key: merchant.key,
      form,
    });
    const told = () =>
      `${JSON.stringify(amount)} ${JSON.stringify(currency)}, TEST_SEED=${seed}: ${text}`;
    const hold = (isTrue: boolean): void => assert.ok(isTrue, isTrue ? '' : told());
    if (status === 400) {
      hold(body.error.type === 'invalid_request_error');
      hold(['amount', 'currency'].includes(body.error.param));
      return undefined;
    }
    hold(status === 200);
    hold(/^0*[1-9]\d*$/.test(amount));
    const asked = BigInt(amount);
    hold(body.status === 'succeeded');
    hold(body.currency === currency.toLowerCase());
    hold(BigInt(body.amount) === asked);
    hold(BigInt(body.amount_received) === asked);
    hold(asked % stepOf(body.currency) === 0n);
    return asked;
  };

  /** In blocks, each with the seed after that of the last: a fault is found again with its block alone. */
  const payAll = async (input: { readonly count: number; readonly seed: number }) => {
    const counted = { paid: 0, refused: 0 };
    let paid = 0n;
    for (let from = 0; from < input.count; from += BLOCK) {
      const seed = input.seed + from / BLOCK;
      const numRuns = Math.min(BLOCK, input.count - from);
      const asked = fc.sample(fc.tuple(amounts, currencies), { numRuns, seed });
      await atOnce(asked.length, AT_ONCE, async (index) => {
        const [amount = '', currency = ''] = asked[index] ?? [];
        const taken = await pay(amount, currency, seed);
        counted[taken === undefined ? 'refused' : 'paid'] += 1;
        paid += taken ?? 0n;
      });
    }
    const booked = [...bank.book.values()];
    assert.equal(booked.length, counted.paid);
    assert.equal(
      booked.reduce((sum, { captured }) => sum + captured, 0n),
      paid,
    );
    return counted satisfies Counted;
  };

  return { payAll };
};

export type AmountsSide = Awaited<ReturnType<typeof open>>;
