// The calls of the SDK, read as data: which method and path each sends, what it takes, what it answers.

import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { TypeText } from './stripe-types.ts';

export type Call = {
  readonly takes: TypeText;
  readonly answers: TypeText;
  readonly envelope: 'ApiList' | 'ApiSearchResult' | null;
};

const folder = join(dirname(fileURLToPath(import.meta.resolve('stripe'))), '..', 'esm');

/** `GET /v1/customers/:id` */
const spell = (method: string, path: string): string =>
  `${method} ${path.replaceAll(/\$\{[^}]+\}|:\w+/g, ':id')}`;

export const callOf = ({ method, path }: { method: string; path: string }): Call | undefined =>
  calls.get(spell(method, path));

const envelopes: Readonly<Record<string, Call['envelope']>> = {
  ApiListPromise: 'ApiList',
  ApiSearchResultPromise: 'ApiSearchResult',
};

const callsIn = (file: string): [string, Call][] => {
  const declarations = readFileSync(join(folder, file), 'utf8');
  const code = readFileSync(join(folder, file.replace('.d.ts', '.js')), 'utf8');
  const declared = new Map(
    [
      ...declarations.matchAll(
        /^ {4}(\w+)\(.*?params\??: ([\w.]+),.*\): (\w+)<(?:Response<)?([^>]+)>+;$/gm,
      ),
    ].map(([, name = '', params = '', promise = '', answer = '']) => {
      const at = { file, path: [] };
      const call: Call = {
        takes: { text: params, at },
        answers: { text: answer, at },
        envelope: envelopes[promise] ?? null,
      };
      return [name, call];
    }),
  );
  return [
    ...code.matchAll(/^ {4}(\w+)\([^)]*\) \{\s+return this\._makeRequest\('(\w+)', [`']([^`']+)/gm),
  ].flatMap(([, name = '', method = '', path = '']) => {
    const call = declared.get(name);
    return call === undefined ? [] : [[spell(method, path), call]];
  });
};

const files = readdirSync(join(folder, 'resources'), { recursive: true, withFileTypes: true })
  .filter(({ name, parentPath }) => name.endsWith('.d.ts') && !parentPath.includes('V2'))
  .filter(({ name }) => name !== 'index.d.ts')
  .map(({ name, parentPath }) => relative(folder, join(parentPath, name)));

const calls: ReadonlyMap<string, Call> = new Map(files.flatMap(callsIn));
