import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { bareEnvironment, temporaryFolder } from './for-tests.ts';

const atEndOf = (says: string): string => `
import { createServer } from 'node:net';
import { test } from 'node:test';
import { atEnd } from '${new URL('./for-tests-end.ts', import.meta.url).href}';
const server = createServer().listen(0);
atEnd(() => console.log('the first is closed'));
atEnd(() => { ${says} });
atEnd(() => server.close());
atEnd(() => console.log('the last is closed'));
test('all is well', () => {});
`;

const run = async (file: string): Promise<{ code: number | null; output: string }> => {
  const path = join(temporaryFolder('at-end'), 'some.test.mjs');
  writeFileSync(path, file);
  const child = spawn(process.execPath, ['--test', '--test-reporter=spec', path], {
    env: bareEnvironment,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const limit = setTimeout(() => child.kill('SIGKILL'), 60_000);
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => {
    output += String(chunk);
  });
  await once(child, 'close');
  clearTimeout(limit);
  return { code: child.exitCode, output };
};

test('what a test opened is closed although something before it could not be', async () => {
  const { code, output } = await run(atEndOf(`throw new Error('It is broken')`));
  assert.equal(code, 1, output);
  assert.match(output, /the first is closed[^]*the last is closed[^]*It is broken/);
  assert.equal(output.match(/is closed\b/g)?.length, 2);
});

test('and in the order in which it was opened where all is well', async () => {
  const { code, output } = await run(atEndOf(`console.log('the second is closed')`));
  assert.equal(code, 0, output);
  assert.match(output, /the first is closed\s+the second is closed\s+the last is closed/);
});
