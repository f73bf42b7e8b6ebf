// The quick start's mails at a local page; and a mail server that is dead, beside which everything goes on.

import assert from 'node:assert/strict';
import { request } from 'node:http';
import { describe, test } from 'node:test';
import { asOwner } from '../../src/for-tests.ts';
import { startMailSink } from '../../src/outward/notifications/for-tests-sink.ts';
import { openShop } from '../support/payments.ts';
import { startSink } from '../webhooks/sink.ts';

const silent = await startMailSink({ isSilent: true });
const shop = await openShop(undefined, {
  showMails: true,
  env: {
    TOLLGATE_SMTP_URL: `smtp://127.0.0.1:${silent.port}`,
    TOLLGATE_MAIL_FROM: 'receipts@pay.example',
  },
});
const { gateway, stripe } = shop;

type Page = { status: number; body: string; headers: Record<string, unknown> };

const get = (path: string, headers: Record<string, string> = {}): Promise<Page> =>
  new Promise((resolve, reject) => {
    const asked = request(
      { host: '127.0.0.1', port: gateway.port, path, headers: { host: 'localhost', ...headers } },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('end', () =>
          resolve({
            status: response.statusCode ?? 0,
            body: Buffer.concat(chunks).toString(),
            headers: response.headers,
          }),
        );
      },
    );
    asked.on('error', reject);
    asked.end();
  });

const pay = (receipt_email: string, key = stripe) =>
  key.paymentIntents.create({
    amount: 2_500,
    currency: 'eur',
    payment_method: 'pm_card_visa',
    confirm: true,
    receipt_email,
    description: '<script>alert(1)</script>',
  });

const untilCaught = async (to: string): Promise<Page> => {
  for (let tries = 0; tries < 2_400; tries += 1) {
    const page = await get('/mails');
    if (page.body.includes(to)) return page;
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  throw new Error('It was not caught.');
};

describe('a mail of the quick start', () => {
  test('is shown at a page, with all that is in it as text, and reaches nobody', async () => {
    assert.match((await get('/mails')).body, /No mails yet/);
    await pay('jenny@example.com');
    const { body, headers } = await untilCaught('jenny@example.com');
    assert.match(String(headers['content-security-policy']), /default-src 'none'/);
    assert.doesNotMatch(body, /<script/);
    const path = /href="(\/mails\/mail_\w+)"/.exec(body)?.[1] ?? '';
    assert.equal((await get(path)).status, 200);
    const mail = await get(`${path}/html`);
    assert.match(mail.body, /&lt;script&gt;alert\(1\)/);
    assert.match(String(mail.headers['content-security-policy']), /sandbox allow-popups/);
    assert.equal(mail.headers['x-frame-options'], undefined);
    assert.equal(silent.connections(), 0);
  });

  test('is shown to nobody who comes by another name, by a proxy, or for another mail', async () => {
    const strangers: Record<string, string>[] = [
      { host: 'evil.example' },
      { host: 'localhost.evil.example:4242' },
      { 'x-forwarded-for': '203.0.113.9' },
    ];
    for (const headers of strangers) {
      const page = await get('/mails', headers);
      assert.equal(page.status, 404);
      assert.doesNotMatch(page.body, /jenny/);
    }
    assert.equal((await get('/mails/mail_0000000000000000000000')).status, 404);
    assert.equal((await get('/mails/nonsense/html')).status, 404);
  });

  test('of live mode is never among them', async () => {
    const [row] = await asOwner(
      gateway.on,
      `insert into outward.mails (account_id, livemode, id, template, locale, recipient, letter, about, state, attempts)
       select account_id, true, gen_random_uuid(), template, locale, 'live@example.com', letter, about, 4, 0
         from outward.mails limit 1 returning id`,
    );
    assert.ok(row);
    assert.doesNotMatch((await get('/mails')).body, /live@example\.com/);
  });

  test('of each kind can be looked at in every language', async () => {
    const gallery = await get('/dev/mails');
    const templates = [...gallery.body.matchAll(/href="(\/dev\/mails\/\w+)"/g)].map(
      ([, at = '']) => at,
    );
    assert.equal(templates.length, 5);
    for (const template of templates) {
      const { body } = await get(template);
      const frames = [...body.matchAll(/src="(\/dev\/mails\/\w+\/[\w-]+)"/g)].map(
        ([, at = '']) => at,
      );
      assert.ok(frames.length >= 4);
      for (const frame of frames) assert.equal((await get(frame)).status, 200, frame);
    }
    assert.equal((await get('/dev/mails/nothing')).status, 404);
    assert.equal((await get('/dev/mails/payment_receipt/tlh')).status, 404);
  });
});

describe('a mail server that is dead', () => {
  test('keeps no payment and no webhook waiting', async () => {
    const hook = await startSink();
    const live = shop.merchant.liveScope;
    await stripe.webhookEndpoints.create({ url: hook.url, enabled_events: ['customer.created'] });
    // A mail of live mode, which is sent, and at which the pump hangs.
    await asOwner(
      gateway.on,
      `insert into outward.mails (account_id, livemode, id, template, locale, recipient, letter, about, state, due_at)
       select $1, true, gen_random_uuid(), template, locale, recipient, letter, about, 1, now()
         from outward.mails limit 1`,
      [live.accountId],
    );
    for (let tries = 0; silent.connections() === 0; tries += 1) {
      assert.ok(tries < 2_400, 'The pump never came.');
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
    await stripe.customers.create({ name: 'Jenny' });
    await hook.until(1);
    assert.equal((await pay('other@example.com')).status, 'succeeded');
    const [waiting] = await asOwner(
      gateway.on,
      `select state, attempts from outward.mails where livemode and due_at is not null`,
    );
    assert.deepEqual(waiting, { state: 1, attempts: 0 }, 'All this while the server was silent.');
  });
});
