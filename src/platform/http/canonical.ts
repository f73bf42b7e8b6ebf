// What a request means, as one text: equal for requests that mean the same however they are written
// (order, form or JSON, `+` or `%20`, old or new names), different for all others. The idempotency
// key is compared over its digest.

import type { Parsed } from './parameters.ts';
import type { Route } from './route.ts';

export const canonicalText = (
  route: Route,
  path: Readonly<Record<string, string>>,
  apiVersion: string,
  { values, expand }: Parsed,
): string =>
  [
    `${route.method} ${route.path}`,
    stable(path),
    apiVersion,
    stable(values),
    stable(expand.toSorted()),
  ].join('\n');

/** JSON with sorted keys. Strings are escaped, so no two trees share a text. */
const stable = (value: unknown): string => {
  if (Array.isArray(value)) return `[${value.map(stable).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';

  let fields = '';
  for (const name of Object.keys(value).sort()) {
    const field = (value as Readonly<Record<string, unknown>>)[name];
    if (field === undefined) continue;
    fields += `${fields === '' ? '' : ','}${JSON.stringify(name)}:${stable(field)}`;
  }
  return `{${fields}}`;
};
