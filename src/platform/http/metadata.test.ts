import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { mergeMetadata } from './metadata.ts';

const many = (count: number, from = 0) =>
  Object.fromEntries(Array.from({ length: count }, (_, at) => [`k${from + at}`, 'v']));

describe('metadata', () => {
  const old = { a: '1', b: '2' };
  const merges: readonly [
    what: string,
    change: Parameters<typeof mergeMetadata>[1],
    result: object,
  ][] = [
    ['stays when nothing is sent', undefined, old],
    ['takes new and changed keys', { b: '3', c: '4' }, { a: '1', b: '3', c: '4' }],
    ['loses a key that is sent empty', { a: '' }, { b: '2' }],
    ['loses all when it is sent empty itself', null, {}],
    [
      'takes keys that are called as what every object has',
      { constructor: '3', ['__proto__']: '4', toString: '' } as unknown as Record<string, string>,
      { ...old, constructor: '3', ['__proto__']: '4' },
    ],
    ['does not mind a key that is not there', { z: '' }, old],
  ];
  for (const [what, change, result] of merges) {
    test(what, () => assert.deepEqual(mergeMetadata(old, change), result));
  }

  test('has fifty keys at most, counted after the merge', () => {
    assert.equal(Object.keys(mergeMetadata(many(49), { new: 'x' })).length, 50);
    assert.throws(() => mergeMetadata(many(50), { new: 'x' }), /up to 50 metadata keys/);
    assert.deepEqual(mergeMetadata(many(50), { k0: '', new: 'x' })['new'], 'x');
  });

  test('has keys of forty and values of five hundred characters, as people count', () => {
    mergeMetadata({}, { ['🍎'.repeat(40)]: '🍎'.repeat(500) });
    assert.throws(() => mergeMetadata({}, { ['k'.repeat(41)]: 'v' }), /key that is 41 characters/);
    assert.throws(() => mergeMetadata({}, { k: 'v'.repeat(501) }), /value that is 501 characters/);
    assert.throws(() => mergeMetadata({}, { 'a[b]': 'v' }), /square brackets/);
  });
});
