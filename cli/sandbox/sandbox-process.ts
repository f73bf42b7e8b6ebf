// The sandbox world beside the quick start: its database, its ports, its process.

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startKept } from '../kept-child.ts';
import { freePortNear } from '../port.ts';
import { prepareSandboxDatabase } from './sandbox-database.ts';

export type SandboxSettings = {
  readonly ownerUrl: string;
  readonly isOurServer: boolean;
  readonly dataFolder: string;
  /** Of the gateway: ours are the next ones that are free. */
  readonly port: number;
  readonly warn: (text: string) => void;
};

export type RunningSandbox = {
  readonly ports: SandboxPorts;
  stop(): Promise<void>;
};

export type SandboxPorts = {
  readonly acquirer: number;
  readonly control: number;
  readonly threeDs: number;
  readonly providers: number;
};

/** Where connectors keep the other sides that they can be tried with. */
const providers = fileURLToPath(new URL('../../src/rails/psp/', import.meta.url));
const program = fileURLToPath(new URL('../../sandbox/main.ts', import.meta.url));

export const startSandbox = async (settings: SandboxSettings): Promise<RunningSandbox> => {
  const folder = join(settings.dataFolder, 'sandbox');
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const databaseUrl = await prepareSandboxDatabase({ ...settings, folder });
  const wished = await wishedPorts(folder, settings.port);
  const child = await startKept<{ ports: SandboxPorts }>({
    name: 'The sandbox',
    program,
    args: (told) => argsFor(folder, told?.ports ?? wished),
    env: { SANDBOX_DATABASE_URL: databaseUrl },
    processFile: join(folder, 'process.json'),
    warn: settings.warn,
  });
  const { ports } = child.told;
  writeFileSync(portsFile(folder), `${JSON.stringify(ports)}\n`);
  return { ports, stop: () => child.stop() };
};

const argsFor = (folder: string, ports: SandboxPorts): readonly string[] => [
  '--end-with-input',
  `--data=${folder}`,
  `--acquirer-port=${ports.acquirer}`,
  `--control-port=${ports.control}`,
  `--three-ds-port=${ports.threeDs}`,
  `--providers=${providers}`,
  `--providers-port=${ports.providers}`,
];

const portsFile = (folder: string): string => join(folder, 'ports.json');

/** Those of last time, so that what is configured with them goes on to work; else the next free ones. */
const wishedPorts = async (folder: string, gatewayPort: number): Promise<SandboxPorts> => {
  const known = knownPorts(folder);
  const near = (offset: number): number => (gatewayPort === 0 ? 0 : gatewayPort + offset);
  const control = await freePortNear(known?.control ?? near(1));
  const acquirer = await freePortNear(known?.acquirer ?? near(2), control);
  const threeDs = await freePortNear(known?.threeDs ?? near(3), control, acquirer);
  const others = [control, acquirer, threeDs];
  const theirs = await freePortNear(known?.providers ?? near(4), ...others);
  return { control, acquirer, threeDs, providers: theirs };
};

const knownPorts = (folder: string): Partial<SandboxPorts> | undefined => {
  try {
    return JSON.parse(readFileSync(portsFile(folder), 'utf8')) as Partial<SandboxPorts>;
  } catch {
    return undefined;
  }
};
