// Lighthouse is fetched for the run and no dependency: it brings more packages than everything else here.

import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const PACKAGE = 'lighthouse@13.5.0';
const LIMIT_MS = 600_000;

type Report = {
  readonly categories: Readonly<Record<string, { readonly score: number | null }>>;
};

export const lighthouseScores = async (
  url: string,
): Promise<Readonly<Record<string, number | null>>> => {
  const { stdout } = await promisify(execFile)(
    'npx',
    [
      '--yes',
      PACKAGE,
      url,
      '--quiet',
      '--output=json',
      '--only-categories=performance,accessibility,best-practices',
      '--chrome-flags=--headless --no-sandbox --disable-gpu',
    ],
    {
      timeout: LIMIT_MS,
      maxBuffer: 64 * 1024 * 1024,
      env: { CHROME_PATH: '/usr/bin/chromium', ...process.env },
    },
  );
  const { categories } = JSON.parse(stdout) as Report;
  return Object.fromEntries(Object.entries(categories).map(([name, { score }]) => [name, score]));
};
