// Holds the house as `src/modules.ts` draws it: floors, front doors, directions, and that effects come
// in by the context alone.

import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { moduleMap } from './modules.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const filesOf = (...patterns: string[]): string[] =>
  patterns
    .flatMap((pattern) => globSync(pattern, { cwd: root }))
    .filter((file) => !file.includes('node_modules'))
    .sort();

const read = (file: string): string => readFileSync(join(root, file), 'utf8');
/** Without comments, where words are free. */
const codeOf = (file: string): string =>
  read(file)
    .replaceAll(/\/\*[\s\S]*?\*\//g, '')
    .replaceAll(/^\s*\/\/.*$/gm, '');

const importsOf = (file: string): string[] =>
  [...codeOf(file).matchAll(/(?:from|import)\s*\(?\s*'([^']+)'/g)].map(([, target = '']) => target);

const isForTests = (file: string): boolean =>
  /(?:\.test|for-tests[-\w]*|test-setup|test-holder|testing)\.ts$/.test(file);

const source = filesOf('src/**/*.ts');
const product = source.filter((file) => !isForTests(file));
const position = new Map(moduleMap.map(({ name }, index) => [name, index]));

/** `cards/customers` of `src/cards/customers/customer.ts`; null for what stands above all modules. */
const moduleOf = (file: string): string | null => {
  const [, floor, name] = file.split('/');
  return floor && name && !name.endsWith('.ts') ? `${floor}/${name}` : null;
};
const isKit = (name: string): boolean => name.startsWith('kit/');
const isRole = (name: string): boolean => name.startsWith('roles/');

/** Of `{ one, type Two, three as four }`, without the braces. */
const namesIn = (list: string): string[] =>
  list
    .split(',')
    .map((name) => name.trim().replace(/^type /, ''))
    .filter((name) => name !== '');

const none = (violations: readonly string[]): void => assert.deepEqual(violations, []);

describe('the house', () => {
  test('every folder of a module stands in the map, and every entry of the map has its folder', () => {
    const folders = new Set(
      product.map(moduleOf).filter((name) => name !== null && !isKit(name) && !isRole(name)),
    );
    // roles/ holds files, not modules.
    const sorted = (names: Iterable<string | null>) => [...names].map(String).toSorted();
    assert.deepEqual(sorted(folders), sorted(position.keys()));
  });

  test('a module uses only what stands before it, and only through its front door', () => {
    const violations: string[] = [];
    for (const file of product) {
      const own = moduleOf(file);
      if (own === null || isRole(own)) continue;
      for (const target of importsOf(file)) {
        if (target.startsWith('#')) {
          const used = target.slice(1);
          if (isKit(used)) continue;
          const at = position.get(used);
          if (isKit(own)) violations.push(`${file} is of the kit and uses ${target}`);
          else if (at === undefined)
            violations.push(`${file} uses ${target}, which is no front door`);
          else if (at >= (position.get(own) ?? -1)) {
            violations.push(`${file} uses ${target}, which does not stand before ${own}`);
          }
        } else if (target.startsWith('.')) {
          const reached = relative(root, resolve(root, dirname(file), target));
          const isOwn = moduleOf(reached) === own;
          if (!isOwn) violations.push(`${file} reaches past a front door to ${reached}`);
        }
      }
    }
    none(violations);
  });

  test('the kit has no tables', () => {
    none(filesOf('src/kit/**/*.sql'));
  });

  test('the product does not use the sandbox, the shop, the pages, the tests or the command line', () => {
    const violations = product.flatMap((file) =>
      importsOf(file)
        .filter((target) => target.startsWith('.'))
        .map((target) => relative(root, resolve(root, dirname(file), target)))
        .filter((reached) => !reached.startsWith('src/') && reached !== 'package.json')
        .map((reached) => `${file} uses ${reached}`),
    );
    none(violations);
  });

  test('the sandbox, the shop and the pages do not use the product; the sandbox may use the kit', () => {
    const violations = filesOf('{sandbox,demo,web}/**/*.{ts,tsx}').flatMap((file) =>
      importsOf(file)
        .filter((target) => target.startsWith('#') || target.includes('src/'))
        .filter((target) => !(file.startsWith('sandbox/') && /^#kit\/|src\/kit\//.test(target)))
        .map((target) => `${file} uses ${target}`),
    );
    none(violations);
  });

  test("a module's statements name only its own tables and functions", () => {
    const violations: string[] = [];
    const shared = new Set(['platform.accounts', 'platform.livemode', 'platform.id_seconds']);
    const schemas = [...new Set(source.map((file) => file.split('/')[1]))].join('|');
    const name = new RegExp(`\\b(?:${schemas})\\.[a-z_]+\\b`, 'g');
    for (const file of product) {
      const own = moduleOf(file);
      if (own === null || !position.has(own) || file.endsWith('/module.ts')) continue;
      const made = new Set(
        filesOf(`src/${own}/migrations/*.sql`).flatMap((migration) =>
          [...read(migration).matchAll(/create (?:table|function|procedure)\s+([a-z_.]+)/g)].map(
            ([, made = '']) => made,
          ),
        ),
      );
      const texts = [...codeOf(file).matchAll(/`[^`]*`|'[^'\n]*'/g)]
        .map(([text]) => text)
        .filter(
          (text) =>
            /\b(?:select|insert|update|delete|from|join|into|table)\b/.test(text) ||
            /^'[a-z]+\.[a-z_]+'$/.test(text),
        );
      for (const text of texts) {
        for (const [used] of text.matchAll(name)) {
          if (text.startsWith("'") && !made.has(used)) continue;
          if (!made.has(used) && !shared.has(used)) violations.push(`${file} names ${used}`);
        }
      }
    }
    none([...new Set(violations)]);
  });
});

describe('effects', () => {
  /** Who may read what the rest of the product gets from its context, and why. */
  const exempt: readonly (readonly [path: string, why: string])[] = [
    ['src/kit/context/system.ts', 'is the real clock, randomness and network'],
    ['src/kit/context/system-post.ts', 'is the real network too'],
    ['src/kit/context/system-names.ts', 'is where the real network finds what names lead to'],
    ['src/kit/context/receivers.ts', 'is the connections of the real network'],
    ['src/kit/context/receivers.ts', 'is what it tells others over'],
    ['src/kit/context/context.ts', 'says what a network is'],
    ['src/platform/postgres/', 'runs before there is a context, and starts processes'],
  ];
  const mayRead = (file: string): boolean =>
    isForTests(file) || exempt.some(([path]) => file.startsWith(path));

  const forbid = (what: RegExp, files: readonly string[]): void => {
    none(files.filter((file) => what.test(codeOf(file))));
  };
  const bound = product.filter((file) => !mayRead(file));

  test('nothing but the context reads a clock', () => {
    forbid(
      /\bDate\.now\b|new Date\(\s*\)|\bDate\(\s*\)|performance\.(?:now|timeOrigin)|Temporal\.Now|process\.hrtime/,
      bound,
    );
  });

  test('nothing but the context draws random bytes', () => {
    forbid(/Math\.random|randomBytes|randomUUID|randomFill|randomInt|getRandomValues/, bound);
  });

  test('nothing but the context reaches the network', () => {
    forbid(
      /(?<![.\w])fetch\(|node:https|\brequest\(\s*['"`]https?:|net\.connect|tls\.connect|\bfrom 'undici'|import\('undici'\)/,
      bound,
    );
  });

  test('nothing but the configuration reads the environment', () => {
    const allowed = ['src/config.ts', 'src/main.ts'];
    forbid(
      /process\.env/,
      bound.filter((file) => !allowed.includes(file)),
    );
  });

  test('nothing evaluates text as code, and only the database supervisor starts programs', () => {
    forbid(/\beval\(|new Function\(|node:child_process|node:vm/, bound);
  });

  test('the database is reached through platform/db alone', () => {
    forbid(
      /from 'pg'/,
      bound.filter((file) => !file.startsWith('src/platform/db/')),
    );
  });
});

describe('files', () => {
  test('are short enough to hold one idea', () => {
    const limit = 420;
    none(
      product
        .filter((file) => read(file).split('\n').length > limit)
        .map((file) => `${file} has more than ${limit} lines`),
    );
  });

  test('every module has a front door and says what it is', () => {
    none([...position.keys()].filter((name) => filesOf(`src/${name}/index.ts`).length === 0));
    none([...position.keys()].filter((name) => filesOf(`src/${name}/README.md`).length === 0));
  });

  test('a front door gives out by name only what somebody outside uses', () => {
    const used = new Set<string>();
    for (const file of filesOf('{bench,cli,demo,sandbox,src,test}/**/*.ts')) {
      const own = file.startsWith('src/') ? moduleOf(file) : null;
      for (const [, names = '', target = ''] of codeOf(file).matchAll(
        /\{([^{}]*)\}\s*from\s*'([^']+)'/g,
      )) {
        const reached = target.startsWith('#')
          ? `src/${target.slice(1)}/index.ts`
          : relative(root, resolve(root, dirname(file), target));
        const door = /^src\/(\w+\/[\w-]+)\/index\.ts$/.exec(reached)?.[1];
        if (door === undefined || door === own) continue;
        for (const name of namesIn(names)) used.add(`${door} ${name.split(' as ')[0]}`);
      }
    }
    // The kit is a library: what it has is told by its READMEs.
    const given = [...position.keys()].flatMap((door) =>
      [...codeOf(`src/${door}/index.ts`).matchAll(/export (?:type )?\{([^}]*)\}/g)].flatMap(
        ([, names = '']) => namesIn(names).map((name) => `${door} ${name.split(' as ').at(-1)}`),
      ),
    );
    assert.ok(given.length > 300, `${given.length} names were found`);
    none(given.filter((name) => !used.has(name)));
  });

  test('migrations are numbered from one without a gap', () => {
    for (const { name } of moduleMap) {
      const numbers = filesOf(`src/${name}/migrations/*.sql`).map((file) =>
        Number(/(\d{4})-/.exec(file)?.[1]),
      );
      assert.deepEqual(
        numbers,
        numbers.map((_, index) => index + 1),
        name,
      );
    }
  });
});
