import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, describe, test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { connect } from '#platform/db';
import { readSettings } from '../src/config.ts';
import { asOwner, type TestDatabase, testDatabase } from '../src/for-tests.ts';
import { temporaryFolder } from '../src/kit/context/for-tests.ts';
import { startGateway } from '../src/main.ts';
import { connectionSettings } from '../src/platform/db/for-tests.ts';
import { until } from '../src/platform/db/for-tests-things.ts';
import { foundOfServer, toldOf } from './commands/doctor.ts';
import { environmentOn, program, tollgate as runTollgate } from './for-tests.ts';

const folder = temporaryFolder('cli');
let on: TestDatabase;
let env: NodeJS.ProcessEnv;

const tollgate = (...args: string[]) => runTollgate(args, env);

before(async () => {
  on = await testDatabase();
  env = environmentOn(on, folder);
});

describe('tollgate keys', () => {
  test('on an empty installation says that there is no account', async () => {
    const { code, err } = await tollgate('keys', 'list');
    assert.equal(code, 1);
    assert.equal(err, 'There is no account yet; tollgate accounts create makes one.\n');
  });

  test('has an account once one was made, and what made it is in the audit log', async () => {
    assert.equal((await tollgate('accounts', 'list')).out, 'There is no account yet.\n');
    const made = await tollgate('accounts', 'create', 'Shop');
    assert.match(made.out, /^acct_[0-9A-Za-z]{22}\n$/);
    assert.equal((await tollgate('accounts', 'list')).out, `${made.out.trim()}  Shop\n`);
    const entries = await asOwner(
      on,
      `select 1 from identity.audit_entries where action = 'account.create'`,
    );
    assert.equal(entries.length, 1);

    const nameless = await tollgate('accounts', 'create', ' ');
    assert.equal(nameless.code, 2);
    assert.match(nameless.err, /A name has 1 to 200 characters/);
  });

  test('of an account says what requests without a version are answered as, and sets it', async () => {
    assert.match((await tollgate('accounts', 'version')).out, /^20\d\d-\S+ \(today's\)\n$/);
    assert.equal((await tollgate('accounts', 'version', '2020-08-27')).out, '2020-08-27\n');
    assert.equal((await tollgate('accounts', 'version')).out, '2020-08-27\n');
    assert.match((await tollgate('accounts', 'version', 'none')).out, /today's/);
    assert.equal((await tollgate('accounts', 'version', 'yesterday')).code, 2);
    const entries = await asOwner(
      on,
      `select details::text from identity.audit_entries where action = 'account.version' order by position`,
    );
    assert.equal(entries.length, 2);
  });

  test('makes a key, lists it without its secret, rolls it and revokes it', async () => {
    const made = await tollgate('keys', 'create', '--name', 'Night jobs');
    assert.match(made.out, /^sk_test_[0-9A-Za-z]{47}\n$/);

    const listed = await tollgate('keys', 'list');
    assert.match(listed.out, /secret {2}….{4} {2}works {2}never used {2}Night jobs/);
    assert.ok(!listed.out.includes(made.out.trim().slice(10, 40)));

    const [id = ''] = /mk_\w+/.exec(listed.out) ?? [];
    const rolled = await tollgate('keys', 'roll', id, '--overlap', '1');
    assert.match(rolled.out, /^sk_test_/);
    assert.notEqual(rolled.out, made.out);
    assert.match((await tollgate('keys', 'list')).out, /ends \d{4}-/);

    assert.match((await tollgate('keys', 'revoke', id)).out, /^Revoked/);
    assert.match((await tollgate('keys', 'revoke', id)).out, /had been revoked before/);
    assert.match((await tollgate('keys', 'list')).out, /revoked \d{4}-/);
  });

  test('says what is wrong with what it was told', async () => {
    for (const [args, code, says] of [
      [['keys', 'revoke', 'mk_unknown'], 1, /There is no key mk_unknown/],
      [['keys', 'create', '--kind', 'restricted'], 1, /--allow goes with --kind restricted/],
      [['keys', 'create', '--allow', 'customers:write'], 2, /customers=write,events=read/],
      [
        ['keys', 'create', '--kind', 'golden'],
        2,
        /Allowed choices are secret, restricted, publishable/,
      ],
      [['keys', 'list', '--account', 'acct_x'], 1, /There is no account acct_x/],
    ] as const) {
      const result = await tollgate(...args);
      assert.equal(result.code, code, result.err);
      assert.match(result.err, says);
    }
  });

  test('live keys and test keys are apart', async () => {
    assert.match((await tollgate('keys', 'create', '--live')).out, /^sk_live_/);
    assert.match((await tollgate('keys', 'list', '--live')).out, /Made on the command line/);
  });
});

describe('tollgate verify', () => {
  test('finds nothing wrong with what is right, and says so with code 0', async () => {
    const { code, out } = await tollgate('verify');
    assert.equal(code, 0, out);
    assert.match(
      out,
      /^Nothing wrong\. \(\d+ audit entries in \d+ seals, \d+ ledger entries in \d+ seals, \d+ stored answers, \d+ checks\)/,
    );
  });

  test('leaves nobody behind who goes on asking when it is interrupted', async () => {
    const other = await connect(connectionSettings(on.ownerUrl));
    const verifying = async (): Promise<string | undefined> => {
      const [row] = await asOwner(
        on,
        `select coalesce(wait_event_type, '') as waits from pg_stat_activity
          where datname = current_database() and application_name = 'tollgate verify'`,
      );
      return row?.['waits'] as string | undefined;
    };
    await other.send({ name: '', text: 'set idle_in_transaction_session_timeout = 0' });
    await other.send({ name: '', text: 'begin' });
    await other.send({ name: '', text: 'lock table platform.jobs in access exclusive mode' });
    const child = spawn(process.execPath, [program, 'verify'], { env, stdio: 'ignore' });
    const ended = once(child, 'exit');
    try {
      await until(async () => (await verifying()) === 'Lock');
      child.kill('SIGINT');
      await ended;
      await until(async () => (await verifying()) === undefined);
    } finally {
      child.kill('SIGKILL');
      await other.close();
    }
  });

  test('waits for a table that somebody else holds, and says so', async () => {
    const other = await connect(connectionSettings(on.ownerUrl));
    await other.send({ name: '', text: 'set idle_in_transaction_session_timeout = 0' });
    await other.send({ name: '', text: 'begin' });
    await other.send({ name: '', text: 'lock table platform.jobs in access exclusive mode' });
    const child = spawn(process.execPath, [program, 'verify'], { env });
    const [said, answered] = [child.stderr, child.stdout].map((stream) => {
      const heard = { text: '' };
      stream.setEncoding('utf8').on('data', (more: string) => (heard.text += more));
      return heard;
    });
    assert.ok(said && answered);
    const ended = once(child, 'close');
    try {
      while (!said.text.includes('waits for a table')) {
        await Promise.race([once(child.stderr, 'data'), ended]);
        assert.equal(child.exitCode, null, answered.text);
      }
      await other.send({ name: '', text: 'commit' });
      const [code] = await ended;
      assert.match(answered.text, /Nothing wrong/);
      assert.deepEqual([code, said.text.split('waits for a table').length], [0, 2]);
    } finally {
      child.kill('SIGKILL');
      await other.close();
    }
  });

  test('names the first differences, and says so with code 1', async () => {
    await asOwner(
      on,
      `insert into cards.customers (account_id, livemode, id, version, metadata, details)
       values ('00000000-0000-7000-8000-000000000000', false, '01900000-0000-7000-8000-000000000001', 3, '{}', '{}')`,
    );
    const { code, out } = await tollgate('verify');
    assert.equal(code, 1);
    assert.match(
      out,
      /cards\/customers: not so that the last event of a customer carries its number \(1 rows/,
    );
    await asOwner(on, 'delete from cards.customers');
  });

  test('names a balance that the entries do not add up to', async () => {
    await asOwner(
      on,
      `insert into books.latest_snapshots
         (position, latest_at, entries, account_id, livemode, currency, accounts, balances,
          pending_until, pending_amounts)
       values (1, now(), 1, '00000000-0000-7000-8000-000000000000', false, 'usd', '{3,9}', '{-5,5}', '{}', '{}')`,
    );
    const { code, out } = await tollgate('verify');
    assert.equal(code, 1);
    assert.match(out, /books\/ledger: not so that the snapshots hold what all entries/);
    await asOwner(on, 'delete from books.latest_snapshots');
    assert.equal((await tollgate('verify')).code, 0);
  });
});

describe('tollgate fees', () => {
  test('shows the built-in rules, sets others, and says which version is in force', async () => {
    const shown = await tollgate('fees', 'show');
    assert.equal(JSON.parse(shown.out).version, 0, shown.out);
    const file = join(folder, 'fees.json');
    const rule = { group: 'all', description: 'All', occasion: 'payment', ratePpm: 10_000 };
    writeFileSync(file, JSON.stringify([rule]));
    const set = await tollgate('fees', 'set', file);
    assert.match(set.out, /^Version 1 is in force from 20/);
    const { out } = await tollgate('fees', 'show');
    assert.deepEqual(JSON.parse(out), { version: 1, rules: [rule] });
  });

  test('shows those of another version, which some entries still remember, and lists them all', async () => {
    const first = await tollgate('fees', 'show', '--rules', '0');
    assert.equal(JSON.parse(first.out).rules[0].ratePpm, 29_000, first.err);
    assert.match(
      (await tollgate('fees', 'list')).out,
      /^version 1 {2}from 20\S+ \S+ UTC {2}1 rule {2}in force\nversion 0 {2}built in {2}2 rules\n$/,
    );
    const none = await tollgate('fees', 'show', '--rules', '7');
    assert.equal(none.err, 'There is no version 7; tollgate fees list names all there are.\n');
  });

  test('takes the moment of a change in UTC unless a zone follows', async () => {
    const file = join(folder, 'fees.json');
    writeFileSync(file, '[{"group":"all","description":"All","occasion":"payment"}]');
    const away = { ...env, TZ: 'Asia/Tokyo' };
    const { out, err } = await runTollgate(
      ['fees', 'set', file, '--from', '2999-01-01 08:00'],
      away,
    );
    assert.equal(out, 'Version 2 is in force from 2999-01-01T08:00:00.000Z.\n', err);
    assert.match((await tollgate('fees', 'set', file, '--from', '2999-02-30')).err, /such a day/);
  });

  test('withdraws what has not begun, and says so in the list', async () => {
    const withdrawn = await tollgate('fees', 'withdraw', '2');
    assert.equal(withdrawn.out, 'Version 2 is withdrawn and will not begin.\n', withdrawn.err);
    assert.match(
      (await tollgate('fees', 'list')).out,
      /^version 2 {2}from 2999-01-01 08:00:00 UTC {2}1 rule {2}withdrawn 20\S+ \S+ UTC, before it began\n/,
    );
    assert.match((await tollgate('fees', 'withdraw', '2')).err, /^Version 2 is withdrawn already/);
    assert.match(
      (await tollgate('fees', 'withdraw', '1')).err,
      /^Version 1 began 20.* what has begun is kept: set other rules after it/,
    );
    assert.match((await tollgate('fees', 'withdraw', '0')).err, /^Version 0 is built in/);
    assert.match((await tollgate('fees', 'withdraw', '9')).err, /^There is no version 9; /);
  });

  test('refuses a word that no payment has', async () => {
    const file = join(folder, 'fees.json');
    const rule = { group: 'a', description: 'b', occasion: 'payment' };
    writeFileSync(file, JSON.stringify([{ ...rule, when: { brands: ['american_express'] } }]));
    assert.match((await tollgate('fees', 'set', file)).err, /when\.brands that cannot be.* amex, /);
    writeFileSync(file, JSON.stringify([{ ...rule, when: { methods: ['cards'] } }]));
    assert.match(
      (await tollgate('fees', 'set', file)).err,
      /when\.methods that cannot be.* card, /,
    );
  });

  test('refuses what is misspelt', async () => {
    const file = join(folder, 'fees.json');
    writeFileSync(file, '[{"group":"a","description":"b","occasion":"payment","percent":3}]');
    const { code, err } = await tollgate('fees', 'set', file);
    assert.equal(code, 1);
    assert.match(err, /unknown field percent/);
    assert.match((await tollgate('fees', 'set', '/nowhere.json')).err, /cannot be read/);
    assert.match(
      (await tollgate('fees', 'set', file, '--from', 'soon')).err,
      /A moment is like 2027-01-31/,
    );
  });
});

describe('tollgate checkout', () => {
  test('sets a look from a file and a picture, and shows it', async () => {
    const file = join(folder, 'look.json');
    writeFileSync(file, JSON.stringify({ accent: '#0a5c36', embedders: ['https://shop.example'] }));
    const logo = join(folder, 'logo.png');
    writeFileSync(logo, 'a picture');
    const set = await tollgate('checkout', 'set', file, '--logo', logo);
    assert.match(set.out, /^Saved/, set.err);
    const shown = JSON.parse((await tollgate('checkout', 'show')).out);
    assert.deepEqual(
      [shown.accent, shown.embedders, shown.logo.slice(0, 22)],
      ['#0a5c36', ['https://shop.example'], 'data:image/png;base64,'],
    );
  });

  test('says what cannot be read, and how far it is from it', async () => {
    const file = join(folder, 'look.json');
    writeFileSync(file, '{"accent":"#777777"}');
    const { code, err } = await tollgate('checkout', 'set', file);
    assert.equal(code, 1);
    assert.match(err, /contrast of accent #777777 with #ffffff is 4\.47:1/);
    writeFileSync(file, '{"colour":"#000000"}');
    assert.match((await tollgate('checkout', 'set', file)).err, /colour/);
  });

  test('looks for the page where the gateway is that is up, or where it is told to', async () => {
    const file = join(folder, 'quickstart.json');
    // Nothing listens there, so what it says names the address.
    writeFileSync(file, '{"api":"http://127.0.0.1:1"}');
    const { code, err } = await tollgate('checkout', 'check');
    assert.equal(code, 1);
    assert.match(err, /not reached at http:\/\/127\.0\.0\.1:1\.\n$/);
    const told = await tollgate('checkout', 'check', '--url', '127.0.0.1:2/');
    assert.match(told.err, /not reached at http:\/\/127\.0\.0\.1:2\.\n$/);
    rmSync(file);
  });
});

describe('tollgate doctor', () => {
  test('lists every setting, without secrets, and finds nothing wrong', async () => {
    const { out } = await tollgate('doctor');
    assert.match(out, /TOLLGATE_DATA/);
    assert.match(out, /PostgreSQL 1[678]/);
    assert.doesNotMatch(out, new RegExp(new URL(on.appUrl).password));
  });

  test('names a server that is too old', () => {
    const found = foundOfServer({ number: 150_010, checksums: 'on' });
    assert.match(toldOf(found).lines.join('\n'), /^- PostgreSQL 16 or later is needed/);
    assert.equal(toldOf(found).exitCode, 1);
  });

  test('advises where a damaged page would not be seen, and finds nothing wrong', () => {
    const blind = toldOf(foundOfServer({ number: 160_000, checksums: 'off' }));
    assert.match(blind.lines.join('\n'), /Nothing wrong.*\n- Advice: .*pg_checksums --enable/);
    assert.equal(blind.exitCode, 0);
    const seeing = toldOf(foundOfServer({ number: 160_000, checksums: 'on' }));
    assert.equal(seeing.lines.length, 1);
  });

  test('says before an upgrade which accounts live mode would not start with, and what to do', async () => {
    const [account] = await asOwner(on, 'select id from identity.accounts limit 1');
    const settings = { host: '10.8.0.5', port: 7001, profile: 'sandbox-ascii', tls: false };
    await asOwner(
      on,
      `insert into rails.connector_accounts (account_id, livemode, id, version, connector, label, priority, enabled,
         deleted, settings, secrets, secret_names)
       values ($1, true, gen_random_uuid(), 1, 'direct', 'Bank', 1, true, false, $2, '', '{}')`,
      [account?.['id'], JSON.stringify(settings)],
    );
    const { out } = await tollgate('doctor');
    assert.match(out, /Advice: cna_.* leads to 10\.8\.0\.5:7001.*TOLLGATE_PROVIDER_HOSTS/);
    await asOwner(on, 'update rails.connector_accounts set enabled = false');
    assert.match(
      (await tollgate('doctor')).out,
      /Advice: cna_.*TOLLGATE_PROVIDER_HOSTS.* It is disabled; what was paid with it/,
    );
    await asOwner(on, 'update rails.connector_accounts set enabled = true');
    env = { ...env, TOLLGATE_PROVIDER_HOSTS: '10.8.0.5:7001' };
    assert.match((await tollgate('doctor')).out, /settings\[tls\].*TOLLGATE_UNENCRYPTED_HOSTS/);
    env = { ...env, TOLLGATE_UNENCRYPTED_HOSTS: '10.8.0.5' };
    assert.doesNotMatch((await tollgate('doctor')).out, /cna_/);
    delete env['TOLLGATE_PROVIDER_HOSTS'];
    delete env['TOLLGATE_UNENCRYPTED_HOSTS'];
    await asOwner(on, 'delete from rails.connector_accounts');
  });

  test('names a misspelt setting', async () => {
    env = { ...env, TOLLGATE_PROT: '1' };
    const { code, out } = await tollgate('doctor');
    delete env['TOLLGATE_PROT'];
    assert.equal(code, 1);
    assert.match(out, /- TOLLGATE_PROT is not a setting of Tollgate/);
  });

  test('sees a schema that is behind, and a newer one', async () => {
    await asOwner(on, `delete from public.tollgate_migrations where module = 'cards/customers'`);
    assert.match((await tollgate('doctor')).out, /The schema is not up to date/);
    await asOwner(
      on,
      `insert into public.tollgate_migrations (module, number, name, checksum)
       values ('cards/time-travel', 1, '0001-future', '')`,
    );
    const { code, err } = await tollgate('migrate');
    assert.equal(code, 1);
    assert.match(
      err,
      /^The data were written by a newer version of Tollgate \(it applied cards\/time-travel\/0001-future\)/,
    );
  });
});

describe('tollgate events tail', () => {
  test('prints what happens while it happens', async () => {
    const fresh = await testDatabase();
    const gateway = await startGateway(
      {
        ...readSettings({
          PORT: '0',
          TOLLGATE_DATA: join(folder, 'tail'),
          TOLLGATE_LOG_LEVEL: 'error',
        }),
        databaseUrl: fresh.ownerUrl,
        databaseAppUrl: fresh.appUrl,
        databaseVaultUrl: fresh.vaultUrl ?? '',
      },
      { roles: ['api', 'worker'], quickstart: true },
    );
    const key = gateway.testKeys?.secretKey ?? '';
    const tail = spawn(
      process.execPath,
      [program, 'events', 'tail', '--url', gateway.url, '--key', key, '--type', 'customer.*'],
      { env, stdio: ['ignore', 'pipe', 'inherit'] },
    );
    try {
      const create = () =>
        fetch(`${gateway.url}/v1/customers`, {
          method: 'POST',
          headers: { authorization: `Bearer ${key}` },
        });
      const line = once(tail.stdout, 'data') as Promise<[Buffer]>;
      let text: Buffer | undefined;
      // It may not listen yet when the first one is made.
      while (text === undefined) {
        await create();
        text = await Promise.race([line.then(([data]) => data), setTimeout(300, undefined)]);
      }
      assert.match(String(text), /customer\.created\s+cus_\w{22}\s+evt_\w{22}/);
    } finally {
      tail.kill('SIGTERM');
      await gateway.stop();
    }
  });
});
