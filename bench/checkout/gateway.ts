// The gateway as `npm start` brings it, on a free port and in a folder that goes away with it.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { freePortNear } from '../../cli/port.ts';

export type Gateway = {
  readonly api: string;
  readonly secretKey: string;
  readonly publishableKey: string;
  readonly shop: string;
  stop(): Promise<void>;
};

/** Given, so that the gateway knows its own address: the bank comes back to it. */
const FIRST_PORT = 14_242;
const START_LIMIT_MS = 180_000;

export const startGateway = async (): Promise<Gateway> => {
  const folder = mkdtempSync(join(tmpdir(), 'tollgate-bench-'));
  const child = spawn(
    process.execPath,
    [fileURLToPath(new URL('../../bin/start.mjs', import.meta.url))],
    {
      env: { ...process.env, PORT: String(await freePortNear(FIRST_PORT)), TOLLGATE_DATA: folder },
      stdio: ['ignore', 'ignore', 'inherit'],
    },
  );
  const stop = async (): Promise<void> => {
    if (child.exitCode === null) {
      child.kill('SIGTERM');
      await once(child, 'exit');
    }
    rmSync(folder, { recursive: true, force: true });
  };

  const file = join(folder, 'quickstart.json');
  const endsMs = performance.now() + START_LIMIT_MS;
  while (!existsSync(file)) {
    if (child.exitCode !== null || performance.now() > endsMs) {
      await stop();
      throw new Error('The gateway did not start.');
    }
    await pause(100);
  }
  const told = JSON.parse(readFileSync(file, 'utf8')) as Record<string, string>;
  return {
    api: told['api'] ?? '',
    secretKey: told['secret_key'] ?? '',
    publishableKey: told['publishable_key'] ?? '',
    shop: told['shop'] ?? '',
    stop,
  };
};
