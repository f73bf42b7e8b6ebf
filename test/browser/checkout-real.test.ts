// The page of a checkout at a whole gateway: the session is made with the official SDK, the card is sealed
// in a real browser, and what became of it is asked of the API.

import assert from 'node:assert/strict';
import { beforeEach, describe, test } from 'node:test';
import type { Page } from 'playwright-core';
import { setRules } from '#payments/risk';
import { lostAfter } from '../../src/payments/intents/for-tests-bank.ts';
import { twoTeas } from '../support/checkout.ts';
import { openShop } from '../support/payments.ts';
import { chromiumIsMissing, keepFrom, launchChromium } from './chromium.ts';

const phone = { width: 390, height: 844 };
const DECLINED = '4000000000009995';

describe('the page of a real session', { skip: await chromiumIsMissing() }, async () => {
  const { gateway, merchant, stripe, bank, resolveUntil } = await openShop();
  const { sessions } = stripe.checkout;
  const origin = `http://127.0.0.1:${gateway.port}`;
  const browser = await launchChromium();
  beforeEach(() => {
    bank.calls.length = 0;
  });

  const newPage = async (how: Parameters<typeof browser.newPage>[0]) => {
    const opened = await browser.newPage(how);
    await keepFrom(opened.page, 'https://shop.test/**');
    return opened;
  };
  const pageOf = (id: string) => `${origin}/c/${id}`;
  const fill = async (page: Page, number = '4242424242424242') => {
    await page.getByLabel('Email').fill('jenny@example.com');
    await page.getByLabel('Card number').fill(number);
    await page.getByLabel('Expiry').fill('12 / 34');
    await page.getByLabel('Security code').fill('123');
    await page.getByLabel('Name on card').fill('Jenny Rosen');
  };

  test('is paid once, and stays what it shows', async () => {
    const { id } = await sessions.create(twoTeas);
    const { page, said, asked } = await newPage({ viewport: phone });
    await page.goto(pageOf(id));
    await fill(page);
    await page.getByRole('button', { name: 'Pay €25.00' }).click();
    await page.getByRole('heading', { name: 'Payment successful' }).waitFor();
    const paid = await sessions.retrieve(id);
    assert.deepEqual(
      [paid.status, paid.payment_status, paid.amount_total],
      ['complete', 'paid', 2500],
    );
    assert.equal(paid.customer_details?.email, 'jenny@example.com');
    assert.equal(bank.calls.filter(({ what }) => what === 'sale').length, 1);
    assert.deepEqual(
      said.filter((line) => /Content Security|Trusted|uncaught/.test(line)),
      [],
    );
    assert.deepEqual(
      asked.filter((url) => !url.startsWith(origin) && !/^data:|shop\.test/.test(url)),
      [],
    );
  });

  test('keeps the form after a decline, and takes the next card', async () => {
    const { id } = await sessions.create(twoTeas);
    const { page } = await newPage({ viewport: phone });
    await page.goto(pageOf(id));
    await fill(page, DECLINED);
    await page.getByRole('button', { name: /^Pay/ }).click();
    await page.getByText('You have not been charged.').first().waitFor();
    await page.getByLabel('Card number').fill('4242424242424242');
    await page.getByLabel('Security code').fill('123');
    await page.getByRole('button', { name: /^Pay/ }).click();
    await page.getByRole('heading', { name: 'Payment successful' }).waitFor();
  });

  test('says that it does not know, and learns', async () => {
    const { id } = await sessions.create(twoTeas);
    const { page } = await newPage({ viewport: phone });
    await page.goto(pageOf(id));
    await fill(page);
    bank.next.push(lostAfter);
    await page.getByRole('button', { name: /^Pay/ }).click();
    await page
      .getByText(/still checking|waiting for your bank/i)
      .first()
      .waitFor();
    assert.equal(await page.locator('#pay').count(), 0);
    await resolveUntil(async () => (await sessions.retrieve(id)).status === 'complete');
    await page.getByRole('heading', { name: 'Payment successful' }).waitFor();
    assert.equal(bank.calls.filter(({ what }) => what === 'sale').length, 1);
  });

  test('is over in every window at once when the shop ends the session, with events or without', async () => {
    const { id } = await sessions.create(twoTeas);
    const windows = await Promise.all(
      [true, false].map(async (hasEvents) => {
        const { page } = await newPage({ viewport: phone });
        if (!hasEvents) await page.route('**/events', (route) => route.fulfill({ status: 503 }));
        await page.goto(pageOf(id));
        await fill(page);
        return page;
      }),
    );
    await sessions.expire(id);
    for (const page of windows) {
      await page
        .getByRole('heading', { name: 'This page has expired' })
        .waitFor({ timeout: 60_000 });
    }
  });

  test('keeps a card without an amount, after one that its bank did not want', async () => {
    const { id } = await sessions.create({
      mode: 'setup',
      currency: 'eur',
      customer_creation: 'always',
      success_url: 'https://shop.test/saved',
    });
    const { page, picture } = await newPage({ viewport: phone });
    await page.goto(pageOf(id));
    assert.doesNotMatch(await page.locator('main').innerText(), /€/);
    await page.getByText('to charge this card for later payments').waitFor();
    await fill(page, '4000000000000002');
    await page.getByRole('button', { name: 'Save card' }).click();
    await page.getByText('Your bank did not accept the card.').first().waitFor();
    await page.getByLabel('Card number').fill('4242424242424242');
    await page.getByLabel('Security code').fill('123');
    await picture('checkout-save-open-phone');
    await page.getByRole('button', { name: 'Save card' }).click();
    await page.getByRole('heading', { name: 'Your card is saved' }).waitFor();
    await picture('checkout-save-done-phone');
    const { customer, setup_intent: setup } = await sessions.retrieve(id);
    const kept = await stripe.setupIntents.retrieve(String(setup));
    assert.deepEqual([kept.status, kept.customer], ['succeeded', customer]);
    assert.equal(bank.calls.filter(({ what }) => what === 'sale').length, 0);
  });

  test('is paid without scripts', async () => {
    const { id } = await sessions.create(twoTeas);
    const { page } = await newPage({ viewport: phone, scripts: false });
    await page.goto(pageOf(id));
    await fill(page);
    await page.getByRole('button', { name: /^Pay/ }).click();
    await page.getByRole('heading', { name: 'Payment successful' }).waitFor();
    assert.equal((await sessions.retrieve(id)).status, 'complete');
  });

  test('charges nothing when a browser changes the price', async () => {
    const { id } = await sessions.create(twoTeas);
    const { page } = await newPage({ viewport: phone });
    await page.goto(pageOf(id));
    await fill(page);
    await page.evaluate(`document.querySelector('[name=expected_amount]').value = '1'`);
    await page.getByRole('button', { name: /^Pay/ }).click();
    await page.getByText('The amount has changed.').first().waitFor();
    assert.equal(bank.calls.length, 0);
    assert.equal((await sessions.retrieve(id)).status, 'open');
  });

  test('proves work by itself where that is asked, and pays', async () => {
    const asks = { slow: null, proof: 1, three_ds: null, block: null };
    await setRules(gateway.context, merchant.scope, { ladder: { card_in_vain: asks } });
    const { id } = await sessions.create(twoTeas);
    const { page, asked } = await newPage({ viewport: phone });
    const sent = () => asked.filter((url) => url.endsWith('/confirm')).length;
    await page.goto(pageOf(id));
    for (const [tries, confirmations] of [
      [1, 1],
      [2, 3],
    ] as const) {
      await fill(page, '4000000000000341');
      // What the first try was told still stands there during the second.
      await Promise.all([
        page.waitForResponse(
          (answer) => answer.url().endsWith('/confirm') && sent() === confirmations,
        ),
        page.getByRole('button', { name: /^Pay/ }).click(),
      ]);
      await page.getByText('You have not been charged.').first().waitFor();
      assert.equal(sent(), confirmations, `try ${tries}`);
    }
    await fill(page);
    await page.getByRole('button', { name: /^Pay/ }).click();
    await page.getByRole('heading', { name: 'Payment successful' }).waitFor();
  });
});
