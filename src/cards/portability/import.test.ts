import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { before, describe, test } from 'node:test';
import type { Scope } from '#kit/context';
import { asOwner } from '../../for-tests.ts';
import { randomNumber } from '../vault/for-tests.ts';
import { PortabilityError } from './failures.ts';
import {
  encryptedFile,
  type Keys,
  newAccountScope,
  newFolder,
  newKeys,
  newWorld,
  runExport,
  runImport,
  storedCards,
  verbsForTests,
  type World,
} from './for-tests.ts';
import { openPrivateKey } from './pgp-keys.ts';

let world: World;
let keys: Keys;
before(async () => {
  world = await newWorld();
  keys = await newKeys();
});

const visa = '4242424242424242';
const declining = '4000000000000002';
const head = 'customer_id,card_id,number,exp_month,exp_year,email,metadata.note,card.metadata.note';
const csv = (...rows: string[]): string => [head, ...rows].join('\n');
const fileOf = async (text: string): Promise<string> =>
  encryptedFile(await newFolder(), 'in.pgp', text, keys);

const count = async (table: string, { accountId }: Scope): Promise<number> => {
  const [row] = await asOwner(
    world.context.on,
    `select count(*)::int as count from ${table} where account_id = '${accountId}'`,
  );
  return Number(row?.['count']);
};

describe('an import', () => {
  test('of the same file twice, or of the same ids in another file, makes no second card', async () => {
    const scope = await newAccountScope(world);
    const text = csv(`c1,k1,${visa},1,2031,,,`, `c1,k2,${visa},1,2031,,,`, `c2,k3,${visa},1,31,,,`);
    const [first, second] = [await fileOf(text), await fileOf(text)];
    assert.equal((await runImport(world, scope, keys, first)).imported, 3);
    const mapping = await readFile(`${first}.mapping.csv`, 'utf8');
    for (const again of [first, second]) {
      const { imported, known } = await runImport(world, scope, keys, again);
      assert.deepEqual({ imported, known }, { imported: 0, known: 3 });
      assert.equal(await readFile(`${again}.mapping.csv`, 'utf8'), mapping);
    }
    assert.equal(await count('cards.payment_methods', scope), 3);
    assert.equal(await count('vault.cards', scope), 3);
    assert.equal(await count('cards.customers', scope), 2);
  });

  test('knows rows without an id by their file, and gives rows without a customer one of their own', async () => {
    const scope = await newAccountScope(world);
    const file = await fileOf(csv(`,,${visa},1,2031,,,`, `,,${visa},1,2031,,,`));
    assert.equal((await runImport(world, scope, keys, file)).imported, 2);
    assert.equal((await runImport(world, scope, keys, file)).known, 2);
    assert.equal(await count('cards.payment_methods', scope), 2);
    assert.equal(await count('cards.customers', scope), 2);
  });

  test('that runs twice at once makes each card once', async () => {
    const scope = await newAccountScope(world, true);
    const rows = Array.from(
      { length: 60 },
      (_, n) => `c${n % 7},k${n},${randomNumber()},1,2031,,,`,
    );
    const file = await fileOf(csv(...rows));
    const other = await newFolder();
    const both = await Promise.all([
      runImport(world, scope, keys, file),
      runImport(world, scope, keys, file, {
        mappingFile: join(other, 'm.csv'),
        refusedFile: join(other, 'r.csv'),
      }),
    ]);
    assert.equal(both[0].imported + both[1].imported, 60);
    assert.equal(await count('cards.payment_methods', scope), 60);
    assert.equal(await count('vault.cards', scope), 60);
    assert.equal(await count('cards.customers', scope), 7);
  });

  test('uses the customer that is named by id, by an earlier import, or by its metadata', async () => {
    const scope = await newAccountScope(world);
    const made = await verbsForTests().create(
      { ...world.context, actor: { kind: 'system', id: 'x', requestId: 'req_1' } },
      scope,
      { metadata: { external_id: 'it\'s "me"' } },
    );
    await world.context.database.commit(scope, made.writes);
    const text = [
      'customer_id,tollgate_customer_id,card_id,number,exp_month,exp_year',
      `"it's ""me""",,k1,${visa},1,2031`,
      `,${made.id},k2,${visa},1,2031`,
      `${made.id},,k3,${visa},1,2031`,
      `,cus_0000000000000000000000,k4,${visa},1,2031`,
    ].join('\n');
    const file = await fileOf(text);
    const { imported, refused } = await runImport(world, scope, keys, file);
    assert.deepEqual({ imported, refused }, { imported: 3, refused: 1 });
    assert.equal(await count('cards.customers', scope), 1);
    assert.match(
      await readFile(`${file}.refused.csv`, 'utf8'),
      /\n4,No such customer: 'cus_0{22}'/,
    );
  });

  test('writes the events that the API would have written', async () => {
    const scope = await newAccountScope(world);
    const file = await fileOf(csv(`c1,k1,${visa},1,2031,a@example.com,,`));
    await runImport(world, scope, keys, file);
    const events = await asOwner(
      world.context.on,
      `select kinds, request_id from platform.events where account_id = '${scope.accountId}' order by id`,
    );
    assert.deepEqual(
      events.map(({ kinds }) => kinds),
      [[101], [111]],
    );
    assert.match(String(events[0]?.['request_id']), /^req_\w{18}$/);
    assert.equal(events[0]?.['request_id'], events[1]?.['request_id']);
  });

  test('refuses bad rows one by one, says why, and takes the others', async () => {
    const scope = await newAccountScope(world);
    const file = await fileOf(
      csv(
        `c1,k1,4242424242424241,1,2031,,,`,
        `c1,k2,${visa},1,2020,,,`,
        `c1,k3,${visa},13,2031,,,`,
        `c1,k4,${visa},,,,,`,
        `c1,k5,4111111145551142,1,2031,,,`,
        `c1,k6,${visa},1,2031,nobody,,`,
        `c9,k7,${visa},1,2031,,my card is ${visa},`,
        `c1,k8,${visa},1,2031,,,it is ${visa}`,
        `c1,${visa},${visa},1,2031,,,`,
        `${visa},k10,${visa},1,2031,,,`,
        `c1,k11,${declining},1,2031,,,`,
        `c1,k12,four two,1,2031,,,`,
        `c1,,,,,,,`,
        `c1,good,${visa},1,2031,,,`,
        `c1,good,${visa},1,2031,,,`,
      ),
    );
    const { importId: _, ...summary } = await runImport(world, scope, keys, file);
    assert.deepEqual(summary, { rows: 15, imported: 1, known: 0, withoutCard: 1, refused: 13 });
    const refused = (await readFile(`${file}.refused.csv`, 'utf8')).trim().split('\n').slice(1);
    const reasons = [
      /^1,Your card number is incorrect/,
      /^2,.*expiration year is invalid/,
      /^3,.*expiration month is invalid/,
      /^4,There is no expiry that can be read/,
      /^5,.*test mode, but used a non test/,
      /^6,.*Invalid email address/,
      /^7,.*card number/i,
      /^8,.*card number/i,
      /^9,The id of the card is a card number/,
      /^10,The id of the customer is a card number/,
      /^11,.*Your card was declined/,
      /^12,Your card number is incorrect/,
      /^15,The id of the card stands in row 14 already/,
    ];
    assert.equal(refused.length, reasons.length, refused.join('\n'));
    for (const [at, reason] of reasons.entries()) assert.match(refused[at] ?? '', reason);
    assert.equal(await count('cards.payment_methods', scope), 1);
    assert.equal(await count('vault.cards', scope), 1, 'what was sealed for nothing is shredded');
    assert.equal(await count('cards.customers', scope), 1);
    for (const name of ['mapping', 'refused']) {
      assert.doesNotMatch(await readFile(`${file}.${name}.csv`, 'utf8'), /\d{12}/);
    }
  });

  test('in live mode refuses test cards', async () => {
    const scope = await newAccountScope(world, true);
    const file = await fileOf(csv(`c1,k1,${visa},1,2031,,,`));
    assert.equal((await runImport(world, scope, keys, file)).refused, 1);
    assert.match(await readFile(`${file}.refused.csv`, 'utf8'), /live mode, but used a known test/);
  });

  test('does not take another card for one that came from elsewhere under the same id', async () => {
    const scope = await newAccountScope(world);
    await runImport(world, scope, keys, await fileOf(csv(`c1,1,${visa},1,2031,,,`)));
    const other = await fileOf(csv(`c1,1,5555555555554444,1,2031,,,`));
    assert.equal((await runImport(world, scope, keys, other)).refused, 1);
    assert.match(await readFile(`${other}.refused.csv`, 'utf8'), /name it with --from/);
    assert.equal((await runImport(world, scope, keys, other, { source: 'beta' })).imported, 1);
  });

  test('of an export into the very account it came from changes nothing', async () => {
    const scope = await newAccountScope(world);
    await runImport(world, scope, keys, await fileOf(csv(`c1,k1,${visa},1,2031,,,`)));
    const out = join(await newFolder(), 'x.pgp');
    await runExport(world, scope, keys, { out });
    const { known, imported } = await runImport(world, scope, keys, out);
    assert.deepEqual({ known, imported }, { known: 1, imported: 0 });
    assert.equal(await count('cards.payment_methods', scope), 1);
  });

  test('leaves a default alone that was chosen meanwhile', async () => {
    const scope = await newAccountScope(world);
    const text = [
      'customer_id,card_id,number,exp_month,exp_year,is_default',
      `c1,k1,${visa},1,2031,true`,
      `c1,k2,${visa},1,2031,`,
    ].join('\n');
    const file = await fileOf(text);
    await runImport(world, scope, keys, file);
    const defaultOf = async () =>
      (
        await asOwner(
          world.context.on,
          `select details->>'default_payment_method' as id from cards.customers where account_id = '${scope.accountId}'`,
        )
      )[0]?.['id'];
    const [, first = '', second = ''] =
      /k1,(pm_\w+).*\nk2,(pm_\w+)/.exec(await readFile(`${file}.mapping.csv`, 'utf8')) ?? [];
    assert.equal(await defaultOf(), first);
    await asOwner(
      world.context.on,
      `update cards.customers set details = jsonb_set(details::jsonb, '{default_payment_method}', '"${second}"') where account_id = '${scope.accountId}'`,
    );
    await runImport(world, scope, keys, file);
    assert.equal(await defaultOf(), second);
  });

  test('that is only tried writes nothing and tells the same', async () => {
    const scope = await newAccountScope(world);
    const file = await fileOf(
      csv(`c1,k1,${visa},1,2031,,,`, `c1,k2,4242424242424241,1,2031,,,`, `c1,k3,${visa},1,31,,,`),
    );
    const tried = await runImport(world, scope, keys, file, { dryRun: true });
    for (const table of [
      'cards.payment_methods',
      'cards.customers',
      'cards.imports',
      'vault.cards',
    ]) {
      assert.equal(await count(table, scope), 0, table);
    }
    assert.equal(await count('identity.audit_entries', scope), 0);
    assert.equal(await count('platform.events', scope), 0);
    assert.equal(existsSync(`${file}.mapping.csv`), false);
    assert.deepEqual(await runImport(world, scope, keys, file), tried);
    assert.equal(tried.imported, 2);
  });
});

describe('nothing is taken from a file', () => {
  const nothingTaken = async (
    file: string,
    says: RegExp,
    how: { readonly key?: Keys } = {},
  ): Promise<void> => {
    const scope = await newAccountScope(world);
    await assert.rejects(runImport(world, scope, how.key ?? keys, file), (error: Error) => {
      assert.ok(error instanceof PortabilityError, error.stack ?? '');
      assert.match(error.message, says);
      // The name of a key is of letters and digits as they come.
      assert.doesNotMatch(error.message.replace(/\([0-9A-F]{16}\)/, ''), /\d{10}/);
      return true;
    });
    assert.equal(await count('cards.payment_methods', scope), 0);
    assert.equal(await count('vault.cards', scope), 0);
    assert.equal(existsSync(`${file}.mapping.csv.partial`), false);
  };
  const good = () => csv(...Array.from({ length: 400 }, (_, n) => `c${n},k${n},${visa},1,2031,,,`));

  test('with a column of security codes, first or last', async () => {
    await nothingTaken(
      await fileOf(`number,exp_month,exp_year,CVV2\n${visa},1,2031,`),
      /^The column CVV2 holds what must never be stored/,
    );
    const row = { card: { number: visa, exp_month: 1, exp_year: 2031 } };
    const lines = Array.from({ length: 300 }, () => JSON.stringify(row));
    lines.push(JSON.stringify({ card: { ...row.card, security_code: null } }));
    await nothingTaken(await fileOf(lines.join('\n')), /^The column card\.security_code holds/);
    await nothingTaken(
      await fileOf(`number,exp_month,exp_year,metadata\n${visa},1,2031,"{""cvc"":""123""}"`),
      /^The column metadata\.cvc holds/,
    );
  });

  test('without a line of names', async () => {
    await nothingTaken(await fileOf(`${visa},1,2031\n`), /put a line of names before them/);
    await nothingTaken(await fileOf(`a,b\n1,2\n`), /No column holds the card number/);
  });

  test('that was encrypted to another key', async () => {
    await nothingTaken(
      await fileOf(good()),
      /^The file was encrypted to another key \([0-9A-F]{16}\)/,
      {
        key: await newKeys(),
      },
    );
  });

  test('that was changed, anywhere', async () => {
    const file = await fileOf(good());
    const whole = await readFile(file);
    for (const at of [
      120,
      400,
      Math.floor(whole.length / 2),
      whole.length - 30,
      whole.length - 1,
    ]) {
      const changed = Buffer.from(whole);
      changed[at] = (changed[at] ?? 0) ^ 1;
      await writeFile(file, changed);
      await nothingTaken(file, /was changed or cut short|is no message/);
    }
  });

  test('that was cut short, anywhere', async () => {
    const file = await fileOf(good());
    const whole = await readFile(file);
    for (const length of [0, 10, 150, 400, Math.floor(whole.length / 2), whole.length - 1]) {
      await writeFile(file, whole.subarray(0, length));
      await nothingTaken(
        file,
        /was changed or cut short|is no message of OpenPGP|is not encrypted/,
      );
    }
  });

  test('that is not encrypted, or is not there', async () => {
    const folder = await newFolder();
    await writeFile(join(folder, 'clear.csv'), good());
    await nothingTaken(join(folder, 'clear.csv'), /is no message of OpenPGP/);
    await nothingTaken(join(folder, 'none.pgp'), /cannot be opened \(ENOENT\)/);
  });
});

describe('a private key', () => {
  test('is opened by its passphrase and by no other', async () => {
    const locked = await newKeys('correct horse');
    const bytes = Buffer.from(locked.armoredPrivate);
    await assert.rejects(
      openPrivateKey(bytes, async () => 'wrong'),
      /^PortabilityError: The passphrase does not open the private key/,
    );
    const key = await openPrivateKey(bytes, async () => 'correct horse');
    const scope = await newAccountScope(world);
    const folder = await newFolder();
    const file = await encryptedFile(folder, 'x.pgp', csv(`c,k,${visa},1,2031,,,`), locked);
    assert.equal((await runImport(world, scope, keys, file, { key })).imported, 1);
  });

  test('is asked for where a public one is given, and nobody is asked for a passphrase in vain', async () => {
    const ask = async (): Promise<string> => assert.fail('asked');
    await assert.rejects(
      openPrivateKey(Buffer.from(keys.armoredPublic), ask),
      /^PortabilityError: This is a public key/,
    );
    await assert.rejects(openPrivateKey(Buffer.from('nothing'), ask), /holds no private key/);
    assert.ok((await openPrivateKey(Buffer.from(keys.armoredPrivate), ask)).isDecrypted());
  });
});

const hasGpg = (() => {
  try {
    execFileSync('gpg', ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
})();

describe('GnuPG', { skip: !hasGpg }, () => {
  test('writes files that are taken in, compressed and armored, and reads those that are written', async () => {
    const folder = await newFolder();
    const home = join(folder, 'home');
    await mkdir(home, { mode: 0o700 });
    const gpg = (...words: string[]) =>
      execFileSync('gpg', ['--homedir', home, '--batch', '--trust-model', 'always', ...words], {
        stdio: ['ignore', 'pipe', 'ignore'],
      });
    await writeFile(join(folder, 'public.asc'), keys.armoredPublic);
    await writeFile(join(folder, 'private.asc'), keys.armoredPrivate);
    gpg('--import', join(folder, 'private.asc'));
    const scope = await newAccountScope(world);
    const clear = join(folder, 'clear.csv');
    await writeFile(clear, csv(`c1,k1,${visa},1,2031,,,`, `c1,k2,${visa},1,2031,,,`));
    const to = ['-r', 'keys@example.com'];
    gpg(...to, '-o', join(folder, 'a.gpg'), '-e', clear);
    gpg(...to, '-o', join(folder, 'b.asc'), '--armor', '-e', clear);
    gpg('-R', 'keys@example.com', '-o', join(folder, 'c.gpg'), '-e', clear);
    assert.equal((await runImport(world, scope, keys, join(folder, 'a.gpg'))).imported, 2);
    assert.equal((await runImport(world, scope, keys, join(folder, 'b.asc'))).known, 2);
    assert.equal((await runImport(world, scope, keys, join(folder, 'c.gpg'))).known, 2);

    await runExport(world, scope, keys, { out: join(folder, 'out.csv.pgp'), format: 'csv' });
    const read = gpg('-d', join(folder, 'out.csv.pgp')).toString();
    assert.equal(read.trim().split('\n').length, 3);
    assert.match(
      read,
      /^card\.number,id,name,email,phone,description,metadata,default_source,card\.id,/,
    );
    gpg('--yes', '-o', join(folder, 'none'), '--version');
    execFileSync('gpgconf', ['--homedir', home, '--kill', 'gpg-agent'], { stdio: 'ignore' });
    assert.equal((await storedCards(world, scope)).length, 2);
  });
});
