// What an answer of an earlier version holds unasked is read before anything is sent, and grows by what the request
// makes: between a bank's answer and its commit nothing is read that nobody asked for.

import type { Context } from '#kit/context';
import { expandAnswer } from './expand-answer.ts';
import type { Expandable, Resources } from './resource.ts';
import type { ApiRequest, Route } from './route.ts';

export type Ahead = {
  readonly included: ReadonlyMap<Expandable, ReadonlyMap<string, unknown>>;
  /** Whether the object of the answer is made by the request, so that nothing hangs at it yet. */
  readonly isNew: boolean;
  /** Whether lists may be there unasked. */
  readonly hasUnasked: boolean;
};

export const nothingAhead: Ahead = { included: new Map(), isNew: false, hasUnasked: false };

export const readAhead = async (
  resources: Resources,
  context: Context,
  { object = '' }: Route,
  request: ApiRequest,
): Promise<Ahead> => {
  const { scope, path, parameters, expand, resumes, requestId } = request;
  const resource = resources.get(object);
  const ids = Object.values(path);
  const id = ids.find((spelled) => resource?.owns?.(spelled) === true);
  const ahead = { ...nothingAhead, isNew: ids.length === 0 && resumes === null, hasUnasked: true };

  try {
    const named = { ...parameters, ...path, ...(id === undefined ? {} : { id }), object };
    // What it points to is known by now only to the object itself.
    const isAsked = expand.some((each) => ruleIsTo(resources, object, each));
    const found =
      id === undefined || !isAsked ? undefined : await resource?.load?.(context, scope, [id]);
    const body = { ...(found?.get(id ?? '') as object | undefined), ...named };
    const included = new Map<Expandable, Map<string, unknown>>();
    await expandAnswer(resources, context, { scope, body, object, paths: expand, included });
    return { ...ahead, included };
  } catch (error) {
    context.log.warn({ requestId, error }, 'Lists of an earlier version could not be read');
    return ahead;
  }
};

const ruleIsTo = (resources: Resources, object: string, path: string): boolean => {
  const rules = resources.get(object)?.expandable ?? {};
  return Object.entries(rules).some(
    ([field, rule]) => 'to' in rule && (path === field || path.startsWith(`${field}.`)),
  );
};
