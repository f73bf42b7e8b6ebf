// A payer with a real browser: from our page to the bank's, the code, and back to the shop. On a phone
// and on a desk, in light and in dark, and inside a frame of our own.

import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, describe, test } from 'node:test';
import { beginAuthentication, findAuthentication } from '#cards/three-ds';
import { startPair } from '../three-ds/support.ts';
import { chromiumIsMissing, launchChromium } from './chromium.ts';

const phone = { width: 390, height: 844 };
const desk = { width: 1280, height: 800 };
const CHALLENGED = '4000000000003220';
const widerThanTheScreen =
  'document.documentElement.scrollWidth > document.documentElement.clientWidth';

describe('a one-time code in a browser', { skip: await chromiumIsMissing() }, async () => {
  const pair = await startPair({ challengeMs: 600_000 });
  const { context, scope } = pair;
  const browser = await launchChromium();

  const shop = createServer((request, response) => {
    const isHome = request.url?.startsWith('/back') === true;
    response
      .writeHead(isHome ? 200 : 204, { 'Content-Type': 'text/html; charset=utf-8' })
      .end(isHome ? '<!doctype html><title>A shop</title><h1>Thank you</h1>' : undefined);
  });
  await new Promise<void>((resolve) => shop.listen(0, '127.0.0.1', resolve));
  after(() => void shop.close());
  const returnUrl = `http://127.0.0.1:${(shop.address() as AddressInfo).port}/back?order=7&lang=en`;

  /** With the browser unknown, as an intent that is confirmed by a server leaves it. */
  const begin = async () => {
    const card = await pair.keep(CHALLENGED);
    const { browser: _, ...beginning } = pair.beginning(card, { returnUrl });
    const begun = await beginAuthentication(context, beginning);
    assert.ok(begun.state === 'challenge');
    return begun;
  };
  const stateOf = async (id: string) =>
    (await findAuthentication(context, scope, id))?.authentication.state;

  for (const [name, viewport, colorScheme] of [
    ['phone', phone, 'light'],
    ['phone-dark', phone, 'dark'],
    ['desk', desk, 'light'],
  ] as const) {
    test(`is typed on a ${name}, and the shop is reached again`, async () => {
      const { page, picture, said } = await browser.newPage({ viewport });
      await page.emulateMedia({ colorScheme });
      const begun = await begin();
      await page.goto(begun.url);
      const code = await page.locator('.test b').textContent();
      await picture(`three-ds-bank-${name}`);
      assert.equal(await page.evaluate('document.activeElement.id'), 'code');
      const isWide = await page.evaluate(widerThanTheScreen);
      assert.equal(isWide, false, 'nothing is wider than the screen');

      await page.getByLabel('One-time code').fill(code === '000000' ? '000001' : '000000');
      await page.getByRole('button', { name: 'Confirm payment' }).click();
      await page.getByRole('alert').waitFor();
      await picture(`three-ds-wrong-${name}`);
      await page.getByLabel('One-time code').fill(String(code));
      await page.getByLabel('One-time code').press('Enter');
      await page.getByRole('heading', { name: 'Thank you' }).waitFor();
      assert.equal(page.url(), returnUrl);
      assert.equal(await stateOf(begun.id), 'completed');
      assert.deepEqual(
        said.filter((line) => /Content Security|uncaught/.test(line)),
        [],
      );
    });
  }

  test('is given up with the button, and the shop is reached again', async () => {
    const { page } = await browser.newPage({ viewport: phone });
    const begun = await begin();
    await page.goto(begun.url);
    await page.getByRole('button', { name: 'Cancel payment' }).click();
    await page.getByRole('heading', { name: 'Thank you' }).waitFor();
    assert.equal(await stateOf(begun.id), 'abandoned');
  });

  test('is typed inside a frame of our own', async () => {
    const { page, said } = await browser.newPage({ viewport: desk });
    const begun = await begin();
    // Our own origin is the only one that may frame the page.
    await page.route(`${pair.origin}/frame`, (route) =>
      route.fulfill({
        contentType: 'text/html',
        body: `<iframe src="${begun.url}" width="500" height="600"></iframe>`,
      }),
    );
    await page.goto(`${pair.origin}/frame`);
    const frame = page.frameLocator('iframe');
    const code = await frame.locator('.test b').textContent();
    await frame.getByLabel('One-time code').fill(String(code));
    await frame.getByRole('button', { name: 'Confirm payment' }).click();
    await frame.getByRole('heading', { name: 'Thank you' }).waitFor();
    assert.equal(await stateOf(begun.id), 'completed');
    const areq = pair.sent.findLast((body) => body.includes('"AReq"')) ?? '';
    assert.match(areq, /"browserJavascriptEnabled":true/);
    assert.deepEqual(
      said.filter((line) => /Content Security|uncaught/.test(line)),
      [],
    );
  });

  test('our own pages look as they should while the payer waits', async () => {
    for (const [name, viewport, colorScheme] of [
      ['phone', phone, 'light'],
      ['phone-dark', phone, 'dark'],
      ['desk', desk, 'light'],
      ['small', { width: 320, height: 480 }, 'light'],
    ] as const) {
      const { page, picture } = await browser.newPage({ viewport });
      await page.emulateMedia({ colorScheme });
      const begun = await begin();
      // The bank says no: the browser stands still on our page, as it would for a moment.
      await page.route(/\/acs\//, (route) => route.abort());
      const response = await fetch(`${begun.url}/return`);
      const waiting = (await response.text()).replace(/<meta http-equiv[^>]*>/, '');
      await page.route(`${pair.origin}/look`, (route) =>
        route.fulfill({
          contentType: 'text/html',
          headers: {
            'content-security-policy': response.headers.get('content-security-policy') ?? '',
          },
          body: waiting,
        }),
      );
      await page.goto(`${pair.origin}/look`);
      await page.getByRole('status').waitFor();
      await picture(`three-ds-wait-${name}`);
      const isWide = await page.evaluate(widerThanTheScreen);
      assert.equal(isWide, false, name);
    }
  });
});
