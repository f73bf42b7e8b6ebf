// Which server is believed. Whoever takes over from another begins a timeline, a number that only rises; a server with a
// lower one than was seen before is one that was taken over from, or a copy put back, and nothing is asked of it. What
// was seen is kept in the data folder, so that it holds over a restart, and for all processes of that folder.
// docs/decisions/0007-no-two-primaries.md has the reasons.

import { open, readFile, rename } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Log } from '#kit/context';
import { DatabaseUnavailable } from './connection.ts';

export type Fence = {
  /** Throws `DatabaseUnavailable` where the server is not to be believed. */
  admit(ask: Ask): Promise<Admission>;
  /** Hears that another server has taken over from the one that this process worked with, and of its timeline. */
  onTakeOver(listener: (timeline: number) => void): void;
  /** Of the server that was believed last; null where it cannot be told. */
  timeline(): number | null;
};

/** Of a server that was admitted: `end` is called should another take over from it. Gives what forgets the connection. */
export type Admission = (end: () => void) => () => void;

type Ask = (text: string) => Promise<readonly Record<string, unknown>[]>;

type Server = { readonly system: string; readonly timeline: number };
type Timelines = Readonly<Record<string, number>>;

const identify = `select system_identifier::text as system,
         case when not pg_is_in_recovery() then left(pg_walfile_name(pg_current_wal_lsn()), 8) end as timeline
    from pg_control_system()`;

// Not for this role, not in this kind of PostgreSQL, or not there at all.
const cannotBeTold = new Set(['42501', '42883', '0A000']);

const SAID_EVERY_MS = 60_000;

export const openFence = (given: {
  readonly file: string;
  readonly log: Log;
  readonly monotonicMs: () => number;
}): Fence => {
  const { file, log, monotonicMs } = given;
  /** By the server's system: the highest of its timelines that this process has worked with. */
  const known = new Map<string, number>();
  const joined = new Set<Server & { readonly end: () => void }>();
  const listeners: ((timeline: number) => void)[] = [];
  let last: number | null = null;
  let isUntold = true;
  let saidMs = Number.NEGATIVE_INFINITY;

  const endBehind = (system: string, highest: number): void => {
    for (const each of joined) {
      if (each.system === system && each.timeline < highest) each.end();
    }
  };

  const rise = ({ system, timeline }: Server): void => {
    const before = known.get(system);
    if (before !== undefined && before >= timeline) return;
    known.set(system, timeline);
    endBehind(system, timeline);
    if (before === undefined) return;
    log.warn(
      { why: `timeline ${timeline} after ${before}` },
      'Another server has taken over from the one that this process worked with',
    );
    for (const listener of listeners) listener(timeline);
  };

  const refuse = ({ system, timeline }: Server, highest: number): never => {
    const why = `This server is at timeline ${timeline}, and timeline ${highest} of the same database was seen before: another took over from it, or it is an old copy. If it was put back on purpose, stop every process, move ${file} away and start anew.`;
    endBehind(system, highest);
    if (monotonicMs() - saidMs >= SAID_EVERY_MS) {
      saidMs = monotonicMs();
      log.error({ why }, 'The database is an old one: nothing is asked of it');
    }
    throw new DatabaseUnavailable(why);
  };

  const judge = async (server: Server): Promise<void> => {
    const kept = await readTimelines(file);
    const { system, timeline } = server;
    const highest = Math.max(kept[system] ?? 0, known.get(system) ?? 0);
    if (timeline < highest) refuse(server, highest);
    if (timeline > (kept[system] ?? 0)) await keepTimelines(file, { ...kept, [system]: timeline });
    last = timeline;
    rise(server);
  };

  return {
    admit: async (ask) => {
      const told = await askWho(ask);
      if (told === null) {
        if (isUntold) log.warn({}, 'The database does not say which server it is: none is refused');
        isUntold = false;
        return () => () => {};
      }
      if (told.timeline === null) {
        throw new DatabaseUnavailable('The server follows another, and has yet to lead.');
      }
      const server = { system: told.system, timeline: told.timeline };
      await judge(server);
      return (end) => {
        const highest = known.get(server.system) ?? 0;
        if (server.timeline < highest) refuse(server, highest);
        const member = { ...server, end };
        joined.add(member);
        return () => joined.delete(member);
      };
    },
    onTakeOver: (listener) => void listeners.push(listener),
    timeline: () => last,
  };
};

/** Null: it cannot be told. Without a timeline it follows another server. */
const askWho = async (
  ask: Ask,
): Promise<{ readonly system: string; readonly timeline: number | null } | null> => {
  try {
    const [row] = await ask(identify);
    const timeline = row?.['timeline'];
    return {
      system: String(row?.['system']),
      timeline: typeof timeline === 'string' ? Number.parseInt(timeline, 16) : null,
    };
  } catch (error) {
    if (cannotBeTold.has(String((error as { readonly code?: unknown }).code))) return null;
    throw error;
  }
};

const readTimelines = async (file: string): Promise<Timelines> => {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return '{}';
    throw error;
  });
  try {
    return JSON.parse(text) as Timelines;
  } catch (error) {
    throw new DatabaseUnavailable(
      `${file} cannot be read, which names the servers that were seen.`,
      {
        cause: error,
      },
    );
  }
};

let written = 0;

/** On the disk before anything is asked of that server: complete, or as it was. No secret, and read by whoever runs a command. */
const keepTimelines = async (file: string, timelines: Timelines): Promise<void> => {
  written += 1;
  const next = `${file}.${process.pid}-${written}.new`;
  const handle = await open(next, 'w', 0o644);
  await handle.writeFile(`${JSON.stringify(timelines)}\n`);
  await handle.sync();
  await handle.close();
  await rename(next, file);
  const folder = await open(dirname(file), 'r');
  await folder.sync();
  await folder.close();
};

export const fenceFileIn = (dataFolder: string): string =>
  join(dataFolder, 'database-timelines.json');
