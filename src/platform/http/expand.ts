// Expansion as data: paths are checked against the resources that modules declare, before the endpoint
// runs; afterwards the rendered answer is filled.

import type { Context } from '#kit/context';
import type { ExpandInput } from './expand-answer.ts';
import { expandAnswer } from './expand-answer.ts';
import { checkPath } from './expand-paths.ts';
import { type Asked, type WithUnasked, withUnasked } from './older-answers.ts';
import { type Ahead, nothingAhead, readAhead } from './read-ahead.ts';
import type { ResourceDefinition, Resources } from './resource.ts';
import type { ApiRequest, Principal, Route } from './route.ts';

export { type Ahead, nothingAhead };

export type Expander = {
  /** Throws the refusal of the first bad path. */
  check(paths: readonly string[], route: Route, principal: Principal): void;
  /** With what the version of the request has in its answers unasked. */
  withUnasked(paths: readonly string[], asked: Asked): WithUnasked;
  /** What the answer to a write will hold unasked, as it is before. Never fails. */
  readAhead(context: Context, route: Route, request: ApiRequest): Promise<Ahead>;
  /** A copy of the body, filled. Objects of `related` win over loading. */
  expand(context: Context, input: ExpandInput): Promise<unknown>;
};

export const createExpander = (definitions: readonly ResourceDefinition[]): Expander => {
  const resources: Resources = gather(definitions);
  return {
    check: (paths, route, principal) => {
      for (const path of paths) checkPath(resources, path, route, principal);
    },
    withUnasked: (paths, asked) => withUnasked(resources, paths, asked),
    readAhead: (context, route, request) => readAhead(resources, context, route, request),
    expand: (context, input) => expandAnswer(resources, context, input),
  };
};

/** A later module may add what hangs at an object of an earlier one: refunds at a charge. */
const gather = (definitions: readonly ResourceDefinition[]): Resources => {
  const gathered = new Map<string, ResourceDefinition>();
  for (const each of definitions) {
    const known = gathered.get(each.object);
    const expandable = { ...known?.expandable, ...each.expandable };
    const hashes = [...(known?.hashes ?? []), ...(each.hashes ?? [])];
    gathered.set(each.object, { ...known, ...each, expandable, hashes });
  }
  return gathered;
};
