// The SDK's declarations, read as data. They are generated and regular, so a few regular expressions
// and a count of brackets are enough: interfaces, namespaces, type aliases, imports.

import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export type Field = { readonly name: string; readonly optional: boolean; readonly type: TypeText };

/** A type as it is written, and where, since names are looked up from there. */
export type TypeText = { readonly text: string; readonly at: Place };

/** A file, and the namespaces around it: `Customer`, `InvoiceSettings`. */
type Place = { readonly file: string; readonly path: readonly string[] };

// The package's main file stands in the folder whose neighbour `esm` holds the declarations.
const folder = join(dirname(fileURLToPath(import.meta.resolve('stripe'))), '..', 'esm');

const sources = new Map<string, string>();

/** Without comments, whose brackets and quotes would be in the way. */
const sourceOf = (file: string): string => {
  const known = sources.get(file);
  if (known !== undefined) return known;
  const source = readFileSync(join(folder, file), 'utf8').replaceAll(/\/\*[\s\S]*?\*\//g, '');
  sources.set(file, source);
  return source;
};

/** What is declared: the fields of an interface, or what an alias stands for. */
export type Declared =
  | { readonly kind: 'interface'; readonly fields: readonly Field[]; readonly index: boolean }
  | { readonly kind: 'alias'; readonly type: TypeText };

export const declaredIn = (file: string, name: string): Declared => {
  const found = lookUp({ text: name, at: { file, path: [] } });
  if (found === null) throw new Error(`The SDK declares no ${name} in ${file}.`);
  return found;
};

/** A name, plain or with dots, seen from where it is written: inner namespaces first, then imports. */
export const lookUp = ({ text, at }: TypeText): Declared | null => {
  for (let depth = at.path.length; depth >= 0; depth -= 1) {
    const path = at.path.slice(0, depth);
    const scope = blockOf(at.file, path);
    const found = scope === null ? null : findIn(scope, { ...at, path }, text.split('.'));
    if (found !== null) return found;
  }
  return lookUpImport(at.file, text);
};

const findIn = (scope: string, at: Place, names: readonly string[]): Declared | null => {
  const [name = '', ...rest] = names;
  if (rest.length > 0) {
    const inner = namespaceIn(scope, at.path, name);
    const passedOn = new RegExp(`export \\{[^}]*\\b${rest[0]}\\b`);
    if (inner !== null && passedOn.test(inner)) return lookUpImport(at.file, rest.join('.'));
    return inner === null ? null : findIn(inner, { ...at, path: [...at.path, name] }, rest);
  }

  const [heading] = declarations(
    scope,
    at.path,
    `interface ${name}(?:<\\w+>)?( extends [^{]+)? \\{`,
  );
  if (heading !== undefined) {
    const body = blockFrom(scope, heading.index + heading[0].length - 1);
    const bases = heading[1]?.replace(' extends ', '').split(',') ?? [];
    const inherited = bases.flatMap((base) => fieldsOfBase(base.trim(), at));
    const own = fieldsIn(body, at);
    const names = new Set(own.map((field) => field.name));
    return {
      kind: 'interface',
      fields: [...inherited.filter((field) => !names.has(field.name)), ...own],
      index: splitTop(body, ';').some((line) => /^\[\w+: string\]:/.test(line)),
    };
  }
  const [alias] = declarations(scope, at.path, `type ${name}(?:<\\w+>)? = ([^;]+);`);
  return alias === undefined
    ? null
    : { kind: 'alias', type: { text: (alias[1] ?? '').trim(), at } };
};

/** Those of the namespace itself: further in, a name may stand again for something else. */
const declarations = (
  scope: string,
  path: readonly string[],
  pattern: string,
): readonly RegExpExecArray[] => [
  ...scope.matchAll(
    new RegExp(`(?<=^ {${4 * path.length}}(?:export )?(?:declare )?)${pattern}`, 'gm'),
  ),
];

const fieldsOfBase = (base: string, at: Place): readonly Field[] => {
  const found = lookUp({ text: base, at });
  return found?.kind === 'interface' ? found.fields : [];
};

const fieldsIn = (body: string, at: Place): Field[] =>
  splitTop(body, ';')
    .map((line) => /^\s*(\w+)(\?)?: ([\s\S]+)$/.exec(line))
    .filter((match) => match !== null)
    .map(([, name = '', mark, text = '']) => ({
      name,
      optional: mark === '?',
      type: { text: text.trim(), at },
    }));

const lookUpImport = (file: string, text: string): Declared | null => {
  const [first = ''] = text.split('.');
  for (const [, names = '', from = ''] of sourceOf(file).matchAll(
    /(?:import|export)(?: type)? (\{[^}]*\}|\* as \w+) from '(\.[^']+)'/g,
  )) {
    const target = join(dirname(file), from).replace(/\.js$/, '.d.ts');
    if (names === `* as ${first}`) return lookUpImport(target, text.split('.').slice(1).join('.'));
    if (new RegExp(`[{,] *${first} *[,}]`).test(names)) {
      return lookUp({ text, at: { file: target, path: [] } });
    }
  }
  return null;
};

const blockOf = (file: string, path: readonly string[]): string | null =>
  path.reduce<string | null>(
    (scope, name, depth) =>
      scope === null ? null : namespaceIn(scope, path.slice(0, depth), name),
    sourceOf(file),
  );

/** A namespace may be opened again and again. */
const namespaceIn = (scope: string, path: readonly string[], name: string): string | null => {
  const blocks = declarations(scope, path, `namespace ${name} \\{`).map(({ index, 0: heading }) =>
    blockFrom(scope, index + heading.length - 1),
  );
  return blocks.length === 0 ? null : blocks.join('');
};

/** What stands between the bracket at that place and its partner. */
const blockFrom = (text: string, open: number): string => {
  let depth = 0;
  for (let at = open; at < text.length; at += 1) {
    if (text[at] === '{') depth += 1;
    if (text[at] === '}') depth -= 1;
    if (depth === 0) return text.slice(open + 1, at);
  }
  throw new Error('A bracket of the SDK has no partner.');
};

/** Split where no bracket is open. */
export const splitTop = (text: string, separator: string): string[] => {
  const parts: string[] = [];
  let depth = 0;
  let from = 0;
  for (let at = 0; at < text.length; at += 1) {
    const letter = text[at] ?? '';
    if ('{<(['.includes(letter)) depth += 1;
    else if ('}>)]'.includes(letter)) depth -= 1;
    else if (depth === 0 && text.startsWith(separator, at)) {
      parts.push(text.slice(from, at));
      from = at + separator.length;
    }
  }
  parts.push(text.slice(from));
  return parts.map((part) => part.trim()).filter((part) => part !== '');
};

/** `Array<T>` → `T`. */
export const argumentOf = (text: string, generic: string): string | null =>
  text.startsWith(`${generic}<`) && text.endsWith('>') ? text.slice(generic.length + 1, -1) : null;
