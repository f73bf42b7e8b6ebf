// What the command line asks of the gateway itself.

import type { Gateway, Role, startGateway } from '../src/main.ts';

export type { Gateway, Role };

/** Those that run when none is named. The vault is in them, unless it has a process of its own. */
export const roles: readonly Role[] = ['api', 'worker'];
export const allRoles: readonly Role[] = ['api', 'worker', 'vault'];

export type StartGateway = typeof startGateway;

/** Loaded late, so that help and a wrong setting are answered at once. */
export const loadStartGateway = async (): Promise<StartGateway> => {
  const main = await import('../src/main.ts');
  return main.startGateway;
};
