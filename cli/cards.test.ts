import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { createMessage, encrypt, generateKey, readKey } from 'openpgp';
import { asOwner, type TestDatabase, testDatabase } from '../src/for-tests.ts';
import { temporaryFolder } from '../src/kit/context/for-tests.ts';
import { environmentOn, program, tollgate as runTollgate } from './for-tests.ts';

const shop = '00000000-0000-7000-8000-000000000000';
const folder = temporaryFolder('cli-cards');
let on: TestDatabase;
let env: NodeJS.ProcessEnv;

const tollgate = (...args: string[]) => runTollgate(args, env);
const at = (name: string): string => join(folder, name);

before(async () => {
  on = await testDatabase();
  env = environmentOn(on, at('data'));
  await tollgate('migrate');
  await asOwner(
    on,
    `insert into identity.accounts (id, name, is_first) values ('${shop}', 'Shop', true)`,
  );
  const keys = await generateKey({
    userIDs: [{ name: 'Shop' }],
    passphrase: 'correct horse',
    format: 'armored',
  });
  await writeFile(at('public.asc'), keys.publicKey);
  await writeFile(at('private.asc'), keys.privateKey);
  await writeFile(at('passphrase'), 'correct horse\n');
  await writeEncrypted('in.pgp', [
    'id,card.id,card.number,card.exp_month,card.exp_year',
    'cus_a,card_1,4242424242424242,4,2031',
    'cus_a,card_2,5555555555554444,12,2031',
    'cus_b,card_3,4242424242424241,4,2031',
  ]);
});

const writeEncrypted = async (name: string, lines: readonly string[]): Promise<void> => {
  const armoredKey = await readFile(at('public.asc'), 'utf8');
  const bytes = await encrypt({
    message: await createMessage({ text: lines.join('\n') }),
    encryptionKeys: await readKey({ armoredKey }),
    format: 'binary',
  });
  await writeFile(at(name), bytes);
};

const taken = (): string[] => ['--key', at('private.asc'), '--passphrase-file', at('passphrase')];
const exported = (out: string): string[] => ['export', '--to-key', at('public.asc'), '--out', out];
const countCards = async (): Promise<unknown> =>
  (await asOwner(on, 'select count(*)::int as count from cards.payment_methods'))[0]?.['count'];

describe('tollgate cards', () => {
  test('tries an import, does it, and does nothing the second time', async () => {
    const tried = await tollgate('cards', 'import', at('in.pgp'), ...taken(), '--dry-run');
    assert.equal(tried.code, 1, tried.err);
    assert.match(tried.out, /^Would be stored +2\nHere already +0\nRefused +1, listed in /);
    assert.equal(await countCards(), 0);

    const done = await tollgate('cards', 'import', at('in.pgp'), ...taken());
    assert.equal(done.code, 1, 'a row was refused');
    assert.match(
      done.out,
      /^Stored +2\nHere already +0\nRefused +1, .*\nWhich became which +\S+\n$/,
    );
    assert.equal(done.err, '');
    const refused = await readFile(at('in.pgp.refused.csv'), 'utf8');
    assert.equal(refused, 'row,reason\n3,Your card number is incorrect.\n');
    assert.equal((await stat(at('in.pgp.mapping.csv'))).mode & 0o777, 0o600);

    const again = await tollgate('cards', 'import', at('in.pgp'), ...taken());
    assert.match(again.out, /^Stored +0\nHere already +2\n/);
    assert.equal(await countCards(), 2);
  });

  test('exports to a key, says to which, and imports its own manifest', async () => {
    const out = at('cards.csv.pgp');
    const { code, out: says, err } = await tollgate('cards', ...exported(out), '--format', 'csv');
    assert.equal(code, 0, err);
    assert.match(
      says,
      /^Cards +2\nFiles +cards\.csv\.pgp\nManifest +cards\.csv\.pgp\.manifest\.json\n/,
    );
    assert.match(says, /Readable by +[0-9A-F]{40,64}\n$/);
    assert.doesNotMatch(await readFile(out, 'latin1'), /4242/);

    const back = await tollgate('cards', 'import', `${out}.manifest.json`, ...taken());
    assert.equal(back.code, 0, back.err);
    assert.match(back.out, /Here already +2\nRefused +0\n/);
    const live = await tollgate('cards', ...exported(at('live.pgp')), '--live');
    assert.deepEqual([live.code, live.out], [0, 'There are no cards to export.\n']);
  });

  test('writes who did it, and to which key, into the audit log, and it verifies', async () => {
    const entries = await asOwner(
      on,
      `select action, actor_kind, actor_id from identity.audit_entries where action like 'cards.%' order by at, id`,
    );
    const actions = entries.map(({ action }) => action);
    assert.deepEqual(actions.slice(-4), [
      'cards.import.start',
      'cards.import.finish',
      'cards.export.start',
      'cards.export.finish',
    ]);
    assert.ok(entries.every((entry) => entry['actor_kind'] === 'operator' && entry['actor_id']));
    const { code, out } = await tollgate('verify');
    assert.equal(code, 0, out);
  });

  test('says in one sentence what is wrong, and with which code', async () => {
    await writeEncrypted('cvc.pgp', ['number,cvv', '4242424242424242,123']);
    await writeEncrypted('other.pgp', ['PAN,Exp', '4242424242424242,04/31']);
    await writeFile(at('wrong'), 'wrong');
    const key = ['--key', at('private.asc')];
    const out = ['--out', at('new.pgp')];
    for (const [args, code, says] of [
      [['import', at('in.pgp')], 2, /required option '--key <file>'/],
      [['export', '--to-key', at('public.asc')], 2, /required option '--out <file>'/],
      [
        ['export', '--to-key', at('public.asc'), ...out, '--format', 'xml'],
        2,
        /Allowed choices are jsonl, csv/,
      ],
      [
        ['import', at('in.pgp'), ...taken(), '--columns', 'PAN'],
        2,
        /Columns are named like number=PAN/,
      ],
      [
        ['import', at('in.pgp'), ...key],
        1,
        /^The private key is locked: give its passphrase with --passphrase-file\.\n$/,
      ],
      [
        ['import', at('in.pgp'), ...key, '--passphrase-file', at('wrong')],
        1,
        /^The passphrase does not open the private key/,
      ],
      [
        ['import', at('in.pgp'), '--key', at('none')],
        1,
        /^The key file \S+ cannot be read \(ENOENT\): check its name/,
      ],
      [['import', at('none.pgp'), ...taken()], 1, /^The file \S+ cannot be opened \(ENOENT\)/],
      [['import', at('cvc.pgp'), ...taken()], 1, /^The column cvv holds what must never be stored/],
      [
        ['import', at('other.pgp'), ...taken()],
        1,
        /say which one does with --columns number=NAME\.\n$/,
      ],
      [
        ['import', at('in.pgp'), ...taken(), '--account', 'acct_x'],
        1,
        /^There is no account acct_x\.\n$/,
      ],
      [['export', '--to-key', at('private.asc'), ...out], 1, /^This is a private key/],
      [['export', '--to-key', at('in.pgp'), ...out], 1, /holds no public key of OpenPGP/],
      [
        ['export', '--to-key', at('public.asc'), '--out', at('in.pgp')],
        1,
        /is there already: name another one\.\n$/,
      ],
      [
        ['import', at('in.pgp'), ...taken(), '--results', at('nowhere')],
        1,
        /^Nothing can be written to \S+nowhere \(ENOENT\): make the folder, or name another one\.\n$/,
      ],
    ] as const) {
      const result = await tollgate('cards', ...args);
      assert.equal(result.code, code, `${args.join(' ')}: ${result.err}`);
      assert.match(result.err, says);
      assert.doesNotMatch(result.err, /4242|DEBUG/);
    }
    assert.equal(existsSync(at('new.pgp')), false);
    const named = await tollgate(
      'cards',
      'import',
      at('other.pgp'),
      ...taken(),
      '--columns',
      'number=PAN,expiry=Exp',
    );
    assert.equal(named.code, 0, named.err);
    assert.match(named.out, /^Stored +1\n/);
  });

  test('knows its files and options by --help', async () => {
    const { out } = await tollgate('cards', 'import', '--help');
    for (const option of [
      '--key',
      '--passphrase-file',
      '--columns',
      '--dry-run',
      '--from',
      '--results',
    ]) {
      assert.ok(out.includes(option), option);
    }
  });
});

describe('tollgate cards with the vault in a process of its own', () => {
  let vault: ReturnType<typeof spawn> | null = null;
  after(() => vault?.kill('SIGKILL'));

  test('says that it is away, and exports through it when it is there', async () => {
    env = { ...env, TOLLGATE_VAULT_SOCKET: at('vault.sock') };
    const args = ['cards', ...exported(at('far.pgp'))];
    const away = await tollgate(...args);
    assert.equal(away.code, 1);
    assert.match(away.err, /^[^\n]*vault[^\n]*\n$/i);

    vault = spawn(process.execPath, [program, 'start', '--role', 'vault'], {
      env: { ...env, PORT: '0' },
      stdio: 'ignore',
    });
    for (let tries = 0; tries < 1_200 && !existsSync(at('vault.sock')); tries += 1) await sleep(50);
    const { code, out, err } = await tollgate(...args);
    assert.equal(code, 0, err);
    assert.match(out, /^Cards +3\n/);
  });
});
