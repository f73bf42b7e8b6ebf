// What a page of a checkout hears late, twice, or while its payer does something else: an answer or an event is held
// back until the payer has gone on, as a slow network holds it back by chance.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Page, Route } from 'playwright-core';
import { pageState } from '../../src/commerce/checkout/page/index.ts';
import type { PageView } from '../../src/commerce/checkout/page-view.ts';
import { declinedBy, fullAsks, paid, type Session, startPageServer } from './checkout-support.ts';
import { chromiumIsMissing, launchChromium } from './chromium.ts';

describe('the page of a checkout', { skip: await chromiumIsMissing() }, async () => {
  const server = await startPageServer();
  const browser = await launchChromium();

  // Where the way is held back nothing may wait for it to end.
  const pay = (page: Page) =>
    page.getByRole('button', { name: /^Pay/ }).click({ noWaitAfter: true });
  const fill = async (page: Page) => {
    await page.getByLabel('Email').fill('jenny@example.com');
    await page.getByLabel('Card number').fill('4242424242424242');
    await page.getByLabel('Expiry').fill('12 / 34');
    await page.getByLabel('Security code').fill('123');
    await page.getByLabel('Name on card').fill('Jenny Rosen');
  };
  /** Four seconds later it is at the shop, which a busy machine may see first. */
  const isPaid = (page: Page) =>
    page.getByRole('heading', { name: /^(Payment successful|A shop)$/ }).waitFor();
  const asking = (session: Session): PageView => ({
    ...session.view,
    status: 'action',
    urls: { ...session.view.urls, action: `${server.origin}/bank/${session.view.session}` },
  });
  const declined = (session: Session): PageView => ({
    ...session.view,
    status: 'open',
    declined: declinedBy('auth_failed'),
  });

  const open = async (onPay?: (session: Session) => PageView) => {
    const { page } = await browser.newPage({});
    const { id, url, session } = server.open();
    if (onPay !== undefined) session.onPay = () => onPay(session);
    const drawn: string[] = [];
    page.on('request', (request) => {
      if (request.isNavigationRequest() && request.url().startsWith(url)) {
        if (request.frame() === page.mainFrame() && !request.url().endsWith('/bank'))
          drawn.push(request.url());
      }
    });
    return { id, page, session, url, drawn };
  };

  /** Requests to it wait until they are let go on; `came` is kept once the first has come. */
  const hold = async (
    page: Page,
    glob: string,
    goOn: (route: Route) => Promise<void> = (route) => route.continue(),
  ) => {
    const [arrival, release] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const seen = { count: 0 };
    await page.route(glob, async (route) => {
      seen.count += 1;
      arrival.resolve();
      await release.promise;
      await goOn(route);
    });
    return { came: arrival.promise, letGo: release.resolve, seen };
  };

  /** No event comes until it is told what is so then. */
  const holdEvents = async (page: Page, session: Session) => {
    const { letGo } = await hold(page, '**/events', (route) =>
      route.fulfill({
        contentType: 'text/event-stream',
        body: `data: ${JSON.stringify(pageState(session.view))}\n\n`,
      }),
    );
    return async (): Promise<void> => {
      const told = page.waitForResponse('**/events');
      letGo();
      await (await told).finished();
      await hasHeard(page);
    };
  };
  /** What follows shows that something did not happen: nothing fails by waiting too short. */
  const hasHeard = (page: Page) => page.waitForTimeout(300);

  const cancel = async (page: Page) => {
    await page.locator('#bank-frame iframe').waitFor();
    await page.getByRole('button', { name: 'Cancel and choose another way' }).click();
    await page.getByText('Your bank could not confirm that it is you.').first().waitFor();
  };

  test('keeps the code that is typed after a question was given up, when that is told again', async () => {
    const { page, session, url } = await open((of) =>
      of.posted.length === 1 ? asking(of) : paid(of.view),
    );
    const tell = await holdEvents(page, session);
    await page.goto(url);
    await fill(page);
    await pay(page);
    await cancel(page);
    await page.getByLabel('Security code').fill('123');
    await tell();
    assert.equal(await page.getByLabel('Security code').inputValue(), '123');
    await pay(page);
    await isPaid(page);
  });

  test('does not say that a card was not charged while it is tried, when the last try is told again', async () => {
    const { page, session, url } = await open((of) =>
      of.posted.length === 1 ? asking(of) : paid(of.view),
    );
    const tell = await holdEvents(page, session);
    await page.goto(url);
    await fill(page);
    await pay(page);
    await cancel(page);
    await page.getByLabel('Security code').fill('123');
    const { came, letGo } = await hold(page, '**/confirm');
    await pay(page);
    await came;
    await tell();
    assert.equal(await page.locator('#notice').isVisible(), false);
    assert.equal(await page.locator('#go').getAttribute('aria-busy'), 'true');
    letGo();
    await isPaid(page);
  });

  test('does not ask again what was given up, when an older answer comes', async () => {
    const { page, url } = await open((of) => (of.posted.length === 1 ? asking(of) : paid(of.view)));
    await page.route('**/events', (route) => route.fulfill({ status: 503 }));
    const [asked, release] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const held = page.route(
      '**/state',
      async (route) => {
        const response = await route.fetch();
        asked.resolve();
        await release.promise;
        await route.fulfill({ response });
      },
      { times: 1 },
    );
    await held;
    await page.goto(url);
    await fill(page);
    await pay(page);
    await asked.promise;
    await cancel(page);
    await page.getByLabel('Security code').fill('123');
    const told = page.waitForResponse('**/state');
    release.resolve();
    await (await told).finished();
    await hasHeard(page);
    assert.equal(await page.locator('dialog').isVisible(), false);
    assert.equal(await page.getByLabel('Security code').inputValue(), '123');
    await pay(page);
    await isPaid(page);
  });

  test('gives a question up once, and keeps it in sight until that is answered', async () => {
    const { page, session, url } = await open(asking);
    await page.goto(url);
    await fill(page);
    await pay(page);
    await page.locator('#bank-frame iframe').waitFor();
    const { came, letGo, seen } = await hold(page, '**/confirm');
    for (let times = 0; times < 3; times += 1) await page.keyboard.press('Escape');
    await came;
    // A browser closes it without asking, and the page opens it again.
    await page.locator('dialog').waitFor();
    letGo();
    await page.locator('dialog').waitFor({ state: 'hidden' });
    assert.equal(seen.count, 1);
    assert.equal(session.posted.length, 2);
  });

  test('hears the end of a second question also where no events come', async () => {
    const { page, url } = await open(asking);
    await page.clock.install();
    await page.route('**/events', (route) => route.fulfill({ status: 503 }));
    await page.goto(url);
    // From here on its time goes by when it is told to.
    await page.clock.pauseAt(Date.now() + 60_000);
    await fill(page);
    await pay(page);
    await cancel(page);
    // The asking of the first question has ended.
    await page.clock.runFor(1_500);
    await page.getByLabel('Security code').fill('123');
    await pay(page);
    await page.locator('#bank-frame iframe').waitFor();
    const asked = page.waitForRequest('**/state');
    await page.clock.runFor(1_500);
    await asked;
  });

  for (const status of ['action', 'processing', 'unknown'] as const) {
    test(`that was drawn with ${status} has a form again after a no`, async () => {
      const { page, session, url } = await open();
      session.view = { ...asking(session), status };
      await page.goto(url);
      await page.locator('#state').waitFor();
      session.view = declined(session);
      await page.getByText('Your bank could not confirm that it is you.').first().waitFor();
      await fill(page);
      await pay(page);
      await isPaid(page);
    });
  }

  test('keeps the form while a bank takes long, and what was typed after its no', async () => {
    const { page, session, url, drawn } = await open((of) => ({
      ...declined(of),
      declined: declinedBy('funds'),
    }));
    const tell = await holdEvents(page, session);
    await page.goto(url);
    await fill(page);
    const { came, letGo } = await hold(page, '**/confirm');
    await pay(page);
    await came;
    session.view = { ...session.view, status: 'processing' };
    await tell();
    letGo();
    await page.getByText('There are not enough funds').first().waitFor();
    assert.equal(await page.getByLabel('Card number').inputValue(), '4242 4242 4242 4242');
    assert.equal(drawn.length, 1);
  });

  test('goes back to the shop by itself, also where its bank took long', async () => {
    const { page, session, url } = await open((of) => ({ ...of.view, status: 'processing' }));
    await page.goto(url);
    await fill(page);
    await pay(page);
    await page.locator('#state').waitFor();
    session.view = paid(session.view);
    await page.getByRole('heading', { name: 'A shop' }).waitFor();
  });

  test('goes to the bank once, though it is told twice to', async () => {
    const { id, page, session, url } = await open((of) => ({ ...asking(of), isAway: true }));
    const tell = await holdEvents(page, session);
    const { came, letGo, seen } = await hold(page, `**/bank/${id}`);
    await page.goto(url);
    await fill(page);
    await pay(page);
    await came;
    await tell();
    assert.equal(seen.count, 1);
    letGo();
    await page.getByRole('heading', { name: 'A bank' }).waitFor();
  });

  test('is drawn once for what became of it, however long that takes', async () => {
    const { page, session, url, drawn } = await open((of) => ({
      ...of.view,
      status: 'processing',
    }));
    const tell = await holdEvents(page, session);
    await page.goto(url);
    await fill(page);
    const { came, letGo } = await hold(page, url);
    await pay(page);
    await came;
    await tell();
    assert.equal(drawn.length, 2);
    letGo();
    await page.locator('#state').waitFor();
  });

  test('lets its payer go where they went, though something becomes of it meanwhile', async () => {
    const { page, session, url, drawn } = await open();
    const tell = await holdEvents(page, session);
    await page.goto(url);
    const { came, letGo } = await hold(page, '**/shop');
    await page.locator('a.who').click({ noWaitAfter: true });
    await came;
    session.view = paid(session.view);
    await tell();
    letGo();
    await page.getByRole('heading', { name: 'A shop' }).waitFor();
    assert.equal(drawn.length, 1);
  });

  test('takes the last of two choices that follow each other, and is drawn with it', async () => {
    const { page } = await browser.newPage({});
    const { url, session } = server.open({ asks: fullAsks });
    await page.goto(url);
    const { came, letGo, seen } = await hold(page, '**/confirm');
    await page.getByText('Express', { exact: true }).click();
    await came;
    await page.getByText('Standard', { exact: true }).click();
    await hasHeard(page);
    assert.equal(seen.count, 1);
    const drawn = page.waitForEvent('load');
    letGo();
    await drawn;
    assert.deepEqual(
      session.posted.map((form) => form.get('shipping_option')),
      ['shr_2', 'shr_1'],
    );
  });
});
