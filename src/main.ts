// The gateway as one call: the schema is brought up to date, the roles asked for are started in this
// process, and `stop` ends them so that nothing that was begun is lost.

import { listAccounts, newAccount } from '#identity/accounts';
import { createKey } from '#identity/keys';
import { type Context, systemClock } from '#kit/context';
import { createLog } from '#kit/log';
import type { Settings } from './config.ts';
import { createApi } from './roles/api.ts';
import { createMetrics } from './roles/metrics.ts';
import { createGatewayWorker } from './roles/worker.ts';
import { openRuntime, type Runtime } from './runtime.ts';
import { type Secrets, saveSecrets } from './secrets.ts';

export type Role = 'api' | 'worker';

export type Gateway = {
  readonly url: string;
  readonly testKeys?: { readonly secretKey: string; readonly publishableKey: string };
  stop(hurry?: AbortSignal): Promise<void>;
};

const WORKER_STOP_LIMIT_MS = 10_000;

/** `settings.databaseUrl` must lead somewhere: an embedded database is started by the caller. */
export const startGateway = async (
  settings: Settings,
  how: { readonly roles: readonly Role[]; readonly quickstart?: boolean },
): Promise<Gateway> => {
  const log = createLog({
    format:
      settings.logFormat === 'auto' ? autoFormat(how.quickstart ?? false) : settings.logFormat,
    // The quick start is read by a person: a line for every request would bury what it says.
    level: settings.logFormat === 'auto' && how.quickstart ? 'warn' : settings.logLevel,
    clock: systemClock,
    colour: process.stderr.isTTY && !process.env['NO_COLOR'],
    write: (line) => void process.stderr.write(line),
  });
  const metrics = createMetrics(settings);
  const runtime = await openRuntime(settings, {
    log,
    actor: { kind: 'system', id: 'gateway' },
    observeBatch: metrics.observeBatch,
  });
  metrics.watch(runtime.context.database);
  const testKeys = how.quickstart ? await quickstartKeys(runtime) : undefined;

  const worker = how.roles.includes('worker') ? createGatewayWorker(runtime) : null;
  // One round before the doors open, so that what is ready is really ready.
  await worker?.tick();
  worker?.start();

  const publicUrl = settings.publicUrl || `http://localhost:${settings.port}`;
  const api = how.roles.includes('api')
    ? createApi(runtime, { publicUrl, metrics: metrics.http, handlers: metrics.handlers })
    : null;
  const port = (await api?.listen(settings.port, settings.host)) ?? settings.port;
  log.info({ port, role: how.roles.join(',') }, 'The gateway is up');

  return {
    url: `http://${settings.host === '0.0.0.0' ? 'localhost' : settings.host}:${port}`,
    ...(testKeys ? { testKeys } : {}),
    stop: async () => {
      await api?.close();
      await worker?.stop(WORKER_STOP_LIMIT_MS);
      await runtime.close();
      log.info({}, 'The gateway has stopped');
    },
  };
};

const autoFormat = (quickstart: boolean): 'terminal' | 'json' =>
  quickstart || process.stderr.isTTY ? 'terminal' : 'json';

/** The same keys at every start: their texts are kept in the data folder, as only test keys may be. */
const quickstartKeys = async (runtime: Runtime): Promise<NonNullable<Secrets['quickstart']>> => {
  const { context, secrets, settings } = runtime;
  const known = secrets.quickstart;
  if (known && (await listAccounts(context)).some((account) => account.isFirst)) return known;

  const scope = { accountId: await firstAccount(context), livemode: false };
  const quickstart = {
    secretKey: await createKey(context, { scope, kind: 'secret', name: 'Quick start' }),
    publishableKey: await createKey(context, { scope, kind: 'publishable', name: 'Quick start' }),
  };
  await saveSecrets(settings.data, { ...secrets, quickstart });
  return quickstart;
};

const firstAccount = async (context: Context): Promise<string> => {
  const existing = (await listAccounts(context)).find((account) => account.isFirst);
  if (existing) return existing.id;
  const { account, write } = newAccount(context, { name: 'My shop', isFirst: true });
  await context.database.commit({ accountId: account.id, livemode: false }, [write]);
  return account.id;
};
