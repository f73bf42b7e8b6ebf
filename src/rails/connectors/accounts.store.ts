import type { Context, Row, Scope, Write } from '#kit/context';
import type { Uuid } from '#kit/ids';
import { rank, statement, writeRows } from '#platform/db';
import type { StoredAccount } from './account.ts';

const types = {
  account_id: 'uuid',
  livemode: 'boolean',
  id: 'uuid',
  version: 'integer',
  connector: 'text',
  label: 'text',
  priority: 'integer',
  enabled: 'boolean',
  deleted: 'boolean',
  settings: 'json',
  secrets: 'bytea',
  secret_names: 'text',
} as const;

const names = Object.keys(types);

// Arrays of arrays cannot be unnested by row, so the names travel as text.
const insertRow = writeRows({
  name: 'connector_accounts.insert',
  columns: types,
  key: 'id',
  rank: rank.insert,
  text: (given) => `insert into rails.connector_accounts (${names.join(', ')})
select ${names.map((name) => (name === 'secret_names' ? 'secret_names::text[]' : name)).join(', ')}
  from ${given}
returning id::text as key`,
});

// Only from the version that was read. What is deleted stays as it is.
const updateRow = writeRows({
  name: 'connector_accounts.update',
  columns: types,
  key: 'id',
  rank: rank.update,
  text: (given) => `update rails.connector_accounts a
   set version = given.version, label = given.label, priority = given.priority,
       enabled = given.enabled, deleted = given.deleted, settings = given.settings,
       secrets = given.secrets, secret_names = given.secret_names::text[]
  from ${given}
 where (a.account_id, a.livemode, a.id) = (given.account_id, given.livemode, given.id)
   and a.version = given.version - 1 and not a.deleted
returning a.id::text as key`,
});

const toRow = (scope: Scope, account: StoredAccount): unknown[] => [
  scope.accountId,
  scope.livemode,
  account.id,
  account.version,
  account.connector,
  account.label,
  account.priority,
  account.enabled,
  account.deleted,
  JSON.stringify(account.settings),
  account.secrets,
  `{${account.secretNames.join(',')}}`,
];

export const insertAccount = (scope: Scope, account: StoredAccount): Write => ({
  into: insertRow,
  row: toRow(scope, account),
});

/** `account.version` is the new one. */
export const updateAccount = (scope: Scope, account: StoredAccount): Write => ({
  into: updateRow,
  row: toRow(scope, account),
});

const columns =
  'id, version, connector, label, priority, enabled, deleted, settings, secrets, secret_names as "secretNames"';
const ownRows = 'account_id = $1 and livemode = $2';

const find = statement(
  'connector_accounts.find',
  `select ${columns} from rails.connector_accounts where ${ownRows} and id = $3`,
);
const listEnabled = statement(
  'connector_accounts.enabled',
  `select ${columns} from rails.connector_accounts where ${ownRows} and enabled order by priority, id`,
);
const listPage = {
  older: statement(
    'connector_accounts.older',
    `select ${columns} from rails.connector_accounts
      where ${ownRows} and not deleted and ($3::uuid is null or id < $3) order by id desc limit $4`,
  ),
  newer: statement(
    'connector_accounts.newer',
    `select ${columns} from rails.connector_accounts
      where ${ownRows} and not deleted and ($3::uuid is null or id > $3) order by id limit $4`,
  ),
};

type AccountRow = Row & StoredAccount;

/** A deleted one too: what was done with it still has a name. */
export const loadAccount = async (
  context: Pick<Context, 'database'>,
  scope: Scope,
  id: Uuid,
): Promise<StoredAccount | undefined> =>
  (await context.database.read<AccountRow>(scope, find, [scope.accountId, scope.livemode, id]))[0];

export const loadEnabled = (
  context: Pick<Context, 'database'>,
  scope: Scope,
): Promise<StoredAccount[]> =>
  context.database.read<AccountRow>(scope, listEnabled, [scope.accountId, scope.livemode]);

export const listAccountRows = (
  context: Pick<Context, 'database'>,
  scope: Scope,
  page: {
    readonly direction: 'older' | 'newer';
    readonly from: Uuid | null;
    readonly limit: number;
  },
): Promise<StoredAccount[]> =>
  context.database.read<AccountRow>(scope, listPage[page.direction], [
    scope.accountId,
    scope.livemode,
    page.from,
    page.limit,
  ]);
