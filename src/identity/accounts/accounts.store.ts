import type { Context, Scope, Write, WriteStatement } from '#kit/context';
import { newUuid, type Uuid } from '#kit/ids';
import { insertRows, rank, statement, writeRows } from '#platform/db';

export type Account = { readonly id: Uuid; readonly name: string; readonly isFirst: boolean };

const insertAccount = insertRows({
  name: 'accounts.insert',
  table: 'identity.accounts',
  columns: { id: 'uuid', name: 'text', is_first: 'boolean' },
  key: 'id',
  ownedBy: 'id',
  rank: rank.insert,
  orNothing: true,
});

const listAll = statement(
  'accounts.list',
  'select id, name, is_first from identity.list_accounts()',
);
const findOne = statement(
  'accounts.find',
  'select id, name, is_first from identity.accounts where id = $1',
);

const versionOf = statement(
  'accounts.api_version',
  'select api_version from identity.accounts where id = $1',
);
const setVersion: WriteStatement = writeRows({
  name: 'accounts.set_api_version',
  columns: { id: 'uuid', api_version: 'text' },
  key: 'id',
  ownedBy: 'id',
  rank: rank.update,
  text: (given) => `update identity.accounts a set api_version = given.api_version
  from ${given} where a.id = given.id
returning a.id::text as key`,
});

type AccountRow = { id: Uuid; name: string; is_first: boolean };
const accountOf = (row: AccountRow): Account => ({
  id: row.id,
  name: row.name,
  isFirst: row.is_first,
});

/** The row, and the account as it will be; both modes of it exist from then on. */
export const newAccount = (
  context: Pick<Context, 'clock' | 'random'>,
  input: { readonly name: string; readonly isFirst?: boolean },
): { account: Account; write: Write } => {
  const account = { id: newUuid(context), name: input.name, isFirst: input.isFirst ?? false };
  return {
    account,
    write: { into: insertAccount, row: [account.id, account.name, account.isFirst] },
  };
};

export const listAccounts = async (context: Context): Promise<Account[]> =>
  (await context.database.system((tx) => tx.query<AccountRow>(listAll))).map(accountOf);

export const findAccount = async (context: Context, scope: Scope): Promise<Account | undefined> => {
  const [row] = await context.database.read<AccountRow>(scope, findOne, [scope.accountId]);
  return row && accountOf(row);
};

/** What requests of the account that name no version are answered as; null for today's. */
export const setApiVersion = (id: Uuid, apiVersion: string | null): Write => ({
  into: setVersion,
  row: [id, apiVersion],
});

export const apiVersionOf = async (context: Context, scope: Scope): Promise<string | null> => {
  const [row] = await context.database.read<{ api_version: string | null }>(scope, versionOf, [
    scope.accountId,
  ]);
  return row?.api_version ?? null;
};
