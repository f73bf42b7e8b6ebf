// Mails as merchants and payers meet them: a payment through the SDK, and what comes of it at a mail
// server on a real socket.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { asOwner } from '../../src/for-tests.ts';
import { parseId, uuidAt } from '../../src/kit/ids/index.ts';
import { readMessage, startMailSink } from '../../src/outward/notifications/for-tests-sink.ts';
import { forgetReceiptFiles } from '../../src/outward/notifications/receipts/receipt-files.store.ts';
import { lostAfter } from '../../src/payments/intents/for-tests-bank.ts';
import { openShop } from '../support/payments.ts';

const sink = await startMailSink();
const shop = await openShop(undefined, {
  env: {
    TOLLGATE_SMTP_URL: `smtp://127.0.0.1:${sink.port}`,
    TOLLGATE_MAIL_FROM: 'Payments <receipts@pay.example>',
    TOLLGATE_MAIL_IN_TEST_MODE: 'on',
  },
});
const { stripe, gateway, merchant, bank } = shop;

type Mail = {
  id: string;
  status: string;
  template: string;
  to: string;
  subject: string;
  locale: string;
  about: string;
  resend_of: string | null;
  text?: string;
  html?: string;
  attempts: { code: number | null; error: string | null }[];
};

const ask = async (method: 'GET' | 'POST', path: string, form?: string, key = merchant.key) =>
  gateway.ask(method, path, { key, ...(form === undefined ? {} : { form }) });

const mailsTo = async (to: string): Promise<Mail[]> => {
  const { status, body } = await ask('GET', `/v1/mails?to=${encodeURIComponent(to)}`);
  assert.equal(status, 200, JSON.stringify(body));
  return body.data.toReversed();
};

const until = async <T>(look: () => Promise<T | undefined | false>): Promise<T> => {
  for (let tries = 0; tries < 2_400; tries += 1) {
    const found = await look();
    if (found !== undefined && found !== false) return found;
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  throw new Error('It did not come.');
};

/** What waits for its time is due now. */
const hurry = () =>
  asOwner(
    gateway.on,
    `update outward.mails set due_at = now() - interval '1 second' where due_at is not null`,
  );

const mailTo = (to: string, template: string, status = 'sent'): Promise<Mail> =>
  until(async () =>
    (await mailsTo(to)).find((mail) => mail.template === template && mail.status === status),
  );

const takenFor = (to: string) => sink.taken.filter((each) => each.to === to);

/** The outbox is empty: whatever was owed is written down. */
const allHeard = () =>
  until(async () => (await asOwner(gateway.on, 'select from platform.outbox')).length === 0);

let people = 0;
const somebody = (): string => {
  people += 1;
  return `payer${people}@example.com`;
};

const pay = (receipt_email: string | null, more: Record<string, unknown> = {}) =>
  stripe.paymentIntents.create({
    amount: 12_950,
    currency: 'eur',
    payment_method: 'pm_card_visa',
    confirm: true,
    ...(receipt_email === null ? {} : { receipt_email }),
    ...more,
  });

describe('a payment', () => {
  test('with an address for its receipt is told of once, and the receipt can be looked at', async () => {
    const to = somebody();
    const intent = await pay(to, { description: 'A <b>teapot</b>' });
    const mail = await mailTo(to, 'payment_receipt');
    assert.equal(mail.about, intent.latest_charge);
    const [taken, ...more] = takenFor(to);
    assert.deepEqual(more, []);
    const { headers, text, html } = readMessage(taken?.message ?? '');
    assert.equal(taken?.from, 'receipts@pay.example');
    assert.equal(headers['from'], '"A merchant" <receipts@pay.example>');
    assert.match(headers['subject'] ?? '', /^Your receipt from A merchant \[#\d{4}-\d{4}\]$/);
    assert.match(text, /€129\.50/);
    assert.match(text, /Visa •••• 4242/);
    assert.match(html, /A &lt;b&gt;teapot&lt;\/b&gt;/);

    const trace = await ask('GET', `/v1/payment_intents/${intent.id}/trace`);
    const told = (trace.body.timeline as { what: string; says: string }[]).filter(({ what }) =>
      what.startsWith('mail'),
    );
    assert.deepEqual(
      told.map(({ what, says }) => [what, says]),
      [
        ['mail', 'The payer is to be written: payment receipt.'],
        ['mail.try', 'The mail server took it.'],
      ],
    );
    assert.ok(!trace.text.includes(to), 'nobody stands in it by their address');

    const charge = await stripe.charges.retrieve(String(intent.latest_charge));
    assert.match(charge.receipt_url ?? '', /\/receipts\/[\w-]{66}$/);
    assert.ok(text.includes(charge.receipt_url ?? '-'));
    const number = /#(\d{4}-\d{4})/.exec(headers['subject'] ?? '')?.[1] ?? '-';
    const page = await fetchReceipt(charge.receipt_url);
    assert.equal(page.status, 200);
    assert.ok(page.body.includes(number) && page.body.includes('€129.50'));
    assert.match(page.body, /A &lt;b&gt;teapot&lt;\/b&gt;/);
  });

  test('without an address is told of to nobody', async () => {
    const intent = await pay(null);
    await allHeard();
    const { body } = await ask('GET', `/v1/mails?about=${String(intent.latest_charge)}`);
    assert.deepEqual(body.data, []);
  });

  test('that is only held is told of when its money is taken, with what was taken', async () => {
    const to = somebody();
    const intent = await pay(to, { capture_method: 'manual' });
    await allHeard();
    assert.deepEqual(await mailsTo(to), []);
    await stripe.paymentIntents.capture(intent.id, { amount_to_capture: 10_000 });
    await mailTo(to, 'payment_receipt');
    assert.match(readMessage(takenFor(to)[0]?.message ?? '').text, /€100\.00/);
  });

  test('is told of once more, elsewhere, where its charge has another address for the receipt', async () => {
    const [to, other] = [somebody(), somebody()];
    const { latest_charge: charge } = await pay(to);
    await mailTo(to, 'payment_receipt');
    await stripe.charges.update(String(charge), { receipt_email: other, description: 'Tea' });
    const mail = await mailTo(other, 'payment_receipt');
    assert.equal(mail.about, charge);
    await stripe.charges.update(String(charge), { description: 'Two teas' });
    await allHeard();
    assert.deepEqual([(await mailsTo(to)).length, (await mailsTo(other)).length], [1, 1]);
  });

  test('is told of in the colours of its merchant, with the logo in the mail itself', async () => {
    const to = somebody();
    const logo =
      'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4nGNgYGAAAAAEAAH2FzhVAAAAAElFTkSuQmCC';
    const look = { accent: '#0a5c36', logo: `data:image/png;base64,${logo}` };
    const asForm = (values: Record<string, string>) => new URLSearchParams(values).toString();
    assert.equal((await ask('POST', '/v1/checkout_settings', asForm(look))).status, 200);
    const intent = await pay(to);
    const mail = await mailTo(to, 'payment_receipt');
    const { html, picture } = readMessage(takenFor(to)[0]?.message ?? '');
    assert.equal(picture?.toString('base64'), logo);
    assert.match(html, /src="cid:logo\.[^"]+@tollgate"/);
    assert.match(html, /class="button"[^>]+background:#0a5c36;color:#ffffff/);
    assert.match(
      html,
      /prefers-color-scheme:dark\)\{\.band[^}]+\}\.ink a\.button\{background:#(?!0a5c36)\w{6}!/,
    );
    const shown = await ask('GET', `/v1/mails/${mail.id}`);
    assert.ok(shown.body.html.includes(look.logo), 'who reads it in the product sees the logo too');

    const charge = await stripe.charges.retrieve(String(intent.latest_charge));
    const page = await fetchReceipt(charge.receipt_url);
    assert.match(page.body, /--mark:light-dark\(#0a5c36,#/);
    const pdf = (await fetchReceipt(`${charge.receipt_url}/pdf?lang=en`)).body;
    assert.match(pdf, /0\.039 0\.361 0\.212 rg/);
    assert.match(pdf, /\/Subtype \/Image/);

    // Another logo by now: what was written before is sent again without one, and not under a wrong one.
    await ask('POST', '/v1/checkout_settings', asForm({ accent: '', logo: '' }));
    const again = await ask('GET', `/v1/mails/${mail.id}`);
    assert.doesNotMatch(again.body.html, /<img/);
  });

  test('of a customer is told of in the customer’s language', async () => {
    const to = somebody();
    const customer = await stripe.customers.create({ preferred_locales: ['xx', 'de-AT'] });
    await pay(to, { customer: customer.id });
    const mail = await mailTo(to, 'payment_receipt');
    assert.equal(mail.locale, 'de');
    const { headers, text } = readMessage(takenFor(to)[0]?.message ?? '');
    assert.equal(headers['content-language'], 'de');
    assert.match(text, /Belegnummer/);
  });
});

describe('a refund', () => {
  test('is told of with its own amount, each one once', async () => {
    const to = somebody();
    const intent = await pay(to);
    await stripe.refunds.create({ payment_intent: intent.id, amount: 2_000 });
    await stripe.refunds.create({ payment_intent: intent.id, amount: 3_000 });
    const mails = await until(async () => {
      const all = (await mailsTo(to)).filter((mail) => mail.status === 'sent');
      return all.length === 3 && all;
    });
    assert.deepEqual(
      mails.map(({ template }) => template),
      ['payment_receipt', 'refund_receipt', 'refund_receipt'],
    );
    const texts = takenFor(to).map(({ message }) => readMessage(message).text);
    assert.ok(texts.some((text) => /Amount refunded: €20\.00/.test(text)));
    assert.ok(
      texts.some((text) => /Amount refunded: €30\.00\s+Refunded in total: €50\.00/.test(text)),
    );

    const charge = await stripe.charges.retrieve(String(intent.latest_charge));
    const { body } = await fetchReceipt(charge.receipt_url);
    assert.match(body, /Partly refunded/);
    assert.ok(body.includes('€20.00') && body.includes('€30.00') && body.includes('€50.00'));
  });

  test('has its file written by a job, and anew when money goes back; it is forgotten with the mails', async () => {
    const to = somebody();
    const intent = await pay(to);
    const chargeId = parseId('ch', String(intent.latest_charge));
    const file = async (): Promise<string | undefined> => {
      const [row] = await asOwner(
        gateway.on,
        `select encode(digest, 'hex') as digest from outward.receipt_files where charge_id = '${chargeId}'`,
      );
      return row?.['digest'] as string | undefined;
    };
    const first = await until(file);
    await mailTo(to, 'payment_receipt');
    const { text } = readMessage(takenFor(to)[0]?.message ?? '');
    const [url = ''] = /http\S+\/pdf\?lang=en/.exec(text) ?? [];
    assert.equal((await fetchReceipt(url)).type, 'application/pdf');
    assert.equal(await file(), first, 'what is kept is what is given');

    await stripe.refunds.create({ payment_intent: intent.id, amount: 2_000 });
    await until(async () => (await file()) !== first);
    assert.match(await drawnIn(url), /Refunded/);

    // One that somebody else wrote over is not given: the receipt says what is true now.
    await asOwner(gateway.on, `update outward.receipt_files set digest = '\\x00', pdf = '\\x00'`);
    assert.match(await drawnIn(url), /Refunded/);

    const atThatTime = gateway.context.clock.now() + 1;
    assert.ok((await forgetReceiptFiles(gateway.context, uuidAt(atThatTime), 5_000)) > 0);
    assert.equal(await file(), undefined);
  });
});

describe('a payment that fails', () => {
  const decline = (to: string) =>
    pay(to, { payment_method: 'pm_card_visa_chargeDeclinedInsufficientFunds' }).catch(
      (error: { payment_intent?: { id: string } }) => error.payment_intent,
    );

  test('is told of where the merchant named a page, later, and not when it was paid meanwhile', async () => {
    const silent = somebody();
    await decline(silent);
    await allHeard();
    assert.deepEqual(await mailsTo(silent), []);

    const url = encodeURIComponent('https://shop.example/again?p={PAYMENT_INTENT_ID}');
    assert.equal((await ask('POST', '/v1/mail_settings', `retry_url=${url}`)).status, 200);
    const [gone, back] = [somebody(), somebody()];
    const left = await decline(gone);
    const again = await decline(back);
    await allHeard();
    assert.deepEqual(takenFor(gone), []);
    await stripe.paymentIntents.confirm(again?.id ?? '', { payment_method: 'pm_card_visa' });
    await mailTo(back, 'payment_receipt');
    await hurry();
    const mail = await mailTo(gone, 'payment_failed');
    assert.equal(mail.about, left?.id);
    const { text } = readMessage(takenFor(gone)[0]?.message ?? '');
    assert.ok(text.includes(`https://shop.example/again?p=${left?.id}`), text);
    assert.match(text, /not enough money available.*You have not been\s+charged/s);
    assert.deepEqual(
      (await mailsTo(back)).map(({ template, status }) => [template, status]),
      [
        ['payment_failed', 'not_needed'],
        ['payment_receipt', 'sent'],
      ],
    );
  });

  test('is told of to nobody by a page that is no page', async () => {
    for (const [param, value] of [
      ['retry_url', 'javascript:alert(1)'],
      ['support_url', 'https://me:secret@shop.example'],
      ['support_email', 'a@b.example\r\nBcc: x@y.example'],
      ['locale', 'tlh'],
    ] as const) {
      const { status, body } = await ask(
        'POST',
        '/v1/mail_settings',
        `${param}=${encodeURIComponent(value)}`,
      );
      assert.equal(status, 400, `${param} ${value}`);
      assert.equal(body.error.param, param);
    }
    const live = await ask(
      'POST',
      '/v1/mail_settings',
      'retry_url=http://shop.example',
      merchant.liveKey,
    );
    assert.equal(live.body.error.param, 'retry_url');
  });
});

describe('a payment that nobody knows of', () => {
  test('is told of as that after a while, and then what came of it, whatever the merchant wants', async () => {
    const to = somebody();
    await ask('POST', '/v1/mail_settings', 'receipts=false');
    bank.next.push(lostAfter);
    const intent = await pay(to);
    assert.equal(intent.status, 'processing');
    await until(async () => (await mailsTo(to)).length === 1);
    assert.deepEqual(takenFor(to), []);
    await hurry();
    await mailTo(to, 'payment_checking');
    assert.match(readMessage(takenFor(to)[0]?.message ?? '').text, /Please do not pay\s+again/);
    await shop.resolveUntil(
      async () => (await stripe.paymentIntents.retrieve(intent.id)).status === 'succeeded',
    );
    await mailTo(to, 'payment_receipt');
    await ask('POST', '/v1/mail_settings', 'receipts=true');
  });
});

describe('the address of a receipt', () => {
  test('that is guessed, changed, or of money not taken leads to nothing', async () => {
    const held = await pay(null, { capture_method: 'manual' });
    const charge = await stripe.charges.retrieve(String(held.latest_charge));
    assert.equal((await fetchReceipt(charge.receipt_url)).status, 404);
    const paid = await pay(null);
    const { receipt_url: url } = await stripe.charges.retrieve(String(paid.latest_charge));
    assert.equal((await fetchReceipt(url)).status, 200);
    const token = url?.split('/').at(-1) ?? '';
    for (let at = 0; at < token.length; at += 5) {
      const other = token[at] === 'A' ? 'B' : 'A';
      const changed = token.slice(0, at) + other + token.slice(at + 1);
      assert.equal((await fetchReceipt(`/receipts/${changed}`)).status, 404, changed);
    }
    for (const wrong of ['', 'x', `${token}=`, `${token}A`, paid.id]) {
      assert.equal((await fetchReceipt(`/receipts/${wrong}`)).status, 404, wrong);
    }
  });

  test('speaks the language of the browser, and gives a PDF where its letters allow', async () => {
    const paid = await pay(null);
    const { receipt_url: url } = await stripe.charges.retrieve(String(paid.latest_charge));
    const german = await fetchReceipt(url, { 'accept-language': 'xx,fr;q=0.2,de-CH;q=0.9' });
    assert.match(german.body, /<html lang="de" dir="ltr">/);
    const asked = await fetchReceipt(`${url}?lang=fr`, { 'accept-language': 'de' });
    assert.match(asked.body, /<html lang="fr"/);
    const path = /href="([^"]*\/pdf[^"]*)"/.exec(german.body)?.[1] ?? '';
    const pdf = await fetchReceipt(`/receipts/${path.replaceAll('&amp;', '&')}`);
    assert.deepEqual([pdf.status, pdf.type], [200, 'application/pdf']);
    assert.ok(pdf.body.startsWith('%PDF-1.4') && pdf.body.trimEnd().endsWith('%%EOF'));
    assert.match(german.policy, /default-src 'none'/);
    assert.doesNotMatch(german.body, /<script|<img|<link/);
  });
});

/** The words of a PDF. */
const drawnIn = async (url: string): Promise<string> =>
  [...(await fetchReceipt(url)).body.matchAll(/<([0-9a-f]+)> Tj/g)]
    .map(([, hex = '']) => Buffer.from(hex, 'hex').toString('latin1'))
    .join('\n');

const fetchReceipt = async (url: string | null, headers: Record<string, string> = {}) => {
  const path = (url ?? '').replace(/^https?:\/\/[^/]+/, '');
  const response = await fetch(`http://127.0.0.1:${gateway.port}${path}`, { headers });
  return {
    status: response.status,
    type: response.headers.get('content-type'),
    policy: response.headers.get('content-security-policy') ?? '',
    body: await response.text(),
  };
};
