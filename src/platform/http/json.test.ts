import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { ApiError } from './errors.ts';
import { parseJson } from './json.ts';
import type { Raw } from './raw.ts';
import { JsonNumber } from './raw.ts';

const plain = (raw: Raw): unknown => {
  if (raw instanceof Map) return Object.fromEntries([...raw].map(([k, v]) => [k, plain(v)]));
  if (raw instanceof JsonNumber) return Number(raw.text);
  return Array.isArray(raw) ? raw.map(plain) : raw;
};

describe('a JSON body', () => {
  test('is read as JSON.parse would, whatever it holds', () => {
    const harmless = fc
      .object({ maxDepth: 4, key: fc.string({ unit: 'grapheme' }) })
      .filter((value) => !/__proto__|\\u0000/.test(JSON.stringify(value)));
    fc.assert(
      fc.property(harmless, (value) => {
        const text = JSON.stringify(value);
        assert.deepEqual(plain(parseJson(text)), JSON.parse(text));
      }),
    );
  });

  test('keeps a number as it was written', () => {
    const amount = parseJson('{"amount": 9007199254740993}').get('amount');
    assert.ok(amount instanceof JsonNumber);
    assert.equal(amount.text, '9007199254740993');
  });

  test('may have escapes and space in it', () => {
    assert.deepEqual(plain(parseJson(' {\n"a" :\t"\\u00fc\\n" } \r\n')), { a: 'ü\n' });
  });
});

const refusals: readonly [what: string, body: string, message: RegExp][] = [
  ['two equal names', '{"amount":1,"amount":2}', /'amount' was given more than once/],
  ['two equal nested names', '{"a":{"b":1,"b":1}}', /'a\[b\]' was given more than once/],
  ['equal names written differently', '{"a":1,"\\u0061":2}', /more than once/],
  ['a list at the top', '[]', /one JSON object/],
  ['a number at the top', '1', /one JSON object/],
  ['nothing', '', /Invalid JSON/],
  ['text after the object', '{} x', /at character 3/],
  ['a cut object', '{"a":', /Invalid JSON/],
  ['a cut string', '{"a":"b', /Invalid JSON/],
  ['a cut escape', '{"a":"b\\', /Invalid JSON/],
  ['a bad escape', '{"a":"\\x"}', /Invalid JSON/],
  ['a line break in a string', '{"a":"\n"}', /Invalid JSON/],
  ['a comma too many', '{"a":1,}', /Invalid JSON/],
  ['single quotes', "{'a':1}", /Invalid JSON/],
  ['a leading zero', '{"a":01}', /Invalid JSON/],
  ['NaN', '{"a":NaN}', /Invalid JSON/],
  ['Infinity', '{"a":-Infinity}', /Invalid JSON/],
  ['a hexadecimal number', '{"a":0x1}', /Invalid JSON/],
  ['a comment', '{"a":1}//', /Invalid JSON/],
  ['a byte order mark', '\ufeff{}', /Invalid JSON/],
  ['a NUL', '{"a":"\\u0000"}', /NUL/],
  ['half of a surrogate pair', '{"a":"\\ud800"}', /surrogate/],
  ['a prototype', '{"__proto__":{"a":1}}', /unknown parameter: __proto__/],
  ['a nested prototype', '{"a":{"__proto__":1}}', /unknown parameter: a\[__proto__\]$/],
  ['more than twenty levels', `{"a":${'['.repeat(20)}${']'.repeat(20)}}`, /at most 20 levels/],
  ['a deep bomb', `{"a":${'['.repeat(100_000)}`, /at most 20 levels/],
  ['more than a thousand values', `{"a":[${'1,'.repeat(1_000)}1]}`, /at most 1000 parameters/],
];

describe('a JSON body is refused', () => {
  for (const [what, body, message] of refusals) {
    test(`for ${what}`, () => {
      assert.throws(
        () => parseJson(body),
        (error) => error instanceof ApiError && error.status === 400 && message.test(error.message),
      );
    });
  }
});
