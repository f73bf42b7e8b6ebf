import type { Context } from '#kit/context';
import { vaultChecks } from './checks.ts';
import { vaultOf } from './vault-of.ts';

const MINUTE_MS = 60_000;
/** A step is bounded; a rotation of a million cards is many of them. */
const STEPS_PER_RUN_MAX = 10_000;

const maintainVault = async (context: Context): Promise<void> => {
  const vault = vaultOf(context);
  for (let step = 0; step < STEPS_PER_RUN_MAX; step += 1) {
    if ((await vault.maintain(context)) === 0) return;
  }
};

export const module = {
  name: 'cards/vault',
  migrations: new URL('./migrations/', import.meta.url),
  periodicJobs: [{ name: 'vault.maintain', everyMs: MINUTE_MS, run: maintainVault }],
  checks: vaultChecks,
};
