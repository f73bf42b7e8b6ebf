// Paying at a bank from the page of a checkout, in a real browser: without scripts and with them, on a phone and on a
// desk. What became of it is asked of the API, and of the provider's own books.

import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { describe, test } from 'node:test';
import type { Page } from 'playwright-core';
import { openAbroad } from '../support/away.ts';
import { twoTeas } from '../support/checkout.ts';
import { chromiumIsMissing, keepFrom, launchChromium } from './chromium.ts';
import { closeServer, listenOnLoopback } from './recording-proxy.ts';

const phone = { width: 390, height: 844 };
const desk = { width: 1280, height: 800 };

describe('paying at a bank', { skip: await chromiumIsMissing() }, async () => {
  const { stripe, origin, simulator, ahead, until, happened } = await openAbroad();
  const { sessions } = stripe.checkout;
  const browser = await launchChromium();
  const shops = { ...twoTeas, success_url: `${origin}/healthz`, cancel_url: `${origin}/healthz` };

  const open = async (how: Parameters<typeof browser.newPage>[0]) => {
    const { id, payment_method_types: types } = await sessions.create(shops);
    assert.deepEqual(types, ['card', 'ideal', 'bancontact', 'eps', 'p24']);
    const opened = await browser.newPage(how);
    await keepFrom(opened.page, shops.success_url);
    await opened.page.goto(`${origin}/c/${id}`);
    await opened.page.getByLabel('Email').fill('jenny@example.com');
    return { id, ...opened };
  };
  const atBank = async (page: Page, button: string): Promise<void> => {
    await page.getByRole('heading', { name: 'Confirm a payment' }).waitFor();
    await page.getByRole('button', { name: button, exact: true }).click();
  };
  const pay = (page: Page) => page.getByRole('button', { name: 'Pay €25.00' }).click();
  const blocked = (said: readonly string[]) =>
    said.filter((line) => /Content Security|Trusted|uncaught/.test(line));

  for (const [name, viewport] of [
    ['phone', phone],
    ['desk', desk],
  ] as const) {
    test(`works without scripts on a ${name}`, async () => {
      const { id, page, said } = await open({ viewport, scripts: false });
      assert.equal(await page.getByLabel('Card number').isVisible(), true);
      await page.getByLabel('iDEAL').check();
      assert.equal(await page.getByLabel('Card number').isVisible(), false);
      await pay(page);
      await atBank(page, 'Approve');
      await page.getByRole('heading', { name: 'Payment successful' }).waitFor();
      assert.ok(await page.getByRole('region').getByText('iDEAL').isVisible());
      const { status, payment_status: paid } = await sessions.retrieve(id);
      assert.deepEqual([status, paid], ['complete', 'paid']);
      assert.deepEqual(blocked(said), []);
    });
  }

  test('asks for a name where the bank needs one, without scripts as well', async () => {
    const { page } = await open({ viewport: phone, scripts: false });
    await page.getByLabel('EPS').check();
    await pay(page);
    await page.locator('#away-name-error').waitFor();
    assert.equal(await page.getByLabel('EPS').isChecked(), true);
    assert.equal(await page.getByLabel('Email').inputValue(), 'jenny@example.com');
    await page.getByLabel('Full name').fill('Jenny Rosen');
    await pay(page);
    await atBank(page, 'Approve');
    await page.getByRole('heading', { name: 'Payment successful' }).waitFor();
  });

  test('offers the other ways after a no, and takes a card', async () => {
    const { id, page, said } = await open({ viewport: desk });
    await page.getByLabel('iDEAL').check();
    await pay(page);
    await atBank(page, 'Decline');
    await page.getByText('was not completed at your bank').first().waitFor();
    await page.getByText('You have not been charged.').first().waitFor();
    await page.getByRole('radio', { name: /Card/ }).check();
    await page.getByLabel('Card number').fill('4242424242424242');
    await page.getByLabel('Expiry').fill('12 / 34');
    await page.getByLabel('Security code').fill('123');
    await page.getByLabel('Name on card').fill('Jenny Rosen');
    await pay(page);
    await page.getByRole('heading', { name: 'Payment successful' }).waitFor();
    assert.equal((await sessions.retrieve(id)).payment_status, 'paid');
    assert.deepEqual(blocked(said), []);
  });

  test('comes back by the button of the browser to a choice, in every tab, and pays once', async () => {
    const { id, page } = await open({ viewport: phone });
    const other = await browser.newPage({ viewport: phone });
    await other.page.goto(`${origin}/c/${id}`);
    await page.getByLabel('iDEAL').check();
    await pay(page);
    await page.getByRole('heading', { name: 'Confirm a payment' }).waitFor();
    await page.goBack();
    await page.getByRole('link', { name: 'Continue to your bank' }).waitFor();
    // By itself: a reload at the moment of its own would end one of the two.
    await other.page.getByRole('link', { name: 'Continue to your bank' }).waitFor();

    await page.getByRole('button', { name: 'Cancel and choose another way' }).click();
    await page.getByLabel('Bancontact').check();
    await page.getByLabel('Full name').fill('Jenny Rosen');
    await pay(page);
    await atBank(page, 'Approve');
    await page.getByRole('heading', { name: 'Payment successful' }).waitFor();
    await other.page.getByRole('heading', { name: 'Payment successful' }).waitFor();
    const { payment_intent: intent } = await sessions.retrieve(id);
    const charges = await stripe.charges.list({ payment_intent: String(intent) });
    assert.deepEqual(
      charges.data.map(({ status, payment_method_details: details }) => [status, details?.type]),
      [
        ['succeeded', 'bancontact'],
        ['failed', 'ideal'],
      ],
    );
    assert.ok([...simulator.intents.values()].every(({ bookings }) => bookings <= 1));
  });

  // A page of ours is on the origin that the bank sends back to, and a merchant's is not: the test bank's own page
  // said where its form may lead, and browsers hold each step of the way to that.
  test('brings a payer of the API back to a shop on an origin of its own', async (t) => {
    const shop = createServer((_, response) => response.end('Back in the shop'));
    t.after(() => closeServer(shop));
    const shopOrigin = `http://127.0.0.1:${await listenOnLoopback(shop)}`;
    const { id, next_action: next } = await stripe.paymentIntents.create({
      amount: 2500,
      currency: 'eur',
      confirm: true,
      payment_method_data: { type: 'ideal' },
      return_url: `${shopOrigin}/back`,
    });
    const { page, said } = await browser.newPage({ viewport: phone });
    await page.goto(next?.redirect_to_url?.url ?? '');
    await atBank(page, 'Approve');
    await page.getByText('Back in the shop').waitFor();
    const { origin: at, searchParams: told } = new URL(page.url());
    assert.deepEqual(
      [at, told.get('payment_intent'), told.get('redirect_status')],
      [shopOrigin, id, 'succeeded'],
    );
    assert.deepEqual(blocked(said), []);
  });

  for (const [button, text, later] of [
    [
      'Let them wait, then approve',
      'Payment successful',
      'checkout.session.async_payment_succeeded',
    ],
    ['Let them wait, then decline', 'did not go through', 'checkout.session.async_payment_failed'],
  ] as const) {
    test(`waits for a bank that tells later: ${later}`, async () => {
      await happened();
      const { id, page } = await open({ viewport: phone, scripts: false });
      await page.getByLabel('iDEAL').check();
      await pay(page);
      await atBank(page, button);
      await page.getByRole('heading', { name: 'Your payment is on its way' }).waitFor();
      const waits = await sessions.retrieve(id);
      assert.deepEqual([waits.status, waits.payment_status], ['complete', 'unpaid']);
      assert.ok((await happened()).includes('checkout.session.completed'));
      ahead.ms += 30_000;
      const heard: string[] = [];
      await until(async () => {
        heard.push(...(await happened()));
        return heard.includes(later);
      });
      await page.reload();
      await page.getByRole('heading', { name: text }).waitFor();
    });
  }
});
