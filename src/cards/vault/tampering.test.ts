import assert from 'node:assert/strict';
import { createSecretKey } from 'node:crypto';
import { describe, test } from 'node:test';
import { type Log, systemClock, systemRandom } from '#kit/context';
import { newUuid } from '#kit/ids';
import { silentLog } from '../../kit/context/for-tests.ts';
import { asOwner } from '../../platform/db/for-tests.ts';
import { openCardBytes, sealCardBytes } from './card-cipher.ts';
import { type CardRow } from './cards.store.ts';
import { Tampered } from './failures.ts';
import { keep, newScope, plainCard, randomNumber, reveal, testVault } from './for-tests.ts';

const context = { clock: systemClock, random: systemRandom };
const chance = (below: number): number => systemRandom.bytes(4).readUInt32BE() % below;

// Two accounts, each live and test; the four scopes share one data key, which is kinder to an attacker
// than the vault is: only what is bound in stands in the way.
const dataKey = { id: newUuid(context), key: createSecretKey(systemRandom.bytes(32)) };
const [one, two] = [newScope(), newScope()];
const scopes = [one, two, { ...one, livemode: true }, { ...two, livemode: true }];

const sealedRow = (scope = one, id = newUuid(context)): CardRow => {
  const number = Buffer.from(randomNumber());
  const details = { expMonth: 1, expYear: 2030, name: 'Ada' };
  const sealed = sealCardBytes(context, scope, dataKey, { id, number, details });
  return {
    id,
    number: sealed.number,
    details: sealed.details,
    fingerprint: '',
    fingerprint_version: 1,
    used_at: 0,
    card_key_id: sealed.key.id,
    card_key_sealed: sealed.key.sealed,
    data_key_id: sealed.key.dataKeyId,
    data_key_retired: false,
    data_key_key_id: '',
    data_key_sealed: Buffer.alloc(0),
  };
};

const sealOf = (number: string, name: string | null) =>
  sealCardBytes(context, one, dataKey, {
    id: newUuid(context),
    number: Buffer.from(number),
    details: { expMonth: 1, expYear: 2030, name },
  });

const sealedFields = ['number', 'details', 'card_key_sealed'] as const;
const refused = (scope: (typeof scopes)[number], row: CardRow): boolean => {
  try {
    openCardBytes(scope, dataKey.key, row).wipe();
    return false;
  } catch (error) {
    return error instanceof Tampered;
  }
};

describe('sealed bytes', () => {
  test('open where they were sealed', () => {
    for (const scope of scopes) assert.equal(refused(scope, sealedRow(scope)), false);
  });

  test('moved between rows, fields, accounts and modes a thousand times are refused every time', () => {
    const rows = scopes.flatMap((scope) =>
      Array.from({ length: 8 }, () => ({ scope, row: sealedRow(scope) })),
    );
    let caught = 0;
    let moves = 0;
    while (moves < 1_000) {
      const to = rows[chance(rows.length)] as (typeof rows)[number];
      const from = rows[chance(rows.length)] as (typeof rows)[number];
      const field = sealedFields[chance(3)] as (typeof sealedFields)[number];
      const source = sealedFields[chance(3)] as (typeof sealedFields)[number];
      if (to === from && field === source) continue;
      moves += 1;
      if (refused(to.scope, { ...to.row, [field]: from.row[source] })) caught += 1;
    }
    assert.equal(caught, 1_000);
  });

  test('of a whole card moved to another card, account or mode are refused', () => {
    const row = sealedRow(one);
    for (const scope of scopes.slice(1)) assert.ok(refused(scope, row));
    assert.ok(refused(one, { ...row, id: newUuid(context) }));
    assert.ok(refused(one, { ...row, card_key_id: newUuid(context) }));
    assert.ok(refused(one, { ...row, data_key_id: newUuid(context) }));
  });

  test('of an earlier state of the same card, put back, are refused', () => {
    const before = sealedRow(one);
    const after = sealedRow(one, before.id);
    assert.ok(refused(one, { ...after, details: before.details }));
    assert.ok(refused(one, { ...after, card_key_sealed: before.card_key_sealed }));
  });

  test('with one bit flipped, ten thousand times, are refused every time', () => {
    const row = sealedRow();
    let caught = 0;
    for (let n = 0; n < 10_000; n += 1) {
      const field = sealedFields[n % 3] as (typeof sealedFields)[number];
      const bytes = Buffer.from(row[field]);
      const at = chance(bytes.length);
      bytes[at] = (bytes[at] as number) ^ (1 << chance(8));
      if (refused(one, { ...row, [field]: bytes })) caught += 1;
    }
    assert.equal(caught, 10_000);
  });

  test('cut or lengthened anywhere are refused', () => {
    const row = sealedRow();
    for (const field of sealedFields) {
      for (let length = 0; length < row[field].length; length += 1) {
        assert.ok(refused(one, { ...row, [field]: row[field].subarray(0, length) }));
      }
      assert.ok(refused(one, { ...row, [field]: Buffer.concat([row[field], Buffer.of(0)]) }));
    }
  });

  test('never repeat a nonce in a hundred thousand seals', () => {
    const nonces = new Set<string>();
    for (let n = 0; n < 33_334; n += 1) {
      const row = sealedRow();
      for (const field of sealedFields) nonces.add(row[field].toString('hex', 1, 13));
    }
    assert.equal(nonces.size, 100_002);
  });

  test('say nothing of the length of a number or a name', () => {
    const [short, long] = [sealOf('424242424242', null), sealOf('4242424242424242424', 'Ada')];
    assert.equal(short.number.length, long.number.length);
    assert.equal(short.details.length, long.details.length);
  });
});

describe('a vault whose database was meddled with', () => {
  test('refuses the card, sounds an alarm and notes the attempt, and leaves the others alone', async () => {
    const alarms: string[] = [];
    const log: Log = { ...silentLog, error: (_fields, message) => alarms.push(message) };
    const { vault, on } = await testVault({ log });
    const scope = newScope();
    const card = () => keep(vault, scope, plainCard());
    const [a, b, untouched] = [await card(), await card(), await card()];
    for (const meddling of [
      `update vault.cards x set number = y.number from vault.cards y where x.id = $1 and y.id = $2`,
      `update vault.cards x set details = y.details from vault.cards y where x.id = $2 and y.id = $1`,
    ]) {
      await asOwner(on, meddling, [a.card, b.card]);
    }
    await assert.rejects(reveal(vault, scope, a.card), Tampered);
    await assert.rejects(reveal(vault, scope, b.card), Tampered);
    assert.notEqual(await reveal(vault, scope, untouched.card), null);
    assert.equal(alarms.length, 2);
    const noted = await asOwner(
      on,
      `select details->>'failure' as failure from identity.audit_entries
        where target = any($1::text[]) and not succeeded`,
      [[a.card, b.card]],
    );
    assert.deepEqual(noted, [{ failure: 'tampered' }, { failure: 'tampered' }]);
  });

  test('refuses a data key that was put in place of another', async () => {
    const on = await testVault();
    const [mine, theirs] = [newScope(), newScope()];
    const { card } = await keep(on.vault, mine);
    await keep(on.vault, theirs);
    await asOwner(
      on.on,
      `update vault.data_keys x set sealed = y.sealed
         from vault.data_keys y where x.account_id = $1 and y.account_id = $2`,
      [mine.accountId, theirs.accountId],
    );
    const fresh = await testVault({ on: on.on, folders: on.folders });
    await assert.rejects(reveal(fresh.vault, mine, card), Tampered);
  });
});

describe('the role of the API', () => {
  test('has no right on anything in the schema of the vault', async () => {
    const { on } = await testVault();
    const rights = await asOwner(
      on,
      `select c.relname, p.name
         from pg_class c join pg_namespace n on n.oid = c.relnamespace,
              unnest(array['select','insert','update','delete','truncate','references','trigger']) p(name)
        where n.nspname = 'vault' and c.relkind = 'r'
          and has_table_privilege('tollgate_app', c.oid, p.name)`,
    );
    assert.deepEqual(rights, []);
    const [schema] = await asOwner(
      on,
      `select has_schema_privilege('tollgate_app', 'vault', 'usage') as usage`,
    );
    assert.deepEqual(schema, { usage: false });
    const functions = await asOwner(
      on,
      `select p.proname from pg_proc p join pg_namespace n on n.oid = p.pronamespace
        where n.nspname = 'vault' and has_function_privilege('tollgate_app', p.oid, 'execute')`,
    );
    assert.deepEqual(functions, []);
  });

  test("is matched by the vault's, which sees its own tables and of all others only ids of audit entries", async () => {
    const { on } = await testVault();
    const rights = await asOwner(
      on,
      `select n.nspname || '.' || c.relname as name, p.name as privilege
         from pg_class c join pg_namespace n on n.oid = c.relnamespace,
              unnest(array['select','insert','update','delete','truncate']) p(name)
        where n.nspname not in ('vault', 'pg_catalog', 'information_schema') and c.relkind = 'r'
          and has_any_column_privilege('tollgate_vault', c.oid, case p.name
                when 'delete' then 'select' when 'truncate' then 'select' else p.name end)`,
    );
    assert.deepEqual(
      rights
        .filter(({ privilege }) => privilege === 'select' || privilege === 'insert')
        .map(({ name, privilege }) => `${String(name)} ${String(privilege)}`)
        .sort(),
      ['identity.audit_entries insert', 'identity.audit_entries select'],
    );
    assert.deepEqual(
      await asOwner(
        on,
        `select a.attname from pg_attribute a
          where a.attrelid = 'identity.audit_entries'::regclass and a.attnum > 0
            and has_column_privilege('tollgate_vault', a.attrelid, a.attnum, 'select')`,
      ),
      [{ attname: 'id' }],
    );
    const [role] = await asOwner(
      on,
      `select rolsuper, rolbypassrls, rolcreaterole, rolcreatedb
         from pg_roles where rolname = 'tollgate_vault'`,
    );
    assert.deepEqual(role, {
      rolsuper: false,
      rolbypassrls: false,
      rolcreaterole: false,
      rolcreatedb: false,
    });
  });

  test('finds every table with an account isolated and forced', async () => {
    const { on } = await testVault();
    const loose = await asOwner(
      on,
      `select c.relname from pg_class c
         join pg_namespace n on n.oid = c.relnamespace
         join pg_attribute a on a.attrelid = c.oid and a.attname = 'account_id'
        where n.nspname = 'vault' and c.relkind = 'r'
          and not (c.relrowsecurity and c.relforcerowsecurity)`,
    );
    assert.deepEqual(loose, []);
  });
});
