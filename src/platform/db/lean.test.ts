import assert from 'node:assert/strict';
import { test } from 'node:test';
import { leanBy } from './lean.ts';

type Thing = {
  readonly name: string;
  readonly note: string | null;
  readonly times: number;
  readonly options: { readonly fast: boolean } | null;
  readonly extra?: string;
};
const lean = leanBy<Thing>({ note: null, times: 0, options: { fast: false } });

test('What is usual is not stored, and is there again when it is read', () => {
  const usual: Thing = { name: 'a', note: null, times: 0, options: { fast: false } };
  assert.deepEqual(lean.pack(usual), { name: 'a' });
  assert.deepEqual(lean.unpack({ name: 'a' }), usual);
});

test('What is not usual survives, be it null, nothing, or unknown to the list', () => {
  for (const thing of [
    { name: '', note: '', times: 1, options: null },
    { name: 'b', note: 'null', times: -0.5, options: { fast: true }, extra: 'more' },
  ] satisfies Thing[]) {
    assert.deepEqual(lean.unpack(JSON.parse(JSON.stringify(lean.pack(thing)))), thing);
  }
});

test('What was stored whole, and what is kept elsewhere, reads as it did', () => {
  const whole: Thing = { name: 'c', note: 'x', times: 0, options: { fast: false } };
  assert.deepEqual(lean.unpack(whole), whole);
  assert.deepEqual(lean.pack(whole, new Set(['name'])), { note: 'x' });
});
