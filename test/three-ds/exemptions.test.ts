// What a bank is told instead of a proof, and what it makes of that: shop, gateway, bank, and the bank's journal.

import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import type Stripe from 'stripe';
import { controlOf } from '../sandbox/support/control.ts';
import { newSandbox } from '../sandbox/support/world.ts';
import { refusalOf } from '../support/stripe.ts';
import { codeIn, openShopAt, startAskingGateway, submit, toTheBank, untilBack } from './support.ts';

const bank = await newSandbox();
// No documented card of the region can be asked about without its bank wanting that always.
const FR_ASKED = '4000002500000003';
await controlOf(bank.ports.control).send('PUT', '/authentication', {
  number: FR_ASKED,
  behaviour: 'challenge',
});
const gateway = await startAskingGateway();
const { origin } = gateway;
const acs = `http://127.0.0.1:${bank.ports.threeDs}/`;
after(() => assert.deepEqual(gateway.errors, []));

const newShop = (more: Readonly<Record<string, string | number>> = {}) =>
  openShopAt(gateway, bank, more);
type Shop = Awaited<ReturnType<typeof newShop>>;

const shop = await newShop();
const analysing = await newShop({ risk_analysis_max: 250 });
const askingBefore = await newShop({ risk_analysis_max: 250, exemptions_by: 'authentication' });

type Create = Stripe.PaymentIntentCreateParams;

const cardData = (number: string) => ({
  type: 'card' as const,
  card: { number, exp_month: 12, exp_year: 2034, cvc: '123' },
});

const pay = ({ stripe }: Shop, more: Partial<Create>) =>
  stripe.paymentIntents.create({
    amount: 2_000,
    currency: 'eur',
    confirm: true,
    return_url: 'https://shop.test/back',
    expand: ['latest_charge'],
    ...more,
  });

const withCard = (number: string) => ({ payment_method_data: cardData(number) as never });

const threeDsOf = ({ latest_charge: charge }: Stripe.PaymentIntent) => {
  assert.ok(charge !== null && typeof charge === 'object');
  return charge.payment_method_details?.card?.three_d_secure ?? null;
};

/** What the bank has noted of the last messages: what became of each, and what was claimed with it. */
const noted = (count: number) =>
  bank
    .journal()
    .lines.flatMap(({ fact }) =>
      fact.fact === 'approved' || fact.fact === 'declined'
        ? [[fact.fact, fact.request.exemption ?? null]]
        : [],
    )
    .slice(-count);

/** What the bank heard of the wish with the last question about a holder, and what it said. */
const asked = () =>
  bank
    .journal()
    .lines.flatMap(({ fact }) =>
      fact.fact === 'authentication_asked'
        ? [[fact.authentication.challengeIndicator, fact.authentication.status]]
        : [],
    )
    .at(-1);

const claimedIn = async ({ key }: Shop, id: string): Promise<unknown[]> => {
  const { body } = await gateway.ask('GET', `/v1/payment_intents/${id}/trace`, { key });
  const { timeline } = body as { timeline: { what: string; details: { exemption?: unknown } }[] };
  return timeline.filter(({ what }) => what === 'attempt').map(({ details }) => details.exemption);
};

/** A card of a customer, as it is charged without its holder. */
const stored = async ({ stripe }: Shop, number: string) => {
  const customer = await stripe.customers.create();
  const method = await stripe.paymentMethods.create(cardData(number) as never);
  await stripe.paymentMethods.attach(method.id, { customer: customer.id });
  return { customer: customer.id, payment_method: method.id };
};

const DE = '4000002760000016';
const FR_ON_SESSION = '4000002500003155';
const DE_ALWAYS = '4000002760003184';

describe('a payer who is there', () => {
  const cases = [
    [shop, 'of little', { ...withCard(DE) }, 'low_value', 'LV', 'none'],
    [shop, 'of more', { ...withCard(DE), amount: 3_001 }, null, null, null],
    [
      analysing,
      'of more where the acquirer looks at risk',
      { ...withCard(DE), amount: 25_000 },
      'transaction_risk_analysis',
      'RA',
      'low_risk',
    ],
    [
      analysing,
      'of more than it answers for',
      { ...withCard(DE), amount: 25_001 },
      null,
      null,
      null,
    ],
    [shop, 'with a card from elsewhere', withCard('4242424242424242'), null, null, null],
    [
      shop,
      'whom the merchant wants to be asked, though nobody can',
      {
        ...withCard(DE),
        payment_method_options: { card: { request_three_d_secure: 'any' } },
      },
      null,
      null,
      null,
    ],
  ] as const;
  for (const [where, when, more, claim, said, indicator] of cases) {
    test(`${when}: ${claim ?? 'nothing'} is claimed, carried and shown`, async () => {
      const paid = await pay(where, more);
      assert.equal(paid.status, 'succeeded');
      assert.deepEqual(noted(1), [['approved', said]]);
      assert.deepEqual(await claimedIn(where, paid.id), [claim]);
      const shown = threeDsOf(paid);
      assert.deepEqual(
        [shown?.result ?? null, shown?.exemption_indicator ?? null],
        [claim === null ? null : 'exempted', indicator],
      );
    });
  }

  test('is asked when the bank does not grant it, and then nothing is claimed', async () => {
    const intent = await pay(shop, withCard(FR_ON_SESSION));
    assert.equal(intent.status, 'requires_action');
    assert.deepEqual(noted(1), [['declined', 'LV']]);
    assert.equal(threeDsOf(intent), null);

    const paid = await withTheCode(intent);
    assert.deepEqual(asked(), ['04', 'C']);
    assert.equal(paid.status, 'succeeded');
    assert.deepEqual(noted(2), [
      ['declined', 'LV'],
      ['approved', null],
    ]);
    assert.deepEqual(await claimedIn(shop, intent.id), ['low_value', null]);
    assert.equal(threeDsOf(paid)?.result, 'authenticated');
  });
});

describe('where the bank is asked before the payment', () => {
  for (const [when, amount, indicator, claim, said] of [
    ['of little', 3_000, '02', 'low_value', 'LV'],
    ['of low risk', 25_000, '05', 'transaction_risk_analysis', 'RA'],
  ] as const) {
    test(`a payment ${when} is exempted there, and says so`, async () => {
      const intent = await pay(askingBefore, { ...withCard(FR_ASKED), amount });
      assert.equal(intent.status, 'requires_action');
      await untilBack(await toTheBank(pageOf(intent)), origin);
      const paid = await ended(intent.id, askingBefore);
      assert.equal(paid.status, 'succeeded');
      assert.deepEqual([asked(), noted(1)], [[indicator, 'I'], [['approved', said]]]);
      assert.deepEqual(await claimedIn(askingBefore, paid.id), [claim]);
      assert.equal(threeDsOf(paid)?.result, 'exempted');
    });
  }

  test('a bank that wants its holder all the same asks at once, and nothing is claimed', async () => {
    const paid = await withTheCode(await pay(askingBefore, withCard(FR_ON_SESSION)), askingBefore);
    assert.equal(paid.status, 'succeeded');
    assert.deepEqual([asked(), noted(1)], [['02', 'C'], [['approved', null]]]);
    assert.equal(threeDsOf(paid)?.result, 'authenticated');
  });

  test('a card that cannot be asked about is told of with the payment', async () => {
    const paid = await pay(askingBefore, withCard(DE));
    assert.deepEqual([paid.status, noted(1)], ['succeeded', [['approved', 'LV']]]);
  });

  test('nobody is sent there who cannot be, or for more than may be exempt', async () => {
    for (const more of [{ error_on_requires_action: true }, { amount: 25_001 }]) {
      const paid = await pay(askingBefore, { ...withCard(FR_ASKED), ...more });
      assert.equal(paid.status, 'succeeded');
    }
  });
});

describe('a merchant who wants the holder to be asked', () => {
  const wanting = (wanted: 'any' | 'challenge', more: Partial<Create> = {}) =>
    pay(askingBefore, {
      ...withCard(FR_ASKED),
      payment_method_options: { card: { request_three_d_secure: wanted } },
      ...more,
    });

  for (const [wanted, indicator] of [
    ['any', '01'],
    ['challenge', '03'],
  ] as const) {
    test(`${wanted} says ${indicator}, whatever could be claimed`, async () => {
      const paid = await withTheCode(await wanting(wanted), askingBefore);
      assert.deepEqual([paid.status, asked()], ['succeeded', [indicator, 'C']]);
    });
  }

  test('for a card that is kept says that the law wants it', async () => {
    const kept = { setup_future_usage: 'off_session' } as const;
    const paid = await withTheCode(await wanting('any', kept), askingBefore);
    assert.deepEqual([paid.status, asked()], ['succeeded', ['04', 'C']]);
  });
});

describe('a merchant who charges a stored card alone', () => {
  for (const [offSession, claim, said] of [
    [true, 'merchant_initiated', 'MI'],
    ['one_off', 'merchant_initiated', 'MI'],
    ['recurring', 'recurring', 'RE'],
  ] as const) {
    test(`off_session=${offSession}: the bank hears ${said}`, async () => {
      const card = await stored(shop, FR_ON_SESSION);
      const paid = await pay(shop, { ...card, amount: 9_000, off_session: offSession });
      assert.equal(paid.status, 'succeeded');
      assert.deepEqual(noted(1), [['approved', said]]);
      assert.deepEqual(await claimedIn(shop, paid.id), [claim]);
      assert.equal(threeDsOf(paid)?.result, claim === 'recurring' ? 'exempted' : undefined);
    });
  }

  test('is declined for want of the holder, and nobody is asked', async () => {
    const card = await stored(shop, DE_ALWAYS);
    const refusal = await refusalOf(pay(shop, { ...card, off_session: true }));
    assert.equal(refusal.code, 'authentication_required');
    assert.deepEqual(noted(1), [['declined', 'MI']]);
    assert.equal(refusal.payment_intent?.status, 'requires_payment_method');
    assert.equal(refusal.payment_intent?.next_action, null);
  });

  test('has no ground for a card that nobody kept', async () => {
    await pay(shop, { ...withCard(DE), off_session: true });
    assert.deepEqual(noted(1), [['approved', null]]);
  });
});

const pageOf = ({ next_action: action }: Stripe.PaymentIntent): string =>
  action?.redirect_to_url?.url ?? assert.fail('Nobody is asked');

const withTheCode = async (
  intent: Stripe.PaymentIntent,
  where: Shop = shop,
): Promise<Stripe.PaymentIntent> => {
  const url = pageOf(intent);
  const page = await submit(await toTheBank(url), url);
  const back = await submit(await submit(page, acs, { code: codeIn(page), do: 'confirm' }), acs);
  await untilBack(back, origin);
  return ended(intent.id, where);
};

const ended = async (id: string, { stripe }: Shop = shop): Promise<Stripe.PaymentIntent> => {
  for (let round = 0; round < 2_400; round += 1) {
    const now = await stripe.paymentIntents.retrieve(id, { expand: ['latest_charge'] });
    if (now.status !== 'requires_action' && now.status !== 'processing') return now;
    await gateway.context.clock.sleep(25);
  }
  return assert.fail('The payment never went on');
};
