// CPU time of processes, as Linux counts it. Elsewhere nothing is said of it.

import { readdirSync, readFileSync } from 'node:fs';

const TICKS_PER_SECOND = 100;

type Stat = { readonly parent: number; readonly seconds: number };

const statOf = (pid: number | string): Stat | null => {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    const ticks = Number(fields[11]) + Number(fields[12]);
    return { parent: Number(fields[1]), seconds: ticks / TICKS_PER_SECOND };
  } catch {
    return null;
  }
};

/** So far; 0 where it is not known. */
export const cpuSecondsOf = (pid: number): number => statOf(pid)?.seconds ?? 0;

/** 0 where it is not known. */
export const parentOf = (pid: number): number => statOf(pid)?.parent ?? 0;

/** Of a server and all whom it started and who live. */
export const cpuSecondsOfFamily = (pid: number): number => {
  let sum = cpuSecondsOf(pid);
  try {
    for (const name of readdirSync('/proc')) {
      if (!/^\d+$/.test(name)) continue;
      const stat = statOf(name);
      if (stat?.parent === pid) sum += stat.seconds;
    }
  } catch {
    return 0;
  }
  return sum;
};
