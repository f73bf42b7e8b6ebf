// One run of the gateway, from the checks that cost nothing to the last process gone.

import { setTimeout as sleep } from 'node:timers/promises';
import { type Log, systemClock } from '#kit/context';
import { createLog } from '#kit/log';
import {
  explainFileError,
  holderOf,
  lockFolder,
  prepareDataFolder,
  type RunningPostgres,
  StartError,
  startPostgres,
} from '#platform/postgres';
import type { Settings } from '../src/config.ts';
import { CliError, explain } from './errors.ts';
import type { Gateway, Role, StartGateway } from './gateway.ts';
import { explainSharedPort, refuseTakenPort } from './port.ts';
import { readQuickstart, removeQuickstart, welcome, writeQuickstart } from './quickstart.ts';
import { type RunningSandbox, startSandbox } from './sandbox/sandbox-process.ts';
import { type RunningShop, startShop } from './shop-process.ts';
import { listenForStop, type StopRequests } from './stop-requests.ts';
import { paintFor, showWaiting } from './terminal.ts';

export type Run = {
  settings: Settings;
  roles: readonly Role[];
  isQuickstart: boolean;
  loadStartGateway: () => Promise<StartGateway>;
};

/** Resolves with the exit code once everything has been taken down. */
export const runGateway = async (run: Run): Promise<number> => {
  const { settings } = run;
  const takeDown: (() => Promise<void> | void)[] = [];
  const requests = listenForStop();
  leaveWhileStarting(requests);

  try {
    if (run.roles.includes('api') && !settings.sharedPort) await refuseOtherAtPort(settings);
    if (run.isQuickstart) takeDown.push(takeQuickstart(settings.data));

    const progress = run.isQuickstart ? showWaiting(process.stderr, 'Starting') : undefined;
    takeDown.push(() => progress?.());
    // What needs no other is begun at once: the program is read while its database starts.
    const program = run.loadStartGateway();
    program.catch(() => {});
    const postgres = settings.databaseUrl === '' ? await startDatabase(run) : undefined;
    if (postgres !== undefined) takeDown.push(() => postgres.stop());

    const world = startWorld(run, postgres);
    takeDown.push(async () => (await world)?.stop());

    const gateway = await startOn(run, await program, postgres, world);
    takeDown.push(() => stopWithinReason(gateway, requests.hurry));

    const sandbox = await world;
    const shop = await openShop(run, gateway, sandbox);
    if (shop !== undefined) takeDown.push(() => shop.stop());

    progress?.();
    if (run.isQuickstart) announce(settings, { gateway, sandbox, shop });
    return await untilStopped(requests, postgres);
  } catch (error) {
    const { syscall, code } = error as NodeJS.ErrnoException;
    if (settings.sharedPort && syscall === 'listen' && code !== undefined) {
      throw await explainSharedPort(code, settings);
    }
    throw concernsFolder(error, settings.data) ? explainFileError(error, settings.data) : error;
  } finally {
    for (const step of takeDown.reverse()) await step();
    requests.close();
  }
};

/** A full disk stops whatever writes first; a folder is at fault only if its own file was. */
const concernsFolder = (error: unknown, dataFolder: string): boolean => {
  const {
    code = '',
    path = '',
    cause,
  } = error as { code?: string; path?: string; cause?: unknown };
  if (['ENOSPC', 'EDQUOT', '53100'].includes(code) || path.startsWith(dataFolder)) return true;
  return cause instanceof Error && concernsFolder(cause, dataFolder);
};

let isUp = false;

/**
 * Before it is up there is nothing to drain, and waiting for a first start would only annoy. The
 * database notices that we are gone and shuts down by itself.
 */
const leaveWhileStarting = ({ stop }: StopRequests): void => {
  stop.addEventListener('abort', () => {
    if (!isUp) process.exit(130);
  });
};

const quickstartLock = 'quickstart.lock';

/**
 * Who starts it twice is told so, and not of "another program". A quick start that was killed left its
 * file and not its port: the file is believed while somebody holds the lock that it was written under.
 */
const refuseOtherAtPort = async ({ host, port, data }: Settings): Promise<void> => {
  try {
    await refuseTakenPort(host, port);
  } catch (error) {
    const up = readQuickstart(data);
    if (up === null || URL.parse(up.url)?.port !== String(port)) throw error;
    if (holderOf(data, quickstartLock) === undefined) throw error;
    throw new CliError(
      `Tollgate is up already: ${up.url}, on the data folder ${data}. For a second one set PORT and TOLLGATE_DATA.`,
    );
  }
};

/** Only one quick start at a time may write the file; a file of an earlier one is stale. */
const takeQuickstart = (dataFolder: string): (() => void) => {
  const folder = prepareDataFolder(dataFolder);
  const lock = lockFolder(folder, quickstartLock);
  if (!lock.ok) throw StartError.inUse(folder, lock.holder.pid);
  removeQuickstart(folder);
  return () => {
    removeQuickstart(folder);
    lock.release();
  };
};

const startDatabase = ({ settings, isQuickstart }: Run): Promise<RunningPostgres> =>
  startPostgres({ dataFolder: settings.data, log: logFor(settings, isQuickstart) });

/** A quick start is for eyes, even where its output goes through a pipe. */
const logFor = ({ logFormat, logLevel }: Settings, isQuickstart: boolean): Log => {
  const isTerminal = process.stderr.isTTY;
  const auto = isTerminal || isQuickstart ? 'terminal' : 'json';
  return createLog({
    format: logFormat === 'auto' ? auto : logFormat,
    level: logLevel,
    clock: systemClock,
    colour: isTerminal && !process.env.NO_COLOR,
    write: (line) => process.stderr.write(line),
  });
};

/**
 * Where there is no world to pay in, everything else works; so its failure is told and no more. Rejects
 * never.
 */
const startWorld = async (
  { settings, isQuickstart }: Run,
  postgres: RunningPostgres | undefined,
): Promise<RunningSandbox | undefined> => {
  if (!isQuickstart || !settings.sandbox || settings.liveMode) return undefined;
  const warn = (text: string): void => void process.stderr.write(`${text}\n`);
  try {
    return await startSandbox({
      ownerUrl: postgres?.ownerUrl ?? settings.databaseUrl,
      isOurServer: postgres !== undefined,
      dataFolder: settings.data,
      port: settings.port,
      warn,
    });
  } catch (error) {
    warn(`${explain(error)} Tollgate starts without its sandbox.`);
    return undefined;
  }
};

/** A shop without a bank to pay at would only disappoint. */
const openShop = async (
  { settings }: Run,
  gateway: Gateway,
  sandbox: RunningSandbox | undefined,
): Promise<RunningShop | undefined> => {
  if (sandbox === undefined || gateway.testKeys === undefined || !settings.demoShop)
    return undefined;
  const warn = (text: string): void => void process.stderr.write(`${text}\n`);
  try {
    return await startShop({
      api: gateway.url,
      secretKey: gateway.testKeys.secretKey,
      publishableKey: gateway.testKeys.publishableKey,
      dataFolder: settings.data,
      port: settings.port,
      warn,
    });
  } catch (error) {
    warn(`${explain(error)} Tollgate starts without its demo shop.`);
    return undefined;
  }
};

const HERE = '127.0.0.1';

const addressesOf = ({ ports }: RunningSandbox) => ({
  url: `http://localhost:${ports.control}`,
  directory: `http://${HERE}:${ports.threeDs}/directory`,
  acquirer: { host: HERE, port: ports.acquirer },
  providers: `http://${HERE}:${ports.providers}`,
});

const startOn = (
  { roles, isQuickstart, settings }: Run,
  startGateway: StartGateway,
  postgres: RunningPostgres | undefined,
  world: Promise<RunningSandbox | undefined>,
): Promise<Gateway> =>
  startGateway(postgres === undefined ? settings : settingsOn(settings, postgres), {
    roles,
    quickstart: isQuickstart,
    sandbox: world.then((sandbox) => (sandbox === undefined ? undefined : addressesOf(sandbox))),
  });

const settingsOn = (settings: Settings, postgres: RunningPostgres): Settings => ({
  ...settings,
  databaseUrl: postgres.ownerUrl,
});

const announce = (
  settings: Settings,
  {
    gateway,
    sandbox,
    shop,
  }: {
    readonly gateway: Gateway;
    readonly sandbox: RunningSandbox | undefined;
    readonly shop: RunningShop | undefined;
  },
): void => {
  if (gateway.testKeys === undefined) {
    throw new CliError('The gateway has no test keys for the quick start.');
  }
  const quickstart = {
    url: gateway.url.replace(/\/$/, ''),
    ...gateway.testKeys,
    ...(sandbox === undefined ? {} : { sandbox: addressesOf(sandbox) }),
    ...(shop === undefined ? {} : { shop: shop.url }),
    ...(gateway.mails === undefined ? {} : { mails: gateway.mails }),
  };
  writeQuickstart(settings.data, quickstart);
  process.stdout.write(
    welcome(quickstart, {
      dataFolder: settings.data,
      database: settings.databaseUrl === '' ? 'with its own PostgreSQL' : 'DATABASE_URL is used',
      paint: paintFor(process.stdout),
    }),
  );
};

const untilStopped = async (
  { stop }: StopRequests,
  postgres: RunningPostgres | undefined,
): Promise<number> => {
  isUp = true;
  const told = new Promise<number>((resolve) => {
    if (stop.aborted) resolve(0);
    stop.addEventListener('abort', () => resolve(0));
  });
  const databaseGone = postgres?.exited.then(({ error }) => {
    if (error !== undefined) process.stderr.write(`${explain(error)}\n`);
    return 1;
  });
  const code = await Promise.race(databaseGone === undefined ? [told] : [told, databaseGone]);
  if (code === 0 && process.stdout.isTTY) process.stdout.write('\n  Stopping …\n');
  return code;
};

// After the second request the gateway has this long; its database keeps what was committed.
const hurriedMs = 1_000;

const stopWithinReason = async (gateway: Gateway, hurry: AbortSignal): Promise<void> => {
  const hurried = new Promise<void>((resolve) => {
    const begin = () => void sleep(hurriedMs, undefined, { ref: false }).then(resolve);
    if (hurry.aborted) begin();
    hurry.addEventListener('abort', begin);
  });
  await Promise.race([gateway.stop(hurry), hurried]);
};
