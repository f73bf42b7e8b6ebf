import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { temporaryFolder } from '../src/kit/context/for-tests.ts';
import { startKept } from './kept-child.ts';

const folder = temporaryFolder('kept-child');

const startOf = (source: string) => {
  const program = join(folder, 'program.mjs');
  writeFileSync(program, source);
  return startKept({
    name: 'The program',
    program,
    args: () => [],
    env: {},
    processFile: join(folder, 'process.json'),
    warn: () => {},
  });
};

test('a child that could not be started is told by its error, not by where that was thrown', async () => {
  await assert.rejects(startOf(`throw new Error('The port is taken.');`), {
    message: 'The program could not be started: Error: The port is taken.',
  });
  await assert.rejects(startOf(`process.stderr.write('It is dark.\\n'); process.exit(1);`), {
    message: 'The program could not be started: It is dark.',
  });
  await assert.rejects(startOf(`process.exit(1);`), {
    message: 'The program could not be started: it said nothing and was not ready in time.',
  });
});
