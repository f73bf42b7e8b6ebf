import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { ApiError } from './errors.ts';
import type { SearchFields } from './search-query.ts';
import { parseSearchQuery } from './search-query.ts';
import { searchToSql } from './search-sql.ts';

const fields: SearchFields = {
  email: 'string',
  currency: 'token',
  created: 'number',
  'payment_method_details.card.last4': 'token',
  metadata: 'metadata',
};
const columns = {
  email: 'c.email',
  currency: 'c.currency',
  created: 'extract(epoch from c.created_at)',
  'payment_method_details.card.last4': 'c.last4',
  metadata: 'c.metadata',
};
const sqlOf = (query: string) => searchToSql(parseSearchQuery(query, fields), columns, 3);

const conditions: readonly [query: string, text: string, values: unknown[]][] = [
  [`email:'a@b.co'`, '(lower((c.email)) = lower($3::text))', ['a@b.co']],
  [`email:"a@b.co"`, '(lower((c.email)) = lower($3::text))', ['a@b.co']],
  [`email:'it\\'s'`, '(lower((c.email)) = lower($3::text))', ["it's"]],
  [`email:'\\\\'`, '(lower((c.email)) = lower($3::text))', ['\\']],
  [`email~'abc'`, '(strpos(lower((c.email)), lower($3::text)) > 0)', ['abc']],
  [`-email:'a'`, '(lower((c.email)) = lower($3::text)) is not true', ['a']],
  [`email:null`, '(c.email) is null', []],
  [`-email:null`, '(c.email) is not null', []],
  [`created>10`, '((extract(epoch from c.created_at)) > $3::numeric)', [10]],
  [`created<='10'`, '((extract(epoch from c.created_at)) <= $3::numeric)', [10]],
  [`created=10`, '((extract(epoch from c.created_at)) = $3::numeric)', [10]],
  [`created:10`, '((extract(epoch from c.created_at)) = $3::numeric)', [10]],
  [`metadata['k']:'v'`, '(lower(((c.metadata) ->> $3::text)) = lower($4::text))', ['k', 'v']],
  [`metadata["k"]:null`, '((c.metadata) ->> $3::text) is null', ['k']],
  [`-metadata['k']:null`, '((c.metadata) ->> $3::text) is not null', ['k']],
  [
    `currency:'usd' AND created>=1 and email : 'x'`,
    '(lower((c.currency)) = lower($3::text)) and ((extract(epoch from c.created_at)) >= $4::numeric) and (lower((c.email)) = lower($5::text))',
    ['usd', 1, 'x'],
  ],
  [
    `currency:'usd' OR currency:'eur'`,
    '(lower((c.currency)) = lower($3::text)) or (lower((c.currency)) = lower($4::text))',
    ['usd', 'eur'],
  ],
  [
    `payment_method_details.card.last4:0042 metadata['n']:7`,
    '(lower((c.last4)) = lower($3::text)) and (lower(((c.metadata) ->> $4::text)) = lower($5::text))',
    ['0042', 'n', '7'],
  ],
  [`email:'x AND y'`, '(lower((c.email)) = lower($3::text))', ['x AND y']],
];

describe('a search query', () => {
  for (const [query, text, values] of conditions) {
    test(`${query} becomes SQL`, () => assert.deepEqual(sqlOf(query), { text, values }));
  }

  test('never puts a value into the text', () => {
    const evil = `'; drop table customers; --`;
    const { text, values } = sqlOf(`email:"${evil}"`);
    assert.deepEqual(values, [evil]);
    assert.doesNotMatch(text, /drop/);
  });

  test('of any text gives SQL or a 400, soon', () => {
    const piece = fc.constantFrom(
      'email',
      'created',
      'metadata',
      ':',
      '~',
      '>',
      '<=',
      "'a'",
      '"b',
      '\\',
      '[',
      ']',
      '-',
      ' ',
      ' AND ',
      ' OR ',
      'null',
      '10',
      '(',
      ')',
      '€',
    );
    const anyQuery = fc.oneof(
      fc.string(),
      fc.array(piece, { maxLength: 30 }).map((all) => all.join('')),
    );
    fc.assert(
      fc.property(anyQuery, (query) => {
        try {
          assert.match(sqlOf(query).text, /^[^'"]*$/);
        } catch (error) {
          assert.ok(error instanceof ApiError && error.status === 400, String(error));
          assert.equal(error.param, 'query');
        }
      }),
      { numRuns: process.env['TOLLGATE_TEST_FULL'] ? 100_000 : 2_000 },
    );
  });
});

const refusals: readonly [query: string, message: RegExp][] = [
  ['', /a field was expected at the end/],
  [`name:'x'`, /the field 'name' cannot be searched; these can: email, currency/],
  [`constructor:'x'`, /the field 'constructor' cannot be searched/],
  ['email', /one of : ~ > < >= <= was expected at the end/],
  [`currency:12ab`, /a quoted value was expected at character 10/],
  ['email:x', /a quoted value was expected at character 7/],
  [`email:'x`, /the quote opened at character 7 is not closed/],
  [`email~'ab'`, /~ needs at least 3 characters/],
  [`currency~'usd'`, /compared whole/],
  [`created~'100'`, /is a number/],
  [`email>'a'`, /is text; > compares numbers/],
  [`email='a'`, /one of : ~ > < >= <= was expected at character 6/],
  [`created>'abc'`, /a number was expected/],
  ['created>1e5', /a number was expected/],
  [`email:'a' AND created>1 OR created<2`, /AND and OR cannot be used together/],
  [`(email:'a')`, /parentheses are not supported/],
  [`email:'a' email:'b' OR email:'c'`, /AND and OR cannot be used together/],
  [`currency:usd`, /a quoted value was expected at character 10/],
  ['email~123', /a quoted value was expected at character 7/],
  [`email:'a'AND email:'b'`, /AND or OR was expected/],
  [`email:'a' AND`, /a field was expected at the end/],
  ['metadata:1', /searched by key/],
  [`metadata['a':'b'`, /a \] was expected/],
  [`email:'4242424242424242'`, /seems to contain a card number/],
  [Array(11).fill(`email:'a'`).join(' AND '), /up to 10 clauses/],
  ['x'.repeat(2_001), /up to 2000 characters/],
];

describe('a search query is refused', () => {
  for (const [query, message] of refusals) {
    test(query.slice(0, 50) || 'when empty', () => {
      assert.throws(
        () => parseSearchQuery(query, fields),
        (error) =>
          error instanceof ApiError && error.param === 'query' && message.test(error.message),
      );
    });
  }
});
