// What a request means, as one text: equal for requests that mean the same however they are written
// (order, form or JSON, `+` or `%20`, old or new names, accents as one character or two), different for all
// others. The idempotency key is compared over its digest.

import type { Parsed } from './parameters.ts';
import type { Route } from './route.ts';

export const canonicalText = (
  route: Route,
  path: Readonly<Record<string, string>>,
  apiVersion: string,
  { values, expand }: Parsed,
): string => {
  const spelled = (form: Form): string =>
    [
      `${route.method} ${route.path}`,
      stable(path, form),
      apiVersion,
      stable(values, form),
      stable(expand.toSorted(), form),
    ].join('\n');
  const text = spelled(asItIs);
  return beyondLatin.test(text) ? spelled(composed) : text;
};

/** What may be composed of several characters has one of these. */
const beyondLatin = /[\u0100-\uffff]/;

type Form = (text: string) => string;
const asItIs: Form = (text) => text;
const composed: Form = (text) => text.normalize('NFC');

/** JSON with sorted keys. Strings are escaped, so no two trees share a text. */
const stable = (value: unknown, form: Form): string => {
  if (Array.isArray(value)) return `[${value.map((item) => stable(item, form)).join(',')}]`;
  if (typeof value === 'string') return JSON.stringify(form(value));
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';

  let fields = '';
  for (const name of namesOf(value, form)) {
    const field = (value as Readonly<Record<string, unknown>>)[name];
    if (field === undefined) continue;
    fields += `${fields === '' ? '' : ','}${JSON.stringify(form(name))}:${stable(field, form)}`;
  }
  return `{${fields}}`;
};

const namesOf = (value: object, form: Form): string[] => {
  const names = Object.keys(value).sort();
  if (form === asItIs) return names;
  // Of two names that look alike both stay, in an order that goes by nothing but themselves.
  const spelled = new Map(names.map((name) => [name, form(name)]));
  const at = (name: string): string => spelled.get(name) ?? name;
  return names.sort((a, b) => (at(a) < at(b) ? -1 : at(a) > at(b) ? 1 : 0));
};
