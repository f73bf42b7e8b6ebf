// Pictures of every state of the page, for eyes: TOLLGATE_PICTURES names the folder to put them in. Without
// it nothing is done, because a picture proves nothing by itself.

import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import type { Page } from 'playwright-core';
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

const folder = process.env['TOLLGATE_PICTURES'] ?? '';
const only = process.env['TOLLGATE_PICTURES_OF'] ?? '';
const skip = folder === '' ? 'TOLLGATE_PICTURES names no folder.' : await chromiumIsMissing();

const fill = async (page: Page): Promise<void> => {
  for (const [id, text] of [
    ['email', 'jenny@example.com'],
    ['number', '4242424242424242'],
    ['expiry', '12 / 34'],
    ['cvc', '123'],
    ['holder', 'Jenny Rosen'],
  ] as const) {
    await page.locator(`#${id}`).fill(text);
  }
};

const known = { ...viewOf('any').known, email: 'jenny@example.com' };
const withUrls = (changes: Partial<PageView['urls']>): PageView['urls'] => ({
  ...viewOf('any').urls,
  ...changes,
});
const receipt = paid(viewOf('any')).receipt!;

const byIdeal = { ...receipt, isCaptured: false, method: { brand: 'ideal', last4: null } };

type State = readonly [
  name: string,
  changes: Partial<PageView>,
  act?: (page: Page) => Promise<void>,
];
const states: readonly State[] = [
  ['open', {}],
  ['filled', { livemode: true }, fill],
  ['faults', {}, (page) => page.locator('#go').click()],
  [
    'full',
    {
      asks: fullAsks,
      lines: viewOf('any').lines.map((line) => ({ ...line, adjustable: { min: 1, max: 9 } })),
    },
  ],
  ['test-cards', {}, (page) => page.locator('.test summary').click()],
  ...(
    [
      'funds',
      'auth_needed',
      'auth_failed',
      'call_bank',
      'not_allowed',
      'velocity',
      'hard_stop',
      'technical',
    ] as const
  ).map((name): State => [`declined-${name}`, { declined: declinedBy(name) }]),
  ['declined-number', { declined: declinedBy('data_number', 'number') }],
  ['declined-cvc', { declined: declinedBy('data_cvc', 'cvc') }],
  ['declined-expiry', { declined: declinedBy('data_expiry', 'expiry') }],
  ['methods', { methods: severalMethods }],
  ['methods-ideal', { methods: severalMethods }, (page) => page.getByLabel('iDEAL').check()],
  ['methods-eps', { methods: severalMethods }, (page) => page.getByLabel('EPS').check()],
  ['methods-only-ideal', { methods: severalMethods.slice(1, 2) }],
  ['methods-declined', { methods: severalMethods, declined: declinedBy('away_failed') }],
  ['away', { status: 'action', known, isAway: true, urls: withUrls({ action: '/bank/x' }) }],
  ['pending', { status: 'complete', known, pending: 'waits', receipt: byIdeal }],
  ['failed-later', { status: 'complete', known, pending: 'failed', receipt: byIdeal }],
  ['receipt-ideal', { status: 'complete', known, receipt: { ...byIdeal, isCaptured: true } }],
  ['action', { status: 'action', known, urls: withUrls({ action: '/bank/x' }) }],
  ['processing', { status: 'processing', known }],
  ['unknown', { status: 'unknown', known }],
  ['locked', { status: 'locked' }],
  ['expired', { status: 'expired' }],
  ['expired-again', { status: 'expired', urls: withUrls({ recover: '/c/again' }) }],
  ['receipt', { status: 'complete', known, receipt }],
  ['receipt-refunded', { status: 'complete', known, receipt: { ...receipt, refunded: 2_000n } }],
  ['receipt-held', { status: 'complete', known, receipt: { ...receipt, isCaptured: false } }],
  ['setup', { mode: 'setup', lines: [] }],
  ['saved', { mode: 'setup', status: 'complete', lines: [] }],
];
const looks = [
  ['phone', { width: 390, height: 844 }, 'light', 'en', true],
  ['desk', { width: 1280, height: 860 }, 'light', 'en', true],
  ['desk-dark', { width: 1280, height: 860 }, 'dark', 'en', true],
  ['phone-arabic', { width: 390, height: 844 }, 'dark', 'ar', true],
  ['phone-no-scripts', { width: 390, height: 844 }, 'light', 'en', false],
] as const;

describe('pictures of the checkout page', { skip }, async () => {
  if (skip !== false) return;
  const server = await startPageServer();
  const browser = await launchChromium();
  mkdirSync(folder, { recursive: true });

  for (const [look, viewport, colorScheme, lang, scripts] of looks) {
    test(look, async () => {
      const { page } = await browser.newPage({ viewport, scripts });
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
      for (const [name, changes, act] of states) {
        if (!`${name}-${look}`.includes(only)) continue;
        await page.goto(`${server.open(changes).url}?lang=${lang}`);
        if (scripts) await act?.(page);
        await page.screenshot({ path: join(folder, `${name}-${look}.png`), fullPage: true });
      }
    });
  }

  test('the question of the bank', async () => {
    for (const [look, viewport, colorScheme, lang] of looks.slice(0, 4)) {
      const { page } = await browser.newPage({ viewport });
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
      const { url, session } = server.open();
      session.onPay = () => ({
        ...session.view,
        status: 'action',
        urls: { ...session.view.urls, action: `${server.origin}/bank/${session.view.session}` },
      });
      await page.goto(`${url}?lang=${lang}`);
      await fill(page);
      await page.locator('#go').click();
      await page.frameLocator('#bank-frame iframe').frameLocator('iframe').locator('h1').waitFor();
      await page.screenshot({ path: join(folder, `bank-${look}.png`) });
    }
  });
});
