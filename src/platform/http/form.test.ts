import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ApiError } from './errors.ts';
import { decodeForm } from './form.ts';
import type { Raw } from './raw.ts';

const plain = (raw: Raw): unknown => {
  if (raw instanceof Map) return Object.fromEntries([...raw].map(([k, v]) => [k, plain(v)]));
  return Array.isArray(raw) ? raw.map(plain) : raw;
};

const refusalOf = (text: string): ApiError => {
  try {
    decodeForm(text);
  } catch (error) {
    assert.ok(error instanceof ApiError, String(error));
    return error;
  }
  throw new Error(`Nothing was refused in ${text}`);
};

const readings: readonly [what: string, form: string, tree: unknown][] = [
  ['nothing', '', {}],
  ['a value', 'a=b', { a: 'b' }],
  ['an empty value', 'a=', { a: '' }],
  ['a name without an equals sign', 'a', { a: '' }],
  ['a value with an equals sign', 'a=b=c', { a: 'b=c' }],
  ['empty pairs', '&&a=b&', { a: 'b' }],
  ['a space as plus', 'a=b+c', { a: 'b c' }],
  ['a space as %20', 'a=b%20c', { a: 'b c' }],
  ['an escaped plus', 'a=b%2Bc', { a: 'b+c' }],
  ['characters outside ASCII', 'a=%F0%9F%8D%8E&b=ü', { a: '🍎', b: 'ü' }],
  ['a hash', 'a[b]=c', { a: { b: 'c' } }],
  ['escaped brackets', 'a%5Bb%5D=c', { a: { b: 'c' } }],
  ['indices, which stay names', 'a[0]=x&a[1]=y', { a: { 0: 'x', 1: 'y' } }],
  ['empty brackets', 'a[]=x&a[]=y', { a: ['x', 'y'] }],
  ['a hash in an array by index', 'a[0][b]=x&a[0][c]=y', { a: { 0: { b: 'x', c: 'y' } } }],
  [
    'hashes in an array by repeated names',
    'a[][b]=1&a[][c]=2&a[][b]=3',
    { a: [{ b: '1', c: '2' }, { b: '3' }] },
  ],
  [
    'deep hashes in an array by repeated names',
    'a[][b][c]=1&a[][b][d]=2&a[][n]=3&a[][b][c]=4',
    { a: [{ b: { c: '1', d: '2' }, n: '3' }, { b: { c: '4' } }] },
  ],
  ['a list in a hash in an array', 'a[][b][]=1&a[][b][]=2', { a: [{ b: ['1', '2'] }] }],
];

describe('a form', () => {
  for (const [what, form, tree] of readings) {
    test(`with ${what} is read`, () => assert.deepEqual(plain(decodeForm(form)), tree));
  }
});

const refusals: readonly [what: string, form: string, message: RegExp][] = [
  [
    'a malformed escape',
    'a=%zz',
    /Invalid percent-encoding in the parameter 'a': the sequence '%zz'/,
  ],
  ['a cut escape', 'a=%4', /the sequence '%4'/],
  ['an escape that is not UTF-8', 'a=%ff', /bytes that are not UTF-8/],
  ['an escaped surrogate', 'a=%ED%A0%80', /bytes that are not UTF-8/],
  ['a malformed escape in a name', '%zz=a', /in a parameter name: the sequence '%zz'/],
  ['a NUL in a value', 'a=%00', /NUL/],
  ['a NUL in a name', 'a%00=b', /NUL/],
  ['an open bracket', 'a[b=c', /Invalid parameter name: 'a\[b'/],
  ['a stray bracket', 'a]=c', /Invalid parameter name/],
  ['a bracket in brackets', 'a[b[c]]=d', /Invalid parameter name/],
  ['text behind brackets', 'a[b]c=d', /Invalid parameter name/],
  ['brackets without a name', '[a]=b', /Invalid parameter name/],
  ['no name', '=b', /Invalid parameter name/],
  ['an array in an array', 'a[][]=b', /Invalid parameter name/],
  ['the same name twice', 'a=1&a=2', /'a' was given more than once/],
  ['the same nested name twice', 'a[b]=1&a[b]=2', /'a\[b\]' was given more than once/],
  ['a value that is also a hash', 'a=1&a[b]=2', /contradicts/],
  ['a hash that is also a value', 'a[b]=2&a=1', /more than once/],
  ['an array that is also a hash', 'a[]=1&a[b]=2', /contradicts/],
  ['a prototype', '__proto__[a]=1', /unknown parameter: __proto__/],
  ['a nested prototype', 'a[__proto__][b]=1', /unknown parameter: a\[__proto__\]$/],
  ['more than twenty levels', `a${'[b]'.repeat(20)}=1`, /at most 20 levels/],
  ['more than a thousand names', 'a[]=1&'.repeat(1_001), /at most 1000 parameters/],
];

describe('a form is refused', () => {
  for (const [what, form, message] of refusals) {
    test(`for ${what}`, () => {
      const refusal = refusalOf(form);
      assert.equal(refusal.status, 400);
      assert.match(refusal.message, message);
    });
  }

  test('without repeating a card number that stands in a name', () => {
    assert.doesNotMatch(refusalOf('a[4242424242424242=1').message, /42424242/);
  });
});
