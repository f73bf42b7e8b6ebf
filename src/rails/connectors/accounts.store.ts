import type { Context, Row, Scope } from '#kit/context';
import {
  findById,
  listPages,
  ownRows,
  rank,
  readOwn,
  statement,
  writeRows,
  writing,
} from '#platform/db';
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
  methods: 'text',
} as const;

const names = Object.keys(types);

const isList = (name: string): boolean => name === 'secret_names' || name === 'methods';

// Arrays of arrays cannot be unnested by row, so the names travel as text.
const insertRow = writeRows({
  name: 'connector_accounts.insert',
  columns: types,
  key: 'id',
  rank: rank.insert,
  text: (given) => `insert into rails.connector_accounts (${names.join(', ')})
select ${names.map((name) => (isList(name) ? `${name}::text[]` : name)).join(', ')}
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
       secrets = given.secrets, secret_names = given.secret_names::text[],
       methods = given.methods::text[]
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
  listText(account.secretNames),
  account.methods === null ? null : listText(account.methods),
];

const listText = (names: readonly string[]): string => `{${names.join(',')}}`;

export const insertAccount = writing(insertRow, toRow);

/** `account.version` is the new one. */
export const updateAccount = writing(updateRow, toRow);

const columns =
  'id, version, connector, label, priority, enabled, deleted, settings, secrets, secret_names as "secretNames", methods';
type AccountRow = Row & StoredAccount;

const stored = {
  select: columns,
  from: 'rails.connector_accounts',
  fromRow: (row: AccountRow): StoredAccount => row,
};

const listEnabled = statement(
  'connector_accounts.enabled',
  `select ${columns} from rails.connector_accounts where ${ownRows} and enabled order by priority, id`,
);
/** A deleted one too: what was done with it still has a name. */
export const loadAccount = findById({ name: 'connector_accounts.find', ...stored });

export const loadEnabled = (
  context: Pick<Context, 'database'>,
  scope: Scope,
): Promise<StoredAccount[]> => readOwn<AccountRow>(context, scope, listEnabled);

export const listAccountRows = listPages({
  name: 'connector_accounts.list',
  ...stored,
  where: 'not deleted',
});
