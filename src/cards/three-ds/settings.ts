// What this module needs of its process: where browsers and the directory server find it, a key, and
// who wants to hear. Found by the context's database, which all contexts of an installation share.

import { present } from '#kit/assert';
import type { Context, Database } from '#kit/context';
import type { AuthenticationListener } from './card-authentication.ts';

export type ThreeDsSettings = {
  /** Without a path: `https://pay.example.com`. */
  readonly publicUrl: string;
  /** 32 bytes for this module alone. */
  readonly key: Buffer;
  readonly listeners: readonly AuthenticationListener[];
};

const provided = new WeakMap<Database, ThreeDsSettings>();

export const provideThreeDs = (
  context: Pick<Context, 'database'>,
  settings: ThreeDsSettings,
): void => {
  provided.set(context.database, settings);
};

export const threeDsOf = (context: Pick<Context, 'database'>): ThreeDsSettings =>
  present(provided.get(context.database), 'the settings of 3-D Secure of this process');
