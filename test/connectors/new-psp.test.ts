// What `bin/new-psp` writes type-checks, is found by discovery, and promises nothing yet.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { discoverConnectors } from '#rails/psp';
import { temporaryFolder } from '../../src/kit/context/for-tests.ts';

const run = promisify(execFile);
const root = fileURLToPath(new URL('../..', import.meta.url));
const newPsp = (...args: string[]) => run(process.execPath, [join(root, 'bin/new-psp'), ...args]);

/** A project in which the new folder stands where it would stand, beside the real rest. */
const projectWith = async (name: string): Promise<string> => {
  const project = temporaryFolder('new-psp');
  const rails = join(project, 'src/rails');
  mkdirSync(rails, { recursive: true });
  symlinkSync(join(root, 'src/rails/connectors'), join(rails, 'connectors'));
  symlinkSync(root, join(project, 'real'));
  symlinkSync(join(root, 'node_modules'), join(project, 'node_modules'));
  const imports = { '#*': './real/src/*/index.ts' };
  const config = { extends: './real/tsconfig.json', include: ['src/rails/psp'] };
  writeFileSync(join(project, 'package.json'), JSON.stringify({ type: 'module', imports }));
  writeFileSync(join(project, 'tsconfig.json'), JSON.stringify(config));
  await newPsp(name, '--into', join(rails, 'psp'));
  return project;
};

test('the folder of a new provider is complete and type-checks', async () => {
  const project = await projectWith('bank-of-x');
  const folder = join(project, 'src/rails/psp/bank-of-x');
  assert.deepEqual(readdirSync(folder).toSorted(), [
    'README.md',
    'api.ts',
    'bank-of-x.test.ts',
    'definition.ts',
    'for-tests-simulator.ts',
    'for-tests.ts',
    'index.ts',
    'map-status.ts',
    'pay.ts',
    'webhook.ts',
  ]);
  const tsc = join(root, 'node_modules/.bin/tsc');
  await run(process.execPath, [tsc, '--pretty', 'false', '-p', project]).catch(
    ({ stdout }: { stdout: string }) => assert.fail(stdout),
  );
});

test('it is discovered, and can do nothing that nobody wrote', async () => {
  const project = await projectWith('bank-of-y');
  const [connector, ...more] = await discoverConnectors(join(project, 'src/rails/psp'));
  assert.deepEqual(more, []);
  assert.equal(connector?.definition.name, 'bank-of-y');
  assert.equal(connector.definition.title, 'Bank Of Y');
  assert.deepEqual(connector.definition.operations, {});
});

test('a name that is no name, or is taken, is refused in a sentence', async () => {
  const into = temporaryFolder('new-psp');
  const refused = async (...args: string[]): Promise<string> => {
    const error = await newPsp(...args, '--into', into).catch((reason: unknown) => reason);
    assert.ok(error instanceof Error);
    return (error as Error & { stderr: string }).stderr;
  };
  for (const name of ['', 'Bank', '../out', 'a--b', 'x'.repeat(60)]) {
    assert.match(await refused(name), /^A name is small letters/);
  }
  assert.match(await refused(), /^Use it like this/);
  await newPsp('taken', '--into', into);
  assert.match(await refused('taken'), /^There is a folder/);
});
