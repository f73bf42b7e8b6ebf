// A payer's browser, a merchant's strict page on another origin, a running gateway, and between them a
// proxy that keeps every byte and looks for the card number.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { startGatewayHere } from '../support/gateway.ts';
import { chromiumIsMissing, launchChromium, type OpenPage, type TestBrowser } from './chromium.ts';
import { type RecordingProxy, startRecordingProxy } from './recording-proxy.ts';
import { type Pinned, type Shop, startShop } from './shop.ts';
import { spellings, spellingsIn } from './spellings.ts';

const NUMBER = '4000056655665556';
const CARD = { number: NUMBER, exp_month: 12, exp_year: 2031, cvc: '973' };

const gateway = await startGatewayHere();
const merchant = await gateway.merchant();
const missing = await chromiumIsMissing();

describe('sealing in a browser', { skip: missing, timeout: 280_000 }, () => {
  let browser: TestBrowser;
  let proxy: RecordingProxy;
  let pinned: Pinned;
  let shop: Shop;

  before(async () => {
    // A shop that is not reached over https and is not localhost either.
    browser = await launchChromium({ args: ['--host-resolver-rules=MAP *.test 127.0.0.1'] });
    proxy = await startRecordingProxy(gateway.port);
    [pinned] = (await gateway.ask('GET', '/elements/manifest.json')).body.scripts;
    shop = await startShop({ api: proxy.origin, publishableKey: merchant.publishableKey, pinned });
  });
  after(async () => {
    await browser?.close();
    await shop?.close();
    await proxy?.close();
  });

  const visit = async (path = '/', origin = shop.origin): Promise<OpenPage> => {
    const opened = await browser.newPage();
    await opened.page.goto(`${origin}${path}`);
    return opened;
  };
  const whenLoaded = async (opened: OpenPage): Promise<OpenPage> => {
    await opened.page.locator('fieldset:enabled').waitFor();
    return opened;
  };
  const fillIn = async ({ page }: OpenPage, number = '4000 0566 5566 5556'): Promise<void> => {
    await page.getByLabel('Card number').fill(number);
    await page.getByLabel('Month').fill('12');
    await page.getByLabel('Year').fill('31');
    await page.getByLabel('Security code').fill(CARD.cvc);
    await page.getByRole('button', { name: 'Pay' }).click();
  };
  // oxlint-disable-next-line typescript/no-explicit-any -- what a page shows is what a test reads
  const told = async ({ page }: OpenPage): Promise<any> =>
    JSON.parse((await page.locator('output:not(:empty)').textContent()) ?? '');
  /** Runs in the page, where `seal` is the module; gives its value, or the error's code and words. */
  const inPage = async ({ page }: OpenPage, script: string, given: object = {}) =>
    page.evaluate(
      `(async (given) => { ${script} })(${JSON.stringify({
        api: proxy.origin,
        publishableKey: merchant.publishableKey,
        card: CARD,
        ...given,
      })}).catch(({ name, code, type, param, status, message }) =>
        ({ name, code, type, param, status, message }))`,
      // oxlint-disable-next-line typescript/no-explicit-any -- what a page gives is what a test reads
    ) as Promise<any>;

  const everything = (): Buffer =>
    Buffer.concat([...proxy.requests.map(({ raw }) => raw), ...proxy.answers]);
  const forget = (): void => {
    proxy.requests.length = 0;
    proxy.answers.length = 0;
  };
  const formsSent = (): URLSearchParams[] =>
    proxy.requests
      .filter(({ method, path }) => method === 'POST' && path === '/v1/payment_methods')
      .map(({ body }) => new URLSearchParams(body.toString()));

  test('makes a payment method of a card whose number nobody on the way sees', async () => {
    forget();
    const opened = await whenLoaded(await visit());
    await fillIn(opened);
    const method = await told(opened);

    assert.match(method.id, /^pm_/);
    assert.deepEqual(
      [method.card.brand, method.card.last4, method.card.exp_month, method.card.exp_year],
      ['visa', '5556', 12, 2031],
    );
    assert.equal(method.billing_details.address.country, 'DE');
    const { body } = await gateway.ask('GET', `/v1/payment_methods/${method.id}`, {
      key: merchant.key,
    });
    assert.equal(body.id, method.id);

    const [form] = formsSent();
    assert.deepEqual(
      [...(form?.keys() ?? [])],
      ['type', 'card[sealed]', 'billing_details[name]', 'billing_details[address][country]'],
    );
    assert.deepEqual(spellingsIn(everything(), NUMBER), []);
    assert.deepEqual(opened.said, []);
    const origins = new Set(opened.asked.map((url) => new URL(url).origin));
    assert.deepEqual([...origins].sort(), [shop.origin, proxy.origin].sort());
  });

  test('leaves nothing in the browser', async () => {
    const opened = await whenLoaded(await visit());
    await fillIn(opened);
    await told(opened);
    const kept = await opened.page.context().storageState({ indexedDB: true });
    assert.deepEqual(kept, { cookies: [], origins: [] });
    assert.equal(await inPage(opened, 'return sessionStorage.length'), 0);
    assert.deepEqual(await inPage(opened, 'return caches.keys()'), []);
    const urls = await inPage(
      opened,
      "return performance.getEntriesByType('resource').map(({ name }) => name)",
    );
    assert.deepEqual(spellingsIn(Buffer.from(JSON.stringify(urls)), NUMBER), []);
  });

  test('would have been noticed by the search, had it sent the number in any form', async () => {
    for (const [name, spelled] of Object.entries(spellings(NUMBER))) {
      forget();
      await fetch(`${proxy.origin}/v1/payment_methods`, {
        method: 'POST',
        body: Buffer.from(`x=${spelled}`, 'latin1'),
      });
      assert.ok(spellingsIn(everything(), NUMBER).includes(name), name);
    }
    forget();
    for (const before of ['', 'a', 'ab', 'abc']) {
      const payload = Buffer.from(JSON.stringify({ before, card: CARD })).toString('base64url');
      assert.equal(spellingsIn(Buffer.from(payload), NUMBER).length, 1, payload);
    }
    forget();
    await fetch(`${proxy.origin}/v1/payment_methods`, {
      method: 'POST',
      headers: { Authorization: `Bearer ${merchant.key}` },
      body: new URLSearchParams({ type: 'card', 'card[number]': NUMBER }),
    });
    assert.deepEqual(spellingsIn(everything(), NUMBER), ['plain']);
    forget();
  });

  test('tells of a mistyped number without asking anybody', async () => {
    forget();
    const opened = await whenLoaded(await visit());
    await fillIn(opened, '4000 0566');
    assert.deepEqual(await told(opened), {
      code: 'invalid_number',
      message: 'Your card number is incorrect.',
    });
    assert.deepEqual(formsSent(), []);
  });

  test('passes on what the gateway says of a card', async () => {
    const opened = await whenLoaded(await visit());
    const refusal = await inPage(opened, 'return seal.createPaymentMethod(given)', {
      card: { ...CARD, number: '4242424242424241' },
    });
    assert.deepEqual(refusal, {
      name: 'TollgateError',
      code: 'incorrect_number',
      type: 'card_error',
      param: 'number',
      status: 402,
      message: 'Your card number is incorrect.',
    });
  });

  for (const path of ['/', '/tag']) {
    test(`does not happen on ${path} when the script was changed on its way`, async () => {
      forget();
      proxy.tamper = (asked, body) =>
        asked === pinned.path ? Buffer.concat([body, Buffer.from('\nfetch("//evil");')]) : body;
      const opened = await visit(path);
      await waitFor(() => opened.said.some((line) => /integrity/i.test(line)));
      proxy.tamper = null;
      assert.equal(await opened.page.evaluate('typeof globalThis.seal'), 'undefined');
      assert.ok(await opened.page.getByLabel('Card number').isDisabled());
      assert.ok(!opened.asked.some((url) => url.includes('evil')));
    });

    test(`happens on ${path} when it was not`, async () => {
      const opened = await whenLoaded(await visit(path));
      await fillIn(opened);
      assert.match((await told(opened)).id, /^pm_/);
    });
  }

  test('makes a message that works once', async () => {
    const opened = await whenLoaded(await visit());
    const [first, again] = await inPage(
      opened,
      `const key = await seal.fetchVaultKey(given.api, given.publishableKey);
       const sealed = await seal.sealCard({ key, card: given.card });
       const post = () => seal.createPaymentMethod({ ...given, card: undefined, sealed });
       const { id } = await post();
       return [id, await post().catch(({ code, status, param, message }) =>
         ({ code, status, param, message }))];`,
    );
    assert.match(first, /^pm_/);
    assert.deepEqual(again, {
      code: 'invalid_request_error',
      status: 400,
      param: 'card[sealed]',
      message: 'The sealed card details were used before.',
    });

    // Nor does it help whoever recorded the request to send it once more.
    const recorded = proxy.requests.findLast(({ method }) => method === 'POST');
    const replayed = await fetch(`${proxy.origin}/v1/payment_methods`, {
      method: 'POST',
      headers: { Authorization: recorded?.headers.authorization ?? '' },
      body: new URLSearchParams(recorded?.body.toString()),
    });
    assert.equal(replayed.status, 400);
  });

  test('makes a message that is for one account and for ten minutes', async () => {
    const opened = await whenLoaded(await visit());
    const refusedAs = (how: string) =>
      inPage(
        opened,
        `const fetched = await seal.fetchVaultKey(given.api, given.publishableKey);
         const now = fetched.serverMs / 1000;
         const { key, audience } = ${how};
         const sealed = await seal.sealCard({ key, audience, card: given.card });
         return seal.createPaymentMethod({ ...given, card: undefined, sealed });`,
      );
    const another = await gateway.merchant('Another merchant');
    assert.equal(
      (await refusedAs(`{ key: fetched, audience: '${another.account}' }`)).message,
      'The sealed card details were made for another account or payment.',
    );
    for (const secondsOff of [-660, 120]) {
      assert.equal(
        (await refusedAs(`{ key: seal.vaultKeyFrom(fetched, now + ${secondsOff}) }`)).message,
        'The sealed card details are older than ten minutes.',
      );
    }
    assert.match((await refusedAs('{ key: fetched }')).id, /^pm_/);
  });

  test('asks for the key once, and again when the gateway knows it no longer', async () => {
    forget();
    const opened = await whenLoaded(await visit());
    const keysAsked = (): number =>
      proxy.requests.filter(({ method, path }) => method === 'GET' && path === '/v1/vault/key')
        .length;
    for (let payment = 0; payment < 3; payment += 1) {
      const made = await inPage(opened, 'return seal.createPaymentMethod(given)');
      assert.match(made.id, /^pm_/);
    }
    assert.equal(keysAsked(), 1);

    // A page that got its key through a cache that kept it too long.
    proxy.tamper = (path, body) =>
      path === '/v1/vault/key' && keysAsked() === 2
        ? Buffer.from(body.toString().replace(/"kid":\s*"bk_[^"]+"/, '"kid":"bk_ended"'))
        : body;
    const late = await whenLoaded(await visit());
    const made = await inPage(late, 'return seal.createPaymentMethod(given)');
    proxy.tamper = null;
    assert.match(made.id, /^pm_/);
    assert.equal(keysAsked(), 3);
    assert.equal(formsSent().length, 5, 'Three, one that was refused, and one more.');
  });

  test('works on a device whose clock is days off', async () => {
    const opened = await browser.newPage();
    await opened.page.clock.install({ time: Date.now() - 3 * 86_400_000 });
    await opened.page.goto(shop.origin);
    await whenLoaded(opened);
    const made = await inPage(opened, 'return seal.createPaymentMethod(given)');
    assert.match(made.id, /^pm_/, JSON.stringify(made));
  });

  test('says what to do where a page is not secure', async () => {
    const opened = await whenLoaded(await visit('/', `http://shop.test:${shop.port}`));
    assert.equal(await inPage(opened, 'return isSecureContext'), false);
    await fillIn(opened);
    assert.deepEqual(await told(opened), {
      code: 'insecure_context',
      message:
        'This browser offers no WebCrypto here: open the page over https, or from localhost.',
    });
  });

  test('tells when the gateway cannot be reached', async () => {
    const opened = await whenLoaded(await visit());
    await opened.page.context().setOffline(true);
    const refusal = await inPage(opened, 'return seal.createPaymentMethod(given)');
    assert.equal(refusal.code, 'connection_failed');
  });
});

const waitFor = async (holds: () => boolean): Promise<void> => {
  const until = performance.now() + 60_000;
  while (!holds()) {
    assert.ok(performance.now() < until, 'It did not come about in time.');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
};
