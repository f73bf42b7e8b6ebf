// A slow phone on a slow line: Chromium, held back by its own tools.

import { chromium } from 'playwright-core';

export type Timing = {
  readonly firstByteMs: number;
  readonly largestPaintMs: number;
  readonly usableMs: number;
  readonly blockedMs: number;
  readonly shift: number;
  readonly bytes: number;
  readonly asked: string;
};

const LINE = {
  offline: false,
  latency: 150,
  downloadThroughput: 1_600_000 / 8,
  uploadThroughput: 750_000 / 8,
};
const SLOWER = 4;

/** The page's script switches the browser's own checks off as the last thing it does: then the form is its. */
const watch = `
  globalThis.told = { largestPaintMs: 0, usableMs: 0, blockedMs: 0, shift: 0 };
  const on = (type, take) =>
    new PerformanceObserver((list) => list.getEntries().forEach(take)).observe({ type, buffered: true });
  on('largest-contentful-paint', ({ startTime }) => (told.largestPaintMs = startTime));
  on('longtask', ({ duration }) => (told.blockedMs += duration - 50));
  on('layout-shift', ({ value, hadRecentInput }) => (told.shift += hadRecentInput ? 0 : value));
  new MutationObserver((_, observer) => {
    if (document.querySelector('#pay')?.noValidate !== true) return;
    told.usableMs = performance.now();
    observer.disconnect();
  }).observe(document, { subtree: true, childList: true, attributes: true, attributeFilter: ['novalidate'] });
`;

export const launchSlowly = async () => {
  const browser = await chromium.launch({
    executablePath: process.env['TOLLGATE_TEST_CHROMIUM'] ?? '/usr/bin/chromium',
    args: ['--headless', '--no-sandbox', '--disable-gpu'],
  });

  const time = async (url: string): Promise<Timing> => {
    const context = await browser.newContext({
      viewport: { width: 390, height: 844 },
      isMobile: true,
    });
    const page = await context.newPage();
    await page.addInitScript(watch);
    const tools = await context.newCDPSession(page);
    await tools.send('Network.enable');
    await tools.send('Network.emulateNetworkConditions', LINE);
    await tools.send('Emulation.setCPUThrottlingRate', { rate: SLOWER });
    const asked: string[] = [];
    let bytes = 0;
    tools.on('Network.loadingFinished', ({ encodedDataLength }) => (bytes += encodedDataLength));
    page.on('request', (request) => asked.push(`${request.resourceType()} ${request.url()}`));

    await page.goto(url, { waitUntil: 'load' });
    await page.waitForFunction('told.usableMs > 0 && told.largestPaintMs > 0');
    const told = (await page.evaluate(
      `({ ...told, firstByteMs: performance.getEntriesByType('navigation')[0].responseStart })`,
    )) as Omit<Timing, 'bytes' | 'asked'>;
    const { origin } = new URL(url);
    const sent = asked.filter((line) => !line.includes(' data:'));
    const fonts = sent.filter((line) => line.startsWith('font '));
    const foreign = sent.filter((line) => !line.includes(` ${origin}/`));
    await context.close();
    return { ...told, bytes, asked: `${sent.length}, ${fonts.length}, ${foreign.length}` };
  };
  return { time, close: () => browser.close() };
};
