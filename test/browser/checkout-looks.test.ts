// Every state of the page, on a phone, on a desk, in the dark, in Arabic and on the smallest screen: no
// violation that axe can find, nothing wider than the screen, and no heavier than it may be.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { pageScripts } from '../../src/commerce/checkout/page/index.ts';
import { languageTags } from '../../src/commerce/checkout/page/language.ts';
import type { PageView } from '../../src/commerce/checkout/page-view.ts';
import {
  declinedBy,
  fullAsks,
  paid,
  severalMethods,
  startPageServer,
  viewOf,
} from './checkout-support.ts';
import { chromiumIsMissing, launchChromium } from './chromium.ts';

const axe = readFileSync(
  new URL('../../node_modules/axe-core/axe.min.js', import.meta.url),
  'utf8',
);

const { lines } = viewOf('any');
const longLine = {
  ...lines[0]!,
  id: 'li_3',
  name: 'A name of a product that goes on and on until no layout is left that was not prepared for it',
};
const byIdeal = { ...paid(viewOf('any')).receipt!, method: { brand: 'ideal', last4: null } };
const states: Readonly<Record<string, Partial<PageView>>> = {
  open: {},
  live: { livemode: true },
  declined: { declined: declinedBy('funds') },
  wrongCode: { declined: declinedBy('data_cvc', 'cvc') },
  full: {
    asks: fullAsks,
    lines: [{ ...lines[0]!, adjustable: { min: 1, max: 9 } }, lines[1]!, longLine],
  },
  methods: { methods: severalMethods },
  methodOfAnother: {
    methods: severalMethods,
    chosen: 'eps',
    declined: declinedBy('missing', 'away-name'),
  },
  away: { status: 'action', isAway: true, urls: { ...viewOf('any').urls, action: '/bank' } },
  pending: { status: 'complete', pending: 'waits', receipt: byIdeal },
  setup: { mode: 'setup', lines: [] },
  unknown: { status: 'unknown', known: { ...viewOf('any').known, email: 'jenny@example.com' } },
  processing: { status: 'processing' },
  locked: { status: 'locked' },
  expired: { status: 'expired' },
  complete: { status: 'complete', receipt: paid(viewOf('any')).receipt },
};
const looks = [
  ['phone', { width: 390, height: 844 }, 'light', 'en'],
  ['desk', { width: 1280, height: 900 }, 'light', 'en'],
  ['desk-dark', { width: 1280, height: 900 }, 'dark', 'en'],
  ['phone-arabic', { width: 390, height: 844 }, 'dark', 'ar'],
  ['small-german', { width: 320, height: 640 }, 'light', 'de'],
] as const;

describe('how the page of a checkout looks', { skip: await chromiumIsMissing() }, async () => {
  const server = await startPageServer();
  const browser = await launchChromium();

  for (const [look, viewport, colorScheme, lang] of looks) {
    test(`${look}: no state has a violation, or is wider than the screen`, async () => {
      const { page, said, picture } = await browser.newPage({ viewport });
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
      for (const [name, changes] of Object.entries(states)) {
        const opened = server.open(changes);
        await page.goto(`${opened.url}?lang=${lang}`);
        await page.evaluate(axe);
        const found = (await page.evaluate(
          'axe.run({ resultTypes: ["violations"] }).then((r) => r.violations.map((v) => v.id + ": " + v.nodes.map((n) => n.target.join(" ") + " " + n.failureSummary).slice(0, 3).join("; ")))',
        )) as readonly string[];
        if (found.length > 0) await picture(`checkout-${name}-${look}`);
        assert.deepEqual(found, [], `${name} ${look}`);
        const isWide = await page.evaluate(
          'document.documentElement.scrollWidth > document.documentElement.clientWidth',
        );
        assert.equal(isWide, false, `${name} ${look} is wider than the screen`);
      }
      assert.deepEqual(
        said.filter((line) => /Content Security|Trusted|uncaught/.test(line)),
        [],
      );
    });
  }

  test('no language breaks the smallest screen, with the script and its messages', async () => {
    const { page } = await browser.newPage({ viewport: { width: 320, height: 640 } });
    const { url } = server.open({ asks: fullAsks, methods: severalMethods });
    for (const tag of languageTags) {
      await page.goto(`${url}?lang=${tag}`);
      assert.equal(await page.locator('html').getAttribute('lang'), tag);
      await page.evaluate(`document.querySelector('#go').click()`);
      const isWide = await page.evaluate(
        'document.documentElement.scrollWidth > document.documentElement.clientWidth',
      );
      assert.equal(isWide, false, tag);
    }
  });

  test('is as light as it may be', async () => {
    const html = await fetch(server.open().url, { headers: { 'accept-language': 'ru' } }).then(
      (answer) => answer.text(),
    );
    const page = brotliCompressSync(html).length;
    const scripts = pageScripts.map(({ bytes }) => gzipSync(bytes, { level: 9 }).length);
    const script = scripts.reduce((sum, size) => sum + size, 0);
    assert.ok(page <= 14 * 1024, `the page has ${page} bytes`);
    assert.ok(script <= 20 * 1024, `its scripts have ${script} bytes`);
    assert.ok(page + script <= 50 * 1024, `all have ${page + script} bytes`);
  });

  test('needs no more than its own origin, and no font', async () => {
    const { page, asked } = await browser.newPage({});
    const image = 'https://images.example/pen.png';
    await page.goto(server.open({ lines: [{ ...lines[0]!, image }] }).url);
    await page.waitForLoadState('load');
    assert.ok(asked.length > 0);
    assert.deepEqual(
      asked.filter((url) => !url.startsWith(server.origin) && url !== 'data:,'),
      [],
    );
    assert.doesNotMatch(await page.content(), /@font-face|https:\/\/images/);
  });
});
