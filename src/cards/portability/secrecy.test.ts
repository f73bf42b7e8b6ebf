import assert from 'node:assert/strict';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { before, describe, test } from 'node:test';
import { systemClock } from '#kit/context';
import { createLog } from '#kit/log';
import { asOwner } from '../../for-tests.ts';
import { randomNumber } from '../vault/for-tests.ts';
import {
  clearOf,
  encryptedFile,
  newAccountScope,
  newKeys,
  newWorld,
  runExport,
  runImport,
  type World,
} from './for-tests.ts';

/** A number in the ways in which it could be somewhere without being seen. */
const disguises = (number: string): string[] => {
  const bytes = Buffer.from(number);
  const base64 = [0, 1, 2].map((shift) =>
    Buffer.concat([Buffer.alloc(shift), bytes])
      .toString('base64')
      .slice(4, 20),
  );
  return [
    number,
    number.replace(/(....)(....)(....)(....)/, '$1 $2 $3 $4'),
    number.replace(/(....)(....)(....)(....)/, '$1-$2-$3-$4'),
    [...number].reverse().join(''),
    bytes.toString('hex'),
    [...number].join('\0'),
    Buffer.from(number, 'utf16le').toString('hex'),
    ...base64,
  ];
};

const leaksIn = (text: string, numbers: readonly string[]): string[] =>
  numbers.filter((number) => disguises(number).some((disguise) => text.includes(disguise)));

/** Every row of every table, as text. */
const databaseText = async ({ context }: World): Promise<string> => {
  const tables = await asOwner(
    context.on,
    `select format('%I.%I', n.nspname, c.relname) as name from pg_class c
       join pg_namespace n on n.oid = c.relnamespace
      where c.relkind in ('r', 'm') and n.nspname not in ('pg_catalog', 'information_schema', 'pg_toast')`,
  );
  const texts: string[] = [];
  for (const { name } of tables) {
    for (const { row } of await asOwner(
      context.on,
      `select t::text as row from ${String(name)} t`,
    )) {
      texts.push(String(row));
    }
  }
  return texts.join('\n');
};

const filesBelow = async (folder: string): Promise<string[]> => {
  const entries = await readdir(folder, { withFileTypes: true, recursive: true });
  return entries.filter((entry) => entry.isFile()).map((e) => join(e.parentPath, e.name));
};

describe('the numbers of cards that are moved', () => {
  const numbers = Array.from({ length: 120 }, randomNumber);
  const logged: string[] = [];
  const told: string[] = [];
  let world: World;

  before(async () => {
    const log = createLog({
      format: 'json',
      level: 'debug',
      clock: systemClock,
      write: (line) => void logged.push(line),
    });
    world = await newWorld({ log });
    const keys = await newKeys();
    const [from, to] = [await newAccountScope(world, true), await newAccountScope(world, true)];
    const failing = (work: Promise<unknown>): Promise<unknown> =>
      work.then(
        () => assert.fail('it went well'),
        (error: Error) => told.push(`${error.message} ${error.stack}`),
      );
    const head = 'id,card.id,card.number,card.exp_month,card.exp_year,email,metadata.note';
    const fileOf = (name: string, rows: readonly string[], names = head): Promise<string> =>
      encryptedFile(world.folder, name, [names, ...rows].join('\n'), keys);

    // What goes well, and every way of which a row is refused.
    const good = numbers.slice(0, 60).map((number, n) => `c${n},k${n},${number},1,2031,,`);
    const bad = numbers.slice(60).map((number, n) => {
      const id = `b${n}`;
      return (
        [
          `${id},${id},${number.slice(0, 15)}${(Number(number[15]) + 1) % 10},1,2031,,`,
          `${id},${id},${number},1,2020,,`,
          `${number},${id},${number},1,2031,,`,
          `${id},${number},${number},1,2031,,`,
          `${id},${id},${number},1,2031,${number}@example.com,`,
          `${id},${id},${number},1,2031,,note ${number}`,
          `${id},${id},${number} x,1,2031,,`,
          `${id},${id},${number}${number},1,2031,,`,
          `${id},${id},4242424242424242,${number},2031,,`,
        ][n % 9] ?? ''
      );
    });
    const file = await fileOf('in.pgp', [...good, ...bad]);
    await runImport(world, from, keys, file, { dryRun: true });
    const summary = await runImport(world, from, keys, file);
    assert.deepEqual([summary.imported, summary.refused], [60, 60]);
    await runImport(world, from, keys, file);

    // And the files of which nothing is taken.
    const [number = ''] = numbers;
    const cases = [
      await fileOf('names.pgp', good, `${number},a,b`),
      await fileOf('cvc.pgp', good, `${head},cvc`),
      await fileOf('quotes.pgp', [`"${number}`]),
      await encryptedFile(world.folder, 'json.pgp', `{"card":{"number":"${number}"`, keys),
      await encryptedFile(world.folder, 'json2.pgp', `{"number":${number}x}`, keys),
      await encryptedFile(world.folder, 'json3.pgp', `{"${number}":1}`, keys),
    ];
    for (const one of cases) await failing(runImport(world, from, keys, one));

    const out = join(world.folder, 'cards.jsonl.pgp');
    let seen = 0;
    const stop = (): void => {
      seen += 1;
      if (seen === 45) throw new Error('stopped');
    };
    await failing(runExport(world, from, keys, { out, cardsPerPart: 20, onProgress: stop }));
    const manifest = await runExport(world, from, keys, { out, cardsPerPart: 20 });
    assert.equal(manifest.cards, 60);
    await runImport(world, to, keys, out);
    assert.equal(leaksIn(await clearOf(out, keys), numbers).length, 20, 'the scan can find them');
  });

  test('are in no row of the database: no event, audit entry, job, report or import', async () => {
    const text = await databaseText(world);
    assert.ok(text.includes('cards.export.finish') && text.length > 100_000);
    assert.deepEqual(leaksIn(text, numbers), []);
  });

  test('are in no file but the encrypted ones, and not to be seen in those', async () => {
    const files = await filesBelow(world.folder);
    assert.ok(files.some((file) => file.endsWith('.refused.csv')));
    assert.ok(files.some((file) => file.endsWith('.mapping.csv')));
    assert.ok(files.some((file) => file.endsWith('.manifest.json')));
    for (const file of files) {
      assert.deepEqual(leaksIn(await readFile(file, 'latin1'), numbers), [], file);
    }
    assert.deepEqual(
      files.filter((file) => file.endsWith('.partial')),
      [
        // Of the export that was stopped: it was written anew, and its place taken.
      ],
    );
  });

  test('are in no line of the log and in no error', () => {
    assert.equal(told.length, 7);
    assert.deepEqual(leaksIn([...logged, ...told].join('\n'), numbers), []);
  });

  test('stand in results that only their owner may read', async () => {
    for (const file of await filesBelow(world.folder)) {
      if (!/\.(?:csv|json)$/.test(file) && !/cards\.(?:\d\.)?jsonl/.test(file)) continue;
      assert.equal((await stat(file)).mode & 0o777, 0o600, file);
    }
  });
});
