// A payer at the page of a checkout, on a phone and on a desk: what is typed, what is sent, what is said,
// and what becomes of it.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Page } from 'playwright-core';
import type { PageView } from '../../src/commerce/checkout/page-view.ts';
import {
  declinedBy,
  fullAsks,
  type PageServer,
  paid,
  startPageServer,
  viewOf,
} from './checkout-support.ts';
import { chromiumIsMissing, launchChromium } from './chromium.ts';

const phone = { width: 390, height: 844 };
const desk = { width: 1280, height: 900 };
const NUMBER = '4242424242424242';

describe('the page of a checkout', { skip: await chromiumIsMissing() }, async () => {
  const server: PageServer = await startPageServer();
  const browser = await launchChromium();

  const fill = async (page: Page, number = NUMBER) => {
    await page.getByLabel('Email').fill('jenny@example.com');
    await page.getByLabel('Card number').pressSequentially(number);
    await page.getByLabel('Expiry').pressSequentially('1234');
    await page.getByLabel('Security code').pressSequentially('123');
    await page.getByLabel('Name on card').fill('Jenny Rosen');
  };
  /** Four seconds later it is at the shop, which a busy machine may see first. */
  const succeeded = (page: Page) =>
    page.getByRole('heading', { name: /^(Payment successful|A shop)$/ }).waitFor();
  const noFaults = (said: readonly string[]) =>
    assert.deepEqual(
      said.filter((line) => /Content Security|Trusted|uncaught/.test(line)),
      [],
    );

  for (const [name, viewport] of [
    ['phone', phone],
    ['desk', desk],
  ] as const) {
    test(`takes a payment on a ${name}, sends the card sealed, and goes back to the shop`, async () => {
      const { page, said, asked } = await browser.newPage({ viewport });
      const { url, session } = server.open();
      await page.goto(url);
      await fill(page);
      await page.getByRole('button', { name: 'Pay €68.90' }).click();
      await page.getByRole('heading', { name: 'Payment successful' }).waitFor();
      await page.waitForFunction(`document.activeElement.id === 'state'`);
      assert.equal(session.posted.length, 1);
      const [form] = session.posted;
      assert.match(form?.get('card[sealed]') ?? '', /^[\w-]+\.\.[\w-]+\.[\w-]+\.[\w-]+$/);
      assert.equal(form?.get('expected_amount'), '6890');
      assert.equal(form?.get('email'), 'jenny@example.com');
      assert.doesNotMatch(String(form), /4242|1234|cvc|number|expiry/);
      await page.getByRole('heading', { name: 'A shop' }).waitFor();
      assert.ok(
        asked.every((url) => url.startsWith(server.origin) || url.startsWith('data:')),
        'nobody else is asked',
      );
      noFaults(said);
    });
  }

  test('groups the digits, names the brand, and keeps the caret where it was', async () => {
    const { page } = await browser.newPage({ viewport: desk });
    await page.goto(server.open().url);
    const number = page.getByLabel('Card number');
    const brand = () => page.locator('#brand use').getAttribute('href');
    await number.pressSequentially('42424242');
    assert.equal(await number.inputValue(), '4242 4242');
    assert.equal(await brand(), '#b-visa');
    await number.press('ArrowLeft');
    await number.press('ArrowLeft');
    await number.pressSequentially('9');
    assert.equal(await number.inputValue(), '4242 4294 2');
    assert.equal(await page.evaluate('document.activeElement.selectionStart'), 8);
    await number.fill('');
    await page.evaluate(`(() => {
      const field = document.querySelector('#number');
      field.focus();
      document.execCommand('insertText', false, '4242-4242 4242.4242');
    })()`);
    assert.equal(await number.inputValue(), '4242 4242 4242 4242');
    await number.fill('');
    await number.pressSequentially('37828');
    assert.equal(await number.inputValue(), '3782 8');
    assert.equal(await brand(), '#b-amex');
    assert.equal(
      await page.locator('#cvc-hint').textContent(),
      '4 digits on the front of the card',
    );
  });

  test('goes on by itself only when the number is complete beyond doubt', async () => {
    const { page } = await browser.newPage({ viewport: desk });
    await page.goto(server.open().url);
    const focused = () => page.evaluate('document.activeElement.id');
    const number = page.getByLabel('Card number');
    // Fourteen digits of it pass the check of digits, and are no number yet.
    await number.pressSequentially('42424242424242');
    assert.equal(await focused(), 'number');
    await number.pressSequentially('42');
    assert.equal(await focused(), 'expiry');
    await number.focus();
    await number.press('End');
    await number.press('Backspace');
    assert.equal(await focused(), 'number');
    await page.getByLabel('Expiry').pressSequentially('3');
    assert.equal(await page.getByLabel('Expiry').inputValue(), '03 / ');
    await page.getByLabel('Expiry').press('Backspace');
    assert.equal(await page.getByLabel('Expiry').inputValue(), '0');
  });

  test('says what is wrong beside the field, once it was left and on paying, and clears it on typing', async () => {
    const { page } = await browser.newPage({ viewport: phone });
    const { url, session } = server.open();
    await page.goto(url);
    await page.getByLabel('Expiry').fill('01 / 20');
    await page.getByLabel('Expiry').blur();
    assert.equal(
      await page.locator('#expiry-error').textContent(),
      'This card has expired. Use another one.',
    );
    assert.equal(
      await page.locator('#say').textContent(),
      'This card has expired. Use another one.',
    );
    await page.getByRole('button', { name: /^Pay/ }).click();
    assert.equal(await page.evaluate('document.activeElement.id'), 'email');
    assert.equal(await page.locator('[aria-invalid=true]').count(), 5);
    await page.getByLabel('Email').fill('j');
    assert.equal(await page.locator('#email-error').isVisible(), false);
    assert.equal(session.posted.length, 0);
  });

  test('keeps a box under the pointer that ticks it, though the field before it is wrong', async () => {
    const { page } = await browser.newPage({ viewport: phone });
    const asks = { ...viewOf('cs_terms').asks, terms: true };
    const { url } = server.open({ asks });
    await page.goto(url);
    await page.getByLabel('Card number').fill('4242');
    await page.locator('#terms').check();
    await page.getByRole('button', { name: /^Pay/ }).click();
    assert.ok(await page.locator('#number-error').isVisible());
  });

  test('keeps what was typed, and nothing of the card, when the way of delivery or a quantity changes, or the language', async () => {
    const { page, said } = await browser.newPage({ viewport: desk });
    await page.addInitScript('globalThis.carried = JSON.stringify(history.state)');
    const [line] = viewOf('cs_typed').lines;
    const lines = [{ ...line!, adjustable: { min: 1, max: 9 } }];
    const { url, session } = server.open({ asks: fullAsks, lines });
    const street = page.locator('#shipping-line1');
    const checkKept = async () => {
      assert.equal(await page.getByLabel('Email').inputValue(), 'jenny@example.com');
      assert.equal(await street.inputValue(), '1 Long Lane');
      assert.equal(await page.locator('#shipping-country').inputValue(), 'DE');
      assert.ok(await page.locator('#terms').isChecked());
      for (const id of ['number', 'expiry', 'cvc', 'holder'])
        assert.equal(await page.locator(`#${id}`).inputValue(), '');
      const carried = String(await page.evaluate('carried'));
      assert.match(carried, /1 Long Lane/);
      assert.doesNotMatch(carried, /4242|12 \/ 34|"123"|Jenny Rosen/);
      assert.equal(await page.evaluate('history.state'), null, 'it is kept no longer than needed');
      assert.equal(await page.evaluate('sessionStorage.length + localStorage.length'), 0);
    };

    await page.goto(url);
    await fill(page);
    await street.fill('1 Long Lane');
    await page.locator('#shipping-country').selectOption('DE');
    await page.locator('#terms').check();
    session.view = { ...session.view, attempt: 'another' };
    await Promise.all([
      page.waitForEvent('load'),
      page.getByText('Express', { exact: true }).click(),
    ]);
    await checkKept();
    assert.equal(await page.locator('[name=attempt]').inputValue(), 'another');

    await fill(page);
    const quantity = page.locator('select[data-again]');
    await quantity.focus();
    await Promise.all([page.waitForEvent('load'), quantity.selectOption('3')]);
    await checkKept();
    assert.equal(await page.evaluate('document.activeElement.id'), line?.id, 'nobody is lost');
    assert.equal(await quantity.inputValue(), '1', 'how many is for the server to say');
    assert.deepEqual(
      session.posted.map((form) => [form.get('do'), String(form).includes('4242')]),
      [
        ['update', false],
        ['update', false],
      ],
    );

    await page.getByLabel('Card number').fill('4242 4242 4242 4242');
    await page.locator('#lang').focus();
    await Promise.all([page.waitForEvent('load'), page.locator('#lang').selectOption('de')]);
    await page.getByText('Lieferadresse', { exact: true }).waitFor();
    assert.equal(await page.locator('#email').inputValue(), 'jenny@example.com');
    assert.equal(await street.inputValue(), '1 Long Lane');
    assert.equal(await page.locator('#number').inputValue(), '');
    assert.doesNotMatch(String(await page.evaluate('carried')), /4242/);
    assert.equal(page.url(), `${url}?lang=de`);
    assert.equal(await page.evaluate('document.activeElement.id'), 'lang');
    noFaults(said);
  });

  test('asks for one address where both are the same, and insists on the other where they are not', async () => {
    const { page } = await browser.newPage({ viewport: desk });
    const asks = {
      ...fullAsks,
      billingAddress: 'required',
      phone: false,
      customFields: [],
    } as const;
    const { url, session } = server.open({ asks });
    await page.goto(url);
    await fill(page);
    await page.locator('#shipping-name').fill('Jenny Rosen');
    await page.locator('#shipping-country').selectOption('DE');
    await page.locator('#shipping-line1').fill('1 Long Lane');
    await page.locator('#shipping-city').fill('Hamburg');
    await page.locator('#terms').check();
    const billing = page.locator('#billing-line1');
    assert.equal(await billing.isVisible(), false);
    await page.locator('#billing-same').uncheck();
    await page.getByRole('button', { name: /^Pay/ }).click();
    assert.equal(await page.evaluate('document.activeElement.id'), 'billing-country');
    assert.equal(await billing.getAttribute('aria-invalid'), 'true');
    assert.equal(session.posted.length, 0);
    await page.locator('#billing-same').check();
    await page.getByRole('button', { name: /^Pay/ }).click();
    await succeeded(page);
    assert.equal(session.posted[0]?.get('billing_same'), 'true');
  });

  test('is paid by Enter in a field, sealed, also where a quantity may be changed', async () => {
    const { page } = await browser.newPage({ viewport: desk });
    const [line] = viewOf('any').lines;
    const { url, session } = server.open({ lines: [{ ...line!, adjustable: { min: 1, max: 9 } }] });
    await page.goto(url);
    await fill(page);
    await page.locator('#cvc').press('Enter');
    await succeeded(page);
    assert.deepEqual(
      session.posted.map((form) => [form.has('card[sealed]'), form.has('card[cvc]')]),
      [[true, false]],
    );
  });

  test('is paid once however often the button is pressed', async () => {
    const { page } = await browser.newPage({ viewport: desk });
    const { url, session } = server.open();
    await page.goto(url);
    await fill(page);
    await page.evaluate(`for (let i = 0; i < 5; i += 1) document.querySelector('#go').click()`);
    await succeeded(page);
    assert.equal(session.posted.length, 1);
  });

  test('keeps the form after a decline, says what to do, and pays with the next try', async () => {
    const { page } = await browser.newPage({ viewport: phone });
    const { url, session } = server.open();
    session.onPay = () =>
      session.posted.length === 1
        ? { ...session.view, attempt: '2', declined: declinedBy('funds') }
        : paid(session.view);
    await page.goto(url);
    await fill(page);
    await page.getByRole('button', { name: /^Pay/ }).click();
    await page.getByText('There are not enough funds').first().waitFor();
    assert.equal(await page.locator('#notice-more').textContent(), 'You have not been charged.');
    assert.equal(await page.getByLabel('Card number').inputValue(), '4242 4242 4242 4242');
    assert.equal(await page.getByLabel('Security code').inputValue(), '');
    await page.getByLabel('Security code').fill('123');
    await page.getByRole('button', { name: /^Pay/ }).click();
    await succeeded(page);
    assert.deepEqual(
      session.posted.map((form) => form.get('attempt')),
      ['018f-attempt-1', '2'],
    );
  });

  test('leads to the field that the bank found wrong', async () => {
    const { page } = await browser.newPage({ viewport: desk });
    const { url, session } = server.open();
    session.onPay = () => ({ ...session.view, declined: declinedBy('data_cvc', 'cvc') });
    await page.goto(url);
    await fill(page);
    await page.getByRole('button', { name: /^Pay/ }).click();
    await page.getByText('The security code is not right.').first().waitFor();
    assert.equal(await page.evaluate('document.activeElement.id'), 'cvc');
  });

  test('says that it does not know when the answer is lost, and shows what is found out', async () => {
    const { page } = await browser.newPage({ viewport: phone });
    const { url, session } = server.open();
    session.onPay = () => ({ ...session.view, status: 'unknown' });
    await page.goto(url);
    await fill(page);
    await page.route('**/confirm', async (route) => {
      await route.fetch();
      await route.abort('connectionreset');
    });
    await page.getByRole('button', { name: /^Pay/ }).click();
    await page.getByRole('heading', { name: 'We are still checking' }).waitFor();
    await page.getByText('Please do not pay again.').waitFor();
    assert.equal(await page.locator('#pay').count(), 0, 'there is no form that could charge again');
    assert.doesNotMatch((await page.locator('body').textContent()) ?? '', /not been charged/);
    session.view = paid(session.view);
    await succeeded(page);
    assert.equal(session.posted.length, 1);
  });

  const asking = (session: { view: PageView }): PageView => ({
    ...session.view,
    status: 'action',
    urls: { ...session.view.urls, action: `${server.origin}/bank/${session.view.session}` },
  });

  for (const [name, viewport] of [
    ['phone', phone],
    ['desk', desk],
  ] as const) {
    test(`shows the question of the bank in a frame on a ${name}, and comes back to the result`, async () => {
      const { page, said } = await browser.newPage({ viewport });
      const { url, session } = server.open();
      session.onPay = () => asking(session);
      await page.goto(url);
      await fill(page);
      await page.getByRole('button', { name: /^Pay/ }).click();
      const bank = page.frameLocator('#bank-frame iframe').frameLocator('iframe');
      await bank.getByRole('button', { name: 'It is me' }).click();
      await succeeded(page);
      noFaults(said);
    });
  }

  test('lets the payer cancel the question of the bank and pay in another way', async () => {
    const { page } = await browser.newPage({ viewport: desk });
    const { url, session } = server.open();
    session.onPay = () => (session.posted.length === 1 ? asking(session) : paid(session.view));
    await page.goto(url);
    await fill(page);
    await page.getByRole('button', { name: /^Pay/ }).click();
    await page
      .frameLocator('#bank-frame iframe')
      .frameLocator('iframe')
      .getByRole('heading')
      .waitFor();
    await page.getByRole('button', { name: 'Cancel and choose another way' }).click();
    await page.locator('dialog').waitFor({ state: 'hidden' });
    await page.getByText('Your bank could not confirm that it is you.').first().waitFor();
    await page.getByLabel('Security code').fill('123');
    await page.getByRole('button', { name: /^Pay/ }).click();
    await succeeded(page);
  });

  test('tells a second window what the first one did', async () => {
    const { url } = server.open();
    const first = await browser.newPage({ viewport: desk });
    const second = await browser.newPage({ viewport: desk });
    await second.page.goto(url);
    await first.page.goto(url);
    await fill(first.page);
    await first.page.getByRole('button', { name: /^Pay/ }).click();
    await second.page.getByRole('heading', { name: 'Payment successful' }).waitFor();
    assert.equal(
      await second.page.locator('#going').isVisible(),
      false,
      'only the window that paid leaves',
    );
  });

  test('can be paid without any script, and shows the amount and the merchant before one runs', async () => {
    const { page } = await browser.newPage({ viewport: phone, scripts: false });
    const { url, session } = server.open();
    await page.goto(url);
    await page.getByText('Pay Paper & Ink').waitFor();
    const promise = page.getByText('encrypted before they leave this page');
    assert.equal(await promise.isVisible(), false, 'Nothing is promised that only a script can do');
    await page.getByLabel('Email').fill('jenny@example.com');
    await page.getByLabel('Card number').fill(NUMBER);
    await page.getByLabel('Expiry').fill('12/34');
    await page.getByLabel('Security code').fill('123');
    await page.getByLabel('Name on card').fill('Jenny Rosen');
    await page.getByRole('button', { name: 'Pay €68.90' }).click();
    await succeeded(page);
    assert.equal(session.posted[0]?.get('card[number]'), NUMBER);
    assert.equal(page.url(), url);
  });

  test('is a whole way by keyboard alone', async () => {
    const { page } = await browser.newPage({ viewport: desk });
    await page.goto(server.open({ livemode: true }).url);
    const focused = () =>
      page.evaluate('document.activeElement.id || document.activeElement.className');
    const order: unknown[] = [];
    for (let step = 0; step < 7; step += 1) {
      await page.keyboard.press('Tab');
      order.push(await focused());
    }
    assert.deepEqual(order, ['who', 'email', 'number', 'expiry', 'cvc', 'holder', 'go']);
    await fill(page);
    await page.keyboard.press('Enter');
    await succeeded(page);
  });

  test('fills in a card of test mode with a click, and has none in live mode', async () => {
    const { page } = await browser.newPage({ viewport: phone });
    await page.goto(server.open().url);
    await page.getByText('Test cards').click();
    await page.getByRole('button', { name: /American Express/ }).click();
    assert.equal(await page.getByLabel('Card number').inputValue(), '3782 822463 10005');
    assert.equal(await page.getByLabel('Security code').inputValue(), '1234');
    const live = await fetch(server.open({ livemode: true }).url).then((answer) => answer.text());
    assert.doesNotMatch(live, /data-card|Test mode|4242/);
  });

  test('tells the receipt in the zone of the payer, and stays at its address', async () => {
    const { page } = await browser.newPage({ viewport: phone });
    const { url } = server.open(paid(viewOf('cs_paid')));
    await page.goto(url);
    await page.getByText('pi_0QxT4mJb81Zrw3KdT5nRb2Vc').waitFor();
    await page.reload();
    await page.getByRole('link', { name: 'Continue to Paper & Ink' }).waitFor();
    assert.equal(page.url(), url);
    assert.doesNotMatch((await page.locator('time').textContent()) ?? '', /UTC/);
  });
});
