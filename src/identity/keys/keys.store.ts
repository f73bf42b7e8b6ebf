import type { Context, Scope, WriteStatement } from '#kit/context';
import { rank, spellTime, statement, writeRows } from '#platform/db';
import { type ApiKey, type KeyKind, keyKinds } from './api-key.ts';

type KeyRow = {
  readonly account_id: string;
  readonly livemode: boolean;
  readonly id: string;
  readonly kind: number;
  readonly hash: Buffer;
  readonly hint: string;
  readonly name: string;
  readonly permissions: Record<string, 'read' | 'write'>;
  readonly allowed_addresses: string[];
  readonly expires_at: number | null;
  readonly revoked_at: number | null;
  readonly last_used_at: number | null;
};

export const insertKey: WriteStatement = writeRows({
  name: 'api_keys.insert',
  columns: {
    account_id: 'uuid',
    livemode: 'boolean',
    id: 'uuid',
    kind: 'smallint',
    lookup: 'text',
    hash: 'bytea',
    hint: 'text',
    name: 'text',
    permissions: 'json',
    expires_at: 'timestamptz',
    allowed_addresses: 'text',
  },
  key: 'id',
  rank: rank.insert,
  text: (given) => `insert into identity.api_keys
  (account_id, livemode, id, kind, lookup, hash, hint, name, permissions, expires_at, allowed_addresses)
select account_id, livemode, id, kind, lookup, hash, hint, name, permissions, expires_at,
       allowed_addresses::cidr[]
  from ${given}
returning id::text as key`,
});

const columns = `account_id, livemode, id, kind, hash, hint, name, permissions,
  allowed_addresses::text[] as allowed_addresses, expires_at, revoked_at, last_used_at`;

const findKey = statement(
  'api_keys.find',
  `select ${columns}, api_version from identity.find_api_key($1)`,
);
const listOwn = statement(
  'api_keys.list',
  `select ${columns} from identity.api_keys
    where account_id = $1 and livemode = $2 order by id`,
);
const touchKey = statement(
  'api_keys.touch',
  `update identity.api_keys set last_used_at = $4::timestamptz
    where account_id = $1 and livemode = $2 and id = $3
      and (last_used_at is null or last_used_at < $4::timestamptz)`,
);
export const expireKey = statement(
  'api_keys.expire',
  // A key that has ended stays ended, and one that ends soon is not given longer.
  `update identity.api_keys set expires_at = least(coalesce(expires_at, $4), $4::timestamptz)
    where account_id = $1 and livemode = $2 and id = $3 and revoked_at is null
      and (expires_at is null or expires_at > $5::timestamptz)
   returning id`,
);
export const revokeKeyRow = statement(
  'api_keys.revoke',
  `update identity.api_keys set revoked_at = $4::timestamptz
    where account_id = $1 and livemode = $2 and id = $3 and revoked_at is null
   returning id`,
);

const kindOf = new Map<number, KeyKind>(
  Object.entries(keyKinds).map(([kind, code]) => [code, kind as KeyKind]),
);

const keyOf = (row: KeyRow): ApiKey => ({
  id: row.id,
  scope: { accountId: row.account_id, livemode: row.livemode },
  kind: kindOf.get(row.kind) ?? 'publishable',
  hint: row.hint,
  name: row.name,
  permissions: row.permissions,
  allowedAddresses: row.allowed_addresses,
  expiresAtMs: row.expires_at,
  revokedAtMs: row.revoked_at,
  lastUsedAtMs: row.last_used_at,
});

export type FoundKey = {
  readonly key: ApiKey;
  readonly hash: Buffer;
  /** Of its account: for requests that name none. */
  readonly apiVersion: string | null;
};

type FoundRow = KeyRow & { readonly api_version: string | null };

export const loadKey = async (context: Context, lookup: string): Promise<FoundKey | null> => {
  const [row] = await context.database.read<FoundRow>(null, findKey, [lookup]);
  return row ? { key: keyOf(row), hash: row.hash, apiVersion: row.api_version } : null;
};

export const listKeys = async (context: Context, scope: Scope): Promise<ApiKey[]> =>
  (await context.database.read<KeyRow>(scope, listOwn, [scope.accountId, scope.livemode])).map(
    keyOf,
  );

export const noteKeyUse = async (context: Context, key: ApiKey, atMs: number): Promise<void> => {
  await context.database.transaction(key.scope, (tx) =>
    tx.query(touchKey, [key.scope.accountId, key.scope.livemode, key.id, spellTime(atMs)]),
  );
};
