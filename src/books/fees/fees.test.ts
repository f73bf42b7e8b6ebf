import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  type FeeFacts,
  feeOf,
  listFeeRules,
  loadFeeRules,
  STANDARD_FEES,
  setFeeRules,
  withdrawFeeRules,
} from '#books/fees';
import { asOwner, testAccount, testContext } from '../../for-tests.ts';
import { manualClock } from '../../kit/context/for-tests.ts';
import { insertWithdrawal } from './fee-rules.store.ts';
import type { FeeRule } from './fee-rules.ts';

const payment: FeeFacts = { occasion: 'payment', amount: 10_000n, currency: 'usd', method: 'card' };

describe('the standard fee', () => {
  const table: readonly (readonly [bigint, string, bigint])[] = [
    [10_000n, 'usd', 320n],
    [50n, 'usd', 31n],
    // 2.9 % of 2.50 is 7.25 cents; of 1.50, 4.35; of 50.00, 145 exactly.
    [250n, 'usd', 37n],
    [150n, 'usd', 34n],
    [5_000n, 'usd', 175n],
    // 2.9 % of 5.00 is 14.5 cents: half a cent goes up.
    [500n, 'usd', 45n],
    [10_000n, 'eur', 315n],
    [10_000n, 'gbp', 310n],
    [10_000n, 'jpy', 290n],
    [10_000n, 'kwd', 590n],
    [10_000n, 'inr', 320n],
    [10_000n, 'krw', 290n],
    [99_999_999n, 'usd', 2_900_030n],
  ];
  for (const [amount, currency, fee] of table) {
    test(`of ${amount} ${currency} is ${fee}`, () =>
      assert.equal(feeOf(STANDARD_FEES, { ...payment, amount, currency }).amount, fee));
  }

  // Of a currency that is not named it is said in hundredths of its unit, and taken in the units that it has.
  const ofDispute: readonly (readonly [string, bigint])[] = [
    ['usd', 1_500n],
    ['inr', 1_500n],
    ['jpy', 1_300n],
    ['krw', 15n],
    ['kwd', 15_000n],
    ['bhd', 15_000n],
    // Which ISO 4217 counts without decimals, and the API with two; and the other way round.
    ['isk', 1_500n],
    ['mga', 15n],
  ];
  for (const [currency, amount] of ofDispute) {
    test(`of a dispute is ${amount} ${currency}`, () =>
      assert.equal(
        feeOf(STANDARD_FEES, { ...payment, currency, occasion: 'dispute' }).amount,
        amount,
      ));
  }

  test('of a dispute is fixed, and a refund costs nothing', () => {
    assert.equal(feeOf(STANDARD_FEES, { ...payment, occasion: 'dispute' }).amount, 1_500n);
    const refund = feeOf(STANDARD_FEES, { ...payment, occasion: 'refund' });
    assert.deepEqual(refund, { amount: 0n, details: [], version: 0 });
  });
});

const rule = (changes: Partial<FeeRule>): FeeRule => ({
  group: 'processing',
  description: 'Processing',
  occasion: 'payment',
  ...changes,
});
const passed = rule({
  passThrough: true,
  interchangePpm: { credit: 3_000, debit: 2_000 },
  schemePpm: 1_200,
  ratePpm: 4_000,
  minimum: { usd: 30, jpy: 50, kwd: 100 },
});
const fee = (rules: readonly FeeRule[], facts: Partial<FeeFacts> = {}) =>
  feeOf({ version: 4, rules }, { ...payment, ...facts });

describe('a set of rules', () => {
  const byOrigin = [
    rule({ home: 'DE', when: { origins: ['domestic'] }, ratePpm: 14_000 }),
    rule({ home: 'DE', when: { origins: ['region'], brands: ['amex'] }, ratePpm: 29_000 }),
    rule({ home: 'DE', when: { origins: ['region'] }, ratePpm: 25_000 }),
    rule({ ratePpm: 32_500 }),
    rule({
      group: 'exotic',
      description: 'Exotic',
      when: { currencies: ['thb'] },
      ratePpm: 20_000,
    }),
  ];
  const table: readonly (readonly [string, Partial<FeeFacts>, bigint])[] = [
    ['a domestic card', { country: 'DE' }, 140n],
    ['a card of the region', { country: 'NO', brand: 'visa' }, 250n],
    ['an American Express card of the region', { country: 'AT', brand: 'amex' }, 290n],
    ['a card from abroad', { country: 'GB' }, 325n],
    ['a card of which nothing is known', {}, 325n],
    ['a currency with a surcharge', { country: 'DE', currency: 'thb' }, 340n],
  ];
  for (const [what, facts, expected] of table) {
    test(`for ${what}`, () => assert.equal(fee(byOrigin, facts).amount, expected));
  }

  test('has a smallest and a largest fee', () => {
    const rules = [rule({ ratePpm: 8_000, minimum: { usd: 50 }, maximum: { usd: 500 } })];
    assert.equal(fee(rules, { amount: 100n }).amount, 50n);
    assert.equal(fee(rules, { amount: 10_000n }).amount, 80n);
    assert.equal(fee(rules, { amount: 10_000_000n }).amount, 500n);
  });

  const parts: readonly (readonly [Partial<FeeFacts>, readonly bigint[]])[] = [
    [{ funding: 'credit' }, [30n, 12n, 40n]],
    [{ funding: 'debit' }, [20n, 12n, 40n]],
    // What kind of card it is nobody knows: the dearest.
    [{ funding: 'unknown' }, [30n, 12n, 40n]],
    [{}, [30n, 12n, 40n]],
    // The smallest fee is of what is kept here, and what is passed on comes on top.
    [{ funding: 'debit', amount: 1_000n }, [2n, 1n, 30n]],
    [{ funding: 'debit', amount: 1_250n, currency: 'jpy' }, [3n, 2n, 50n]],
    [{ funding: 'debit', amount: 12_340n, currency: 'kwd' }, [25n, 15n, 100n]],
    [{ funding: 'debit', amount: 100n }, [30n]],
  ];
  for (const [facts, amounts] of parts) {
    const { amount = payment.amount, currency = 'usd', funding = 'nothing' } = facts;
    test(`passes on interchange and scheme fees of ${amount} ${currency} by ${funding}, each shown`, () => {
      const found = fee([passed], facts);
      assert.deepEqual(
        found.details.map(({ amount }) => BigInt(amount)),
        amounts,
      );
      assert.equal(
        found.amount,
        amounts.reduce((sum, each) => sum + each, 0n),
      );
    });
  }

  test('names what is passed on', () => {
    assert.deepEqual(
      fee([passed]).details.map(({ type, description }) => [type, description]),
      [
        ['payment_method_passthrough_fee', 'Interchange'],
        ['payment_method_passthrough_fee', 'Scheme fees'],
        ['stripe_fee', 'Processing'],
      ],
    );
  });

  test('rounds as it says', () => {
    const by = (rounding: NonNullable<FeeRule['rounding']>) =>
      fee([rule({ ratePpm: 29_000, rounding })], { amount: 500n }).amount;
    assert.deepEqual([by('half_up'), by('half_even'), by('up'), by('down')], [15n, 14n, 15n, 14n]);
  });
});

describe('rules of a merchant', async () => {
  const clock = manualClock();
  const context = await testContext({ clock });
  const rules = [rule({ ratePpm: 10_000 })];
  const known = { methods: ['card', 'sepa_debit'], brands: ['visa', 'amex', 'unknown'] };

  test('are the standard ones until others are set, and then from their moment on', async () => {
    const scope = await testAccount(context);
    assert.deepEqual(await loadFeeRules(context, scope), STANDARD_FEES);
    const validFromMs = clock.now() + 60_000;
    assert.deepEqual(await setFeeRules(context, scope, { rules, known, validFromMs }), {
      ok: true,
      version: 1,
      validFromMs,
    });
    clock.advance(59_999);
    assert.equal((await loadFeeRules(context, scope)).version, 0);
    clock.advance(5_000);
    assert.deepEqual(await loadFeeRules(context, scope), { version: 1, rules });
    assert.equal((await loadFeeRules(context, { ...scope, livemode: true })).version, 0);
    await assert.rejects(asOwner(context.on, 'delete from books.fee_rules'), /append-only/);
  });

  test('that were asked for before the provider was are asked for again when it took its time', async () => {
    const scope = await testAccount(context);
    assert.equal((await loadFeeRules(context, scope)).version, 0);
    await setFeeRules(context, scope, { rules, known, validFromMs: clock.now() });
    clock.advance(1_999);
    assert.equal((await loadFeeRules(context, scope)).version, 0);
    clock.advance(1);
    assert.equal((await loadFeeRules(context, scope)).version, 1);
  });

  test('are not remembered where they could not be read', async () => {
    const scope = await testAccount(context);
    const { database } = context;
    let isAway = true;
    const read: typeof database.read = (...asked) =>
      isAway ? Promise.reject(new Error('away')) : database.read(...asked);
    const shaky = { ...context, database: { ...database, pool: database.pool, read } };
    await assert.rejects(loadFeeRules(shaky, scope), /away/);
    isAway = false;
    assert.deepEqual(await loadFeeRules(shaky, scope), STANDARD_FEES);
  });

  test('set by two at once are two versions', async () => {
    const scope = await testAccount(context);
    const set = () => setFeeRules(context, scope, { rules, known });
    const versions = (await Promise.all([set(), set(), set()])).map(
      (each) => each.ok && each.version,
    );
    assert.deepEqual(new Set(versions), new Set([1, 2, 3]));
  });

  const refused: readonly (readonly [unknown, RegExp])[] = [
    [{}, /are a list/],
    [[7], /Rule 1 is no rule: it is an object with group/],
    [[{ group: 'a', description: 'b' }], /has no occasion: it is one of payment, refund/],
    [
      [rule({}), { ...rule({}), percent: 3 }],
      /Rule 2 has the unknown field percent: there are group, /,
    ],
    [[{ ...rule({}), ratePpm: 2.9 }], /a ratePpm that cannot be: .* 2\.9 % is 29000/],
    [
      [{ ...rule({}), fixed: { usd: -1 } }],
      /a fixed that cannot be: .* a whole number, zero or more/,
    ],
    [
      [{ ...rule({}), fixed: { xyz: 1 } }],
      /a fixed that cannot be: .* a currency in small letters/,
    ],
    [
      [{ ...rule({}), when: { origin: ['domestic'] } }],
      /unknown field when\.origin: there are methods, /,
    ],
    [[{ ...rule({}), when: { constructor: ['domestic'] } }], /unknown field when\.constructor/],
    [[{ ...rule({}), when: { origins: ['abroad'] } }], /a when\.origins that .* one of domestic, /],
    [[{ ...rule({}), when: { origins: ['domestic'] } }], /add home, the country of the merchant/],
    [[{ ...rule({}), home: 'Germany' }], /a home that cannot be: .* as in DE/],
    [
      [{ ...rule({}), occasion: ['refund'] }],
      /an? occasion that cannot be: it is one of payment, /,
    ],
    [[{ ...rule({}), passThrough: 'yes' }], /a passThrough that cannot be: it is true or false\.$/],
    [[{ ...rule({}), passThrough: true }], /does not say how much: add interchangePpm/],
    [
      [{ ...rule({}), interchangePpm: { gold: 1 } }],
      /an? interchangePpm that cannot be: .* one of credit, debit, /,
    ],
    [[{ ...rule({}), home: 'UK' }], /a home that cannot be: .* GB and not UK/],
    [[{ ...rule({}), home: 'EU' }], /a home that cannot be/],
    [
      [{ ...rule({}), occasion: 'payout' }],
      /an? occasion that cannot be: it is one of payment, refund, dispute/,
    ],
    [
      [rule({ when: { methods: ['cards'] } })],
      /when\.methods that cannot be: .* each one of card, sepa_debit/,
    ],
    [
      [rule({ when: { brands: ['american_express'] } })],
      /when\.brands that cannot be: .* each one of visa, amex/,
    ],
    [
      [rule({ when: { methods: ['sepa_debit'], fundings: ['debit'] } })],
      /Rule 1 can never fit: when\.fundings is known of cards alone, .* Add card to when\.methods, or leave when\.fundings out/,
    ],
    [
      [rule({ home: 'US', when: { origins: ['region'] } })],
      /Rule 1 can never fit: when\.origins asks for region, and its home, US, lies outside .* Use international/,
    ],
    [
      [rule({ group: 'a' }), rule({}), rule({ when: { brands: ['visa'] } })],
      /Rule 3 can never be taken: rule 2 of the same group fits whatever it fits, .* Put it before rule 2/,
    ],
    [
      [
        rule({ when: { currencies: ['eur', 'usd'] } }),
        rule({ when: { currencies: ['usd'], fundings: ['debit'] } }),
      ],
      /Rule 2 can never be taken: rule 1/,
    ],
    [[{ ...passed, occasion: 'refund' }], /of payments alone/],
    [
      [{ ...rule({}), minimum: { usd: 10, eur: 35 }, maximum: { usd: 10, eur: 20 } }],
      /a minimum above its maximum in eur/,
    ],
  ];
  for (const [given, problem] of refused) {
    test(`are refused: ${problem.source}`, async () => {
      const scope = await testAccount(context);
      const set = await setFeeRules(context, scope, {
        rules: given,
        known,
        validFromMs: clock.now(),
      });
      assert.match(set.ok ? '' : set.problem, problem);
    });
  }

  test('are not changed for the past', async () => {
    const scope = await testAccount(context);
    const set = await setFeeRules(context, scope, { rules, known, validFromMs: clock.now() - 1 });
    assert.match(set.ok ? '' : set.problem, /past/);
  });

  const taken: readonly (readonly [string, readonly FeeRule[]])[] = [
    [
      'the wider one comes last',
      [
        rule({ when: { brands: ['visa'] } }),
        rule({ when: { brands: ['visa', 'amex'] } }),
        rule({}),
      ],
    ],
    ['they are of two groups', [rule({}), rule({ group: 'more', when: { brands: ['visa'] } })]],
    ['they are of two occasions', [rule({}), rule({ occasion: 'refund' })]],
    [
      'they overlap',
      [rule({ when: { brands: ['visa'] } }), rule({ when: { fundings: ['debit'] } })],
    ],
    [
      'they look from two countries',
      [
        rule({ home: 'DE', when: { origins: ['domestic'] } }),
        rule({ home: 'AT', when: { origins: ['domestic'] } }),
      ],
    ],
  ];
  for (const [why, given] of taken) {
    test(`of one kind are taken where ${why}`, async () => {
      const scope = await testAccount(context);
      const set = await setFeeRules(context, scope, { rules: given, known });
      assert.equal(set.ok ? '' : set.problem, '');
    });
  }

  describe('that are planned', () => {
    const planned = async () => {
      const scope = await testAccount(context);
      const validFromMs = clock.now() + 120_000;
      await setFeeRules(context, scope, { rules, known });
      await setFeeRules(context, scope, { rules: [], known, validFromMs });
      return { scope, validFromMs };
    };

    test('are withdrawn before they begin, never begin, and stay in the history', async () => {
      const { scope, validFromMs } = await planned();
      const withdrawnAtMs = clock.now();
      assert.deepEqual(await withdrawFeeRules(context, scope, 2), { ok: true });
      clock.advance(200_000);
      assert.equal((await loadFeeRules(context, scope)).version, 1);
      const [second, first, builtIn] = await listFeeRules(context, scope);
      assert.deepEqual(second, { version: 2, rules: [], validFromMs, withdrawnAtMs });
      assert.deepEqual([first?.withdrawnAtMs, builtIn?.withdrawnAtMs], [null, null]);
      const next = await setFeeRules(context, scope, { rules, known });
      assert.equal(next.ok && next.version, 3);
      assert.deepEqual(
        await asOwner(
          context.on,
          `select target from identity.audit_entries where account_id = $1 and action = 'fees.withdraw'`,
          [scope.accountId],
        ),
        [{ target: 'version 2' }],
      );
      for (const change of ['delete from', 'update']) {
        const text = `${change} books.fee_withdrawals${change === 'update' ? ' set version = 3' : ''}`;
        await assert.rejects(asOwner(context.on, text), /append-only/);
      }
    });

    test('are withdrawn once, also by two at once', async () => {
      const { scope, validFromMs } = await planned();
      const both = await Promise.all([
        withdrawFeeRules(context, scope, 2),
        withdrawFeeRules(context, scope, 2),
      ]);
      assert.equal(both.filter(({ ok }) => ok).length, 1);
      const again = await withdrawFeeRules(context, scope, 2);
      assert.deepEqual(again, { ok: false, code: 'withdrawn', validFromMs });
    });

    test('are kept once they have begun, and in the minute before', async () => {
      const { scope, validFromMs } = await planned();
      clock.advance(60_001);
      const late = await withdrawFeeRules(context, scope, 2);
      assert.deepEqual(late, { ok: false, code: 'begins_now', validFromMs });
      // Whoever had not seen that in time is told by the database.
      const lost = await context.database.commit(scope, [
        insertWithdrawal(scope, { version: 2, atMs: clock.now() }),
      ]);
      assert.equal(lost.ok ? '' : lost.lost.name, 'fees.withdraw');
      clock.advance(60_000);
      assert.equal((await loadFeeRules(context, scope)).version, 2);
      const begun = await withdrawFeeRules(context, scope, 2);
      assert.deepEqual(begun, { ok: false, code: 'begun', validFromMs });
      const builtIn = await withdrawFeeRules(context, scope, 0);
      assert.deepEqual(builtIn, { ok: false, code: 'begun', validFromMs: null });
      const unknown = await withdrawFeeRules(context, scope, 7);
      assert.deepEqual(unknown, { ok: false, code: 'unknown', validFromMs: null });
    });
  });
});
