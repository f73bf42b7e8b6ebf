// The demo shop as its customers use it, at a whole gateway with the sandbox's bank: paid in its own page and on the
// payment page, each order in one way, and marked paid by what Tollgate says and by nothing else.

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import type { Page } from 'playwright-core';
import { startShop } from '../../demo/shop/main.ts';
import { openOrders } from '../../demo/shop/orders.ts';
import { createPayments } from '../../demo/shop/payments.ts';
import { temporaryFolder } from '../../src/kit/context/for-tests.ts';
import { chromiumIsMissing, launchChromium } from './chromium.ts';
import { openMerchant, typeCard } from './embedded-support.ts';

describe('the demo shop', { skip: await chromiumIsMissing() }, async () => {
  const { api, key, publishableKey, stripe } = await openMerchant(() => shop.stop());
  const data = temporaryFolder('shop');
  const shop = await startShop({ api, secretKey: key, publishableKey, port: 0, data });
  const orders = openOrders(join(data, 'orders.db'));
  after(() => orders.close());
  const browser = await launchChromium();

  const buy = async (page: Page): Promise<string> => {
    await page.goto(shop.url);
    await page.getByRole('button', { name: 'Buy Stone mug' }).click();
    await page.getByRole('heading', { name: 'Your order' }).waitFor();
    return new URL(page.url()).pathname.split('/')[2] ?? '';
  };
  const orderOf = (id: string) => orders.find(id) ?? assert.fail('There is no such order');
  const paid = (page: Page) =>
    page.getByRole('heading', { name: 'Thank you. It is paid.' }).waitFor();

  test('is paid in its own page: after a decline with another card, whose bank asks', async () => {
    const { page, said, picture } = await browser.newPage({
      viewport: { width: 390, height: 844 },
    });
    const id = await buy(page);
    await picture('shop-choose-phone');
    await page.getByRole('button', { name: 'Pay here' }).click();
    await page.getByLabel('Email').fill('jenny@example.com');
    await typeCard(page, { number: '4000000000009995' });
    await page.getByRole('button', { name: 'Pay €24.00' }).click();
    await page.getByText('not enough funds').waitFor();
    await typeCard(page, { number: '4000002760003184' });
    await page.getByRole('button', { name: 'Pay €24.00' }).click();
    const bank = page.frameLocator('dialog iframe').frameLocator('iframe');
    await bank
      .getByLabel('One-time code')
      .fill(String(await bank.locator('.test b').textContent()));
    await bank.getByRole('button', { name: 'Confirm payment' }).click();
    await paid(page);
    const { state, paidBy, email, payment } = orderOf(id);
    assert.deepEqual([state, paidBy, email], ['paid', 'webhook', 'jenny@example.com']);
    assert.equal((await stripe.paymentIntents.retrieve(payment ?? '')).amount_received, 2400);
    assert.deepEqual(
      said.filter((line) => /Content Security|Trusted|uncaught|integrity/i.test(line)),
      [],
    );
  });

  test('is paid on the payment page, and what was begun here is canceled first', async () => {
    const { page } = await browser.newPage({ viewport: { width: 1280, height: 900 } });
    const id = await buy(page);
    await page.getByRole('button', { name: 'Pay here' }).click();
    await typeCard(page, { number: '4242424242424242' });
    const begun = orderOf(id).payment ?? '';
    const [answer] = await Promise.all([
      page.waitForResponse((response) => response.url().includes('/pay?')),
      page.getByRole('button', { name: 'Use the payment page' }).click(),
    ]);
    assert.match((await answer.headerValue('location')) ?? '', /\/c\/cs_test_/);
    const session = await stripe.checkout.sessions.retrieve(orderOf(id).session ?? '');
    assert.equal(session.branding_settings?.display_name, 'Nordlys Coffee');
    assert.equal((await stripe.paymentIntents.retrieve(begun)).status, 'canceled');
    assert.equal(orderOf(id).payment, null);
  });

  test('marks an order paid by asking, where no webhook came', async () => {
    // Its endpoint is at an address where nobody listens.
    const alone = openOrders(join(temporaryFolder('shop'), 'orders.db'));
    const payments = await createPayments(alone, {
      api,
      secretKey: key,
      publishableKey,
      shop: 'http://127.0.0.1:9',
    });
    alone.add({
      id: 'an-order',
      token: 'a-token',
      state: 'open',
      items: [{ product: 'mug', quantity: 2 }],
      total: 4800,
      currency: 'eur',
      email: null,
      session: null,
      payment: null,
      tries: 0,
      refusal: null,
      paidBy: null,
      createdAtMs: Date.now(),
    });
    const now = () => alone.find('an-order') ?? assert.fail('There is no such order');
    await payments.beginHere(now());
    assert.equal(await payments.reconcile(0), 0);
    await stripe.paymentIntents.confirm(now().payment ?? '', { payment_method: 'pm_card_visa' });
    assert.equal(await payments.reconcile(0), 1);
    assert.deepEqual([now().state, now().paidBy], ['paid', 'reconciliation']);
    assert.equal(await payments.fieldsFor(now()), null);
    alone.close();
  });
});
