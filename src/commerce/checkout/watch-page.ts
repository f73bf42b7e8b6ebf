// Whether payers get the page of this release. A page that takes cards passes proxies and networks on its way;
// so it is fetched through the public address, as a browser would, and compared byte by byte with what it
// should be: its headers, its body, each of its scripts (PCI DSS 11.6.1).

import { createHash } from 'node:crypto';
import type { Context } from '#kit/context';
import { MONITOR_PATH, monitorPage, type PageScript, pageScripts } from './page/index.ts';
import { savePageCheck } from './page-checks.store.ts';
import { publicUrlOf } from './settings.ts';

/** Often enough for an alert within a minute. */
export const WATCH_EVERY_MS = 45_000;
const LIMIT_MS = 10_000;

type Get = (path: string) => Promise<Response>;

/** Names of what differs; nothing where all is as it should be, null where nobody could be reached. */
export const differencesOfLivePage = async (
  context: Context,
  publicUrl: string = publicUrlOf(context),
): Promise<readonly string[] | null> => {
  const get: Get = (path) =>
    context.network.fetch(`${publicUrl}${path}`, {
      redirect: 'manual',
      signal: AbortSignal.timeout(LIMIT_MS),
    });
  try {
    const page = await pageDifferences(get);
    const scripts = await Promise.all(pageScripts.map((script) => scriptDiffers(get, script)));
    return [...page, ...scripts.flat()];
  } catch (error) {
    context.log.warn({ error, url: publicUrl }, 'The checkout page was not reached');
    return null;
  }
};

/** What a proxy may rightly say of its own. */
const notOurs: ReadonlySet<string> = new Set(['Vary']);

const pageDifferences = async (get: Get): Promise<readonly string[]> => {
  const answer = await get(MONITOR_PATH);
  const body = await answer.text();
  if (answer.status !== 200) return [`status ${answer.status}`];
  const policy = answer.headers.get('content-security-policy') ?? '';
  const [, nonce = ''] = /'nonce-([\w-]+)'/.exec(policy) ?? [];
  const expected = monitorPage(nonce);
  const headers = Object.entries(expected.headers)
    .filter(([name, value]) => !notOurs.has(name) && answer.headers.get(name) !== value)
    .map(([name]) => `header ${name}`);
  return [...headers, ...(body === expected.body ? [] : ['body'])];
};

const scriptDiffers = async (
  get: Get,
  { path, integrity }: PageScript,
): Promise<readonly string[]> => {
  const answer = await get(path);
  const hash = createHash('sha384').update(Buffer.from(await answer.arrayBuffer()));
  return `sha384-${hash.digest('base64')}` === integrity ? [] : [`script ${path}`];
};

export const watchLivePage = async (
  context: Context,
  publicUrl: string = publicUrlOf(context),
): Promise<void> => {
  const differences = await differencesOfLivePage(context, publicUrl);
  if (differences === null) return;
  await savePageCheck(context, differences);
  if (differences.length === 0) return;
  context.log.error(
    { url: publicUrl, why: differences.join(', ') },
    'ALERT: payers do not get the checkout page of this release. Somebody changes it on its way: look at what stands between them and the gateway, and stop taking cards until you know',
  );
};
