// Ways to pay that send the payer to a page of their bank: what is offered, what is said, and that nothing but
// the provider's own word decides what became of it.

import assert from 'node:assert/strict';
import { after, beforeEach, describe, test } from 'node:test';
import type Stripe from 'stripe';
import { present } from '#kit/assert';
import { asOwner } from '../../src/for-tests.ts';
import { allChecks } from '../../src/modules.ts';
import { startSimulator } from '../../src/rails/psp/stripe/for-tests-simulator.ts';
import { openAbroad, openStripeAccount } from '../support/away.ts';
import { refusalOf, stripeFor } from '../support/stripe.ts';

const abroad = await openAbroad();
// What is settled at an account is told to whoever has its key, so another merchant has an account of their own.
const apart = await startSimulator();
after(() => apart.close());
const { stripe, answerAt, comeBack, until, happened, simulator, ahead, tell } = abroad;
const { paymentIntents, paymentMethods, refunds } = stripe;

/** The older name of which methods may be used is still taken. */
type Params = Stripe.PaymentIntentCreateParams & { payment_method_types?: string[] };

const backUrl = 'https://shop.test/back?order=7';
const byIdeal = {
  amount: 2_500,
  currency: 'eur',
  confirm: true,
  payment_method_types: ['ideal', 'card'],
  payment_method_data: { type: 'ideal', ideal: { bank: 'ing' } },
  return_url: backUrl,
} satisfies Params;

const leave = async (more: Partial<Params> = {}) => {
  const intent = await paymentIntents.create({ ...byIdeal, ...more });
  assert.equal(intent.status, 'requires_action');
  const { url } = present(intent.next_action?.redirect_to_url, 'Where to go');
  return { id: intent.id, url: present(url, 'An address'), intent };
};
const status = async (id: string) => (await paymentIntents.retrieve(id)).status;
const becomes = (id: string, wanted: string) => until(async () => (await status(id)) === wanted);

const untilHeard = (event: string) =>
  until(async () => {
    const heard = await asOwner(
      abroad.gateway.on,
      `select 1 as one from rails.inbound_webhooks where event_id = '${event}' and due_at is null`,
    );
    return heard.length > 0;
  });

beforeEach(async () => {
  await happened();
});

describe('what is offered', () => {
  test('is what the accounts of the merchant take, in the currency of the payment', async () => {
    const types = async (currency: string, more: Partial<Params> = {}) =>
      (await paymentIntents.create({ amount: 2_500, currency, ...more })).payment_method_types;
    assert.deepEqual(await types('eur'), ['card', 'ideal', 'bancontact', 'eps', 'p24']);
    assert.deepEqual(await types('pln'), ['card', 'p24']);
    assert.deepEqual(await types('usd'), ['card']);
    assert.deepEqual(await types('eur', { amount: 1_250_001 }), [
      'card',
      'ideal',
      'bancontact',
      'eps',
    ]);
    assert.deepEqual(await types('eur', { capture_method: 'manual' }), ['card']);
    assert.deepEqual(await types('pln', { allowed_payment_method_types: ['ideal', 'p24'] }), [
      'p24',
    ]);
    assert.deepEqual(await types('eur', { excluded_payment_method_types: ['card', 'eps'] }), [
      'ideal',
      'bancontact',
      'p24',
    ]);
    const automatic = { enabled: true, allow_redirects: 'never' } as const;
    assert.deepEqual(await types('eur', { automatic_payment_methods: automatic }), ['card']);
  });

  test('is shown by a payment that is made and confirmed at once, as by one that is only made', async () => {
    const atOnce = { confirm: true, payment_method: 'pm_card_visa', return_url: backUrl } as const;
    const all = ['card', 'ideal', 'bancontact', 'eps', 'p24'];
    for (const [more, types] of [
      [{}, all],
      [{ payment_method: 'pm_card_threeDSecure2Required' }, all],
      [{ automatic_payment_methods: { enabled: true, allow_redirects: 'never' } }, ['card']],
      [{ automatic_payment_methods: { enabled: false } }, ['card']],
      [{ capture_method: 'manual' }, ['card']],
      [{ payment_method_types: ['card'] }, ['card']],
    ] as const) {
      const params = { amount: 2_500, currency: 'eur', ...atOnce, ...more } as Params;
      const { id, payment_method_types: shown } = await paymentIntents.create(params);
      assert.deepEqual(shown, types, JSON.stringify(more));
      assert.deepEqual((await paymentIntents.retrieve(id)).payment_method_types, types);
    }
  });

  test('is all that is paid with: a card that nobody wanted is refused', async () => {
    for (const more of [
      { payment_method_types: ['ideal'] },
      { excluded_payment_method_types: ['card'] as const },
    ]) {
      const byCard = {
        amount: 2_500,
        currency: 'eur',
        confirm: true,
        payment_method: 'pm_card_visa',
      };
      const refused = await refusalOf(paymentIntents.create({ ...byCard, ...more } as Params));
      assert.equal(refused.param, 'payment_method');
      assert.match(refused.message, /\(card\) is not allowed/);
    }
  });

  test('is refused with its reason where it does not fit', async () => {
    const refused = async (more: Partial<Params>) => {
      const { param, message } = await refusalOf(paymentIntents.create({ ...byIdeal, ...more }));
      return [param, message] as const;
    };
    const cases: readonly (readonly [Partial<Params>, string, RegExp])[] = [
      [{ currency: 'usd' }, 'payment_method_types', /cannot be used in usd: it takes eur/],
      [{ payment_method_types: ['sofort'] }, 'payment_method_types', /"sofort" is invalid/],
      [{ capture_method: 'manual' }, 'payment_method_types', /manual capture/],
      [{ setup_future_usage: 'off_session' }, 'payment_method_types', /setup_future_usage/],
      [{ payment_method_types: ['card'] }, 'payment_method', /ideal.*types: card\./],
      [{ off_session: true }, 'off_session', /payer has to be there/],
      [
        { payment_method_types: ['eps'], payment_method_data: { type: 'eps' } },
        'payment_method_data[billing_details][name]',
        /Missing required param/,
      ],
    ];
    for (const [more, param, message] of cases) {
      const said = await refused(more);
      assert.equal(said[0], param, said[1]);
      assert.match(said[1], message);
    }
    const { return_url: _, ...homeless } = byIdeal;
    const { param, code } = await refusalOf(paymentIntents.create(homeless));
    assert.deepEqual([param, code], ['return_url', 'parameter_missing']);
    const { id } = await stripe.customers.create();
    const method = await paymentMethods.create({ type: 'ideal' });
    assert.match(
      (await refusalOf(paymentMethods.attach(method.id, { customer: id }))).message,
      /pays once/,
    );
  });

  test('fails, and sends nobody anywhere, where no action is to be asked for', async () => {
    for (const begin of [
      () => paymentIntents.create({ ...byIdeal, error_on_requires_action: true }),
      async () => {
        const { id } = await paymentIntents.create({ amount: 2_500, currency: 'eur' });
        const { payment_method_data, return_url } = byIdeal;
        const how = { payment_method_data, return_url, error_on_requires_action: true } as const;
        return paymentIntents.confirm(id, how);
      },
    ]) {
      const refused = await refusalOf(begin());
      assert.deepEqual(
        [refused.statusCode, refused.code, refused.decline_code],
        [402, 'authentication_required', 'authentication_not_handled'],
      );
      const { id = '' } = refused.payment_intent ?? {};
      const intent = await paymentIntents.retrieve(id);
      assert.deepEqual([intent.status, intent.next_action], ['requires_payment_method', null]);
      assert.equal(intent.last_payment_error?.payment_method?.type, 'ideal');
    }
  });
});

describe('what may be chosen for a way to pay', () => {
  const optionsOf = async (asked: Stripe.PaymentIntentCreateParams['payment_method_options']) => {
    const made = { amount: 2_500, currency: 'eur', payment_method_options: asked };
    const { id, payment_method_options: shown } = await paymentIntents.create(made);
    assert.deepEqual((await paymentIntents.retrieve(id)).payment_method_options, shown);
    const { card: _, ...others } = shown ?? {};
    return { id, others };
  };
  const usual = { bancontact: { preferred_language: 'en' }, eps: {}, ideal: {}, p24: {} };

  test('is kept and shown, with what is usual where nothing was said', async () => {
    assert.deepEqual((await optionsOf({ ideal: {} })).others, usual);
    const { id, others } = await optionsOf({
      bancontact: { preferred_language: 'nl', setup_future_usage: 'none' },
      ideal: { setup_future_usage: '' },
      p24: { setup_future_usage: 'none', tos_shown_and_accepted: true },
    });
    const said = {
      ...usual,
      bancontact: { preferred_language: 'nl', setup_future_usage: 'none' },
      p24: { setup_future_usage: 'none' },
    };
    assert.deepEqual(others, said);
    const change = { payment_method_options: { p24: '' as const, bancontact: {} } };
    const { payment_method_options: changed } = await paymentIntents.update(id, change);
    assert.deepEqual([changed?.p24, changed?.bancontact], [{}, said.bancontact]);
  });

  test('is told to the provider', async () => {
    const { url } = await leave({
      payment_method_types: ['bancontact'],
      payment_method_data: { type: 'bancontact', billing_details: { name: 'Jenny Rosen' } },
      payment_method_options: { bancontact: { preferred_language: 'nl' } },
    });
    assert.match(await (await fetch(url)).text(), /Language: nl/);
    assert.deepEqual(simulator.refusals, []);
  });

  test('is refused where it promises what cannot be', async () => {
    const { param, message } = await refusalOf(
      optionsOf({ ideal: { setup_future_usage: 'off_session' } }),
    );
    assert.equal(param, 'payment_method_options[ideal][setup_future_usage]');
    assert.match(message, /pays once/);
  });
});

describe('a payer who is sent away', () => {
  test('has paid when the provider says so, and comes back to the shop', async () => {
    const { id, url, intent } = await leave();
    assert.equal(intent.next_action?.type, 'redirect_to_url');
    assert.equal(intent.next_action.redirect_to_url?.return_url, backUrl);
    const back = new URL(await comeBack(await answerAt(url, 'approve')));
    assert.equal(back.origin + back.pathname, 'https://shop.test/back');
    assert.deepEqual(Object.fromEntries(back.searchParams), {
      order: '7',
      payment_intent: id,
      payment_intent_client_secret: intent.client_secret,
      redirect_status: 'succeeded',
    });
    const paid = await paymentIntents.retrieve(id, { expand: ['latest_charge'] });
    assert.deepEqual([paid.status, paid.amount_received], ['succeeded', 2_500]);
    const charge = paid.latest_charge as Stripe.Charge;
    assert.equal(charge.payment_method_details?.type, 'ideal');
    assert.equal(charge.outcome?.risk_level, 'not_assessed');
    assert.deepEqual(
      [charge.payment_method_details.ideal?.bank, charge.payment_method_details.ideal?.bic],
      ['ing', 'INGBNL2A'],
    );
    const booked = await stripe.balanceTransactions.list({ source: charge.id });
    assert.deepEqual(
      booked.data.map(({ amount, type }) => [amount, type]),
      [[2_500, 'payment']],
    );
    assert.deepEqual(await happened(), [
      'payment_intent.created',
      'payment_intent.requires_action',
      'charge.succeeded',
      'payment_intent.succeeded',
    ]);
    const receipt = await abroad.gateway.ask('GET', new URL(charge.receipt_url ?? '').pathname, {});
    assert.match(receipt.text, /iDEAL/);
    const refund = await refunds.create({ payment_intent: id, amount: 1_000 });
    assert.equal(refund.status, 'succeeded');
    assert.equal(simulator.refunds.size, 1);
    assert.ok((await happened()).includes('charge.refunded'));
  });

  test('is told of a refund that had succeeded and failed, and of nothing by the older notice after it', async () => {
    const { id, url } = await leave();
    await comeBack(await answerAt(url, 'approve'));
    const refund = await refunds.create({ payment_intent: id, amount: 1_000 });
    assert.equal(refund.status, 'succeeded');
    const object = { object: 'refund', ...[...simulator.refunds.values()].at(-1) };
    await happened();
    const failed = { ...object, status: 'failed', failure_reason: 'lost_or_stolen_card' };
    await tell({ id: 'evt_failed', type: 'refund.failed', data: { object: failed } });
    const now = () => refunds.retrieve(refund.id);
    await until(async () => (await now()).status === 'failed');
    assert.equal((await now()).failure_reason, 'lost_or_stolen_card');
    assert.deepEqual(await happened(), [
      'refund.updated',
      'charge.refund.updated',
      'refund.failed',
    ]);
    await tell({ id: 'evt_before', type: 'refund.updated', data: { object } });
    await untilHeard('evt_before');
    assert.equal((await now()).status, 'failed');
    const again = await refunds.create({ payment_intent: id, amount: 1_000 });
    assert.equal(again.status, 'succeeded', 'Its money is the merchant’s again');
    const { data } = await stripe.charges.list({ payment_intent: id });
    assert.equal(data[0]?.amount_refunded, 1_000);
  });

  test('who invents the way back has paid nothing', async () => {
    const { id, url } = await leave();
    const pi = [...simulator.intents.values()].at(-1);
    const back = new URL(present(pi?.return_url, 'The way back'));
    back.searchParams.set('redirect_status', 'succeeded');
    const to = new URL(await comeBack(back.href));
    assert.equal(to.searchParams.get('redirect_status'), 'pending');
    assert.equal(await status(id), 'requires_action');
    await answerAt(url, 'decline');
    await becomes(id, 'requires_payment_method');
  });

  test('and calls the way back a hundred times at once is asked about a few times', async () => {
    const { url } = await leave();
    const way = await answerAt(url, 'leave');
    const looks = async () => {
      const [row] = await asOwner(
        abroad.gateway.on,
        `select count(*) as n from rails.exchanges where method = 'GET'`,
      );
      return Number(row?.['n']);
    };
    const before = await looks();
    await Promise.all(Array.from({ length: 100 }, () => comeBack(way)));
    await until(async () => (await looks()) > before);
    assert.ok((await looks()) < before + 60, 'each of them alone would have asked three times');
  });

  test('and declines may take another way to pay', async () => {
    const { id, url } = await leave({ return_url: 'shop-app://paid?order=7' });
    const back = new URL(await comeBack(await answerAt(url, 'decline')));
    assert.match(back.href, /^shop-app:\/\/paid\?order=7&payment_intent=/, 'an app is opened');
    assert.equal(back.searchParams.get('redirect_status'), 'failed');
    const failed = await paymentIntents.retrieve(id);
    assert.equal(failed.status, 'requires_payment_method');
    assert.deepEqual(
      [failed.last_payment_error?.code, failed.last_payment_error?.type],
      ['payment_intent_authentication_failure', 'invalid_request_error'],
    );
    assert.equal(failed.last_payment_error?.payment_method?.type, 'ideal');
    const paid = await paymentIntents.confirm(id, { payment_method: 'pm_card_visa' });
    assert.equal(paid.status, 'succeeded');
  });

  test('and takes another way while the bank still waits cannot pay twice', async () => {
    const { id, url } = await leave();
    const paid = await paymentIntents.confirm(id, { payment_method: 'pm_card_visa' });
    assert.equal(paid.status, 'succeeded');
    assert.equal((await fetch(url)).status, 404, 'It was ended there');
  });

  test('is waited for, and has paid, where the bank tells later', async () => {
    const { id, url } = await leave();
    const back = new URL(await comeBack(await answerAt(url, 'later')));
    assert.equal(back.searchParams.get('redirect_status'), 'pending');
    const waits = await paymentIntents.retrieve(id);
    assert.deepEqual([waits.status, waits.processing], ['processing', null]);
    ahead.ms += 30_000;
    await becomes(id, 'succeeded');
    assert.deepEqual(await happened(), [
      'payment_intent.created',
      'payment_intent.requires_action',
      'charge.pending',
      'payment_intent.processing',
      'charge.succeeded',
      'payment_intent.succeeded',
    ]);
  });

  test('who closes the page has not paid, once the provider has given up', async () => {
    const { id } = await leave();
    ahead.ms += 16 * 60_000;
    await becomes(id, 'requires_payment_method');
    const { last_payment_error: error } = await paymentIntents.retrieve(id);
    assert.equal(error?.code, 'payment_intent_payment_attempt_expired');
  });

  test('whose payment is cancelled finds nothing to confirm at the bank', async () => {
    const { id, url } = await leave();
    await happened();
    const canceled = await paymentIntents.cancel(id);
    assert.equal(canceled.status, 'canceled');
    assert.equal((await fetch(url)).status, 404);
    assert.deepEqual(await happened(), ['charge.failed', 'payment_intent.canceled']);
  });

  test('who was faster than a cancellation gets the money back', async () => {
    const { id, url } = await leave();
    await answerAt(url, 'approve');
    const asked = await paymentIntents.cancel(id);
    assert.notEqual(asked.status, 'succeeded');
    await becomes(id, 'canceled');
    const [charge] = (await stripe.charges.list({ payment_intent: id })).data;
    assert.deepEqual([charge?.amount_captured, charge?.amount_refunded], [2_500, 2_500]);
  });

  test('need not come back: the provider tells us', async () => {
    const { id, url } = await leave();
    await answerAt(url, 'approve');
    await becomes(id, 'succeeded');
    await until(async () => {
      const told = await asOwner(
        abroad.gateway.on,
        'select 1 as one from rails.inbound_webhooks where state = 2',
      );
      return told.length > 0;
    });
  });
});

describe('a card that is held there', () => {
  test('and let go of has been let go of, also when that is told once more', async () => {
    const { gateway } = abroad;
    const other = await gateway.merchant();
    const tellOther = await openStripeAccount(gateway, other, apart, ['card']);
    const own = stripeFor(gateway.port, other.key).paymentIntents;
    const { id, status: held } = await own.create({
      amount: 2_500,
      currency: 'eur',
      confirm: true,
      payment_method: 'pm_card_visa',
      capture_method: 'manual',
    });
    assert.equal(held, 'requires_capture');
    assert.equal((await own.cancel(id)).status, 'canceled');
    const object = apart.render(present([...apart.intents.values()].at(-1), 'It'), false);
    assert.equal(object['status'], 'canceled');
    await tellOther({ id: 'evt_let_go', type: 'payment_intent.canceled', data: { object } });
    await untilHeard('evt_let_go');
    assert.equal((await own.retrieve(id)).status, 'canceled');
    for (const { name, text } of allChecks()) {
      const rows = await asOwner(gateway.on, text);
      const theirs = rows.filter(({ account_id: account }) => account === other.accountId);
      assert.deepEqual(theirs, [], name);
    }
  });
});
