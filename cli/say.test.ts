import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { temporaryFolder } from '../src/kit/context/for-tests.ts';
import { type Ended, program, tollgate } from './for-tests.ts';

const folder = temporaryFolder('say');

/** With what it prints sent where the shell says. */
const printing = (where: string, ...args: string[]): Promise<Ended> =>
  new Promise((resolve) => {
    const command = ['-c', where.replace('>', 'exec "$@" >'), 'sh', process.execPath];
    execFile('/bin/sh', [...command, program, ...args], (error, out, err) => {
      resolve({ code: typeof error?.code === 'number' ? error.code : error ? 1 : 0, out, err });
    });
  });

describe('what a command prints', async () => {
  const { out: whole } = await tollgate(['--help']);
  const file = join(folder, 'printed');

  test('stands whole in a file', async () => {
    const { code, err } = await printing(`> '${file}'`, '--help');
    assert.deepEqual([code, err], [0, '']);
    assert.equal(readFileSync(file, 'utf8'), whole);
  });

  for (const [what, where] of [
    ['of which a disk takes nothing', '> /dev/full'],
    // As a disk that is almost full does, this takes a part and says so only to who looks.
    ['of which a disk takes a part', `trap '' XFSZ; ulimit -f 1; > '${file}'`],
  ] as const) {
    test(`${what} is said to be broken, with code 1`, async () => {
      const { code, err } = await printing(where, '--help');
      assert.equal(code, 1);
      assert.match(err, /^What was to be printed could not be written \((ENOSPC|EFBIG)\): /);
    });
  }

  test('may go nowhere', async () => {
    const { code, err } = await printing('> /dev/null', '--help');
    assert.deepEqual([code, err], [0, '']);
  });
});
