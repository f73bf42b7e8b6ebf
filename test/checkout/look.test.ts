// How a merchant's pages look: theirs alone, readable by everybody, shown in nobody's frame but those they
// name, and with nothing that is fetched from anywhere.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { twoTeas } from '../support/checkout.ts';
import { openShop } from '../support/payments.ts';

const { gateway, stripe, merchant } = await openShop();
const { ask } = gateway;
const PICTURE = `data:image/png;base64,${Buffer.from('a picture').toString('base64')}`;

const change = (fields: Readonly<Record<string, string>>, key = merchant.key) =>
  ask('POST', '/v1/checkout_settings', { key, form: new URLSearchParams(fields).toString() });
const openPage = async () => {
  const { id } = await stripe.checkout.sessions.create(twoTeas);
  return { id, ...(await ask('GET', `/c/${id}`)) };
};
const framers = (headers: Readonly<Record<string, unknown>>): string =>
  /frame-ancestors ([^;]*)/.exec(String(headers['content-security-policy']))?.[1] ?? '';

describe('the look of a checkout page', () => {
  test('is ours until its merchant says otherwise, and then theirs alone', async () => {
    const before = await ask('GET', '/v1/checkout_settings', { key: merchant.key });
    assert.deepEqual(before.body, {
      object: 'checkout_settings',
      accent: null,
      background: null,
      embedders: [],
      font: 'system',
      icon: null,
      livemode: false,
      logo: null,
      name: null,
      radius: null,
      support_email: null,
      support_url: null,
    });
    const { status, body } = await change({
      accent: '#0a5c36',
      font: 'serif',
      radius: '4',
      logo: PICTURE,
      name: 'The <Tea> House',
      support_email: 'help@tea.example',
    });
    assert.equal(status, 200, JSON.stringify(body));
    const page = await openPage();
    assert.match(page.text, /--accent:light-dark\(#0a5c36,#/);
    assert.match(page.text, /--round:4px/);
    assert.match(page.text, /body\{font-family:ui-serif/);
    assert.ok(page.text.includes(`<img class="logo" src="${PICTURE}"`));
    assert.match(page.text, /The &lt;Tea&gt; House/);
    assert.doesNotMatch(page.text, /(?:src|href)="https?:\/\/(?!shop\.test)/);

    const other = await gateway.merchant('Another');
    const { body: theirs } = await ask('GET', '/v1/checkout_settings', { key: other.key });
    assert.equal(theirs.accent, null);
    const live = await ask('GET', '/v1/checkout_settings', { key: merchant.liveKey });
    assert.equal(live.body.accent, null);

    await change({ accent: '', font: 'system', radius: '', logo: '', name: '' });
    assert.doesNotMatch((await openPage()).text, /#0a5c36|ui-serif/);
  });

  for (const [what, fields, param, says] of [
    [
      'an accent that cannot be read',
      { accent: '#ffd400' },
      'accent',
      /#ffd400 with #ffffff is 1\.\d+:1\. People need at least 4\.5:1/,
    ],
    [
      'a background that text is lost on',
      { background: '#333333' },
      'background',
      /choose a lighter colour/,
    ],
    ['a word for a colour', { accent: 'red' }, 'accent', /must be a colour like #1f4fd8/],
    ['a font that would be fetched', { font: 'Inter' }, 'font', /must be one of/],
    ['a picture from elsewhere', { logo: 'https://x.example/a.png' }, 'logo', /data:image/],
    [
      'a framer with a path',
      { 'embedders[]': 'https://shop.example/page' },
      'embedders[0]',
      /scheme and host alone/,
    ],
    [
      'a framer that would end the policy',
      { 'embedders[]': 'https://a.example; script-src *' },
      'embedders[0]',
      /no origin/,
    ],
    ['a link that runs', { support_url: 'javascript:alert(1)' }, 'support_url', /./],
  ] as const) {
    test(`is refused with ${what}`, async () => {
      const { status, body } = await change(fields);
      assert.equal(status, 400, JSON.stringify(body));
      assert.equal(body.error.param, param);
      assert.match(body.error.message, says);
    });
  }
});

describe('a checkout page in a frame', () => {
  test('is shown to nobody, then to whom its merchant names, with the frame of the bank', async () => {
    const alone = await openPage();
    assert.equal(framers(alone.headers), "'none'");
    await change({ 'embedders[]': 'https://shop.example' });
    const page = await openPage();
    assert.equal(framers(page.headers), 'https://shop.example');
    assert.equal(page.headers['x-frame-options'], undefined);
    const bank = await ask('GET', `/c/${page.id}/bank`);
    assert.equal(framers(bank.headers), "'self' https://shop.example");
    await change({ embedders: '' });
    assert.equal(framers((await openPage()).headers), "'none'");
  });

  test('names who may frame card fields as well, which any shop may until then', async () => {
    const fields = async (page: string) =>
      framers((await ask('GET', `/elements/${page}?key=${merchant.publishableKey}`)).headers);
    assert.equal(await fields('frame'), 'https: http:');
    await change({ 'embedders[]': 'https://shop.example' });
    assert.equal(await fields('frame'), 'https://shop.example');
    assert.equal(await fields('challenge'), 'https://shop.example');
    await change({ embedders: '' });
    const { headers } = await ask('GET', '/elements/frame?key=pk_live_nobodys');
    assert.equal(framers(headers), 'https:');
  });

  test('must be of an https page in live mode', async () => {
    const field = { 'embedders[]': 'http://shop.example' };
    assert.equal((await change(field)).status, 200);
    const { body } = await change(field, merchant.liveKey);
    assert.match(body.error.message, /no origin/);
  });
});
