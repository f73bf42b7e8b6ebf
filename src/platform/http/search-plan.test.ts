import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ownIds, planSearch, type SearchIndex } from './search-plan.ts';
import { parseSearchQuery } from './search-query.ts';

const fields = { colour: 'token', size: 'number', name: 'string' } as const;
const columns = { colour: 'colour', size: 'size', name: 'name' };

const colours: SearchIndex = {
  field: 'colour',
  idsOf: ([clause], parameter) =>
    clause?.value === 'white'
      ? null
      : `${ownIds('shelf.hats')} and colour = ${parameter(clause?.value, 'text')}`,
};
const sizes: SearchIndex = {
  field: 'size',
  isLoose: true,
  idsOf: (clauses, parameter) =>
    `select shelf.hats_of(${clauses.map(({ value }) => parameter(value, 'bigint')).join(', ')}) as id`,
};

const idsOf = (query: string) => {
  const { ids } = planSearch(parseSearchQuery(query, fields), {
    columns,
    indexes: [colours, sizes],
  });
  return ids === undefined ? undefined : { ...ids.select(5), isLoose: ids.isLoose };
};

describe('an index', () => {
  test('of one of the clauses that must all hold says where to look', () => {
    const own = ownIds('shelf.hats');
    assert.deepEqual(idsOf("size:7 AND colour:'red'"), {
      text: `${own} and colour = $5::text`,
      values: ['red'],
      isLoose: false,
    });
    assert.deepEqual(idsOf("size>6 AND size<9 AND colour:'white'"), {
      text: 'select shelf.hats_of($5::bigint, $6::bigint) as id',
      values: [6, 9],
      isLoose: true,
    });
  });

  test('of each of the clauses of which one is enough says where to look, together with the others', () => {
    const own = ownIds('shelf.hats');
    assert.deepEqual(idsOf("colour:'red' OR size:7 OR colour:'blue'"), {
      text: [
        `select id from (${own} and colour = $5::text) as one`,
        'select id from (select shelf.hats_of($6::bigint) as id) as one',
        `select id from (${own} and colour = $7::text) as one`,
      ].join(' union all '),
      values: ['red', 7, 'blue'],
      isLoose: true,
    });
  });

  for (const query of [
    "colour:'red' OR name:'Bowler'",
    "colour:'red' OR colour:'white'",
    "colour:'red' OR -size:7",
    "colour:'red' OR size:null",
    "-colour:'red'",
    'colour:null',
  ]) {
    test(`says nothing of ${query}`, () => assert.equal(idsOf(query), undefined));
  }
});
