// What the file system and PostgreSQL say, and what a person is told. Disks that are full or mounted
// read-only cannot be made by every user, so what they say is given here as they said it.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { explainFileError } from './start-error.ts';

const said = (code: string, more: object = {}): Error =>
  Object.assign(new Error(`${code}: something`), { code, ...more });

const told: readonly (readonly [what: string, error: Error, sentence: RegExp])[] = [
  ['a folder of somebody else', said('EACCES'), /is not writable for this user/],
  ['a disk mounted read-only', said('EROFS'), /is not writable for this user/],
  [
    'the same, where parents would have been made',
    said('ENOENT', { syscall: 'mkdir' }),
    /is not writable for this user/,
  ],
  ['a full disk', said('ENOSPC'), /is full; free some space and start again/],
  ['a full disk, said by PostgreSQL', said('53100'), /is full; free some space and start again/],
  [
    'a full disk behind a failed statement',
    new Error('The database cannot do it now', { cause: said('53100') }),
    /is full; free some space and start again/,
  ],
];

describe('a start that the disk refuses says in one sentence', () => {
  for (const [what, error, sentence] of told) {
    test(what, () => {
      const explained = explainFileError(error, '/data');
      assert.ok(explained instanceof Error);
      assert.match(explained.message, sentence);
      assert.match(explained.message, /\/data/);
      assert.equal(explained.message.split('\n').length, 1);
    });
  }

  test('nothing about what it does not know', () => {
    const error = said('ENOENT', { syscall: 'open' });
    assert.equal(explainFileError(error, '/data'), error);
  });
});
