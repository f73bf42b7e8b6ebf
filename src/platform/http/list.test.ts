import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ApiError } from './errors.ts';
import type { Window } from './list.ts';
import {
  decodePage,
  encodePage,
  list,
  listWindow,
  page,
  searchResult,
  wholeSeconds,
} from './list.ts';

// Ten things, the newest is 10. A store reads one more than asked, in the direction of travel.
const rowsOf = ({ limit, after, before }: Window<number>): number[] => {
  const newestFirst = [10, 9, 8, 7, 6, 5, 4, 3, 2, 1];
  if (before !== undefined) {
    return newestFirst
      .filter((each) => each > before)
      .reverse()
      .slice(0, limit + 1);
  }
  return newestFirst.filter((each) => after === undefined || each < after).slice(0, limit + 1);
};

describe('a page', () => {
  const pages: readonly [what: string, window: Window<number>, rows: number[], hasMore: boolean][] =
    [
      ['without a cursor is the newest', { limit: 3 }, [10, 9, 8], true],
      ['after a cursor is older', { limit: 3, after: 8 }, [7, 6, 5], true],
      ['that is the last says so', { limit: 3, after: 4 }, [3, 2, 1], false],
      [
        'before a cursor is nearest to it and newest first',
        { limit: 3, before: 5 },
        [8, 7, 6],
        true,
      ],
      ['before a cursor that is the last says so', { limit: 3, before: 7 }, [10, 9, 8], false],
      ['beyond the end is empty', { limit: 3, after: 1 }, [], false],
    ];
  for (const [what, window, rows, hasMore] of pages) {
    test(what, () => assert.deepEqual(page(rowsOf(window), window), { rows, hasMore }));
  }

  test('becomes a list of exactly four keys', () => {
    assert.deepEqual(list('/v1/things', { rows: [1], hasMore: false }), {
      object: 'list',
      data: [1],
      has_more: false,
      url: '/v1/things',
    });
  });

  test('becomes a search result, counted only when asked', () => {
    const rows = { rows: [1], hasMore: false };
    const { total_count, ...plain } = searchResult('/s', rows, { nextPage: null, totalCount: 1 });
    assert.equal(total_count, 1);
    assert.deepEqual(searchResult('/s', rows, { nextPage: null }), plain);
  });
});

const find = (id: string) => (id.startsWith('t_') ? Number(id.slice(2)) : null);

describe('a cursor', () => {
  test('becomes a position, ten rows unless said otherwise', async () => {
    assert.deepEqual(await listWindow({ starting_after: 't_5' }, 'thing', find), {
      limit: 10,
      after: 5,
    });
    assert.deepEqual(await listWindow({ limit: 2, ending_before: 't_5' }, 'thing', find), {
      limit: 2,
      before: 5,
    });
  });

  const refusals = [
    [{ starting_after: 'x' }, 'starting_after', "No such thing: 'x'"],
    [{ ending_before: 'x' }, 'ending_before', "No such thing: 'x'"],
    [{ starting_after: 't_1', ending_before: 'x' }, 'ending_before', "No such thing: 'x'"],
    [
      { starting_after: 't_1', ending_before: 't_2' },
      undefined,
      'Received both starting_after and ending_before parameters. Please pass in only one.',
    ],
  ] as const;
  for (const [parameters, param, message] of refusals) {
    test(`${JSON.stringify(parameters)} is refused`, async () => {
      await assert.rejects(listWindow(parameters, 'thing', find), (error) => {
        assert.ok(error instanceof ApiError);
        assert.deepEqual([error.status, error.param, error.message], [400, param, message]);
        return true;
      });
    });
  }

  test('of a search is opaque, and only one of ours is taken', () => {
    assert.equal(decodePage(encodePage('position/ü')), 'position/ü');
    for (const forged of ['', 'x', `${encodePage('a')}=`, '\0', 'ü'.repeat(1_000)]) {
      assert.throws(() => decodePage(forged), ApiError, forged);
    }
  });
});

test('a range of time becomes whole seconds from and to', () => {
  assert.deepEqual(wholeSeconds({ gt: 5, lte: 9 }), { from: 6, to: 9 });
  assert.deepEqual(wholeSeconds({ gte: 5, gt: 7, lt: 9 }), { from: 8, to: 8 });
  assert.deepEqual(wholeSeconds(), { from: 0, to: 253_402_300_799 });
});
