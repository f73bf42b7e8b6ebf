// A process id alone proves nothing: after a crash or a reboot the number belongs to someone else.
// Together with the moment the process started it names one process for good.

import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

export type ProcessIdentity = {
  readonly pid: number;
  /** Opaque; equal for the same process and different for a later one with the same number. */
  readonly started: string;
};

export const isSameProcessAlive = (identity: ProcessIdentity): boolean =>
  startOf(identity.pid) === identity.started;

export const ownIdentity = (): ProcessIdentity => {
  const started = startOf(process.pid);
  if (started === undefined) throw new Error('The start time of this process cannot be read.');
  return { pid: process.pid, started };
};

/** Undefined when there is no such process, or only the remains of one that nobody collected. */
export const startOf = (pid: number): string | undefined =>
  process.platform === 'linux' ? startOnLinux(pid) : startElsewhere(pid);

const startOnLinux = (pid: number): string | undefined => {
  const stat = readOrUndefined(`/proc/${pid}/stat`);
  if (stat === undefined) return undefined;

  // The name in the second field may hold spaces and brackets, so count from its closing bracket:
  // the state is the third field, the start in clock ticks since boot the twenty-second.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const state = fields[0];
  if (state === 'Z' || state === 'X') return undefined;
  return `${bootId()}:${fields[19]}`;
};

const bootId = (): string =>
  readOrUndefined('/proc/sys/kernel/random/boot_id')?.trim() ?? 'unknown-boot';

const startElsewhere = (pid: number): string | undefined => {
  try {
    const output = execFileSync('ps', ['-o', 'stat=,lstart=', '-p', String(pid)], {
      encoding: 'utf8',
      env: { PATH: '/usr/bin:/bin', LC_ALL: 'C' },
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim();
    const [state = '', ...started] = output.split(/\s+/);
    return output === '' || state.startsWith('Z') ? undefined : started.join(' ');
  } catch {
    return undefined;
  }
};

const readOrUndefined = (path: string): string | undefined => {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
};
