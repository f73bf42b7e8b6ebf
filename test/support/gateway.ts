// A whole gateway in this process: its own database, a free port, a worker. It is put together from
// the same parts as `src/main.ts`, with two differences: live keys work although the tests' server is
// not durable, and what it logs as an error is kept, because most tests want there to be none.

import assert from 'node:assert/strict';
import { provideVault, vaultOf } from '#cards/vault';
import type { Clock, Context, Log } from '#kit/context';
import { Unavailable } from '#kit/failure';
import { provideWebhooks } from '#outward/webhooks';
import { provideReceiptAddresses } from '#payments/charges';
import { providePaymentListeners } from '#payments/intents';
import { provideSetupListeners } from '#payments/setup';
import { followerOf, provideFollower } from '#platform/clock';
import type { OpenDatabase } from '#platform/db';
import {
  type Connector,
  directoryOf,
  type OpenRails,
  provideDirectory,
  provideRails,
} from '#rails/connectors';
import { readSettings } from '../../src/config.ts';
import { type TestDatabase, testDatabase } from '../../src/for-tests.ts';
import { silentLog, temporaryFolder } from '../../src/kit/context/for-tests.ts';
import { atEnd } from '../../src/kit/context/for-tests-end.ts';
import { paymentListeners, setupListeners } from '../../src/modules.ts';
import { createApi } from '../../src/roles/api.ts';
import { openGatewayRails } from '../../src/roles/rails.ts';
import { createGatewayWorker } from '../../src/roles/worker.ts';
import { openRuntime, type Runtime, type SandboxAddress } from '../../src/runtime.ts';
import { type Ask, createAsk } from './ask.ts';
import { assertHealthy } from './health.ts';
import { createMerchant, type Merchant } from './merchant.ts';

export type TestGateway = {
  readonly port: number;
  readonly on: TestDatabase;
  readonly context: Context & { readonly database: OpenDatabase };
  readonly ask: Ask;
  /** What was logged as an error. A test that provokes one empties it. */
  readonly errors: string[];
  readonly rails: OpenRails;
  /** Ends its worker, and starts another one in its place. */
  readonly worker: { rest(): Promise<void>; wake(): Promise<void> };
  merchant(name?: string): Promise<Merchant>;
};

// Far more than anything takes: on a crowded machine, a mail that is under way is waited for as well.
const STOP_LIMIT_MS = 60_000;

const publicUrl = 'http://pay.test';

export type GatewayChanges = {
  readonly on?: TestDatabase;
  readonly ratePerSecond?: number;
  /** Put between the gateway and its database. */
  readonly wrapDatabase?: (database: OpenDatabase) => OpenDatabase;
  /** What answers requests goes by that instead of its own clock. */
  readonly wrapClock?: (clock: Clock) => Clock;
  readonly connections?: number;
  /** Whether its clock may be moved. */
  readonly movableClock?: boolean;
  readonly sandbox?: SandboxAddress;
  /** That of another gateway on the same database, which has the keys of the vault in it. */
  readonly folder?: string;
  /** Settings beside those that every test has. */
  readonly env?: Readonly<Record<string, string>>;
  readonly showMails?: boolean;
  /** Checks that are not made at the end, since the file writes by hand what they would find. */
  readonly unasked?: readonly string[];
  /** What it may log as an error, since the test provokes it now and then. */
  readonly forgives?: RegExp;
  /** Instead of those that are found in their folders. */
  readonly connectors?: readonly Connector[];
};

/** Ends with the test file, after every check of every module was asked. */
export const startGatewayHere = async (changes: GatewayChanges = {}): Promise<TestGateway> => {
  const on = changes.on ?? (await testDatabase());
  const folder = changes.folder ?? temporaryData();
  const errors: string[] = [];
  const log: Log = {
    ...silentLog,
    error: ({ error, operation }, message) => {
      // On a machine that is busy a database has no time; whoever asked is told so, and tests of that say it.
      if (error instanceof Unavailable || changes.forgives?.test(message) === true) return;
      errors.push(`${message}: ${String(operation)} ${describe(error)}`);
    },
  };

  const opened = await openRuntime(readSettings(environmentFor(on, folder, changes)), {
    log,
    actor: { kind: 'system', id: 'tests' },
    ...(changes.sandbox === undefined ? {} : { sandbox: Promise.resolve(changes.sandbox) }),
  });
  const directory =
    changes.connectors === undefined
      ? opened.directory
      : directoryOf(changes.connectors, opened.masterSecret, opened.directory.places);
  provideDirectory(opened.context, directory);
  const wrapped = changes.wrapDatabase?.(opened.context.database) ?? opened.context.database;
  const runtime: Runtime = {
    ...opened,
    directory,
    settings: { ...opened.settings, liveMode: true },
    context: {
      ...opened.context,
      database: wrapped,
      clock: changes.wrapClock?.(opened.context.clock) ?? opened.context.clock,
    },
  };
  if (wrapped !== opened.context.database) {
    provideVault(runtime.context, vaultOf(opened.context));
    provideFollower(runtime.context, followerOf(opened.context));
    provideDirectory(runtime.context, directory);
    provideWebhooks(runtime.context, { masterSecret: opened.masterSecret, toLoopback: true });
    provideReceiptAddresses(runtime.context, { masterSecret: opened.masterSecret, publicUrl });
  }
  const rails = await openGatewayRails(runtime);
  provideRails(opened.context, rails);
  providePaymentListeners(opened.context, paymentListeners);
  provideSetupListeners(opened.context, setupListeners);
  let worker = createGatewayWorker(opened, rails);
  await worker.start();
  const api = createApi(runtime, { publicUrl, showMails: changes.showMails ?? false });
  const port = await api.listen(0);
  const { ask, close } = createAsk(port, changes.connections);

  atEnd(async () => {
    close();
    await api.close();
    await worker.stop(STOP_LIMIT_MS);
    await rails.close();
    await opened.close();
    await assertHealthy(on, changes.unasked);
    assert.deepEqual(errors, [], 'The gateway logged errors.');
  });
  return {
    port,
    on,
    context: opened.context,
    ask,
    errors,
    rails,
    worker: {
      rest: () => worker.stop(STOP_LIMIT_MS),
      wake: async () => {
        worker = createGatewayWorker(opened, rails);
        await worker.start();
      },
    },
    merchant: (name) => createMerchant(opened.context, name),
  };
};

export const temporaryData = (): string => temporaryFolder('data');

export const environmentFor = (
  on: TestDatabase,
  folder: string,
  changes: Pick<GatewayChanges, 'ratePerSecond' | 'movableClock' | 'env'> = {},
): Record<string, string> => ({
  PORT: '0',
  DATABASE_URL: on.ownerUrl,
  DATABASE_APP_URL: on.appUrl,
  ...(on.vaultUrl === undefined ? {} : { DATABASE_VAULT_URL: on.vaultUrl }),
  TOLLGATE_DATA: folder,
  TOLLGATE_LOG_FORMAT: 'json',
  // Gateways on one database need one secret, or they could not read each other's answers.
  TOLLGATE_SECRET: '5ec4e7'.repeat(11).slice(0, 64),
  // Tests send as fast as they can; the limit has a test of its own.
  TOLLGATE_WEBHOOKS_TO_LOOPBACK: 'on',
  TOLLGATE_PROVIDERS_TO_LOOPBACK: 'on',
  // What the quick start brings along beside the gateway has tests of its own.
  TOLLGATE_SANDBOX: 'off',
  TOLLGATE_MOVABLE_CLOCK: changes.movableClock === true ? 'on' : 'off',
  TOLLGATE_RATE_PER_SECOND: String(changes.ratePerSecond ?? 1_000_000),
  ...changes.env,
});

const describe = (error: unknown): string => (error instanceof Error ? String(error) : '');
