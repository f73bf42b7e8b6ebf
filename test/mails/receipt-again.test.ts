// The page after paying gives the receipt as a file, and sends it once more to where it went.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { languageTags } from '../../src/commerce/checkout/page/language.ts';
import { pdfSpeaks } from '../../src/outward/notifications/receipts/receipt-pdf.ts';
import { localeFor } from '../../src/outward/notifications/templates/index.ts';
import { says } from '../../src/payments/intents/for-tests-bank.ts';
import { payPage, twoTeas } from '../support/checkout.ts';
import { openShop } from '../support/payments.ts';
import { waitUntil } from '../support/writers.ts';

const { gateway, stripe, merchant, bank } = await openShop();
const { ask } = gateway;

test('page, mail, receipt and its file call the shop by the same name', async () => {
  const name = 'Fern and Tide';
  const { id } = await stripe.checkout.sessions.create({
    ...twoTeas,
    branding_settings: { display_name: name },
  });
  assert.match((await ask('GET', `/c/${id}`)).text, new RegExp(name));
  await payPage(ask)(id);
  const receipts = async () =>
    (await ask('GET', '/v1/mails', { key: merchant.key })).body.data as { id: string }[];
  await waitUntil('the receipt', 30_000, async () => (await receipts()).length === 1);
  const [mail] = await receipts();
  const { body } = await ask('GET', `/v1/mails/${mail?.id}`, { key: merchant.key });
  for (const text of [body.subject, body.text, body.html]) assert.match(text, new RegExp(name));

  const [charge] = (await stripe.charges.list({ limit: 1 })).data;
  const { pathname } = new URL(charge?.receipt_url ?? '');
  assert.match((await ask('GET', pathname)).text, new RegExp(`<h1><bdi>${name}</bdi>`));
  const { text: pdf } = await ask('GET', `${pathname}/pdf?lang=en`);
  const spelled = Buffer.from(name, 'utf16le').swap16().toString('hex');
  assert.match(pdf, new RegExp(`/Title <FEFF[0-9A-F]*${spelled}`, 'i'));
});

test('the mail of an expired session calls the shop as receipts do, whatever else its page looked like', async () => {
  let sessions = 0;
  const told = async (more: object) => {
    const to = `expired-${(sessions += 1)}@example.com`;
    const session = await stripe.checkout.sessions.create({
      ...twoTeas,
      customer_email: to,
      after_expiration: { recovery: { enabled: true } },
      branding_settings: { button_color: '#005500', ...more },
    });
    await stripe.checkout.sessions.expire(session.id);
    const path = `/v1/mails?to=${encodeURIComponent(to)}`;
    const mails = async () => (await ask('GET', path, { key: merchant.key })).body.data;
    await waitUntil('the mail', 30_000, async () => (await mails()).length === 1);
    const [{ id }] = await mails();
    return (await ask('GET', `/v1/mails/${id}`, { key: merchant.key })).body.text as string;
  };
  const settings = 'name=The+Lamp+Shop&expired_sessions=true';
  await ask('POST', '/v1/mail_settings', { key: merchant.key, form: settings });
  assert.match(await told({}), /The Lamp Shop/);
  assert.match(await told({ display_name: 'Fern and Tide' }), /Fern and Tide/);
});

test('the receipt of a page is a file, and is mailed again to nobody but its payer, not at will', async () => {
  const { id } = await stripe.checkout.sessions.create(twoTeas);
  const mails = async () => (await ask('GET', '/v1/mails', { key: merchant.key })).body.data;
  const before = (await mails()).length;
  await payPage(ask)(id);
  await waitUntil('the receipt', 30_000, async () => (await mails()).length === before + 1);

  const { text } = await ask('GET', `/c/${id}?lang=en`);
  assert.match(text, /Send the receipt again/);
  const [, pdf = ''] = /href="(\/receipts\/[^"]+\/pdf\?lang=en)"/.exec(text) ?? [];
  const file = await ask('GET', pdf);
  assert.equal(file.headers['content-type'], 'application/pdf');
  for (const language of languageTags) {
    const shown = await ask('GET', `/c/${id}?lang=${language}`);
    const isOffered = shown.text.includes(`/pdf?lang=${language}`);
    assert.equal(isOffered, pdfSpeaks(localeFor([language])), language);
  }
  const printed = await ask('GET', pdf.replace('lang=en', 'lang=ja'));
  assert.equal(printed.status, 303, 'the page is printed where the fonts know no such letters');

  // It went a moment ago, so that nothing is sent, and the payer is told where it is.
  const sent = await ask('POST', `/c/${id}/mail`, { form: 'to=other@example.com' });
  assert.equal(sent.headers.location, `/c/${id}?mailed`);
  assert.match((await ask('GET', `/c/${id}?mailed`)).text, /sent the receipt to/);
  assert.equal((await mails()).length, before + 1);
});

test('a receipt lists what was given back, and nobody’s wish to let go of what was only held', async () => {
  const { id } = await stripe.charges.create({
    amount: 999,
    currency: 'usd',
    source: 'tok_visa',
    capture: false,
  });
  bank.next.push(says({ outcome: 'declined', code: 'do_not_honor' }));
  const refused = await stripe.refunds.create({ charge: id });
  assert.equal(refused.status, 'failed');
  const { receipt_url } = await stripe.charges.capture(id, { amount: 500 });
  const receipt = async () => (await ask('GET', new URL(receipt_url ?? '').pathname)).text;
  const text = await receipt();
  assert.match(text, /\$5\.00/);
  assert.doesNotMatch(text, /Refunds|\$9\.99/);
  await stripe.refunds.create({ charge: id, amount: 100 });
  assert.match(await receipt(), /Refunds[^$]*\$1\.00/);
});
