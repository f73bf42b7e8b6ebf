// What the defence needs of its process. Found by the context's database, which all contexts of an
// installation share. A process without it (a worker, a command) has no payers before it.

import type { Context, Database } from '#kit/context';
import type { Step } from './ladder.ts';

export type DefenceSettings = {
  /** 32 bytes for this module alone. */
  readonly key: Buffer;
  readonly observe?: (step: Step) => void;
};

const provided = new WeakMap<Database, DefenceSettings>();

export const provideDefence = (
  context: Pick<Context, 'database'>,
  settings: DefenceSettings,
): void => {
  provided.set(context.database, settings);
};

export const defenceOf = ({ database }: Pick<Context, 'database'>): DefenceSettings | undefined =>
  provided.get(database);
