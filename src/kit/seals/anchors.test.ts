import assert from 'node:assert/strict';
import { appendFileSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { temporaryFolder } from '../context/for-tests.ts';
import { noteSeal, readAnchors } from './anchors.ts';

const hashOf = (number: bigint): Buffer => Buffer.alloc(32, Number(number));
const noted = (number: bigint) => ({ number, hash: hashOf(number) });

test('half a note that a full disk has taken is none, and spoils neither of its neighbours', async () => {
  const file = join(temporaryFolder('anchors'), 'anchor');
  const [audit, books] = ['', 'books:'].map((mark) => ({ anchorFile: file, mark }));
  assert.ok(audit && books);
  const note = `2 ${hashOf(2n).toString('hex')}`;
  // However much of it was taken, all but the end of its line included.
  for (let taken = 1; taken <= note.length; taken += 1) {
    appendFileSync(file, '');
    truncateSync(file);
    await noteSeal(audit, noted(1n));
    appendFileSync(file, note.slice(0, taken));
    await noteSeal(books, noted(7n));
    await noteSeal(audit, noted(3n));
    const whole = taken === note.length ? [2n] : [];
    const notes: [bigint, string][] = [...(await readAnchors(audit))];
    assert.deepEqual(
      notes,
      [1n, ...whole, 3n].map((number) => [number, hashOf(number).toString('hex')]),
    );
    assert.deepEqual([...(await readAnchors(books)).keys()], [7n]);
  }
});
