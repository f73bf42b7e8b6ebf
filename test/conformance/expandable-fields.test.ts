// What the SDK's types say an id may stand for, against what `expand` takes. Without a gateway: reading the types
// takes a while, in which its worker could not do its own.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createExpander } from '#platform/http';
import { modules } from '../../src/modules.ts';
import { gatherRoutes } from '../../src/roles/api.ts';
import { callOf } from '../support/stripe-calls.ts';
import { argumentOf, lookUp, splitTop, type TypeText } from '../support/stripe-types.ts';

/** Where the SDK says that an id may stand for the whole object. */
const expandableIn = (type: TypeText, depth = 0): string[] => {
  const found = lookUp(type);
  if (found?.kind !== 'interface') return [];
  return found.fields.flatMap((field) => {
    const options = splitTop(field.type.text, '|');
    const named = options.filter((text) => /^[A-Z]/.test(text));
    const isInterface = (text: string) => lookUp({ ...field.type, text })?.kind === 'interface';
    if (options.includes('string')) return named.some(isInterface) ? [field.name] : [];
    if (depth > 1) return [];
    return named.flatMap((text) =>
      expandableIn({ ...field.type, text }, depth + 1).map((path) => `${field.name}.${path}`),
    );
  });
};

/** Hashes, and lists of them, that the SDK shows without being asked. What merchants note is none of them. */
const hashesIn = (type: TypeText): string[] => {
  const found = lookUp(type);
  if (found?.kind !== 'interface') return [];
  return found.fields.flatMap(({ name, type: of }) => {
    const options = splitTop(of.text, '|');
    if (name === 'metadata' || options.includes('string')) return [];
    const inner = options.map((text) => argumentOf(text, 'Array') ?? text);
    const isHash = (text: string) =>
      /^[A-Z]/.test(text) && lookUp({ ...of, text })?.kind === 'interface';
    return inner.some(isHash) ? [name] : [];
  });
};

/** What of another method of payment, or of an object that is never inside of this one. */
const neverThere = [
  /^last_(payment|setup)_error\.(payment|setup)_intent\./,
  /^(payment_method_details\.)?(bancontact|ideal|sofort|sepa_debit|us_bank_account)\./,
  /^(card\.generated_from|bank_account|payment_method_preview)\./,
  /^card\.(account|customer)$/,
];

test('whatever the SDK calls expandable, or shows as a hash, may be asked for, filled or not', () => {
  const expander = createExpander(modules.flatMap(({ resources }) => resources ?? []));
  const refused = new Set<string>();
  const read = new Map<string, readonly string[]>();
  const fieldsOf = (type: TypeText): readonly string[] => {
    const known = read.get(type.text) ?? [...expandableIn(type), ...hashesIn(type)];
    read.set(type.text, known);
    return known;
  };
  let asked = 0;
  for (const route of gatherRoutes()) {
    const call = route.list === true ? undefined : callOf(route);
    if (call === undefined || route.object === undefined) continue;
    for (const path of fieldsOf(call.answers)) {
      if (neverThere.some((pattern) => pattern.test(path))) continue;
      asked += 1;
      try {
        expander.check([path], route, { kind: 'secret' } as never);
      } catch {
        refused.add(`${route.object}: ${path}`);
      }
    }
  }
  assert.deepEqual([...refused], []);
  assert.ok(asked > 400, String(asked));
});
