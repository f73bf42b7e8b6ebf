// Canary cards: numbers that exist nowhere else, looked for wherever a number must not be.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import type { Database, Log, LogFields, Write } from '#kit/context';
import { manualClock } from '../../kit/context/for-tests.ts';
import { asOwner } from '../../platform/db/for-tests.ts';
import {
  keep,
  maintainAll,
  newScope,
  plainCard,
  randomNumber,
  reveal,
  served,
  temporaryFolders,
  testCaller,
  testVault,
} from './for-tests.ts';
import { localKeys } from './local-keys.ts';
import { openVault } from './open-vault.ts';

const grouped = (number: string): string => number.replace(/(.{4})(?=.)/g, '$1 ');
const encodings = (secret: string): string[] => {
  const bytes = Buffer.from(secret);
  const wide = Buffer.from(secret, 'utf16le');
  return [
    secret,
    bytes.toString('base64').replace(/=+$/, ''),
    bytes.toString('hex'),
    encodeURIComponent(grouped(secret)),
    grouped(secret),
    secret
      .match(/.{1,4}/g)
      ?.toReversed()
      .join('') ?? '',
    wide.toString('latin1'),
    wide.toString('hex'),
    JSON.stringify(grouped(secret)).slice(1, -1),
    gzipSync(bytes).subarray(10, -8).toString('hex'),
  ];
};

const leaksIn = (where: string, secrets: readonly string[]): string[] =>
  secrets.filter((secret) => encodings(secret).some((spelled) => where.includes(spelled)));

/** Everything that is handed to the database, as text and as bytes in hex. */
const listening = (database: Database, heard: string[]): Database => {
  const hear = (values: readonly unknown[] = []): void => {
    for (const value of values.flat()) {
      if (Buffer.isBuffer(value)) heard.push(value.toString('hex'), value.toString('latin1'));
      else heard.push(typeof value === 'string' ? value : (JSON.stringify(value) ?? ''));
    }
  };
  return {
    read: (scope, statement, values) => {
      hear(values);
      return database.read(scope, statement, values);
    },
    transaction: (scope, work) =>
      database.transaction(scope, (tx) =>
        work({
          query: (statement, values) => {
            hear(values);
            return tx.query(statement, values);
          },
        }),
      ),
    system: (work) =>
      database.system((tx) =>
        work({
          query: (statement, values) => {
            hear(values);
            return tx.query(statement, values);
          },
        }),
      ),
    commit: (scope, writes: readonly Write[]) => {
      for (const { row } of writes) hear(row);
      return database.commit(scope, writes);
    },
  };
};

describe('a card number', () => {
  test('of a thousand canaries is in no table, log, error or answer, in none of ten spellings', async () => {
    const said: string[] = [];
    // Raw: the scrubber of the real log would hide what this test is looking for.
    const say = (fields: LogFields, message: string): void => {
      const { error } = fields;
      said.push(message, JSON.stringify(fields), String(error));
      if (error instanceof Error) said.push(error.stack ?? '', JSON.stringify({ ...error }));
    };
    const log: Log = { debug: say, info: say, warn: say, error: say };
    const opened = await testVault({ log });
    const behind = await served(opened);
    const canaries: string[] = [];
    const scope = newScope();

    const through = async (n: number): Promise<void> => {
      const vault = n % 2 === 0 ? opened.vault : behind.vault;
      const number = randomNumber();
      canaries.push(number);
      const input = { scope, card: plainCard({ number }) };
      try {
        switch (n % 10) {
          case 0:
            said.push(JSON.stringify(await vault.receiveCard(testCaller, input)));
            return;
          case 1:
            input.card = plainCard({ number: `${number}x` });
            said.push(JSON.stringify(await vault.receiveCard(testCaller, input)));
            return;
          case 2:
            said.push(
              JSON.stringify(
                await vault.receiveCard(testCaller, {
                  scope,
                  card: { jwe: number, audiences: [] },
                }),
              ),
            );
            return;
          case 3: {
            const { card } = await keep(vault, scope, input.card);
            await asOwner(opened.on, `update vault.cards set number = details where id = $1`, [
              card,
            ]);
            await reveal(vault, scope, card);
            return;
          }
          case 4: {
            const { card } = await keep(vault, scope, input.card);
            await vault.withCard(testCaller, { scope, card, operation: 'op' }, async () => {
              throw new Error('declined');
            });
            return;
          }
          case 5: {
            const { card } = await keep(vault, scope, input.card);
            await vault.deleteCard(testCaller, { scope, card, why: 'asked' });
            await reveal(vault, scope, card);
            return;
          }
          case 6: {
            // An account that the database refuses: its own error names the statement and the value.
            await keep(vault, { accountId: 'not-a-uuid', livemode: false }, input.card);
            return;
          }
          case 7: {
            const { card } = await keep(vault, scope, input.card);
            const expiry = { expMonth: 1, expYear: 2040 };
            said.push(
              JSON.stringify(await vault.changeExpiry(testCaller, { scope, card, expiry })),
            );
            return;
          }
          case 8: {
            const { card } = await keep(vault, scope, input.card);
            said.push(JSON.stringify(await vault.riskFingerprints(testCaller, { scope, card })));
            return;
          }
          default:
            said.push(JSON.stringify(await keep(vault, scope, input.card)));
        }
      } catch (error) {
        assert.ok(error instanceof Error);
        said.push(
          String(error),
          error.stack ?? '',
          JSON.stringify({ ...error }),
          String(error.cause),
        );
      }
    };
    for (let n = 0; n < 1_000; n += 50) {
      await Promise.all(Array.from({ length: 50 }, (_, k) => through(n + k)));
    }
    await opened.vault.rotate(testCaller, { key: 'data' });

    assert.equal(canaries.length, 1_000);
    const tables = await asOwner(
      opened.on,
      `select quote_ident(n.nspname) || '.' || quote_ident(c.relname) as name
         from pg_class c join pg_namespace n on n.oid = c.relnamespace
        where c.relkind = 'r' and n.nspname not in ('pg_catalog', 'information_schema')`,
    );
    for (const { name } of tables) {
      const rows = await asOwner(opened.on, `select t::text as line from ${String(name)} t`);
      said.push(...rows.map(({ line }) => String(line)));
    }
    const all = said.join('\n');
    assert.ok(all.length > 100_000);
    assert.deepEqual(leaksIn(all, canaries), []);
    // The search finds what is there.
    const planted = canaries[0] as string;
    for (const spelled of encodings(planted)) {
      assert.deepEqual(leaksIn(`x ${spelled} y`, [planted]), [planted]);
    }
  });
});

describe('a CVC', () => {
  test('is in nothing that is ever handed to the database, and is gone after its time', async () => {
    const clock = manualClock(Date.now());
    const opened = await testVault({ clock });
    const heard: string[] = [];
    const shareFolders = await temporaryFolders();
    const { random } = opened.context;
    const vault = await openVault({
      context: { ...opened.context, database: listening(opened.context.database, heard) },
      providers: [await localKeys({ shareFolders, clock, random, createFirst: true })],
      livemode: false,
      settings: { keepCvcMs: 60_000 },
    });
    const scope = newScope();
    // Four letters would be found by chance in so much text; a name that holds the CVC would not.
    const cvcs = ['7391', '8264', '5938'];
    const cards: string[] = [];
    for (const cvc of cvcs) {
      const { card } = await keep(vault, scope, plainCard({ cvc }), `op ${cards.length}`);
      cards.push(card);
      await vault.holdCvc(testCaller, { scope, cvcFor: `held ${cards.length}`, cvc });
    }
    const cvcOf = async (card: string, cvcFor: string) => {
      const outcome = await vault.withCard(
        testCaller,
        { scope, card, operation: 'op', cvcFor },
        async ({ cvc }) => cvc?.toString() ?? null,
      );
      return outcome.ok ? outcome.value : 'gone';
    };
    assert.equal(await cvcOf(cards[0] as string, 'op 0'), '7391');
    clock.advance(59_000);
    assert.equal(await cvcOf(cards[1] as string, 'op 1'), '8264');
    clock.advance(2_000);
    assert.equal(await cvcOf(cards[2] as string, 'op 2'), null);
    assert.equal(await cvcOf(cards[0] as string, 'held 1'), null);

    // Alone or between quotes: as a value of its own or in a document.
    const values = new Set(heard);
    const documents = heard.filter((value) => /^[[{]/.test(value));
    for (const cvc of cvcs) {
      assert.ok(!values.has(cvc) && !values.has(Buffer.from(cvc).toString('hex')));
      assert.ok(documents.every((text) => !text.includes(`"${cvc}"`)));
    }
    assert.ok(heard.length > 100);
    const columns = await asOwner(
      opened.on,
      `select table_name || '.' || column_name as name from information_schema.columns
        where table_schema = 'vault' and column_name ~ '(cvc|cvv|pin|track)'`,
    );
    assert.deepEqual(columns, []);
    await vault.close();
  });

  test('dies with its process: another one does not have it', async () => {
    const { vault, on, folders } = await testVault();
    const scope = newScope();
    const { card } = await keep(vault, scope, plainCard({ cvc: '123' }), 'op');
    await maintainAll(vault);
    const next = await testVault({ on, folders });
    const outcome = await next.vault.withCard(
      testCaller,
      { scope, card, operation: 'op', cvcFor: 'op' },
      async ({ cvc }) => cvc,
    );
    assert.deepEqual(outcome, { ok: true, value: null });
  });
});

describe('what is held in memory', () => {
  test('is bounded, and more is refused rather than kept', async () => {
    const { vault } = await testVault({ settings: { heldMax: 3 } });
    const scope = newScope();
    const receive = () => vault.receiveCard(testCaller, { scope, card: plainCard() });
    for (let n = 0; n < 3; n += 1) assert.ok((await receive()).ok);
    assert.deepEqual(await receive(), { ok: false, code: 'vault_full' });
  });

  test('leaves after its time, also when nobody asks', async () => {
    const clock = manualClock(Date.now());
    const { vault } = await testVault({ clock, settings: { heldMax: 1 } });
    const scope = newScope();
    const received = await vault.receiveCard(testCaller, { scope, card: plainCard() });
    assert.ok(received.ok);
    clock.advance(5 * 60_000);
    assert.deepEqual(await vault.sealCard(testCaller, { scope, received: received.received }), {
      ok: false,
      code: 'received_gone',
    });
  });
});
