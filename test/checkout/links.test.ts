// Payment links: each visit opens a session, and the code beside it leads to the same address.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { inflateSync } from 'node:zlib';
import jsQR from 'jsqr';
import type Stripe from 'stripe';
import { linkHandlers } from '../../src/commerce/links/index.ts';
import { lostBefore } from '../../src/payments/intents/for-tests-bank.ts';
import { payPage, twoTeas } from '../support/checkout.ts';
import { runs } from '../support/full.ts';
import { openShop } from '../support/payments.ts';
import { refusalOf } from '../support/stripe.ts';
import { assertEvent, assertShape } from '../support/stripe-shape.ts';
import { waitUntil } from '../support/writers.ts';

const { gateway, stripe, bank, happened, resolveUntil } = await openShop();
const { ask } = gateway;
const pay = payPage(ask);
const tea: Stripe.PaymentLinkCreateParams = { line_items: twoTeas.line_items as never };

const pathOf = (url: string): string => new URL(url).pathname;
const visit = async (url: string) => {
  const { status, headers } = await ask('GET', pathOf(url));
  return { status, session: (headers.location ?? '').replace('/c/', '') };
};

describe('a payment link', () => {
  test('is visited from one network three hundred times at once, and not more: each visit is kept', async () => {
    const { url } = await stripe.paymentLinks.create(tea);
    const clock = { ...gateway.context.clock, monotonicMs: () => 0 };
    const [link] = linkHandlers(
      { ...gateway.context, clock },
      { addressOf: ({ headers }) => String(headers['x-from']) },
    );
    const visitFrom = async (from: string): Promise<number> => {
      let status = 0;
      const response = {
        end: () => response,
        writeHead: (code: number) => ((status = code), response),
      };
      await link?.handle({ headers: { 'x-from': from } } as never, response as never, {
        requestId: 'req_1',
        params: { link: pathOf(url).replace('/l/', '') },
      });
      return status;
    };
    for (let n = 1; n <= 300; n += 1) assert.equal(await visitFrom('192.0.2.1'), 303);
    assert.equal(await visitFrom('192.0.2.1'), 429);
    assert.equal(await visitFrom('192.0.2.2'), 303);
  });

  test('is shown in the shape of the SDK, and told of', async () => {
    await happened();
    const link = await stripe.paymentLinks.create({ ...tea, metadata: { shelf: '7' } });
    assertShape(JSON.parse(JSON.stringify(link)), 'resources/PaymentLinks.d.ts', 'PaymentLink');
    assert.deepEqual(await stripe.paymentLinks.retrieve(link.id), link);
    const lines = await stripe.paymentLinks.listLineItems(link.id);
    assert.equal(lines.data[0]?.amount_total, 2500);
    await stripe.paymentLinks.update(link.id, { active: false });
    assert.deepEqual(await happened(), ['payment_link.created', 'payment_link.updated']);
    for await (const event of stripe.events.list({ limit: 2 })) {
      assertEvent(JSON.parse(JSON.stringify(event)));
      if (event.type === 'payment_link.updated') {
        assert.deepEqual(event.data.previous_attributes, { active: true });
        break;
      }
    }
    const { data } = await stripe.paymentLinks.list({ active: false });
    assert.deepEqual(
      data.map(({ id }) => id),
      [link.id],
    );
  });

  test('whose lines alone changed is told of without what its events do not show', async () => {
    const { id } = await stripe.paymentLinks.create(tea);
    const [line] = (await stripe.paymentLinks.listLineItems(id)).data;
    await stripe.paymentLinks.update(id, { line_items: [{ id: line?.id ?? '', quantity: 3 }] });
    const { data } = await stripe.events.list({ type: 'payment_link.updated', limit: 1 });
    assert.deepEqual(data[0]?.data.previous_attributes, {});
  });

  test('says of cards only what links can, and of names what is asked anew', async () => {
    const options = { card: { request_three_d_secure: 'any' } };
    const asked = { ...tea, payment_method_options: options };
    const refused = await refusalOf(stripe.paymentLinks.create(asked as never));
    assert.equal(refused.param, 'payment_method_options[card][request_three_d_secure]');
    const { id } = await stripe.paymentLinks.create({
      ...tea,
      payment_method_options: { card: { restrictions: { brands_blocked: [] } } },
    });
    const names = { business: { enabled: true, optional: true } };
    const named = await stripe.paymentLinks.update(id, { name_collection: names });
    assert.deepEqual(named.name_collection, names);
    const unnamed = await stripe.paymentLinks.update(id, { name_collection: '' });
    assert.equal(unnamed.name_collection, undefined);
  });

  test('may be changed, for the sessions that are opened from then on', async () => {
    const link = await stripe.paymentLinks.create({
      ...tea,
      custom_text: { submit: { message: 'Thank you' } },
      payment_intent_data: { description: 'Tea', metadata: { a: 'b' } },
    });
    const { session: opened } = await visit(link.url);
    const [line] = (await stripe.paymentLinks.listLineItems(link.id)).data;
    const changed = await stripe.paymentLinks.update(link.id, {
      line_items: [{ id: line?.id ?? '', quantity: 5 }],
      billing_address_collection: 'required',
      phone_number_collection: { enabled: true },
      custom_fields: [
        { key: 'note', label: { custom: 'A note', type: 'custom' }, optional: true, type: 'text' },
      ],
      custom_text: { after_submit: { message: 'See you' }, submit: '' },
      customer_creation: 'always',
      payment_intent_data: { description: '', metadata: { c: 'd' }, transfer_group: 'teas' },
      shipping_address_collection: { allowed_countries: ['DE'] },
      submit_type: 'book',
      expand: ['line_items'],
    });
    assertShape(JSON.parse(JSON.stringify(changed)), 'resources/PaymentLinks.d.ts', 'PaymentLink', {
      expanded: ['line_items'],
    });
    assert.deepEqual(
      await stripe.paymentLinks.retrieve(link.id, { expand: ['line_items'] }),
      changed,
    );
    assert.deepEqual(
      [changed.line_items?.data[0]?.amount_total, changed.customer_creation, changed.submit_type],
      [6250, 'always', 'book'],
    );
    assert.deepEqual(
      [changed.custom_text.submit, changed.custom_text.after_submit?.message],
      [null, 'See you'],
    );
    const { description, metadata, transfer_group: group } = changed.payment_intent_data ?? {};
    assert.deepEqual([description, metadata, group], [null, { c: 'd' }, 'teas']);

    const first = await stripe.checkout.sessions.retrieve(opened);
    const next = await stripe.checkout.sessions.retrieve((await visit(link.url)).session);
    assert.deepEqual([first.amount_subtotal, next.amount_subtotal], [2500, 6250]);
    assert.deepEqual([first.custom_fields.length, next.custom_fields.length], [0, 1]);

    const unset = { shipping_address_collection: '', custom_fields: '' } as const;
    const bare = await stripe.paymentLinks.update(link.id, unset);
    assert.deepEqual([bare.shipping_address_collection, bare.custom_fields], [null, []]);
    const other = stripe.paymentLinks.update(link.id, {
      line_items: [{ id: 'li_x', quantity: 1 }],
    });
    assert.equal((await refusalOf(other)).param, 'line_items[0][id]');
  });

  test('refuses by name what it cannot pass on to connected accounts', async () => {
    for (const asked of [
      { on_behalf_of: 'acct_1' },
      { application_fee_amount: 5 },
      { transfer_data: { destination: 'acct_1' } },
    ]) {
      const { code, param } = await refusalOf(stripe.paymentLinks.create({ ...tea, ...asked }));
      assert.deepEqual([code, param], ['not_supported_yet', Object.keys(asked)[0]]);
    }
  });

  test('opens a session of its own at each visit, and both can be paid', async () => {
    const link = await stripe.paymentLinks.create(tea);
    const [first, second] = [await visit(link.url), await visit(link.url)];
    assert.deepEqual([first.status, second.status], [303, 303]);
    assert.notEqual(first.session, second.session);
    assert.equal((await pay(first.session)).body.status, 'complete');
    assert.equal((await pay(second.session)).body.status, 'complete');
    const { data } = await stripe.checkout.sessions.list({ payment_link: link.id });
    assert.deepEqual(
      data.map(({ id, payment_link }) => [id, payment_link]),
      [
        [second.session, link.id],
        [first.session, link.id],
      ],
    );
  });

  test('takes no more than its limit, also from pages that are open, and is inactive then', async () => {
    const link = await stripe.paymentLinks.create({
      ...tea,
      inactive_message: 'Sold out',
      restrictions: { completed_sessions: { limit: 1 } },
    });
    const [first, second] = [await visit(link.url), await visit(link.url)];
    await pay(first.session);
    const late = await pay(second.session);
    assert.equal(late.body.error.code, 'checkout_not_active_session');
    assert.match((await ask('GET', `/c/${second.session}`)).text, /Sold out/);
    const closed = await ask('GET', pathOf(link.url));
    assert.equal(closed.status, 404);
    assert.match(closed.text, /Sold out/);
    const { restrictions } = await stripe.paymentLinks.retrieve(link.id);
    assert.deepEqual(restrictions?.completed_sessions, { count: 1, limit: 1 });

    const isActive = async () => (await stripe.paymentLinks.retrieve(link.id)).active;
    await waitUntil('the link to be inactive', 60_000, async () => !(await isActive()));
    const { data } = await stripe.events.list({ type: 'payment_link.updated', limit: 1 });
    assert.deepEqual(data[0]?.data.previous_attributes, { active: true });
    const again = { restrictions: { completed_sessions: { limit: 2 } } };
    const refused = await refusalOf(stripe.paymentLinks.update(link.id, { active: true }));
    assert.match(refused.message, /paid 1 times/);
    await stripe.paymentLinks.update(link.id, again);
    assert.equal(await isActive(), false, 'what its merchant did not say stays');
    assert.equal((await stripe.paymentLinks.update(link.id, { active: true })).active, true);
    assert.equal((await visit(link.url)).status, 303);
  });

  test('takes exactly its limit of payers who pay at the very same moment', async () => {
    const limit = 3;
    for (let round = 0; round < runs(2, 40); round += 1) {
      bank.delayMs = round % 2 === 0 ? 20 : 0;
      const link = await stripe.paymentLinks.create({
        ...tea,
        restrictions: { completed_sessions: { limit } },
      });
      const visits = await Promise.all(Array.from({ length: 12 }, () => visit(link.url)));
      const before = bank.book.size;
      const answers = await Promise.all(visits.map(({ session }) => pay(session)));
      const paid = answers.filter(({ body }) => body.status === 'complete');
      const refused = answers.flatMap(({ body }) => body.error?.code ?? []);
      assert.equal(paid.length, limit);
      assert.equal(bank.book.size - before, limit, 'nobody else was charged');
      assert.deepEqual([...new Set(refused)], ['checkout_not_active_session']);
      const { restrictions } = await stripe.paymentLinks.retrieve(link.id);
      assert.deepEqual(restrictions?.completed_sessions, { count: limit, limit });
    }
    bank.delayMs = 0;
  });

  test('gives a place back when a card is declined, and shows meanwhile that there is none', async () => {
    const link = await stripe.paymentLinks.create({
      ...tea,
      restrictions: { completed_sessions: { limit: 1 } },
    });
    const [first, second] = [await visit(link.url), await visit(link.url)];
    bank.next.push(lostBefore);
    assert.equal((await pay(first.session)).body.page.state, 'unknown');
    assert.equal(
      (await pay(second.session)).body.error.code,
      'checkout_not_active_session',
      'somebody may be paying for it',
    );
    assert.match((await ask('GET', `/c/${second.session}`)).text, /no longer active/);
    await resolveUntil(async () => {
      const { body } = await ask('GET', `/v1/payment_pages/${first.session}`);
      return body.page.state === 'open';
    });
    assert.equal((await pay(second.session)).body.status, 'complete');
    assert.equal((await pay(first.session)).body.error.code, 'checkout_not_active_session');
  });

  test('has its limit raised for pages that are open, and not lowered below who has paid', async () => {
    const link = await stripe.paymentLinks.create({
      ...tea,
      restrictions: { completed_sessions: { limit: 2 } },
    });
    const visits = [await visit(link.url), await visit(link.url), await visit(link.url)];
    const [first, second, third] = visits.map(({ session }) => session);
    await pay(first ?? '');
    await pay(second ?? '');
    assert.equal((await pay(third ?? '')).status, 400);
    const refused = await refusalOf(
      stripe.paymentLinks.update(link.id, { restrictions: { completed_sessions: { limit: 1 } } }),
    );
    assert.match(refused.message, /cannot be lower than 2/);
    await stripe.paymentLinks.update(link.id, { restrictions: '' });
    assert.equal((await pay(third ?? '')).body.status, 'complete');
  });

  test('says after paying what its merchant wants to say', async () => {
    const link = await stripe.paymentLinks.create({
      ...tea,
      after_completion: {
        type: 'hosted_confirmation',
        hosted_confirmation: { custom_message: 'Your seat is by the <window>.' },
      },
    });
    const { session } = await visit(link.url);
    await pay(session);
    assert.match((await ask('GET', `/c/${session}`)).text, /Your seat is by the &lt;window&gt;\./);
  });

  test('that is inactive shows what its merchant says of it', async () => {
    const link = await stripe.paymentLinks.create({ ...tea, inactive_message: 'Sold <out>' });
    await stripe.paymentLinks.update(link.id, { active: false });
    const { status, text } = await ask('GET', pathOf(link.url));
    assert.equal(status, 404);
    assert.match(text, /Sold &lt;out&gt;/);
    assert.equal((await ask('GET', '/l/test_nothing')).status, 404);
  });
});

describe('the code of a link', () => {
  test('leads to its address, as PNG and as SVG', async () => {
    const { url } = await stripe.paymentLinks.create(tea);
    const png = await fetch(`http://127.0.0.1:${gateway.port}${pathOf(url)}/qr.png`);
    assert.equal(png.headers.get('content-type'), 'image/png');
    assert.equal(readCode(pixelsOfPng(Buffer.from(await png.arrayBuffer()))), url);

    const svg = await ask('GET', `${pathOf(url)}/qr.svg`);
    assert.equal(svg.headers['content-type'], 'image/svg+xml');
    assert.equal(readCode(pixelsOfSvg(svg.text)), url);
  });
});

type Pixels = { readonly width: number; readonly isDark: (x: number, y: number) => boolean };

const readCode = ({ width, isDark }: Pixels): string | undefined => {
  const rgba = new Uint8ClampedArray(width * width * 4);
  for (let at = 0; at < width * width; at += 1) {
    const shade = isDark(at % width, Math.floor(at / width)) ? 0 : 255;
    rgba.set([shade, shade, shade, 255], at * 4);
  }
  const read = jsQR as unknown as typeof jsQR.default;
  return read(rgba, width, width)?.data;
};

const pixelsOfPng = (png: Buffer): Pixels => {
  assert.equal(png.subarray(1, 4).toString(), 'PNG');
  const width = png.readUInt32BE(16);
  const start = png.indexOf('IDAT');
  const data = inflateSync(png.subarray(start + 4, start + 4 + png.readUInt32BE(start - 4)));
  const bytesPerRow = Math.ceil(width / 8) + 1;
  return {
    width,
    isDark: (x, y) => (data[y * bytesPerRow + 1 + (x >> 3)]! & (0x80 >> (x & 7))) === 0,
  };
};

const pixelsOfSvg = (svg: string): Pixels => {
  const size = Number(/viewBox="0 0 (\d+) /.exec(svg)?.[1]);
  const dark = new Set([...svg.matchAll(/M(\d+) (\d+)h1/g)].map(([, x, y]) => `${x} ${y}`));
  const scale = 4;
  return {
    width: size * scale,
    isDark: (x, y) => dark.has(`${Math.floor(x / scale)} ${Math.floor(y / scale)}`),
  };
};
