// The rails of a process, found by its context's database: contexts of single requests and jobs differ
// in their actor and log, never in that.

import { assert } from '#kit/assert';
import type { Context, Database } from '#kit/context';
import type { OpenRails } from './open-rails.ts';
import type { Parts } from './parts.ts';
import type { Rails } from './rails.ts';

const provided = new WeakMap<Database, OpenRails>();

export const provideRails = (context: Pick<Context, 'database'>, rails: OpenRails): void => {
  provided.set(context.database, rails);
};

export const railsOf = (context: Pick<Context, 'database'>): Rails => opened(context);

/** For what belongs to the rails themselves. */
export const partsOf = (context: Pick<Context, 'database'>): Parts => opened(context).parts;

const opened = (context: Pick<Context, 'database'>): OpenRails => {
  const rails = provided.get(context.database);
  assert(rails !== undefined, 'This process was not given rails');
  return rails;
};
