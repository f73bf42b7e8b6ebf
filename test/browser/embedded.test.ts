// A payer at a merchant's own page, with the fields of ours in it: what is paid, what is asked, what is said, and
// that nothing but our own frames ever sees the number.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { describe, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import type { Page } from 'playwright-core';
import type Stripe from 'stripe';
import { chromiumIsMissing, launchChromium } from './chromium.ts';
import {
  fieldFrames,
  frameWith,
  openMerchant,
  typeCard,
  violationsIn,
} from './embedded-support.ts';

const VISA = '4242424242424242';
const ASKED = '4000002760003184';
const NO_FUNDS = '4000000000009995';

describe('card fields in the page of a merchant', { skip: await chromiumIsMissing() }, async () => {
  const { api, gateway, origin, publishableKey, stripe } = await openMerchant();
  const browser = await launchChromium();

  const newIntent = async (more: Partial<Stripe.PaymentIntentCreateParams> = {}) => {
    const intent = await stripe.paymentIntents.create({ amount: 5000, currency: 'eur', ...more });
    return { id: intent.id, secret: intent.client_secret ?? '' };
  };
  const openPage = async (query = '') => {
    const opened = await browser.newPage({ viewport: { width: 390, height: 844 } });
    await opened.page.goto(`${origin}/${query}`);
    return opened;
  };
  const run = (page: Page, script: string): Promise<unknown> => page.evaluate(script);
  const mountCard = (page: Page, kind = 'card') =>
    run(
      page,
      `globalThis.group = tollgate.elements(); globalThis.card = mount(group, '${kind}'); null`,
    );
  const confirm = (page: Page, secret: string) =>
    run(
      page,
      `tollgate.confirmCardPayment('${secret}', { payment_method: { card, billing_details: { name: 'Jenny Rosen' } } })`,
    ) as Promise<{ paymentIntent?: Stripe.PaymentIntent; error?: Record<string, string> }>;
  const statusOf = async (id: string) => (await stripe.paymentIntents.retrieve(id)).status;
  const noViolation = (said: readonly string[]) =>
    assert.deepEqual(
      said.filter((line) => /Content Security|Trusted|uncaught|integrity/i.test(line)),
      [],
    );

  test('pay, and neither the page nor what it sends ever has the number', async () => {
    const { id, secret } = await newIntent();
    const { page, said } = await openPage();
    const sent: string[] = [];
    page.on('request', (request) => sent.push(`${request.url()} ${request.postData() ?? ''}`));
    await mountCard(page);
    await typeCard(page, { number: VISA });
    const { paymentIntent } = await confirm(page, secret);
    assert.equal(paymentIntent?.status, 'succeeded');
    assert.equal(await statusOf(id), 'succeeded');

    const heard = JSON.stringify(await run(page, 'heard'));
    assert.match(heard, /"brand":"visa"/);
    const seen = [heard, await page.content(), ...sent, JSON.stringify(paymentIntent)].join('\n');
    assert.doesNotMatch(seen, /4242[ %20+]*4242[ %20+]*4242/);
    assert.ok(
      sent.some((request) => request.includes('payment_method_data%5Bcard%5D%5Bsealed%5D')),
    );
    assert.deepEqual(
      sent.filter((request) => !request.startsWith(api)),
      [],
    );
    const payment = await stripe.paymentIntents.retrieve(id, { expand: ['payment_method'] });
    const method = payment.payment_method as Stripe.PaymentMethod;
    assert.deepEqual([method.card?.last4, method.billing_details.name], ['4242', 'Jenny Rosen']);
    noViolation(said);
  });

  test('say beside the field that a number is wrong, and send nothing', async () => {
    const { id, secret } = await newIntent();
    const { page, asked } = await openPage('?lang=de');
    await mountCard(page, 'payment');
    await typeCard(page, { number: '4242424242424241' });
    const { error } = await confirm(page, secret);
    assert.deepEqual([error?.['type'], error?.['code']], ['validation_error', 'invalid_number']);
    const frame = await frameWith(page, 'number');
    const number = frame.getByLabel('Kartennummer');
    assert.equal(await number.getAttribute('aria-invalid'), 'true');
    const [, described = ''] =
      /(number-error)/.exec(String(await number.getAttribute('aria-describedby'))) ?? [];
    assert.equal(await frame.locator(`#${described}`).textContent(), error?.['message']);
    assert.equal(await frame.evaluate('document.activeElement.id'), 'number');
    assert.equal(await statusOf(id), 'requires_payment_method');
    assert.ok(!asked.some((url) => url.includes('/confirm')));
  });

  test('keep the card after a decline, forget its code, and pay with the next card', async () => {
    const { id, secret } = await newIntent();
    const { page } = await openPage('?lang=de');
    await mountCard(page, 'payment');
    await typeCard(page, { number: NO_FUNDS });
    const { error } = await confirm(page, secret);
    assert.equal(error?.['decline_code'], 'insufficient_funds');
    assert.match(error?.['message'] ?? '', /andere Karte/);
    const frame = await frameWith(page, 'number');
    assert.equal(await frame.locator('#number').inputValue(), '4000 0000 0000 9995');
    assert.equal(await frame.locator('#cvc').inputValue(), '');
    await typeCard(page, { number: VISA });
    assert.equal((await confirm(page, secret)).paymentIntent?.status, 'succeeded');
    assert.equal(await statusOf(id), 'succeeded');
  });

  test('show the question of the bank over the page, and learn its end from the API', async () => {
    const { id, secret } = await newIntent();
    const { page, said, picture } = await openPage();
    await mountCard(page);
    await typeCard(page, { number: ASKED });
    const paying = confirm(page, secret);
    const bank = page.frameLocator('dialog iframe').frameLocator('iframe');
    const code = await bank.locator('.test b').textContent();
    await picture('embedded-challenge-phone');
    await bank.getByLabel('One-time code').fill(String(code));
    await bank.getByRole('button', { name: 'Confirm payment' }).click();
    assert.equal((await paying).paymentIntent?.status, 'succeeded');
    assert.equal(await statusOf(id), 'succeeded');
    assert.equal(await page.locator('dialog').count(), 0);
    noViolation(said);
  });

  test('stay in the page while the bank asks, though the payer could be sent back, and go there at the end', async () => {
    const { page } = await openPage();
    await run(page, `globalThis.group = tollgate.elements(); mount(group, 'payment'); null`);
    for (const redirect of ['if_required', 'always']) {
      const { id, secret } = await newIntent();
      const declined = stripe.paymentIntents.confirm(id, {
        payment_method: 'pm_card_visa_chargeDeclined',
        return_url: 'https://shop.example/unused',
      });
      await assert.rejects(declined, { code: 'card_declined' });
      await typeCard(page, { number: ASKED });
      const paying = run(
        page,
        `Promise.race([
           tollgate.confirmPayment({ elements: group, clientSecret: '${secret}', redirect: '${redirect}', confirmParams: { return_url: location.origin + '/?done' } }),
           new Promise((resolve) => addEventListener('pagehide', () => resolve(null))),
         ])`,
      ).catch(() => null);
      const bank = page.frameLocator('dialog iframe').frameLocator('iframe');
      const code = await bank.locator('.test b').textContent();
      await bank.getByLabel('One-time code').fill(String(code));
      await bank.getByRole('button', { name: 'Confirm payment' }).click();
      if (redirect === 'always') await page.waitForURL(/redirect_status=succeeded/);
      else assert.match(JSON.stringify(await paying), /"succeeded"/);
      assert.equal(await statusOf(id), 'succeeded');
    }
  });

  test('let the payer give up the question, and pay with another card', async () => {
    const { secret } = await newIntent();
    const { page } = await openPage('?lang=de');
    await mountCard(page);
    await typeCard(page, { number: ASKED });
    const paying = confirm(page, secret);
    const dialog = page.frameLocator('dialog iframe');
    await dialog.frameLocator('iframe').locator('.test b').waitFor();
    await dialog.locator('#cancel').click();
    const { error } = await paying;
    assert.equal(error?.['code'], 'payment_intent_authentication_failure');
    assert.match(error?.['message'] ?? '', /Ihre Bank/);
    await typeCard(page, { number: VISA });
    assert.equal((await confirm(page, secret)).paymentIntent?.status, 'succeeded');
  });

  test('stand one by one where the page wants them, and find each other', async () => {
    const { secret } = await newIntent();
    const { page } = await openPage();
    await run(
      page,
      `globalThis.group = tollgate.elements();
       globalThis.card = mount(group, 'cardNumber', '#one');
       mount(group, 'cardExpiry', '#two'); mount(group, 'cardCvc', '#three'); null`,
    );
    await typeCard(page, { number: '378282246310005', cvc: '1234' });
    const { paymentIntent } = await confirm(page, secret);
    assert.equal(paymentIntent?.status, 'succeeded');
    assert.doesNotMatch(JSON.stringify(await run(page, 'heard')), /3782[ ]*822463/);
  });

  test('make a payment method, a token, and keep a card for later', async () => {
    const { page } = await openPage();
    await mountCard(page);
    const given = async (script: string) => {
      await typeCard(page, { number: VISA });
      return JSON.stringify(await run(page, script));
    };
    assert.match(await given(`tollgate.createPaymentMethod({ type: 'card', card })`), /"pm_\w+"/);
    assert.match(await given('tollgate.createToken(card)'), /"tok_\w+"/);
    const setup = await stripe.setupIntents.create();
    const answer = await given(
      `tollgate.confirmCardSetup('${setup.client_secret}', { payment_method: { card } })`,
    );
    assert.match(answer, /"setupIntent":.*"succeeded"/);
  });

  test('confirm with an address to go back to, and without one where none is needed', async () => {
    const { page } = await openPage();
    await run(page, `globalThis.group = tollgate.elements(); mount(group, 'payment'); null`);
    const first = await newIntent();
    await typeCard(page, { number: VISA });
    const stays = await run(
      page,
      `tollgate.confirmPayment({ elements: group, clientSecret: '${first.secret}', redirect: 'if_required' })`,
    );
    assert.match(JSON.stringify(stays), /"succeeded"/);
    const second = await newIntent();
    await typeCard(page, { number: VISA });
    const leaving = page.waitForURL(/redirect_status=succeeded/);
    await run(
      page,
      `void tollgate.confirmPayment({ elements: group, clientSecret: '${second.secret}', confirmParams: { return_url: location.origin + '/?done' } })`,
    );
    await leaving;
    const back = new URL(page.url());
    assert.equal(back.searchParams.get('payment_intent'), second.id);
  });

  test('prove work where the gateway asks for it, and seal the card anew', async () => {
    const { secret } = await newIntent();
    const { page } = await openPage();
    await mountCard(page);
    await typeCard(page, { number: VISA });
    const challenge = '019ac000-0000-7000-8000-000000000000.8.AAAAAAAAAAAAAAAAAAAAAA';
    const tries: (readonly [proof: string | undefined, sealed: string])[] = [];
    await page.route(/\/confirm$/, async (route) => {
      const form = new URLSearchParams(route.request().postData() ?? '');
      const proof = route.request().headers()['tollgate-proof'];
      tries.push([proof, form.get('payment_method_data[card][sealed]') ?? '']);
      if (proof !== undefined) return route.continue();
      const error = { type: 'invalid_request_error', code: 'proof_required', proof: challenge };
      return route.fulfill({ status: 403, json: { error } });
    });
    assert.equal((await confirm(page, secret)).paymentIntent?.status, 'succeeded');
    const [[, first] = [], [proof = '', second] = []] = tries;
    assert.notEqual(first, second);
    assert.ok(proof.startsWith(challenge));
    assert.equal(createHash('sha256').update(proof).digest()[0], 0);
  });

  test('hear the page they stand in and nobody else', async () => {
    const { page } = await openPage();
    await mountCard(page);
    const frame = await frameWith(page, 'number');
    const src = await page.locator('#fields iframe').getAttribute('src');
    // The same fields, told that they belong to another origin than the one they stand in.
    await run(
      page,
      `new Promise((resolve) => {
         const frame = document.createElement('iframe');
         frame.src = ${JSON.stringify(src)}.replace(encodeURIComponent(location.origin), encodeURIComponent('https://other.example'));
         frame.addEventListener('load', () => {
           const { port1, port2 } = new MessageChannel();
           globalThis.stolen = [];
           port1.onmessage = ({ data }) => stolen.push(data);
           frame.contentWindow.postMessage({ act: 'connect', key: '${publishableKey}', group: 'x' }, '*', [port2]);
           setTimeout(resolve, 300);
         });
         document.body.append(frame);
       })`,
    );
    assert.deepEqual(await run(page, 'stolen'), []);
    // A second hello, and a question that only frames of our own origin may ask.
    await frame.locator('#number').pressSequentially('4242');
    await run(
      page,
      `new Promise((resolve) => {
         for (const data of [{ act: 'connect', key: '${publishableKey}' }, { act: 'ask', group: undefined }]) {
           const { port1, port2 } = new MessageChannel();
           port1.onmessage = ({ data }) => stolen.push(data);
           document.querySelector('#fields iframe').contentWindow.postMessage(data, '*', [port2]);
         }
         setTimeout(resolve, 300);
       })`,
    );
    assert.deepEqual(await run(page, 'stolen'), []);
  });

  test('are loaded as a module too, and take the style of one element', async () => {
    const { page } = await openPage();
    await run(
      page,
      `import('${api}/v1/tollgate.mjs').then(({ default: Tollgate }) => {
         const group = Tollgate('${publishableKey}').elements({ appearance: { variables: { colorDanger: '#a00000' } } });
         const card = group.create('card', { style: { base: { color: '#102030', fontSize: '18px', '::placeholder': { color: '#334455' } } } });
         card.mount('#fields');
         return null;
       })`,
    );
    const frame = await frameWith(page, 'number');
    await frame.waitForFunction('document.documentElement.style.length > 0');
    assert.equal(
      await frame.locator('html').getAttribute('style'),
      '--bad: #a00000; --ink: #102030; --faint: #334455; --size: 18px;',
    );
  });

  test('take the look of the page, and no style that is none', async () => {
    const { page, said } = await openPage();
    await run(
      page,
      `mount(tollgate.elements({ appearance: { theme: 'night', variables: {
         colorPrimary: '#ff8800', borderRadius: '3px',
         colorText: 'red;background:url(https://evil.example/x)', fontFamily: 'url(https://evil.example/f)', colour: '#fff',
       } } }), 'payment'); null`,
    );
    const frame = await frameWith(page, 'number');
    const style = await frame.locator('html').getAttribute('style');
    assert.equal(style, '--accent: #ff8800; --round: 3px;');
    assert.equal(
      said.filter((line) => /appearance\.variables\.\w+ was left out/.test(line)).length,
      3,
    );
  });

  for (const [look, query, theme, viewport] of [
    ['phone', '', 'light', { width: 390, height: 844 }],
    ['small-german', '?lang=de', 'light', { width: 320, height: 640 }],
    ['desk-night-arabic', '?lang=ar', 'night', { width: 1280, height: 800 }],
  ] as const) {
    test(`have no violation, and are not cut off: ${look}`, async () => {
      const { page, picture } = await browser.newPage({ viewport });
      await page.goto(`${origin}/${query}`);
      await run(
        page,
        `document.body.classList.add('${theme}');
         const group = tollgate.elements({ appearance: { theme: '${theme}' } });
         mount(group, 'payment'); mount(group, 'card', '#one'); null`,
      );
      for (const isWrong of [false, true]) {
        for (const frame of await fieldFrames(page, 2)) {
          if (isWrong) await frame.locator('#number').fill('4242424242424241');
          if (isWrong) await frame.locator('#number').blur();
          assert.deepEqual(
            await violationsIn(frame, theme === 'night' ? '#10151d' : '#fff'),
            [],
            `${look} ${isWrong}`,
          );
          const isCutOff = 'document.documentElement.scrollWidth > innerWidth';
          assert.equal(await frame.evaluate(isCutOff), false, look);
        }
        await picture(`embedded-${look}${isWrong ? '-wrong' : ''}`);
      }
    });
  }

  test('weigh no more than they may', async () => {
    const sizeOf = async (path: string) =>
      gzipSync((await gateway.ask('GET', path)).text, { level: 9 }).length;
    assert.ok((await sizeOf('/v1/tollgate.js')) <= 4 * 1024);
    for (const kind of ['card', 'payment', 'cardNumber', 'cardExpiry', 'cardCvc']) {
      const path = `/elements/frame?kind=${kind}&lang=ru`;
      const { text } = await gateway.ask('GET', path);
      const [, script = ''] = /<script type="module" src="([^"]+)"/.exec(text) ?? [];
      const size = (await sizeOf(path)) + (await sizeOf(script));
      assert.ok(size <= 12 * 1024, `${kind} has ${size} bytes`);
    }
  });

  test('the gateway logged nothing', () => assert.deepEqual(gateway.errors, []));
});
