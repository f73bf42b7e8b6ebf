// What the database itself holds, asked of its catalog: whatever the code forgets, these rules stay.

import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { connect, isServerError } from '#platform/db';
import { asOwner, type TestDatabase, testDatabase } from '../src/for-tests.ts';

let database: TestDatabase;
before(async () => {
  database = await testDatabase();
});

const ours = `n.nspname not in ('pg_catalog', 'information_schema') and n.nspname not like 'pg\\_%'`;
const names = (rows: readonly Record<string, unknown>[]): unknown[] => rows.map(({ name }) => name);

/** Tables with an account that need no policy, and why. */
const references: Readonly<Record<string, readonly string[]>> = {
  // Ids and what happened: whoever takes one reads of it under the policy of events.
  'platform.outbox': [
    'event_id',
    'account_id',
    'livemode',
    'object_id',
    'sequence',
    'kinds',
    'has_address',
    'failures',
    'not_before',
  ],
};

describe('row level security', () => {
  test('is enabled and forced on every table of accounts', async () => {
    const tables = await asOwner(
      database,
      `select n.nspname || '.' || c.relname as name, c.relrowsecurity and c.relforcerowsecurity as forced,
              array(select attname::text from pg_attribute where attrelid = c.oid and attnum > 0
                     and not attisdropped order by attnum) as columns
         from pg_class c join pg_namespace n on n.oid = c.relnamespace
        where ${ours} and c.relkind in ('r', 'p')
          and exists (select from pg_attribute a where a.attrelid = c.oid
                       and a.attname = 'account_id' and not a.attisdropped)`,
    );
    assert.ok(tables.length >= 6, `Only ${tables.length} tables were found.`);
    for (const { name, forced, columns } of tables) {
      const exempt = references[String(name)];
      if (exempt === undefined) assert.equal(forced, true, `${String(name)} is not forced`);
      else assert.deepEqual(columns, exempt, `${String(name)} holds more than references`);
    }
  });

  test('binds the account, and the mode where there is one, for the role that serves', async () => {
    const policies = await asOwner(
      database,
      `select n.nspname || '.' || c.relname as name, pg_get_expr(p.polqual, p.polrelid) as condition,
              exists (select from pg_attribute a where a.attrelid = c.oid and a.attname = 'livemode'
                       and a.attnotnull) as modes
         from pg_policy p join pg_class c on c.oid = p.polrelid
         join pg_namespace n on n.oid = c.relnamespace
        where ${ours} and p.polcmd <> 'a' and p.polpermissive
          and 'tollgate_app'::regrole = any(p.polroles)`,
    );
    assert.ok(policies.length >= 6);
    for (const { name, condition, modes } of policies) {
      assert.match(String(condition), /platform\.accounts\(\)/, String(name));
      if (modes === true) assert.match(String(condition), /platform\.livemode\(\)/, String(name));
    }
  });

  test('lets nobody but the owner and the serving roles see anything', async () => {
    const open = await asOwner(
      database,
      `select n.nspname || '.' || c.relname as name from pg_policy p
         join pg_class c on c.oid = p.polrelid join pg_namespace n on n.oid = c.relnamespace
        where ${ours} and 0 = any(p.polroles)`,
    );
    assert.deepEqual(names(open), [], 'Policies for PUBLIC');
  });
});

describe('the role that serves', () => {
  test('owns nothing', async () => {
    const owned = await asOwner(
      database,
      `select objid::text as name from pg_shdepend
        where refobjid = 'tollgate_app'::regrole and deptype = 'o'
          and dbid = (select oid from pg_database where datname = current_database())`,
    );
    assert.deepEqual(names(owned), []);
  });

  test('is no superuser, passes no policy, makes no roles, and is a member of no other role', async () => {
    const [role] = await asOwner(
      database,
      `select rolsuper, rolbypassrls, rolcreaterole, rolcreatedb, rolreplication,
              (select count(*)::integer from pg_auth_members where member = r.oid) as memberships
         from pg_roles r where rolname = 'tollgate_app'`,
    );
    assert.deepEqual(role, {
      rolsuper: false,
      rolbypassrls: false,
      rolcreaterole: false,
      rolcreatedb: false,
      rolreplication: false,
      memberships: 0,
    });
  });

  test('may make no table, not even a temporary one in a schema of ours', async () => {
    const rights = await asOwner(
      database,
      `select n.nspname as name from pg_namespace n
        where ${ours} and has_schema_privilege('tollgate_app', n.oid, 'create')`,
    );
    assert.deepEqual(names(rights), []);
  });

  test('may neither change nor remove an event or an entry of the audit log', async () => {
    const rights = await asOwner(
      database,
      `select n.nspname || '.' || c.relname || ' ' || p.privilege as name
         from pg_class c join pg_namespace n on n.oid = c.relnamespace
         cross join unnest(array['update', 'delete', 'truncate']) as p(privilege)
        where (n.nspname || '.' || c.relname) ~ '^(platform\\.events|identity\\.audit_)'
          and c.relkind in ('r', 'p') and has_table_privilege('tollgate_app', c.oid, p.privilege)`,
    );
    assert.deepEqual(names(rights), []);
    const columns = await asOwner(
      database,
      `select n.nspname || '.' || c.relname as name
         from pg_class c join pg_namespace n on n.oid = c.relnamespace
        where (n.nspname || '.' || c.relname) ~ '^(platform\\.events|identity\\.audit_)'
          and c.relkind in ('r', 'p') and has_any_column_privilege('tollgate_app', c.oid, 'update')`,
    );
    assert.deepEqual(names(columns), []);
  });

  for (const text of [
    'update platform.events set request_id = null',
    'delete from platform.events',
    'truncate platform.events',
    'delete from platform.events_default',
    'select * from platform.events_default',
    'update identity.audit_entries set action = action',
    'delete from identity.audit_entries',
    'truncate identity.audit_entries',
    'delete from cards.customers',
    'delete from platform.answers',
    'delete from identity.api_keys',
    'alter table cards.customers disable row level security',
    'drop policy scope on cards.customers',
    'set session authorization postgres',
    `alter role tollgate_app bypassrls`,
    'create table platform.mine (id integer)',
  ]) {
    test(`is refused: ${text}`, async () => {
      const app = await connectApp();
      try {
        await assert.rejects(app.query({ name: '', text }), (error) => {
          assert.ok(isServerError(error), String(error));
          assert.match(error.code, /^(?:42501|42704|22023)$/, `${error.code} ${error.message}`);
          return true;
        });
      } finally {
        await app.close();
      }
    });
  }

  test('sees an error, and never everything, when it forgets to say for whom it asks', async () => {
    const tables = await asOwner(
      database,
      `select n.nspname || '.' || c.relname as name
         from pg_class c join pg_namespace n on n.oid = c.relnamespace
        where ${ours} and c.relrowsecurity and c.relkind in ('r', 'p')
          and has_table_privilege('tollgate_app', c.oid, 'select')`,
    );
    assert.ok(tables.length >= 5);
    // No index of it begins with the account: while it is empty it is read through without a row to ask about.
    await asOwner(
      database,
      `insert into outward.due_deliveries
         (account_id, livemode, id, endpoint_id, event_id, object_id, due_at)
       select each, false, each, each, each, each, now() from gen_random_uuid() as each`,
    );
    const app = await connectApp();
    try {
      for (const name of names(tables).map(String)) {
        await assert.rejects(app.query({ name: '', text: `select * from ${name}` }), name);
      }
    } finally {
      await app.close();
    }
  });
});

const connectApp = () =>
  connect({
    url: database.appUrl,
    connectTimeoutMs: 5_000,
    statementTimeoutMs: 5_000,
    applicationName: 'tests',
  });

describe('functions that run as their owner', () => {
  test('say where they look for names, and are not for everybody', async () => {
    const functions = await asOwner(
      database,
      `select n.nspname || '.' || p.proname as name,
              coalesce(array_to_string(p.proconfig, ','), '') as settings,
              exists (select from aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) a
                       where a.grantee = 0 and a.privilege_type = 'EXECUTE') as public
         from pg_proc p join pg_namespace n on n.oid = p.pronamespace
        where ${ours} and p.prosecdef`,
    );
    assert.ok(functions.length >= 4);
    for (const { name, settings, public: isPublic } of functions) {
      assert.match(String(settings), /search_path=/, String(name));
      assert.equal(isPublic, false, `${String(name)} may be called by everybody`);
    }
  });
});
