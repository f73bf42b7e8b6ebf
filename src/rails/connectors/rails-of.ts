// The rails of a process, found by its context's database: contexts of single requests and jobs differ
// in their actor and log, never in that.

import { assert } from '#kit/assert';
import type { Context, Database } from '#kit/context';
import type { Rails } from './rails.ts';

const provided = new WeakMap<Database, Rails>();

export const provideRails = (context: Pick<Context, 'database'>, rails: Rails): void => {
  provided.set(context.database, rails);
};

export const railsOf = (context: Pick<Context, 'database'>): Rails => {
  const rails = provided.get(context.database);
  assert(rails !== undefined, 'This process was not given rails');
  return rails;
};
