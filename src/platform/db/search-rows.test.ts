import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Context, Scope, Statement } from '#kit/context';
import type { Uuid } from '#kit/ids';
import { searchIn } from './search-rows.ts';

const idOf = (n: number): Uuid => `00000000-0000-7000-8000-${String(n).padStart(12, '0')}` as Uuid;
const rowsOf = (count: number) => Array.from({ length: count }, (_, n) => ({ id: idOf(n) }));
const scope = { accountId: idOf(1), livemode: false } as unknown as Scope;

/** Searches for a page of three in a database that answers so, one question after the other. */
const searching = async (
  answers: readonly { readonly id: Uuid }[][],
  { isLoose = false, isIndexed = true } = {},
) => {
  const asked: { text: string; values: readonly unknown[] }[] = [];
  const read = async (_scope: Scope, { text }: Statement, values: readonly unknown[] = []) => {
    asked.push({ text: text.replace(/\s+/g, ' '), values });
    return answers[asked.length - 1] ?? assert.fail('It asks for more');
  };
  const { search } = searchIn<{ id: Uuid }, Uuid>({
    select: 'id',
    from: 'shelf.books',
    where: 'not lost',
    fromRow: ({ id }) => id,
  });
  const found = await search(
    { database: { read } } as unknown as Pick<Context, 'database'>,
    scope,
    {
      condition: (first) => ({
        text: `title = $${first} or writer = $${first + 1}`,
        values: ['a', 'b'],
      }),
      made: { idFrom: idOf(5), idBefore: idOf(50) },
      ...(isIndexed
        ? {
            ids: {
              select: (first) => ({
                text: `select id from shelf.cards where x = $${first}`,
                values: ['x'],
              }),
              isLoose,
            },
          }
        : {}),
      from: idOf(40),
      limit: 3,
    },
  );
  assert.equal(asked.length, answers.length);
  return { found, asked };
};

const NEWEST =
  /from \(select \* from shelf\.books .* order by id desc limit 20000\) newest where true and not lost/;

test('what no index knows is read from where the page begins, in one go', async () => {
  const { found, asked } = await searching([rowsOf(2)], { isIndexed: false });
  assert.equal(found.length, 2);
  assert.deepEqual(asked[0]?.values, [scope.accountId, false, idOf(5), idOf(40), 3, 'a', 'b']);
});

test('what is common is found among the newest', async () => {
  const { found, asked } = await searching([rowsOf(3)]);
  assert.deepEqual(found, [idOf(0), idOf(1), idOf(2)]);
  assert.match(asked[0]?.text ?? '', NEWEST);
  assert.match(
    asked[0]?.text ?? '',
    /and \(title = \$6 or writer = \$7\) order by id desc limit \$5$/,
  );
});

test('what is rare is found by the ids of the index, and held against all that was asked', async () => {
  const { found, asked } = await searching([rowsOf(2), rowsOf(4), rowsOf(1)]);
  assert.equal(found.length, 1);
  assert.deepEqual(asked[1], {
    text: 'select id from shelf.cards where x = $5 limit 10001',
    values: [scope.accountId, false, idOf(5), idOf(40), 'x'],
  });
  assert.match(asked[2]?.text ?? '', /id = any\(\$8::uuid\[\]\) and not lost and \(title = \$6/);
  assert.deepEqual(
    asked[2]?.values.at(-1),
    rowsOf(4).map(({ id }) => id),
  );
});

test('more ids than anybody should send stay in the database', async () => {
  const { asked } = await searching([rowsOf(2), rowsOf(10_001), rowsOf(1)]);
  assert.match(
    asked[2]?.text ?? '',
    /id = any\(array\(select id from shelf\.cards where x = \$8\)\)/,
  );
  assert.deepEqual(asked[2]?.values.at(-1), 'x');
});

test('where an index knows pages, more of the newest are read as long as some of them fit', async () => {
  const { asked } = await searching([rowsOf(1), rowsOf(3)], { isLoose: true });
  assert.match(asked[1]?.text ?? '', /limit 400000\) newest/);
  const none = await searching([[], rowsOf(4), rowsOf(1)], { isLoose: true });
  assert.match(none.asked[1]?.text ?? '', /^select id from shelf\.cards/);
  const many = await searching([[], rowsOf(10_001), rowsOf(1)], { isLoose: true });
  assert.doesNotMatch(many.asked[2]?.text ?? '', /any\(|newest/);
});
