// All connectors there are, and the key that settings are sealed with. One per process; it begins and
// ends nothing, so the command line has one too.

import { present } from '#kit/assert';
import type { Context, Database } from '#kit/context';
import { deriveKey } from '#kit/crypto';
import type { Connector } from './connector.ts';
import { ownHostsOnly, type Places } from './places.ts';

export type Directory = {
  /** By name. */
  readonly connectors: ReadonlyMap<string, Connector>;
  readonly settingsKey: Buffer;
  /** Seals the raw webhooks, which hold what payers typed. */
  readonly webhookKey: Buffer;
  /** Where accounts may lead beside the providers' own hosts. */
  readonly places: Places;
};

export const directoryOf = (
  connectors: readonly Connector[],
  master: Buffer,
  places: Places = ownHostsOnly,
): Directory => ({
  connectors: new Map(connectors.map((each) => [each.definition.name, each])),
  settingsKey: deriveKey(master, 'connector-settings'),
  webhookKey: deriveKey(master, 'inbound-webhooks'),
  places,
});

const provided = new WeakMap<Database, Directory>();

export const provideDirectory = (
  context: Pick<Context, 'database'>,
  directory: Directory,
): void => {
  provided.set(context.database, directory);
};

export const theDirectory = (context: Pick<Context, 'database'>): Directory =>
  present(provided.get(context.database), 'The directory of connectors of this process');
