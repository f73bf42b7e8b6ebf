// Card fields in a merchant's page that come late, are taken away, or lose a question: each is brought about by
// holding a request back.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Page } from 'playwright-core';
import type Stripe from 'stripe';
import { chromiumIsMissing, launchChromium } from './chromium.ts';
import { frameWith, openMerchant, typeCard } from './embedded-support.ts';

const VISA = '4242424242424242';
const ASKED = '4000002760003184';

describe('card fields in the page of a merchant', { skip: await chromiumIsMissing() }, async () => {
  const { origin, stripe } = await openMerchant();
  const browser = await launchChromium();

  const newIntent = async () => {
    const intent = await stripe.paymentIntents.create({ amount: 5000, currency: 'eur' });
    return { id: intent.id, secret: intent.client_secret ?? '' };
  };
  const openPage = async () => {
    const opened = await browser.newPage({ viewport: { width: 390, height: 844 } });
    await opened.page.goto(`${origin}/`);
    return opened;
  };
  const run = (page: Page, script: string): Promise<unknown> => page.evaluate(script);
  const mountCard = (page: Page) =>
    run(page, `globalThis.card = mount(tollgate.elements(), 'card'); null`);
  const confirm = (page: Page, secret: string) =>
    run(page, `tollgate.confirmCardPayment('${secret}', { payment_method: { card } })`) as Promise<{
      paymentIntent?: Stripe.PaymentIntent;
      error?: Record<string, string>;
    }>;
  const statusOf = async (id: string) => (await stripe.paymentIntents.retrieve(id)).status;

  const mountApart = (page: Page) =>
    run(
      page,
      `globalThis.group = tollgate.elements();
       globalThis.card = mount(group, 'cardNumber', '#one');
       globalThis.code = mount(group, 'cardCvc', '#three'); mount(group, 'cardExpiry', '#two'); null`,
    );

  test('are not sent without the code because its field is late, and take four digits of it then', async () => {
    const { id, secret } = await newIntent();
    const { page, asked } = await openPage();
    const late = Promise.withResolvers<void>();
    await page.route(/kind=cardCvc/, async (route) => {
      await late.promise;
      await route.continue();
    });
    await mountApart(page);
    await (await frameWith(page, 'number')).locator('#number').fill('378282246310005');
    await (await frameWith(page, 'expiry')).locator('#expiry').fill('1234');
    const paying = confirm(page, secret);
    await page.waitForTimeout(2_000);
    late.resolve();
    assert.equal((await paying).error?.['code'], 'incomplete_cvc');
    assert.equal(await statusOf(id), 'requires_payment_method');
    assert.ok(!asked.some((url) => url.includes('/confirm')));
    const code = (await frameWith(page, 'cvc')).locator('#cvc');
    await code.pressSequentially('1234');
    assert.equal(await code.inputValue(), '1234');
    assert.equal((await confirm(page, secret)).paymentIntent?.status, 'succeeded');
  });

  test('say that nobody knows, where they are taken away while they pay', async () => {
    const { secret } = await newIntent();
    const { page } = await openPage();
    await mountCard(page);
    await typeCard(page, { number: VISA });
    await page.route(/\/confirm$/, () => {});
    const sent = page.waitForRequest(/\/confirm$/);
    const paying = confirm(page, secret);
    await sent;
    await run(page, 'card.unmount()');
    assert.equal((await paying).error?.['code'], 'outcome_unknown');
    await page.unrouteAll();
    await run(page, `card.mount('#fields')`);
    await typeCard(page, { number: VISA });
    assert.equal((await confirm(page, secret)).paymentIntent?.status, 'succeeded');
  });

  test('ask again for the question of the bank, where that is lost once', async () => {
    const { secret } = await newIntent();
    const { page } = await openPage();
    await mountCard(page);
    await typeCard(page, { number: ASKED });
    await page.route(/payment_intents\/pi_\w+\?/, (route) => route.abort(), { times: 1 });
    const paying = confirm(page, secret);
    await page.frameLocator('dialog iframe').frameLocator('iframe').locator('.test b').waitFor();
    await page.frameLocator('dialog iframe').locator('#cancel').click();
    assert.equal((await paying).error?.['code'], 'payment_intent_authentication_failure');
  });
});
