import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { systemRandom } from '#kit/context';
import { asOwner } from '../../for-tests.ts';
import { randomNumber, reveal } from '../vault/for-tests.ts';
import type { ExportManifest } from './export-manifest.ts';
import {
  clearOf,
  encryptedFile,
  newAccountScope,
  newKeys,
  newWorld,
  runImport,
  type World,
} from './for-tests.ts';
import type { Move } from './for-tests-move.ts';
import { module } from './module.ts';

const child = fileURLToPath(new URL('./for-tests-move.ts', import.meta.url));
const KILLS = 5;

/** Ended by itself, or killed a moment after it told that it had come to so many cards. */
const run = (move: Move, killAt: number | null): Promise<'ended' | 'killed'> =>
  new Promise((resolve, reject) => {
    const running = spawn(process.execPath, [child, JSON.stringify(move)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    running.stdout.on('data', (told: Buffer) => {
      const reached = Number(String(told).trim().split('\n').at(-1));
      // A moment of its own each time, so that it is not always between two steps that it ends.
      if (killAt !== null && reached >= killAt) {
        setTimeout(() => running.kill('SIGKILL'), (systemRandom.bytes(1)[0] ?? 0) / 25);
      }
    });
    running.once('error', reject);
    running.once('exit', (code, signal) => {
      if (signal === 'SIGKILL') resolve('killed');
      else if (code === 0) resolve('ended');
      else reject(new Error(`The child ended with ${code}`));
    });
  });

const place = ({ context, vaultUrl, shares }: World) => ({
  appUrl: context.on.appUrl,
  vaultUrl,
  shares,
});

const cardsIn = async (world: World, accountId: string): Promise<Record<string, unknown>[]> =>
  asOwner(
    world.context.on,
    `select id, card_id, customer_id from cards.payment_methods where account_id = '${accountId}'`,
  );

describe('killed in the middle and begun again', () => {
  test('an import takes each card exactly once', async (t) => {
    const world = await newWorld();
    const keys = await newKeys();
    const scope = await newAccountScope(world, true);
    const numbers = Array.from({ length: 1_000 }, randomNumber);
    const rows = numbers.map((number, n) => `c${n % 300},k${n},${number},1,2031`);
    const text = ['customer_id,card_id,number,exp_month,exp_year', ...rows].join('\n');
    const file = await encryptedFile(world.folder, 'in.pgp', text, keys);
    const key = join(world.folder, 'private.asc');
    await writeFile(key, keys.armoredPrivate);

    const move: Move = { ...place(world), ...scope, import: { file, key } };
    let killed = 0;
    const reached: number[] = [];
    for (let n = 0; n < KILLS; n += 1) {
      const outcome = await run(move, 64 + n * 150);
      if (outcome === 'killed') killed += 1;
      reached.push((await cardsIn(world, scope.accountId)).length);
    }
    const halfway = reached.filter((count) => count > 0 && count < 1_000).length;
    assert.equal(await run(move, null), 'ended');
    t.diagnostic(`killed ${killed} times, at ${reached.join(', ')} cards of 1000`);
    assert.ok(killed > 0 && halfway > 0);

    const cards = await cardsIn(world, scope.accountId);
    assert.equal(cards.length, 1_000);
    const found: string[] = [];
    for (const card of cards) {
      found.push(String(await reveal(world.vault, scope, String(card['card_id']))));
    }
    assert.deepEqual(found.sort(), numbers.sort());
    assert.equal(new Set(cards.map((card) => card['customer_id'])).size, 300);
    const [customers] = await asOwner(
      world.context.on,
      `select count(*)::int as count from cards.customers where account_id = '${scope.accountId}'`,
    );
    assert.equal(customers?.['count'], 300);
    const mapping = (await readFile(`${file}.mapping.csv`, 'utf8')).trim().split('\n');
    assert.equal(mapping.length, 1_001);
    for (const { text } of module.checks) {
      assert.deepEqual(await asOwner(world.context.on, text), []);
    }
  });

  test('an export holds each card exactly once, and goes on where it stopped', async (t) => {
    const world = await newWorld();
    const keys = await newKeys();
    const scope = await newAccountScope(world, true);
    const numbers = Array.from({ length: 1_000 }, randomNumber);
    const rows = numbers.map((number, n) => `k${n},${number},1,2031`);
    const text = ['card_id,number,exp_month,exp_year', ...rows].join('\n');
    await runImport(world, scope, keys, await encryptedFile(world.folder, 'in.pgp', text, keys));
    const toKey = join(world.folder, 'public.asc');
    await writeFile(toKey, keys.armoredPublic);

    const out = join(world.folder, 'cards.jsonl.pgp');
    const move: Move = { ...place(world), ...scope, export: { out, toKey, cardsPerPart: 60 } };
    const manifestOf = async (): Promise<ExportManifest> =>
      JSON.parse(await readFile(`${out}.manifest.json`, 'utf8'));
    const reached: number[] = [];
    for (let n = 0; n < KILLS; n += 1) {
      const outcome = await run(move, 65 + n * 150);
      reached.push((await manifestOf()).cards);
      if (outcome === 'ended') break;
    }
    const ended = (await manifestOf()).finished_at !== null;
    if (!ended) assert.equal(await run(move, null), 'ended');
    t.diagnostic(`killed, with ${reached.join(', ')} cards of 1000 in whole parts`);
    assert.ok(reached.some((count) => count > 0 && count < 1_000));
    assert.deepEqual(
      reached,
      reached.toSorted((a, b) => a - b),
    );

    const manifest = await manifestOf();
    assert.equal(manifest.cards, 1_000);
    const found: string[] = [];
    for (const part of manifest.parts) {
      const lines = (await clearOf(join(world.folder, part.file), keys)).trim().split('\n');
      assert.equal(lines.length, part.cards);
      for (const line of lines) {
        found.push((JSON.parse(line) as { card: { number: string } }).card.number);
      }
    }
    assert.deepEqual(found.sort(), numbers.sort());

    const opened = await asOwner(
      world.context.on,
      `select count(*)::int as count from identity.audit_entries
        where account_id = '${scope.accountId}' and action = 'vault.card.open'`,
    );
    assert.ok(Number(opened[0]?.['count']) >= 1_000, 'what was opened for nothing is noted too');
  });
});
