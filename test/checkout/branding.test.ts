// How the page of one session looks, where its merchant says so when making it: over the look of the account, and
// readable all the same.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { contrast } from '../../src/commerce/checkout/page/theme.ts';
import { twoTeas } from '../support/checkout.ts';
import { openShop } from '../support/payments.ts';
import { refusalOf } from '../support/stripe.ts';

const { gateway, stripe, merchant } = await openShop();
const { sessions } = stripe.checkout;

const withBranding = (branding_settings: object) =>
  sessions.create({ ...twoTeas, branding_settings });
const pageOf = async (id: string): Promise<string> => (await gateway.ask('GET', `/c/${id}`)).text;

describe('the branding of a session', () => {
  test('is shown on its page, and on no other', async () => {
    const made = await withBranding({
      background_color: '#E8F5EC',
      border_style: 'pill',
      button_color: '#ffd400',
      display_name: 'Tea & <Time>',
      font_family: 'lora',
    });
    assert.deepEqual(made.branding_settings, {
      background_color: '#e8f5ec',
      border_style: 'pill',
      button_color: '#ffd400',
      display_name: 'Tea & <Time>',
      font_family: 'lora',
      icon: null,
      logo: null,
    });
    assert.deepEqual(await sessions.retrieve(made.id), made);
    const text = await pageOf(made.id);
    assert.match(text, /<bdi class="name" title="Tea &amp; &lt;Time&gt;">/);
    assert.match(text, /<h1 id="what">Pay .{0,20}Tea &amp; &lt;Time&gt;/);
    assert.match(text, /--ground:light-dark\(#e8f5ec,/);
    assert.match(text, /--round:24px/);
    assert.match(text, /body\{font-family:ui-serif/);
    assert.match(text, /--button:#ffd400;--on-button:#17202e/);
    const accent = /--accent:light-dark\((#\w{6})/.exec(text)?.[1] ?? '';
    assert.ok(contrast(accent, '#ffffff') >= 4.5, accent);

    const { id, branding_settings: none } = await sessions.create(twoTeas);
    assert.equal(none, undefined);
    assert.doesNotMatch(await pageOf(id), /#ffd400|Tea &amp;/);
  });

  test('leaves what it does not name as it is for the account', async () => {
    const settings = (form: string) =>
      gateway.ask('POST', '/v1/checkout_settings', { key: merchant.key, form });
    await settings('accent=%230a5c36&radius=4&name=The Tea House');
    const made = await withBranding({ font_family: 'ubuntu_mono' });
    const { button_color: button, display_name: name } = made.branding_settings ?? {};
    assert.deepEqual([button, name], ['#0a5c36', 'The Tea House']);
    const text = await pageOf(made.id);
    assert.match(text, /--accent:light-dark\(#0a5c36,/);
    assert.match(text, /--round:4px/);
    assert.match(text, /body\{font-family:ui-monospace/);
    await settings('accent=&radius=&name=');
  });

  for (const [what, branding, field, says] of [
    [
      'a background that text is lost on',
      { background_color: '#333333' },
      'background_color',
      /lighter/,
    ],
    ['a word for a colour', { button_color: 'red' }, 'button_color', /like #1f4fd8/],
    [
      'a picture from elsewhere',
      { logo: { type: 'url', url: 'https://x.example/a.png' } },
      'logo',
      /checkout_settings/,
    ],
    ['a font that nobody knows', { font_family: 'comic' }, 'font_family', /lora/],
  ] as const) {
    test(`is refused with ${what}`, async () => {
      const refused = await refusalOf(withBranding(branding));
      assert.equal(refused.param, `branding_settings[${field}]`);
      assert.match(refused.message, says);
    });
  }

  test('is refused where the page is the merchant’s own', async () => {
    const { success_url: _none, cancel_url: __, ...order } = twoTeas;
    const asked = { ...order, ui_mode: 'elements', return_url: 'https://shop.test/done' } as const;
    const branding_settings = { display_name: 'Tea' };
    const refused = await refusalOf(sessions.create({ ...asked, branding_settings } as never));
    assert.equal(refused.param, 'branding_settings');
  });
});
