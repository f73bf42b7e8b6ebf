// The supply chain: what is not there cannot be attacked.

import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

type Package = {
  readonly dev?: boolean;
  readonly optional?: boolean;
  /** Comes with what is optional, and with the tools of developers. */
  readonly devOptional?: boolean;
  readonly version?: string;
  readonly integrity?: string;
  readonly resolved?: string;
};

const read = (name: string) =>
  JSON.parse(readFileSync(new URL(`../${name}`, import.meta.url), 'utf8'));
const manifest = read('package.json') as Record<string, Record<string, string>>;
const packages = Object.entries(
  read('package-lock.json').packages as Record<string, Package>,
).filter(([path]) => path !== '');

test('the server stands on fewer than forty packages', () => {
  const runtime = packages.filter(
    ([, found]) => !found.dev && !found.optional && !found.devOptional,
  );
  assert.ok(runtime.length < 40, `${runtime.length} packages`);
});

test('every version is pinned to the letter, and every package to its content', () => {
  for (const kind of ['dependencies', 'devDependencies', 'optionalDependencies']) {
    for (const [name, version] of Object.entries(manifest[kind] ?? {})) {
      assert.match(version, /^\d+\.\d+\.\d+(-[\w.]+)?$/, `${name} ${version}`);
    }
  }
  for (const [path, found] of packages) assert.ok(found.integrity, path);
});

test('of the official Stripe package the product takes types alone: only the demo shop runs it', () => {
  const folder = fileURLToPath(new URL('..', import.meta.url));
  const used = globSync('{src,cli,sandbox,web}/**/*.{ts,js}', { cwd: folder })
    .filter((file) => !/(?:\.test|for-tests[-\w]*)\.ts$/.test(file))
    .filter((file) =>
      /^import (?!type ).*from 'stripe'|import\('stripe'\)/m.test(
        readFileSync(join(folder, file), 'utf8'),
      ),
    );
  assert.deepEqual(used, []);
});

test('no package may run code while it is installed', () => {
  assert.match(
    readFileSync(new URL('../.npmrc', import.meta.url), 'utf8'),
    /^ignore-scripts=true$/m,
  );
});

test('the lockfile names no registry', () => {
  assert.deepEqual(
    packages.filter(([, found]) => found.resolved).map(([path]) => path),
    [],
  );
});
