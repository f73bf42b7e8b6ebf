// A worker of a walk as a process of its own, which may be killed: `worker-process.ts <settings>`. It is put together
// from the same parts as the gateway of the walk, and ends with whoever started it.

import { provideThreeDs } from '#cards/three-ds';
import type { Log } from '#kit/context';
import { providePaymentListeners } from '#payments/intents';
import { provideSetupListeners } from '#payments/setup';
import { directoryOf, provideDirectory, provideRails } from '#rails/connectors';
import { readSettings } from '../../../src/config.ts';
import { silentLog } from '../../../src/kit/context/for-tests.ts';
import { modules, paymentListeners, setupListeners } from '../../../src/modules.ts';
import { connector as stripe } from '../../../src/rails/psp/stripe/index.ts';
import { openGatewayRails } from '../../../src/roles/rails.ts';
import { createGatewayWorker } from '../../../src/roles/worker.ts';
import { openRuntime, type SandboxAddress } from '../../../src/runtime.ts';
import { hurried, impatient, type Patience, quick } from '../../acquiring/support/impatient.ts';

export type WorkerSettings = {
  readonly env: Readonly<Record<string, string>>;
  readonly sandbox: SandboxAddress;
  readonly publicUrl: string;
  readonly patience: Patience;
};

export type FromWorker = { readonly isUp: true } | { readonly error: string };

const tell = (told: FromWorker): void => {
  if (process.connected) process.send?.(told);
};

process.on('disconnect', () => process.exit(0));

const { env, sandbox, publicUrl, patience } = JSON.parse(process.argv[2] ?? '') as WorkerSettings;
process.on('message', (timeoutMs: number) => {
  patience.timeoutMs = timeoutMs;
});

const log: Log = {
  ...silentLog,
  error: ({ error, operation }, message) =>
    tell({
      error: `${message}: ${String(operation)} ${error instanceof Error ? error.stack : ''}`,
    }),
};
const opened = await openRuntime(readSettings(env), {
  log,
  actor: { kind: 'system', id: 'tests' },
  sandbox: Promise.resolve(sandbox),
});
const connectors = [impatient(quick(), patience), hurried(stripe, patience)];
const runtime = {
  ...opened,
  directory: directoryOf(connectors, opened.masterSecret, opened.directory.places),
};
const { context } = runtime;
provideDirectory(context, runtime.directory);
provideThreeDs(context, {
  publicUrl,
  key: Buffer.alloc(32, 7),
  listeners: modules.flatMap(({ onAuthentication }) => onAuthentication ?? []),
});
const rails = await openGatewayRails(runtime);
provideRails(context, rails);
providePaymentListeners(context, paymentListeners);
provideSetupListeners(context, setupListeners);
await createGatewayWorker(runtime, rails).start();
tell({ isUp: true });
