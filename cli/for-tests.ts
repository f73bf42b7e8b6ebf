// The command line as its users meet it: a process that is given words, and what it says and ends with.

import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { TestDatabase } from '../src/for-tests.ts';
import { bareEnvironment } from '../src/kit/context/for-tests.ts';

export const program = fileURLToPath(new URL('./tollgate.ts', import.meta.url));

export type Ended = { readonly code: number; readonly out: string; readonly err: string };

/** Without an environment of its own it has that of the tests. */
export const tollgate = (args: readonly string[], env?: NodeJS.ProcessEnv): Promise<Ended> =>
  new Promise((resolve) => {
    const command = [program, ...args];
    execFile(process.execPath, command, { env, timeout: 240_000 }, (error, out, err) => {
      resolve({ code: typeof error?.code === 'number' ? error.code : error ? 1 : 0, out, err });
    });
  });

export const environmentOn = (on: TestDatabase, folder: string): NodeJS.ProcessEnv => ({
  ...bareEnvironment,
  TOLLGATE_DATA: folder,
  DATABASE_URL: on.ownerUrl,
  DATABASE_APP_URL: on.appUrl,
  DATABASE_VAULT_URL: on.vaultUrl,
});
