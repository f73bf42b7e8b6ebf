// The sandbox world as a whole, and as a process of its own:
//
//   SANDBOX_DATABASE_URL=postgres://… node sandbox/main.ts --data folder [--seed words]
//     [--acquirer-port 8583] [--control-port 8584] [--three-ds-port 8585]
//     [--providers folder --providers-port 8586]
//     [--dialect ascii|bcd] [--faults rules.json] [--end-with-input]
//
// When everything listens it prints one line of JSON with the ports.

import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { type Clock, systemClock, systemRandom } from '#kit/context';
import { spellBytes } from '#kit/ids';
import type { HostDialect } from './acquirer/dialect.ts';
import { startHost } from './acquirer/host.ts';
import { bookChecks } from './books/checks.ts';
import { type Journal, readJournal } from './books/journal.ts';
import { cardTokenOf } from './context.ts';
import { startControl } from './control/server.ts';
import { createFaults, type FaultRule, parseFaultRules } from './faults/fault.ts';
import { startProviders } from './providers/providers.ts';
import type { Behaviour } from './three-ds/authentication.ts';
import { startThreeDs } from './three-ds/server.ts';
import { journalFile, openWorld } from './world/world.ts';

export type SandboxSettings = {
  readonly databaseUrl: string;
  readonly dataFolder: string;
  /** 0 takes any that is free. */
  readonly acquirerPort: number;
  readonly controlPort: number;
  /** Of the directory server and the bank's pages; any that is free when absent. */
  readonly threeDsPort?: number;
  /** Whose simulators are mounted, and where. */
  readonly providers?: { readonly folder: string; readonly port: number };
  /** How long a holder is waited for. */
  readonly challengeMs?: number;
  /** Of a folder that is there already it has to be the same. */
  readonly seed: string;
  readonly dialect?: HostDialect;
  readonly faults?: readonly FaultRule[];
  /** A bank that keeps a reversal that came before its original, or forgets it. */
  readonly reversalBeforeOriginal?: 'keep' | 'forget';
  readonly clock?: Clock;
};

export type Sandbox = {
  readonly ports: {
    readonly acquirer: number;
    readonly control: number;
    readonly threeDs: number;
    /** Of other providers, if any are mounted. */
    readonly providers?: number;
  };
  /** Where a merchant's side asks about cards. */
  readonly directoryUrl: string;
  /** For what no documented card does: attempted, unavailable, rejected, failed. */
  setAuthentication(number: string, behaviour: Behaviour): void;
  /** What really happened, up to now. */
  journal(): Journal;
  setFaults(rules: readonly FaultRule[]): void;
  /** What the journal calls a card. */
  cardToken(number: string): string;
  /** The names of the checks of the books that found something. */
  checkBooks(): Promise<readonly string[]>;
  readonly broken: Promise<Error>;
  stop(): Promise<void>;
};

export const startSandbox = async (settings: SandboxSettings): Promise<Sandbox> => {
  const { seed, databaseUrl, dataFolder, dialect = 'ascii' } = settings;
  const context = { clock: settings.clock ?? systemClock, seed };
  const faults = createFaults(seed, settings.faults);
  const world = await openWorld(context, faults, {
    databaseUrl,
    dataFolder,
    reversalBeforeOriginal: settings.reversalBeforeOriginal ?? 'keep',
  });
  const stops: (() => Promise<void>)[] = [() => world.close()];
  const stop = async (): Promise<void> => {
    while (stops.length > 0) await stops.pop()?.();
  };
  try {
    const host = await startHost(context, world, faults, { port: settings.acquirerPort, dialect });
    stops.push(() => host.stop());
    const threeDs = await startThreeDs(context, world, faults, {
      port: settings.threeDsPort ?? 0,
      ...(settings.challengeMs === undefined ? {} : { challengeMs: settings.challengeMs }),
    });
    stops.push(() => threeDs.stop());
    const control = await startControl(
      { context, world, host, faults, threeDs },
      settings.controlPort,
    );
    stops.push(() => control.stop());
    const providers =
      settings.providers === undefined
        ? undefined
        : await startProviders(
            { clock: context.clock, nowMs: () => world.now() },
            { ...settings.providers, dataFolder },
          );
    if (providers !== undefined) stops.push(() => providers.stop());
    return {
      ports: {
        acquirer: host.port,
        control: control.port,
        threeDs: threeDs.port,
        ...(providers === undefined ? {} : { providers: providers.port }),
      },
      directoryUrl: threeDs.directoryUrl,
      setAuthentication: threeDs.setBehaviour,
      journal: () => world.journal(),
      setFaults: (rules) => faults.set(rules),
      cardToken: (number) => cardTokenOf(seed, number),
      checkBooks: async () => {
        const failed: string[] = [];
        for (const [name, text] of Object.entries(bookChecks)) {
          if ((await world.books.read(text)).length > 0) failed.push(name);
        }
        return failed;
      },
      broken: world.broken,
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
};

const optionsOf = (args: readonly string[]) =>
  parseArgs({
    args: [...args],
    options: {
      data: { type: 'string' },
      seed: { type: 'string' },
      dialect: { type: 'string', default: 'ascii' },
      faults: { type: 'string' },
      'end-with-input': { type: 'boolean', default: false },
      'acquirer-port': { type: 'string', default: '8583' },
      'control-port': { type: 'string', default: '8584' },
      'three-ds-port': { type: 'string' },
      providers: { type: 'string' },
      'providers-port': { type: 'string' },
    },
  }).values;

const rulesFrom = (file: string | undefined): readonly FaultRule[] => {
  if (file === undefined) return [];
  const parsed = parseFaultRules(JSON.parse(readFileSync(file, 'utf8')));
  if (!parsed.ok) throw new Error(`${file}: ${parsed.reason}`);
  return parsed.rules;
};

const runProcess = async (): Promise<void> => {
  const options = optionsOf(process.argv.slice(2));
  const databaseUrl = process.env.SANDBOX_DATABASE_URL;
  if (databaseUrl === undefined || options.data === undefined) {
    throw new Error('SANDBOX_DATABASE_URL and --data are needed.');
  }
  if (options.dialect !== 'ascii' && options.dialect !== 'bcd') {
    throw new Error('--dialect is ascii or bcd.');
  }
  // Without a seed a new world draws one, and an old one goes on with its own.
  const known = readJournal(journalFile(options.data)).state().seed;
  const sandbox = await startSandbox({
    databaseUrl,
    dataFolder: options.data,
    acquirerPort: Number(options['acquirer-port']),
    controlPort: Number(options['control-port']),
    // Who takes any port for one takes any for all.
    threeDsPort: Number(options['three-ds-port'] ?? (options['control-port'] === '0' ? 0 : 8585)),
    ...(options.providers === undefined
      ? {}
      : {
          providers: {
            folder: options.providers,
            port: Number(options['providers-port'] ?? (options['control-port'] === '0' ? 0 : 8586)),
          },
        }),
    seed: options.seed ?? known ?? spellBytes(systemRandom.bytes(8)),
    dialect: options.dialect,
    faults: rulesFrom(options.faults),
  });
  process.stdout.write(
    `${JSON.stringify({ ports: sandbox.ports, directory: sandbox.directoryUrl })}\n`,
  );

  const stop = async (): Promise<void> => {
    await sandbox.stop();
    process.exit(0);
  };
  process.once('SIGTERM', () => void stop());
  process.once('SIGINT', () => void stop());
  // Whoever started us holds the other end, and its end is ours, however it came.
  if (options['end-with-input']) process.stdin.resume().once('close', () => void stop());
  const why = await sandbox.broken;
  process.stderr.write(`The sandbox cannot go on: ${why.message}\n`);
  process.exit(1);
};

if (import.meta.main) {
  runProcess().catch((error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exit(1);
  });
}
