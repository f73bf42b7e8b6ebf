// Whole journeys: a shop with an official SDK, the gateway, the bank over its real link, and a browser of a
// few lines between them. What really happened is asked of the bank's journal.

import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import type Stripe from 'stripe';
import { newSandbox } from '../sandbox/support/world.ts';
import { refusalOf, stripeFor } from '../support/stripe.ts';
import { codeIn, openShopAt, startAskingGateway, submit, toTheBank, untilBack } from './support.ts';

const bank = await newSandbox();
const gateway = await startAskingGateway();
const { origin } = gateway;
const { key, publishableKey, stripe } = await openShopAt(gateway, bank);
const acs = `http://127.0.0.1:${bank.ports.threeDs}/`;
after(() => assert.deepEqual(gateway.errors, []));

type Create = Stripe.PaymentIntentCreateParams;

const pay = (number: string, more: Partial<Create> = {}) =>
  stripe.paymentIntents.create({
    amount: 5_000,
    currency: 'eur',
    confirm: true,
    payment_method_data: {
      type: 'card',
      card: { number, exp_month: 12, exp_year: 2034, cvc: '123' },
    } as never,
    return_url: 'https://shop.test/back?order=7',
    ...more,
  });

const pageOf = (intent: Stripe.PaymentIntent): string => {
  assert.equal(intent.status, 'requires_action');
  const { type, redirect_to_url: to } = intent.next_action ?? {};
  assert.equal(type, 'redirect_to_url');
  assert.equal(to?.return_url, 'https://shop.test/back?order=7');
  const url = to?.url ?? '';
  assert.ok(url.startsWith(`${origin}/3ds/`), url);
  return url;
};

/** Our page looks at the browser first, and then hands it over. */
const atTheBank = async (url: string) => submit(await toTheBank(url), url);

/** The payer types the code, or cancels, and comes back to the shop. */
const answer = async (url: string, how: 'confirm' | 'cancel'): Promise<void> => {
  const page = await atTheBank(url);
  const given: Record<string, string> =
    how === 'confirm' ? { code: codeIn(page), do: 'confirm' } : { do: 'cancel' };
  const back = await submit(await submit(page, acs, given), acs);
  assertBack(await cameBack(back), how === 'confirm' ? 'succeeded' : 'failed');
};

/** Where the merchant's page is opened: the gateway was asked first what came of it. */
const cameBack = async (page: Awaited<ReturnType<typeof toTheBank>>): Promise<URL> => {
  const here = new URL(await untilBack(page, origin));
  assert.match(here.pathname, /^\/back\//);
  const response = await fetch(`${origin}${here.pathname}`, { redirect: 'manual' });
  assert.equal(response.status, 303);
  return new URL(response.headers.get('location') ?? '');
};

const assertBack = (at: URL, status: string): void => {
  assert.equal(`${at.origin}${at.pathname}`, 'https://shop.test/back');
  const said = Object.fromEntries(at.searchParams);
  assert.deepEqual([said['order'], said['redirect_status']], ['7', status]);
  assert.ok(said['payment_intent_client_secret']?.startsWith(`${said['payment_intent']}_secret_`));
};

const ended = async (id: string): Promise<Stripe.PaymentIntent> => {
  for (let round = 0; round < 2_400; round += 1) {
    const now = await stripe.paymentIntents.retrieve(id, { expand: ['latest_charge'] });
    if (now.status !== 'requires_action' && now.status !== 'processing') return now;
    await gateway.context.clock.sleep(25);
  }
  return assert.fail('The payment never went on');
};

const threeDsOf = ({ latest_charge: charge }: Stripe.PaymentIntent) => {
  assert.ok(charge !== null && typeof charge === 'object');
  return charge.payment_method_details?.card?.three_d_secure;
};

/** How the holder was asked, as the payment's trace tells it. */
const stepsOf = async (id: string): Promise<string[]> => {
  const { body, text } = await gateway.ask('GET', `/v1/payment_intents/${id}/trace`, { key });
  assert.doesNotMatch(text, /"(?:cavv|acsUrl)"/);
  const timeline = body.timeline as { readonly what: string }[];
  return timeline.map(({ what }) => what).filter((what) => what.startsWith('three_ds'));
};

const approvals = () => bank.journal().lines.filter(({ fact }) => fact.fact === 'approved').length;

describe('a card whose bank wants its holder to be asked', () => {
  test('keeps its question where its order is asked for once more, whatever card comes with it', async () => {
    const order = { order_reference: 'asked-once' } as object;
    const asked = await pay('4000000000003220', order);
    const again = await pay('4242424242424242', order);
    assert.deepEqual([again.id, pageOf(again)], [asked.id, pageOf(asked)]);
  });

  for (const number of ['4000000000003220', '4000002760003184', '4000002500003155']) {
    test(`${number}: asked once, proven, and paid once`, async () => {
      const before = approvals();
      const intent = await pay(number);
      await answer(pageOf(intent), 'confirm');
      const paid = await ended(intent.id);
      assert.equal(paid.status, 'succeeded', JSON.stringify(paid.last_payment_error));
      assert.deepEqual(
        [threeDsOf(paid)?.result, threeDsOf(paid)?.electronic_commerce_indicator],
        ['authenticated', '05'],
      );
      assert.equal(approvals(), before + 1);
      const last = bank.journal().lines.findLast(({ fact }) => fact.fact === 'approved')?.fact;
      assert.ok(last?.fact === 'approved' && last.proof !== undefined, 'the bank has the proof');
      assert.deepEqual(await stepsOf(intent.id), [
        'three_ds',
        'three_ds.asking',
        'three_ds.challenge',
        'three_ds.completed',
        'three_ds.used',
      ]);
    });
  }

  test('a bank that cannot ask its own holder declines, and nobody is told to ask again', async () => {
    const intent = await pay('4000008400001280');
    await untilBack(await toTheBank(pageOf(intent)), origin);
    const { status, last_payment_error: error } = await ended(intent.id);
    assert.deepEqual(
      [status, error?.code, error?.decline_code],
      ['requires_payment_method', 'card_declined', 'authentication_required'],
    );
  });

  test('a holder who cancels has not paid, and may try again', async () => {
    const before = approvals();
    const intent = await pay('4000000000003220');
    await answer(pageOf(intent), 'cancel');
    const failed = await ended(intent.id);
    assert.equal(failed.status, 'requires_payment_method');
    assert.equal(failed.last_payment_error?.code, 'payment_intent_authentication_failure');
    assert.equal(approvals(), before);
  });

  test('a holder who is not there is not asked', async () => {
    const refusal = await refusalOf(pay('4000002760003184', { off_session: true }));
    assert.equal(refusal.code, 'authentication_required');
  });

  test('nobody is asked where the shop cannot send its payer anywhere', async () => {
    const refusal = await refusalOf(pay('4000002760003184', { error_on_requires_action: true }));
    assert.deepEqual(
      [refusal.code, refusal.decline_code],
      ['authentication_required', 'authentication_not_handled'],
    );
    assert.match(refusal.message, /`error_on_requires_action` was set/);
  });

  test('asked about one card, another is asked about anew', async () => {
    const before = approvals();
    const intent = await pay('4000000000003220');
    const url = pageOf(intent);
    const other = await stripe.paymentMethods.create({
      type: 'card',
      card: { number: '4000002760003184', exp_month: 12, exp_year: 2034, cvc: '123' },
    });
    const changed = await stripe.paymentIntents.update(intent.id, { payment_method: other.id });
    assert.equal(changed.status, 'requires_confirmation');
    const page = await atTheBank(url);
    await submit(await submit(page, acs, { code: codeIn(page), do: 'confirm' }), acs);
    assert.notEqual(pageOf(await stripe.paymentIntents.confirm(intent.id)), url);
    assert.equal(approvals(), before);
  });

  test('asked about one amount, they do not pay another by coming back', async () => {
    const before = approvals();
    const intent = await pay('4000000000003220');
    const url = pageOf(intent);
    const changed = await stripe.paymentIntents.update(intent.id, { amount: 9_900 });
    assert.deepEqual([changed.status, changed.next_action], ['requires_confirmation', null]);
    const page = await atTheBank(url);
    const back = await submit(await submit(page, acs, { code: codeIn(page), do: 'confirm' }), acs);
    assertBack(await cameBack(back), 'failed');
    assert.notEqual(pageOf(await stripe.paymentIntents.confirm(intent.id)), url);
    assert.equal(approvals(), before);
  });

  test('the attempt and the question are told, once each', async () => {
    const intent = await pay('4000000000003220');
    await answer(pageOf(intent), 'confirm');
    await ended(intent.id);
    const types: string[] = [];
    for await (const { type, data } of stripe.events.list({ limit: 100 })) {
      const { id, payment_intent: of } = data.object as { id: string; payment_intent?: string };
      if (id === intent.id || of === intent.id) types.push(type);
    }
    assert.deepEqual(types.toReversed(), [
      'payment_intent.created',
      'charge.failed',
      'payment_intent.requires_action',
      'charge.succeeded',
      'payment_intent.succeeded',
    ]);
  });
});

describe('a merchant who confirms by hand', () => {
  const byHand = { confirmation_method: 'manual' } as const;

  test('confirms once more when the holder has agreed, and then it is paid with the proof', async () => {
    const before = approvals();
    const intent = await pay('4000000000003220', byHand);
    await answer(pageOf(intent), 'confirm');
    const agreed = await stripe.paymentIntents.retrieve(intent.id);
    assert.deepEqual([agreed.status, agreed.next_action], ['requires_confirmation', null]);
    assert.equal(approvals(), before);
    const paid = await stripe.paymentIntents.confirm(intent.id, { expand: ['latest_charge'] });
    assert.equal(paid.status, 'succeeded');
    assert.equal(threeDsOf(paid)?.electronic_commerce_indicator, '05');
    assert.equal(approvals(), before + 1);
  });

  test('has the security code typed once, though a payment is confirmed twice', async () => {
    const { id: customer } = await stripe.customers.create();
    const card = { number: '4000000000003220', exp_month: 12, exp_year: 2034, cvc: '123' };
    const { id: kept } = await stripe.paymentMethods.create({ type: 'card', card });
    await stripe.paymentMethods.attach(kept, { customer });
    const { id: code } = await stripe.tokens.create({ cvc_update: { cvc: '123' } });
    const intent = await stripe.paymentIntents.create({
      amount: 5_000,
      currency: 'eur',
      customer,
      payment_method: kept,
      confirm: true,
      return_url: 'https://shop.test/back?order=7',
      ...byHand,
      payment_method_options: { card: { require_cvc_recollection: true, cvc_token: code } },
    });
    await answer(pageOf(intent), 'confirm');
    assert.equal((await stripe.paymentIntents.confirm(intent.id)).status, 'succeeded');
  });

  test('is asked for the holder again where the amount became another', async () => {
    const intent = await pay('4000000000003220', byHand);
    const url = pageOf(intent);
    await answer(url, 'confirm');
    await stripe.paymentIntents.update(intent.id, { amount: 9_900 });
    assert.notEqual(pageOf(await stripe.paymentIntents.confirm(intent.id)), url);
  });

  test('learns that the holder did not agree as everybody does', async () => {
    const intent = await pay('4000000000003220', byHand);
    await answer(pageOf(intent), 'cancel');
    const failed = await ended(intent.id);
    assert.equal(failed.status, 'requires_payment_method');
  });

  test('confirms on a server, and not from a page', async () => {
    const intent = await stripe.paymentIntents.create({
      amount: 5_000,
      currency: 'eur',
      payment_method: 'pm_card_visa',
      ...byHand,
    });
    const page = stripeFor(gateway.port, publishableKey);
    const secret = {
      client_secret: intent.client_secret ?? '',
    } as Stripe.PaymentIntentConfirmParams;
    const confirmed = page.paymentIntents.confirm(intent.id, secret);
    assert.equal((await refusalOf(confirmed)).code, 'secret_key_required');
  });
});

describe('a merchant who wants the holder to be asked', () => {
  const any = { payment_method_options: { card: { request_three_d_secure: 'any' } } } as const;

  test('is done the favour where the card can be asked about', async () => {
    assert.equal((await pay('4000000000003055')).status, 'succeeded');
    const intent = await pay('4000000000003055', any);
    await answer(pageOf(intent), 'confirm');
    const paid = await ended(intent.id);
    assert.equal(paid.status, 'succeeded');
    assert.equal(threeDsOf(paid)?.result, 'authenticated');
  });

  for (const number of ['4242424242424242', '378282246310005']) {
    test(`pays without it where it cannot: ${number}`, async () => {
      const cvc = number.length === 15 ? '1234' : '123';
      const paid = await pay(number, {
        ...any,
        payment_method_data: {
          type: 'card',
          card: { number, exp_month: 12, exp_year: 2034, cvc },
        } as never,
      });
      assert.equal(paid.status, 'succeeded');
      assert.equal(threeDsOf(await ended(paid.id)), null);
    });
  }

  test('is asked by the bank where it seldom asks, and the holder says nothing', async () => {
    const intent = await pay('4000000032200000', any);
    const url = pageOf(intent);
    assertBack(await cameBack(await toTheBank(url)), 'succeeded');
    const paid = await ended(intent.id);
    assert.equal(paid.status, 'succeeded', JSON.stringify(paid.last_payment_error));
    const shown = threeDsOf(paid);
    assert.deepEqual(
      [shown?.electronic_commerce_indicator, shown?.result, shown?.authentication_flow],
      ['05', 'authenticated', 'frictionless'],
    );
    assert.match(shown?.transaction_id ?? '', /^[\da-f-]{36}$/);
  });
});

describe('a card that is kept', () => {
  const keep = () =>
    stripe.setupIntents.create({
      confirm: true,
      payment_method_data: {
        type: 'card',
        card: { number: '4000002500003155', exp_month: 12, exp_year: 2034, cvc: '123' },
      } as never,
      payment_method_options: { card: { request_three_d_secure: 'any' } },
      return_url: 'https://shop.test/back?order=7',
    });

  const goAndAnswer = async (how: 'confirm' | 'cancel') => {
    const setup = await keep();
    assert.equal(setup.status, 'requires_action', JSON.stringify(setup.last_setup_error));
    const to = setup.next_action?.redirect_to_url;
    assert.equal(to?.return_url, 'https://shop.test/back?order=7');
    const page = await atTheBank(to?.url ?? '');
    const given: Record<string, string> =
      how === 'confirm' ? { code: codeIn(page), do: 'confirm' } : { do: 'cancel' };
    const at = await cameBack(await submit(await submit(page, acs, given), acs));
    return { setup, at, said: Object.fromEntries(at.searchParams) };
  };

  test('is kept by the time its holder is back, and the shop’s page is told', async () => {
    const { setup, at, said } = await goAndAnswer('confirm');
    assert.equal(`${at.origin}${at.pathname}`, 'https://shop.test/back');
    assert.deepEqual(said, {
      order: '7',
      redirect_status: 'succeeded',
      setup_intent: setup.id,
      setup_intent_client_secret: setup.client_secret,
    });
    assert.equal((await stripe.setupIntents.retrieve(setup.id)).status, 'succeeded');
  });

  test('is not charged off session before its holder has agreed, and is afterwards', async () => {
    const { id: customer } = await stripe.customers.create();
    const setup = await stripe.setupIntents.create({
      customer,
      confirm: true,
      payment_method: 'pm_card_authenticationRequiredOnSetup',
      payment_method_options: { card: { request_three_d_secure: 'any' } },
      return_url: 'https://shop.test/back?order=7',
    });
    assert.equal(setup.status, 'requires_action');
    const charged = {
      amount: 2_600,
      currency: 'eur',
      customer,
      confirm: true,
      off_session: true,
      payment_method: String(setup.payment_method),
    } as const;
    const refusal = await refusalOf(stripe.paymentIntents.create(charged));
    assert.deepEqual([refusal.statusCode, refusal.code], [402, 'authentication_required']);
    const page = await atTheBank(setup.next_action?.redirect_to_url?.url ?? '');
    const given = { code: codeIn(page), do: 'confirm' };
    await cameBack(await submit(await submit(page, acs, given), acs));
    assert.equal((await stripe.setupIntents.retrieve(setup.id)).status, 'succeeded');
    assert.equal((await stripe.paymentIntents.create(charged)).status, 'succeeded');
  });

  test('is not where its holder did not agree, and the error has its page', async () => {
    const { setup, said } = await goAndAnswer('cancel');
    assert.equal(said['redirect_status'], 'failed');
    const { status, last_setup_error: error } = await stripe.setupIntents.retrieve(setup.id);
    assert.equal(status, 'requires_payment_method');
    assert.equal(error?.code, 'setup_intent_authentication_failure');
    assert.match(error?.doc_url ?? '', /#error-setup_intent_authentication_failure$/);
  });

  test('opens nothing with the address of a payment', async () => {
    const intent = await pay('4000000000003220');
    const page = await atTheBank(pageOf(intent));
    const back = await submit(await submit(page, acs, { do: 'cancel' }), acs);
    const token = new URL(await untilBack(back, origin)).pathname.split('/').at(-1);
    assert.equal((await fetch(`${origin}/back/setup/${token}`)).status, 404);
  });
});
