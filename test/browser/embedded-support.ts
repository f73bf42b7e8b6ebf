// A merchant's page with our fields in it, on an origin of its own and as strict as it may be: it runs nothing but
// the pinned loader and its own script, may frame the gateway alone, and may not send anything anywhere.

import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { Frame, Page } from 'playwright-core';
import { atEnd } from '../../src/kit/context/for-tests-end.ts';
import { newSandbox } from '../sandbox/support/world.ts';
import { openShopAt, startAskingGateway } from '../three-ds/support.ts';
import { closeServer, listenOnLoopback } from './recording-proxy.ts';

const NONCE = 'onlyForThisTest';

/** A gateway that pays at the sandbox's bank, and a merchant who has a page. */
export const openMerchant = async (beforeItEnds: () => Promise<void> = async () => {}) => {
  atEnd(beforeItEnds);
  const bank = await newSandbox();
  const gateway = await startAskingGateway();
  const api = gateway.origin;
  const { key, publishableKey, stripe } = await openShopAt(gateway, bank);
  const manifest = (await gateway.ask('GET', '/elements/manifest.json')).body;
  const [loader] = manifest.scripts.filter(({ name }: { name: string }) => name === 'tollgate.js');
  const origin = await servePage(api, publishableKey, loader.integrity);
  return { api, bank, gateway, key, origin, publishableKey, stripe };
};

const servePage = async (api: string, key: string, integrity: string): Promise<string> => {
  const server = createServer((request, response) => {
    if (request.url !== '/' && request.url?.startsWith('/?') !== true) {
      response.writeHead(204).end();
      return;
    }
    response
      .writeHead(200, {
        'Content-Type': 'text/html; charset=utf-8',
        'Content-Security-Policy': [
          "default-src 'none'",
          `script-src 'nonce-${NONCE}' ${api}/v1/tollgate.mjs`,
          `style-src 'nonce-${NONCE}'`,
          `frame-src ${api}`,
          'img-src data:',
          "require-trusted-types-for 'script'",
          "trusted-types 'none'",
        ].join('; '),
      })
      .end(page(api, key, integrity));
  });
  const port = await listenOnLoopback(server);
  atEnd(() => closeServer(server));
  return `http://127.0.0.1:${port}`;
};

/** What a payer types shows up in `heard`, if it shows up anywhere: all messages, events and answers are kept. */
const page = (api: string, key: string, integrity: string): string => `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>A shop</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="data:,">
<style nonce="${NONCE}">
  body { margin: 2rem; font: 1rem/1.5 system-ui, sans-serif; }
  .night { background: #10151d; color: #fff; }
  form { max-width: 26rem; display: grid; gap: 1rem; }
  .boxed { border: 1px solid #767e8c; border-radius: 8px; padding: .6rem .8rem; }
</style>
<script nonce="${NONCE}" src="${api}/v1/tollgate.js" integrity="${integrity}" crossorigin></script>
</head>
<body>
<main>
<h1>Pay 50.00 €</h1>
<form id="pay"><div id="fields"></div><div id="one"></div><div id="two"></div><div id="three"></div><button>Pay</button></form>
</main>
<script nonce="${NONCE}">
  globalThis.heard = [];
  addEventListener('message', ({ origin, data }) => heard.push({ origin, data }));
  globalThis.tollgate = Tollgate(${JSON.stringify(key)}, { locale: new URLSearchParams(location.search).get('lang') ?? 'en' });
  globalThis.mount = (elements, kind, place = '#fields') => {
    const element = elements.create(kind);
    for (const name of ['ready', 'change', 'focus', 'blur', 'escape', 'submit', 'loaderror']) {
      element.on(name, (detail) => heard.push({ kind, name, detail }));
    }
    document.querySelector(place).classList.add(kind === 'payment' ? 'bare' : 'boxed');
    element.mount(place);
    return element;
  };
  document.querySelector('form').addEventListener('submit', (event) => {
    event.preventDefault();
    globalThis.pay?.();
  });
</script>
</body>
</html>
`;

/** The frames with fields, once they have loaded. */
export const fieldFrames = async (page: Page, count: number): Promise<readonly Frame[]> => {
  for (;;) {
    const frames = page.frames().filter((frame) => frame.url().includes('/elements/frame'));
    if (frames.length >= count) {
      await Promise.all(frames.map((frame) => frame.waitForLoadState('load')));
      return frames;
    }
    await page.waitForEvent('framenavigated');
  }
};

/** The frame that has a field in it. */
export const frameWith = async (page: Page, field: string): Promise<Frame> => {
  for (let count = 1; ; count += 1) {
    for (const frame of await fieldFrames(page, count)) {
      if ((await frame.locator(`#${field}`).count()) > 0) return frame;
    }
  }
};

const axe = readFileSync(
  new URL('../../node_modules/axe-core/axe.min.js', import.meta.url),
  'utf8',
);

/** The frame lets the page's ground shine through, and its heading is the page's: axe sees neither from inside. */
export const violationsIn = async (frame: Frame, ground: string): Promise<unknown> => {
  await frame.evaluate(`document.documentElement.style.background = '${ground}'`);
  await frame.evaluate(axe);
  return frame.evaluate(
    'axe.run({ resultTypes: ["violations"], rules: { "page-has-heading-one": { enabled: false } } }).then((r) => r.violations.map((v) => v.id + ": " + v.nodes.map((n) => n.target.join(" ") + " " + n.failureSummary).slice(0, 3).join("; ")))',
  );
};

/** At once, as browsers fill in what they have kept. */
export const typeCard = async (
  page: Page,
  card: { readonly number: string; readonly expiry?: string; readonly cvc?: string },
): Promise<void> => {
  for (const [field, value] of [
    ['number', card.number],
    ['expiry', card.expiry ?? '1234'],
    ['cvc', card.cvc ?? '123'],
  ] as const) {
    await (await frameWith(page, field)).locator(`#${field}`).fill(value);
  }
};
