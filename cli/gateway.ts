// What the command line asks of the gateway itself.

import type { Settings } from '../src/config.ts';

export const roles = ['api', 'worker'] as const;
export type Role = (typeof roles)[number];

export type Gateway = {
  /** Where it is reached, without a path. */
  readonly url: string;
  /** Ends calmly: what is under way is finished. When `hurry` fires, it ends at once. */
  stop(hurry?: AbortSignal): Promise<void>;
  /** Test keys for the quick start: the same ones at every start on the same data. */
  readonly testKeys?: { readonly secretKey: string; readonly publishableKey: string };
};

export type StartGateway = (
  settings: Settings,
  overrides: { readonly roles: readonly Role[]; readonly quickstart: boolean },
) => Promise<Gateway>;

/** Loaded late, so that help and a wrong setting are answered at once. */
export const loadStartGateway = async (): Promise<StartGateway> => {
  const main = new URL('../src/main.ts', import.meta.url).href;
  const { startGateway } = (await import(main)) as { startGateway: StartGateway };
  return startGateway;
};
