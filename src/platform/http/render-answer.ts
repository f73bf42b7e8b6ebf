// What a handler decided, as the bytes that are answered.

import type { Write } from '#kit/context';
import { ApiError, renderError } from './errors.ts';
import type { Execution } from './execute.ts';
import type { Ahead } from './expand.ts';
import type { Outcome } from './route.ts';
import { toJson } from './to-json.ts';

export type Decision = {
  readonly status: number;
  readonly body: string;
  readonly error: ApiError | null;
  readonly writes: readonly Write[];
  readonly undo: (() => Promise<void>) | null;
};

/** With `ahead` what is rendered is about to be written down, whatever can be read by now. */
export const renderAnswer = async (
  execution: Execution,
  outcome: Outcome,
  ahead?: Ahead,
): Promise<Decision> => {
  const { writes = [], body: shown } = outcome;
  if (shown instanceof ApiError) {
    return { ...errorDecision(execution, shown, writes), undo: outcome.undo ?? null };
  }

  const { context, request, expander } = execution;
  const { scope, expand: paths } = request;
  const { related, status = 200, undo = null } = outcome;
  const { object = '' } = execution.route;
  const body =
    paths.length === 0
      ? shown
      : await expander.expand(context, {
          scope,
          body: shown,
          object,
          paths,
          ...(related === undefined ? {} : { related: related() }),
          ...(ahead === undefined ? {} : { ahead }),
        });
  return { status, body: toJson(body), error: null, writes, undo };
};

export const errorDecision = (
  { place, called }: Execution,
  decided: ApiError,
  writes: readonly Write[],
): Decision => {
  const error = called === undefined ? decided : asCalled(decided, called);
  return {
    status: error.status,
    body: toJson(renderError(error, place)),
    error,
    writes,
    undo: null,
  };
};

/** Handlers know the names of today; who asked by an older one looks for that: `source[number]` came as `card[number]`. */
const asCalled = (error: ApiError, called: ReadonlyMap<string, string>): ApiError => {
  const { param } = error;
  const [today = ''] = /^[^[]+/.exec(param ?? '') ?? [];
  const asked = called.get(today);
  if (param === undefined || asked === undefined) return error;
  const name = `${asked}${param.slice(today.length)}`;
  const message = error.message.replaceAll(`: ${param}.`, `: ${name}.`);
  return new ApiError(error.status, message, { ...error.fields, type: error.type, param: name });
};
