// The direct connector with the patience of a test.

import { type AcquirerProfile, type ProfileName, profiles } from '#rails/acquiring';
import type { Connector } from '#rails/connectors';
import { directOver } from '../../../src/rails/psp/direct/index.ts';

export const quick = (
  changes: Partial<AcquirerProfile> = {},
  timing: Partial<AcquirerProfile['timing']> = {},
): Record<ProfileName, AcquirerProfile> => {
  const hurried = {
    connectMs: 30_000,
    networkMs: 30_000,
    upMs: 30_000,
    idleMs: 60_000,
    keysMs: 24 * 60 * 60_000,
    reconnectMs: 5,
    reconnectMsMax: 40,
    lateMs: 2_000,
    drainMs: 2_000,
    ...timing,
  };
  const hurry = (profile: AcquirerProfile): AcquirerProfile => ({
    ...profile,
    timing: hurried,
    ...changes,
  });
  return {
    'sandbox-ascii': hurry(profiles['sandbox-ascii']),
    'sandbox-bcd': hurry(profiles['sandbox-bcd']),
  };
};

/** How long it waits for an answer; may be changed from one call to the next. */
export type Patience = { timeoutMs: number | undefined };

export const impatient = (
  over: Record<ProfileName, AcquirerProfile>,
  patience: Patience,
): Connector => hurried(directOver(over), patience);

/** Another connector with that patience. */
export const hurried = (connector: Connector, patience: Patience): Connector => {
  const { definition } = connector;
  const operations = Object.fromEntries(
    Object.entries(definition.operations).map(([name, support]) => [
      name,
      {
        ...support,
        get timeoutMs() {
          return patience.timeoutMs ?? support.timeoutMs;
        },
      },
    ]),
  );
  return { ...connector, definition: { ...definition, operations } };
};
