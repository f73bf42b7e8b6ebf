// The demo shop beside the quick start: a merchant on the same machine, with an address of its own.

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startKept } from './kept-child.ts';
import { freePortNear } from './port.ts';

export type RunningShop = { readonly url: string; stop(): Promise<void> };

const program = fileURLToPath(new URL('../demo/shop/main.ts', import.meta.url));
/** Behind the ports of the sandbox. */
const PORT_OFFSET = 4;

export const startShop = async (settings: {
  readonly api: string;
  readonly secretKey: string;
  readonly publishableKey: string;
  readonly dataFolder: string;
  /** Of the gateway. */
  readonly port: number;
  readonly warn: (text: string) => void;
}): Promise<RunningShop> => {
  const folder = join(settings.dataFolder, 'shop');
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const near = settings.port === 0 ? 0 : settings.port + PORT_OFFSET;
  // The same as last time: the shop's webhook endpoint names it.
  const wished = await freePortNear(knownPort(folder) ?? near);
  const child = await startKept<{ url: string }>({
    name: 'The demo shop',
    program,
    args: (told) => [
      '--end-with-input',
      `--data=${folder}`,
      `--port=${told === undefined ? wished : new URL(told.url).port}`,
    ],
    env: {
      TOLLGATE_API: settings.api,
      TOLLGATE_SECRET_KEY: settings.secretKey,
      TOLLGATE_PUBLISHABLE_KEY: settings.publishableKey,
    },
    processFile: join(folder, 'process.json'),
    warn: settings.warn,
  });
  const { url } = child.told;
  writeFileSync(portFile(folder), `${JSON.stringify({ port: Number(new URL(url).port) })}\n`);
  return { url, stop: () => child.stop() };
};

const portFile = (folder: string): string => join(folder, 'port.json');

const knownPort = (folder: string): number | undefined => {
  try {
    return (JSON.parse(readFileSync(portFile(folder), 'utf8')) as { port: number }).port;
  } catch {
    return undefined;
  }
};
