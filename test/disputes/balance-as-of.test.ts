// A shop lives for some weeks: it is paid, captures parts, gives back, is contested, wins and loses, in several
// currencies. The balance that it was shown at each moment is what it is shown as of that moment for ever, and what
// lies between two of them is what the balance transactions of the time between add up to.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type Stripe from 'stripe';
import { asOwner } from '../../src/for-tests.ts';
import { seededPick } from '../../src/kit/iso8583/for-tests.ts';
import { openContested, type Paid } from './support.ts';

const { gateway, merchant, stripe, pay, disputeOf, until } = await openContested({
  movableClock: true,
});
const { key } = merchant;
const DAY = 86_400;

type Amounts = readonly { readonly amount: number; readonly currency: string }[];
type Balance = { readonly available: Amounts; readonly pending: Amounts };
type Remembered = { readonly second: number; readonly balance: Balance; readonly text: string };

const secondNow = (): number => Math.floor(gateway.context.clock.now() / 1000);

const advance = async (seconds: number): Promise<void> => {
  const form = `advance=${seconds}`;
  const { status, text } = await gateway.ask('POST', '/v1/test_helpers/clock', { key, form });
  assert.equal(status, 200, text);
};

const ask = async (query = '') => gateway.ask('GET', `/v1/balance${query}`, { key });

/** What is shown in a second after which nothing more of it came: else it is looked at again. */
const remember = (): Promise<Remembered> =>
  until(async () => {
    const { body: balance, text } = await ask();
    const second = secondNow();
    await advance(2);
    return (await ask()).text === text ? { second, balance, text } : undefined;
  });

const amountOf = (currency: string, pick: (limit: number) => number): number =>
  currency === 'kwd' ? 1_000 + 10 * pick(900) : 1_000 + pick(9_000);

const evidences = ['winning_evidence', 'losing_evidence'] as const;

const liveFor = async (steps: number, seed: number): Promise<readonly Remembered[]> => {
  const pick = seededPick(seed);
  const any = <T>(of: readonly T[]): T => of[pick(of.length)] as T;
  const paid: Paid[] = [];
  let contested = 0;
  const acts: readonly (() => Promise<unknown>)[] = [
    async () => {
      const currency = any(['eur', 'usd', 'jpy', 'kwd']);
      paid.push(await pay('pm_card_visa', { currency, amount: amountOf(currency, pick) }));
    },
    async () => {
      const currency = any(['eur', 'jpy']);
      const held = await pay('pm_card_visa', { currency, amount: 9_000, capture_method: 'manual' });
      await advance(any([1, 3_600]));
      await stripe.paymentIntents.capture(held.intent.id, { amount_to_capture: 4_321 });
    },
    async () => {
      if (paid.length === 0) return;
      const { charge } = any(paid);
      const { amount, amount_refunded: given, currency } = await stripe.charges.retrieve(charge);
      const part = currency === 'kwd' ? 100 : 123;
      if (given + part <= amount) await stripe.refunds.create({ charge, amount: part });
    },
    async () => {
      const one = await pay('pm_card_createDispute', { currency: any(['eur', 'usd']) });
      await advance(5);
      const { id } = await disputeOf(one, 'needs_response');
      // Of two that follow each other one is won and one is lost.
      const words = evidences[contested++ % 2] ?? 'winning_evidence';
      await stripe.disputes.update(id, { evidence: { uncategorized_text: words } });
      // Decided some hours after the bank has heard it, which takes what it takes.
      await until(async () => {
        await advance(6 * 3_600);
        const { status } = await stripe.disputes.retrieve(id);
        return ['won', 'lost'].includes(status) ? status : undefined;
      });
    },
    () => advance(any([1, 600, 7 * 3_600, DAY, 3 * DAY])),
  ];
  const remembered = [await remember()];
  for (let n = 0; n < steps; n += 1) {
    await (acts[n] ?? any(acts))();
    remembered.push(await remember());
  }
  return remembered;
};

const sumsOf = (amounts: Amounts): ReadonlyMap<string, number> => {
  const sums = new Map<string, number>();
  for (const { currency, amount } of amounts) {
    sums.set(currency, (sums.get(currency) ?? 0) + amount);
  }
  return new Map(
    [...sums].filter(([, sum]) => sum !== 0).toSorted(([one], [other]) => (one < other ? -1 : 1)),
  );
};
const ofTransactions = (all: readonly Stripe.BalanceTransaction[]) =>
  sumsOf(all.map(({ currency, net }) => ({ currency, amount: net })));
const less = (amounts: Amounts): Amounts =>
  amounts.map(({ currency, amount }) => ({ currency, amount: -amount }));
const heldIn = ({ available, pending }: Balance): Amounts => [...available, ...pending];

const transactions = async (created: Stripe.RangeQueryParam) => {
  const all: Stripe.BalanceTransaction[] = [];
  for await (const each of stripe.balanceTransactions.list({ created, limit: 100 })) all.push(each);
  return all;
};

const beganAt = secondNow();
const remembered = await liveFor(26, 20_261_130);

describe('the balance as of a moment', () => {
  test('is what was shown then', async () => {
    for (const { second, text } of remembered) {
      const asked = await ask(`?as_of=${second}`);
      assert.equal(asked.status, 200, asked.text);
      const { as_of, ...balance } = asked.body;
      assert.equal(as_of, second);
      assert.deepEqual(balance, JSON.parse(text));
    }
    const currencies = heldIn(remembered.at(-1)?.balance as Balance).map(
      ({ currency }) => currency,
    );
    assert.deepEqual([...new Set(currencies)], ['eur', 'jpy', 'kwd', 'usd']);
  });

  test('differs from that of another by the balance transactions between them', async () => {
    for (const [place, { second, balance }] of remembered.entries()) {
      const from = remembered[Math.max(0, place - 1 - (place % 3))] as Remembered;
      const between = await transactions({ gt: from.second, lte: second });
      const difference = sumsOf([...heldIn(balance), ...less(heldIn(from.balance))]);
      assert.deepEqual(difference, ofTransactions(between), `${from.second} to ${second}`);
    }
  });

  test('is available as far as balance transactions were by then', async () => {
    const all = await transactions({ gte: 0 });
    for (const type of ['charge', 'refund', 'adjustment'])
      assert.ok(all.some((each) => each.type === type));
    assert.ok(all.some(({ reporting_category: category }) => category === 'dispute_reversal'));
    for (const { second, balance } of remembered) {
      const byThen = all.filter(({ created }) => created <= second);
      const due = byThen.filter(({ available_on: on }) => on <= second);
      assert.deepEqual(sumsOf(balance.available), ofTransactions(due));
      const waiting = byThen.filter(({ available_on: on }) => on > second);
      assert.deepEqual(sumsOf(balance.pending), ofTransactions(waiting));
    }
    assert.ok(remembered.some(({ balance }) => sumsOf(balance.pending).size > 0));
  });

  test('is what the entries of the books add up to', async () => {
    for (const { second, balance } of remembered) {
      const sums = await asOwner(
        gateway.on,
        `select currency, (-sum(amount))::float8 as amount
           from books.entries, unnest(accounts, amounts) as posting(account, amount)
          where account in (2, 3) and posted_at < to_timestamp(${second + 1}) group by currency`,
      );
      assert.deepEqual(sumsOf(sums as unknown as Amounts), sumsOf(heldIn(balance)));
    }
  });

  test('of before anything moved is nothing', async () => {
    const nothing = [{ amount: 0, currency: 'usd', source_types: { card: 0 } }];
    for (const second of [0, 1, beganAt - DAY]) {
      assert.deepEqual((await ask(`?as_of=${second}`)).body, {
        object: 'balance',
        as_of: second,
        available: nothing,
        livemode: false,
        pending: nothing,
      });
    }
  });

  test('is not known of a moment that has not been, by the clock of the installation', async () => {
    const present = await ask(`?as_of=${secondNow()}`);
    assert.equal(present.status, 200);
    for (const second of [secondNow() + 100, 253_402_300_799]) {
      const { status, body } = await ask(`?as_of=${second}`);
      assert.deepEqual([status, body.error.param], [400, 'as_of']);
      assert.match(body.error.message, /^Nobody knows yet .* Ask for a second that has been/);
    }
    // Milliseconds, a day, nothing, and what is before time began.
    for (const wrong of [String(Date.now()), '2026-11-30', '', '-1']) {
      const { status, body } = await ask(`?as_of=${wrong}`);
      assert.deepEqual([status, body.error.param], [400, 'as_of'], wrong);
    }
  });
});
