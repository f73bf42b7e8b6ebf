// Other payment providers, as their own connectors' folders simulate them. The sandbox is given a folder and mounts
// what it finds there; it names none of them and shares no code with them. A simulator is a file
// `*/simulator/index.ts` that exports `open(setting)`; it is reached under the name of its folder.

import { randomBytes } from 'node:crypto';
import { appendFileSync, existsSync, globSync, mkdirSync, readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Clock, systemClock } from '#kit/context';

export type ProviderSetting = {
  readonly nowMs: () => number;
  readonly realMs: () => number;
  readonly draw: (bytes: number) => string;
  readonly origin: () => string;
  readonly post: (
    url: string,
    sent: { readonly body: string; readonly headers: Readonly<Record<string, string>> },
  ) => void;
  readonly memory: { readonly lines: readonly string[]; readonly note: (line: string) => void };
};

type Simulator = {
  readonly serve: (request: IncomingMessage, response: ServerResponse, at: string) => Promise<void>;
  /** Asked once in a while: what has come due is told. */
  readonly settleDue: () => void;
};

export type Providers = {
  readonly port: number;
  readonly names: readonly string[];
  stop(): Promise<void>;
};

const LOOPBACK = '127.0.0.1';
const REQUEST_TIMEOUT_MS = 10_000;
const LOOK_MS = 1_000;

export const startProviders = async (
  world: { readonly clock: Clock; readonly nowMs: () => number },
  given: { readonly folder: string; readonly port: number; readonly dataFolder: string },
): Promise<Providers> => {
  const stopped = new AbortController();
  let port = 0;
  const simulators = new Map<string, Simulator>();
  for (const file of globSync('*/simulator/index.ts', { cwd: given.folder }).toSorted()) {
    const [name = ''] = file.split(/[\\/]/);
    const { open } = (await import(pathToFileURL(join(given.folder, file)).href)) as {
      readonly open: (setting: ProviderSetting) => Simulator;
    };
    const setting: ProviderSetting = {
      nowMs: world.nowMs,
      realMs: () => systemClock.now(),
      draw: (bytes) => randomBytes(bytes).toString('hex'),
      origin: () => `http://${LOOPBACK}:${port}/${name}`,
      post: (url, sent) => void tell(world.clock, url, sent, stopped.signal),
      memory: memoryIn(join(given.dataFolder, 'providers'), name),
    };
    simulators.set(name, open(setting));
  }

  const server = createServer({ requestTimeout: REQUEST_TIMEOUT_MS }, (request, response) => {
    const [, name = '', at = '/'] = /^\/([\w-]+)(\/.*)$/.exec(request.url ?? '/') ?? [];
    const simulator = simulators.get(name);
    if (simulator === undefined) {
      response.writeHead(404, { 'content-type': 'text/plain' }).end('There is no such provider.\n');
      return;
    }
    simulator.serve(request, response, at).catch(() => response.destroy());
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ port: given.port, host: LOOPBACK }, () => resolve());
  });
  ({ port } = server.address() as AddressInfo);
  const looking = setInterval(() => {
    for (const simulator of simulators.values()) simulator.settleDue();
  }, LOOK_MS);

  return {
    port,
    names: [...simulators.keys()],
    stop: async () => {
      stopped.abort();
      clearInterval(looking);
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      await closed;
    },
  };
};

/** What it was asked and did, so that it is there after a restart too. */
const memoryIn = (folder: string, name: string): ProviderSetting['memory'] => {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const file = join(folder, `${name}.jsonl`);
  const lines = existsSync(file) ? readFileSync(file, 'utf8').split('\n') : [];
  // The last line may have been cut off.
  return {
    lines: lines.slice(0, -1),
    note: (line) => appendFileSync(file, `${line}\n`, { mode: 0o600 }),
  };
};

const pausesMs = [0, 500, 2_000, 10_000, 60_000] as const;
const TIMEOUT_MS = 5_000;

const tell = async (
  clock: Clock,
  url: string,
  { body, headers }: { readonly body: string; readonly headers: Readonly<Record<string, string>> },
  stopped: AbortSignal,
): Promise<void> => {
  for (const pauseMs of pausesMs) {
    try {
      if (pauseMs > 0) await clock.sleep(pauseMs, stopped);
      if (stopped.aborted) return;
      const answer = await fetch(url, {
        method: 'POST',
        headers: { 'content-type': 'application/json; charset=utf-8', ...headers },
        body,
        redirect: 'error',
        signal: AbortSignal.any([stopped, AbortSignal.timeout(TIMEOUT_MS)]),
      });
      await answer.arrayBuffer();
      if (answer.ok) return;
    } catch {
      // Nobody is there just now; it is told again.
    }
  }
};
