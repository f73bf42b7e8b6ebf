// What the SDK's types say an id may stand for, against what `expand` takes, and what it loads. Without a gateway:
// reading the types takes a while, in which its worker could not do its own.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createExpander, neverFilled } from '#platform/http';
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

/** Where an object of any kind could lie in an answer: in a hash, deeper in it, in a list, and by a rule or as the answer. */
const spots: readonly [
  path: string,
  lay: (at: string, object: unknown) => Record<string, unknown>,
][] = [
  ['', (at, object) => ({ [at]: object })],
  ['', (at, object) => ({ [at]: [object] })],
  ['.inner', (at, object) => ({ [at]: [{ inner: object }] })],
  ['.data', (at, object) => ({ [at]: { object: 'list', data: [object] } })],
];

const nested = (path: string, value: unknown): Record<string, unknown> => {
  const [first = '', ...rest] = path.split('.');
  return { [first]: rest.length === 0 ? value : nested(rest.join('.'), value) };
};

test('Whatever lies in an answer, expand loads nothing that a restricted key has no permission for', async () => {
  let loaded: string[] = [];
  const definitions = modules.flatMap(({ resources }) => resources ?? []);
  const permissions = new Map(
    definitions.flatMap(({ object, permission }) =>
      permission === undefined ? [] : [[object, permission]],
    ),
  );
  const noting = (kinds: readonly string[]) => async () => {
    loaded.push(...kinds);
    return new Map<string, unknown>();
  };
  const expander = createExpander(
    definitions.map(({ expandable = {}, load, ...definition }) => ({
      ...definition,
      owns: () => true,
      ...(load === undefined ? {} : { load: noting([definition.object]) }),
      expandable: Object.fromEntries(
        Object.entries(expandable).map(([field, rule]) => [
          field,
          'include' in rule ? { ...rule, include: noting(rule.of) } : rule,
        ]),
      ),
    })),
  );
  const strangers = definitions.map(({ object, expandable = {} }) => ({
    fields: Object.keys(expandable).filter((field) => expandable[field] !== neverFilled),
    object: Object.entries(expandable).reduce<Record<string, unknown>>(
      (holder, [field, rule]) => ('to' in rule ? { ...nested(field, 'x_1'), ...holder } : holder),
      { id: 'x_1', object },
    ),
  }));

  let accepted = 0;
  const leaks = new Set<string>();
  for (const { object, hashes = [], expandable = {} } of definitions) {
    const permission = permissions.get(object);
    const principal = {
      kind: 'restricted',
      permissions: permission === undefined ? {} : { [permission]: 'read' },
    };
    const goesBy = async (path: string, body: unknown): Promise<void> => {
      try {
        expander.check([path], { object, path: '/v1/x' } as never, principal as never);
      } catch {
        return;
      }
      accepted += 1;
      loaded = [];
      await expander.expand({} as never, { scope: {} as never, body, object, paths: [path] });
      for (const kind of loaded) {
        const needed = permissions.get(kind);
        if (needed !== undefined && needed !== permission) leaks.add(`${object}: ${path}: ${kind}`);
      }
    };
    for (const stranger of strangers) {
      for (const field of stranger.fields) {
        await goesBy(field, stranger.object);
        for (const at of [...hashes, ...Object.keys(expandable)]) {
          if (at.includes('.')) continue;
          for (const [below, lay] of spots) {
            const body = { id: 'x_1', object, ...lay(at, stranger.object) };
            await goesBy(`${at}${below}.${field}`, body);
          }
        }
      }
    }
  }
  assert.deepEqual([...leaks], []);
  assert.ok(accepted > 1000, String(accepted));
});
