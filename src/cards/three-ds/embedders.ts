// Whoever shows a checkout in a frame shows our pages in it too. Who that may be is another module's to know;
// whoever puts the process together passes it on.

import type { Context, Database, Scope } from '#kit/context';

export type FindEmbedders = (context: Context, scope: Scope) => Promise<readonly string[]>;

const provided = new WeakMap<Database, FindEmbedders>();

export const provideEmbedders = (context: Pick<Context, 'database'>, find: FindEmbedders): void => {
  provided.set(context.database, find);
};

export const embeddersOf = async (context: Context, scope: Scope): Promise<readonly string[]> =>
  (await provided.get(context.database)?.(context, scope)) ?? [];
