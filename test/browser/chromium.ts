// A real browser for tests: Debian's Chromium, driven by playwright-core. Where it is missing it is
// installed when we may, otherwise the tests that need it are skipped and say why. What is launched
// ends with its test file.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { getTestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { type Browser, chromium, type Page } from 'playwright-core';
import { atEnd } from '../../src/kit/context/for-tests-end.ts';

const executable = process.env['TOLLGATE_TEST_CHROMIUM'] ?? '/usr/bin/chromium';

/** Not in the repository: pictures are for whoever looks at a failure. */
const screenshotsFolder = fileURLToPath(new URL('../../.tollgate-screenshots/', import.meta.url));

const flags = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

const installLimitMs = 240_000;
const launchLimitMs = 60_000;
const actionLimitMs = 20_000;

/** False, or the reason to skip: `describe('…', { skip: await chromiumIsMissing() }, …)`. */
export const chromiumIsMissing = async (): Promise<string | false> => {
  if (existsSync(executable)) return false;
  const missing = `There is no Chromium at ${executable}`;
  if (process.env['TOLLGATE_TEST_CHROMIUM'] !== undefined) return `${missing}.`;
  if (process.platform !== 'linux' || process.getuid?.() !== 0 || !existsSync('/usr/bin/apt-get')) {
    return `${missing}. Install it (on Debian: apt-get install chromium), or name one in TOLLGATE_TEST_CHROMIUM.`;
  }

  const installed =
    (await runQuietly('apt-get', ['update'])) &&
    // Another test file may be at it.
    (await runQuietly('apt-get', ['-o', 'DPkg::Lock::Timeout=200', 'install', '-y', 'chromium']));
  return installed && existsSync(executable)
    ? false
    : `${missing}, and apt-get could not install it.`;
};

const runQuietly = async (command: string, args: readonly string[]): Promise<boolean> => {
  const child = spawn(command, args, {
    stdio: 'ignore',
    timeout: installLimitMs,
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
  });
  const ended = await Promise.race([
    once(child, 'exit').then(([code]) => code as number | null),
    once(child, 'error').then(() => null),
  ]);
  return ended === 0;
};

export type OpenPage = {
  readonly page: Page;
  /** What the page wrote to its console, and the errors that nobody caught. */
  readonly said: readonly string[];
  /** The URLs of everything it asked for. */
  readonly asked: readonly string[];
  /** Into `screenshotsFolder`; gives the path. */
  picture(name: string): Promise<string>;
};

export type TestBrowser = {
  /** With storage and a cache of its own. It ends with the test that opened it. */
  newPage(how?: {
    readonly viewport?: { readonly width: number; readonly height: number };
    readonly locale?: string;
    /** Off: as browsers are whose scripts are blocked. */
    readonly scripts?: boolean;
  }): Promise<OpenPage>;
  close(): Promise<void>;
};

// A hook that is registered inside another belongs to that one, so there is one for the file.
const opened = new Set<Browser>();
atEnd(async () => {
  for (const browser of opened) await browser.close();
});

export const launchChromium = async (
  how: { readonly args?: readonly string[] } = {},
): Promise<TestBrowser> => {
  const browser = await chromium.launch({
    executablePath: executable,
    args: [...flags, ...(how.args ?? [])],
    timeout: launchLimitMs,
  });
  opened.add(browser);

  return {
    newPage: async ({
      viewport = { width: 1280, height: 800 },
      locale = 'en-US',
      scripts = true,
    } = {}) => {
      const test = getTestContext();
      const context = await browser.newContext({ viewport, locale, javaScriptEnabled: scripts });
      context.setDefaultTimeout(actionLimitMs);
      // One that is left open asks and draws on while the others are tried.
      if (test !== undefined && 'after' in test) test.after(() => context.close());
      const page = await context.newPage();
      const said: string[] = [];
      const asked: string[] = [];
      page.on('console', (message) => said.push(`${message.type()}: ${message.text()}`));
      page.on('pageerror', (error) => said.push(`uncaught: ${error.message}`));
      page.on('request', (request) => asked.push(request.url()));
      return { page, said, asked, picture: (name) => takePicture(page, name) };
    },
    close: async () => {
      opened.delete(browser);
      await browser.close();
    },
  };
};

/**
 * A page that would go there by itself after some seconds stays: what it shows until then is there for as long as a
 * busy machine takes to see it.
 */
export const keepFrom = (page: Page, elsewhere: string): Promise<unknown> =>
  page.route(elsewhere, (route) => route.abort('aborted'));

const takePicture = async (page: Page, name: string): Promise<string> => {
  mkdirSync(screenshotsFolder, { recursive: true });
  const path = join(screenshotsFolder, `${name}.png`);
  await page.screenshot({ path, fullPage: true });
  return path;
};
