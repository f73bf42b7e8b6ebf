// What an installation decides about webhooks. A context carries no keys and no settings; its database,
// the one thing that all contexts of an installation share, is asked for them.

import { present } from '#kit/assert';
import type { Context, Database } from '#kit/context';
import { deriveKey } from '#kit/crypto';

export type WebhookSettings = {
  /** Under which the secrets of endpoints are sealed. */
  readonly secretsKey: Buffer;
  /** Whether test mode may tell servers on this machine. Live mode never may. */
  readonly toLoopback: boolean;
};

const settings = new WeakMap<Database, WebhookSettings>();

/** Once, when the process starts. */
export const provideWebhooks = (
  context: Pick<Context, 'database'>,
  given: { readonly masterSecret: Buffer; readonly toLoopback: boolean },
): void => {
  settings.set(context.database, {
    secretsKey: deriveKey(given.masterSecret, 'webhook secrets'),
    toLoopback: given.toLoopback,
  });
};

export const settingsOf = (context: Pick<Context, 'database'>): WebhookSettings =>
  present(settings.get(context.database), 'the settings of webhooks');
