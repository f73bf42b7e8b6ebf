// What the documents name is there: files and headings, commands with their flags, settings, scripts. The changelog and
// `docs/results` are not asked: they tell of what was.

import assert from 'node:assert/strict';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { describe, test } from 'node:test';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { Command } from 'commander';
import { definitions } from '../src/config.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const read = (file: string): string => readFileSync(join(root, file), 'utf8');
const filesOf = (...patterns: string[]): string[] =>
  patterns.flatMap((pattern) => globSync(pattern, { cwd: root })).sort();

const folders = '{bench,bin,cli,demo,sandbox,src,test,web}';
const documents = filesOf('*.md', 'docs/**/*.md', `${folders}/**/*.md`).filter(
  (file) => file !== 'CHANGELOG.md' && !file.startsWith('docs/results/'),
);
const none = (missing: readonly string[]): void => assert.deepEqual(missing, []);

/** Of every document, what the pattern finds in it and the check does not. */
const missingIn = (pattern: RegExp, isThere: (found: string, file: string) => boolean): string[] =>
  documents.flatMap((file) =>
    [...read(file).matchAll(pattern)]
      .map(([, found = '']) => found)
      .filter((found) => !isThere(found, file))
      .map((found) => `${file}: ${found}`),
  );

/** As a reader of Markdown makes an anchor of a heading. */
const anchorsOf = (file: string): string[] =>
  [...readFileSync(file, 'utf8').matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
      .trim()
      .replaceAll(' ', '-'),
  );

const commands = new Command('tollgate');
for (const file of filesOf('cli/commands/*.ts').filter((name) => !name.endsWith('.test.ts'))) {
  const module = (await import(pathToFileURL(join(root, file)).href)) as Record<string, unknown>;
  for (const [name, add] of Object.entries(module)) {
    if (name.startsWith('add')) (add as (program: Command) => void)(commands);
  }
}

const inner = (command: Command, name: string | undefined): Command | undefined =>
  command.commands.find((each) => each.name() === name);
const flagsOf = (command: Command): string[] => [
  ...command.options.map(({ long }) => long ?? ''),
  ...command.commands.flatMap(flagsOf),
];

/** What a worker's own connection is called, and no command. */
const CONNECTION = 'apart';

/** `keys create --name x`: the words are commands as far as there are commands, and the flags are theirs. */
const canBeSaid = (line: string): boolean => {
  const [first, second] = line.split(/\s+/);
  const command = inner(commands, first);
  if (command === undefined) return line === CONNECTION || first?.startsWith('-') === true;
  const isFurther = command.commands.length > 0 && /^[a-z][a-z-]*$/.test(second ?? '');
  // After two spaces it is explained.
  const isExplained = /^\S+ {2}/.test(line);
  const asked = isFurther && !isExplained ? inner(command, second) : command;
  if (asked === undefined) return false;
  const known = [...flagsOf(asked), '--help', '--version'];
  return (line.match(/--[a-z][a-z-]*/g) ?? []).every((flag) => known.includes(flag));
};

/** Beside those that are defined: scripts and tests have a few of their own. */
const settingsReadIn = (code: string): string[] =>
  code
    .split('\n')
    .filter((line) => !/^\s*(?:\/\/|\/?\*)/.test(line))
    .flatMap((line) => [
      ...line.matchAll(
        /(?<!delete )process\.env(?:\.|\[')(TOLLGATE_[A-Z0-9_]+)\b(?!'?\]? *=[^=])/g,
      ),
    ])
    .map(([, name = '']) => name);

describe('the documents name', () => {
  test('files and headings that are there', () => {
    none([
      ...missingIn(/\]\(([^)\s]+)\)/g, (link, file) => {
        if (/^[a-z]+:/.test(link)) return true;
        const [path = '', anchor] = link.split('#');
        const target = path === '' ? join(root, file) : resolve(root, dirname(file), path);
        return existsSync(target) && (anchor === undefined || anchorsOf(target).includes(anchor));
      }),
      ...missingIn(
        /`((?:bench|bin|cli|demo|docs|sandbox|src|test|web)\/[\w./*@{},-]+)`/g,
        (path) => existsSync(join(root, path)) || filesOf(path).length > 0,
      ),
    ]);
  });

  test('commands that can be given, with flags that they have', () => {
    none([
      ...missingIn(/`(?:bin\/)?tollgate ([^`]+)`/g, canBeSaid),
      ...missingIn(/^(?: {4}|\$ |)bin\/tollgate ([^\n|;&]+)/gm, canBeSaid),
    ]);
  });

  test('in the README, every command and every page for those who run or use it', () => {
    const readme = read('README.md');
    const pages = filesOf('docs/{concepts,guides,operating}/*.md').map((file) => `(${file})`);
    const names = commands.commands.map((each) => `bin/tollgate ${each.name()} `);
    none([...pages, ...names].filter((named) => !readme.includes(named)));
  });

  test('settings that something reads', () => {
    const scripts = filesOf(`${folders}/**/*.{ts,mjs}`).filter(
      (file) => !file.includes('node_modules'),
    );
    const names = new Set([
      ...Object.values(definitions).map(({ env }) => env),
      ...scripts.flatMap((file) => settingsReadIn(read(file))),
    ]);
    none(missingIn(/\b(TOLLGATE_[A-Z0-9_]+)\b/g, (name) => names.has(name)));
  });

  test('no setting that is only spoken of, given or taken away', () => {
    const spoken = [
      "// As process.env['TOLLGATE_A'] says.",
      " * process.env['TOLLGATE_B']",
      "process.env['TOLLGATE_C'] = 'on';",
      "delete process.env['TOLLGATE_D'];",
      "const env = { ...process.env, TOLLGATE_E: '1' };",
    ];
    assert.deepEqual(settingsReadIn(spoken.join('\n')), []);
    const reading = "const a = process.env['TOLLGATE_A'] === process.env.TOLLGATE_B; // Why.";
    assert.deepEqual(settingsReadIn(reading), ['TOLLGATE_A', 'TOLLGATE_B']);
  });

  test('scripts of npm that there are', () => {
    const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
    none(missingIn(/npm run ([\w:-]+)/g, (name) => Object.hasOwn(scripts, name)));
  });
});
