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

test('What is spelled otherwise than what is usual is stored as it is', () => {
  type Nested = {
    readonly of: { readonly a: number; readonly b: { readonly c: null } } | readonly [];
  };
  const nested = leanBy<Nested>({ of: { a: 1, b: { c: null } } });
  const usual = [
    { a: 1, b: { c: null } },
    { a: 1, none: undefined, b: { c: null } },
  ];
  for (const of of usual) assert.deepEqual(nested.pack({ of }), {}, JSON.stringify(of));
  const others = [
    { b: { c: null }, a: 1 },
    { a: 1, b: { c: 0 } },
    { a: 1, b: {} },
    { a: 1, b: null },
    { a: 1 },
    { a: 1, b: { c: null }, d: null },
    [],
  ];
  for (const of of others) {
    assert.deepEqual(nested.pack({ of } as Nested), { of }, JSON.stringify(of));
  }
  assert.deepEqual(leanBy<{ of: unknown }>({ of: {} }).pack({ of: [] }), { of: [] });
});

test('An amount is stored as a number, and left out where it is the usual one', () => {
  const amounts = leanBy<{ taken: bigint; left: bigint | number }>({ left: 0 });
  assert.deepEqual(amounts.pack({ taken: 12n, left: 0n }), { taken: 12 });
  assert.deepEqual(amounts.pack({ taken: 0n, left: 3n }), { taken: 0, left: 3 });
});
