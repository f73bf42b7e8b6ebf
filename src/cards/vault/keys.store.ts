// All SQL on the vault's keys: those of accounts, and those of the installation.

import type { Row, Scope, Tx } from '#kit/context';
import type { Uuid } from '#kit/ids';
import { spellTime, statement } from '#platform/db';
import type { WrappedKey } from './key-provider.ts';
import type { VaultContext } from './vault-context.ts';

const ownRows = 'account_id = $1 and livemode = $2';
const own = (scope: Scope): [string, boolean] => [scope.accountId, scope.livemode];

// Data keys

export type DataKeyRow = {
  readonly id: Uuid;
  readonly key_id: string;
  readonly sealed: Buffer;
};

const reserveUses = statement(
  'vault.reserve_uses',
  `update vault.data_keys set uses = uses + $3::bigint
    where ${ownRows} and retired_at is null and uses + $3::bigint <= $4::bigint
   returning id, key_id, sealed`,
);

/** Undefined when the account has no current key, or one that was used up. */
export const reserveDataKey = (
  context: VaultContext,
  scope: Scope,
  input: { readonly uses: number; readonly usesMax: number },
): Promise<DataKeyRow | undefined> =>
  context.database.transaction(scope, async (tx) => {
    const [row] = await tx.query<DataKeyRow & Row>(reserveUses, [
      ...own(scope),
      input.uses,
      input.usesMax,
    ]);
    return row;
  });

const retireUsedUp = statement(
  'vault.retire_used_up',
  `update vault.data_keys set retired_at = $4::timestamptz
    where ${ownRows} and retired_at is null and uses >= $3::bigint returning id`,
);
const insertDataKey = statement(
  'vault.insert_data_key',
  `insert into vault.data_keys (account_id, livemode, id, epoch, key_id, sealed, created_at)
   select $1, $2, $3, coalesce(max(epoch), 0) + 1, $4, $5, $6::timestamptz
     from vault.data_keys where ${ownRows}
   on conflict do nothing returning id`,
);

/** Puts a new current key in place of none, or of one with no uses left. False: somebody else did. */
export const addDataKey = (
  context: VaultContext,
  scope: Scope,
  input: { readonly id: Uuid; readonly wrapped: WrappedKey; readonly usesFrom: number },
): Promise<boolean> =>
  context.database.transaction(scope, async (tx) => {
    const now = spellTime(context.clock.now());
    await tx.query(retireUsedUp, [...own(scope), input.usesFrom, now]);
    const rows = await tx.query(insertDataKey, [
      ...own(scope),
      input.id,
      input.wrapped.keyId,
      input.wrapped.sealed,
      now,
    ]);
    return rows.length > 0;
  });

const retireCurrent = statement(
  'vault.retire_current',
  `update vault.data_keys set retired_at = $3::timestamptz
    where ${ownRows} and retired_at is null returning id`,
);

export const retireDataKey = (context: VaultContext, scope: Scope): Promise<Uuid | undefined> =>
  context.database.transaction(scope, async (tx) => {
    const [row] = await tx.query<{ id: Uuid }>(retireCurrent, [
      ...own(scope),
      spellTime(context.clock.now()),
    ]);
    return row?.id;
  });

const retireAll = statement(
  'vault.retire_data_keys',
  'select vault.retire_data_keys($1::timestamptz) as count',
);

export const retireAllDataKeys = async (context: VaultContext): Promise<void> => {
  await context.database.system((tx) => tx.query(retireAll, [spellTime(context.clock.now())]));
};

const dataKeyById = statement(
  'vault.data_key',
  `select id, key_id, sealed from vault.data_keys where ${ownRows} and id = $3`,
);

export const loadDataKey = async (
  context: VaultContext,
  scope: Scope,
  id: Uuid,
): Promise<DataKeyRow | undefined> =>
  (await context.database.read<DataKeyRow & Row>(scope, dataKeyById, [...own(scope), id]))[0];

const rewrapDataKeyRow = statement(
  'vault.rewrap_data_key',
  `update vault.data_keys set key_id = $5, sealed = $6
    where ${ownRows} and id = $3 and sealed = $4 returning id`,
);

export const rewrapDataKey = (
  context: VaultContext,
  scope: Scope,
  before: DataKeyRow,
  after: WrappedKey,
): Promise<boolean> =>
  context.database.transaction(scope, async (tx) => {
    const values = [...own(scope), before.id, before.sealed, after.keyId, after.sealed];
    return (await tx.query(rewrapDataKeyRow, values)).length > 0;
  });

const destroyRetired = statement(
  'vault.destroy_data_key',
  `delete from vault.data_keys where ${ownRows} and id = $3 and retired_at is not null returning id`,
);

/** Refused by the foreign key while a card needs it. */
export const destroyDataKey = (context: VaultContext, scope: Scope, id: Uuid): Promise<boolean> =>
  context.database.transaction(
    scope,
    async (tx) => (await tx.query(destroyRetired, [...own(scope), id])).length > 0,
  );

// Keys of the installation

export type SharedKind = 'fingerprint' | 'risk' | 'browser';

export type SharedKeyRow = {
  readonly kind: SharedKind;
  readonly version: number;
  readonly kid: string;
  readonly key_id: string;
  readonly sealed: Buffer;
  readonly public_key: { readonly x: string; readonly y: string } | null;
  readonly created_at: number;
  readonly expires_at: number | null;
};

const sharedColumns = 'kind, version, kid, key_id, sealed, public_key, created_at, expires_at';
const sharedByKind = statement(
  'vault.shared_keys',
  `select ${sharedColumns} from vault.shared_keys where kind = $1 order by version desc`,
);
const sharedUnderOther = statement(
  'vault.shared_keys_under_other',
  `select ${sharedColumns} from vault.shared_keys where key_id <> $1`,
);
const insertShared = statement(
  'vault.insert_shared_key',
  `insert into vault.shared_keys (${sharedColumns})
   values ($1, $2, $3, $4, $5, $6, $7::timestamptz, $8::timestamptz)
   on conflict do nothing returning version`,
);
const rewrapShared = statement(
  'vault.rewrap_shared_key',
  `update vault.shared_keys set key_id = $4, sealed = $5
    where kind = $1 and version = $2 and sealed = $3 returning version`,
);
const deleteShared = statement(
  'vault.delete_shared_key',
  'delete from vault.shared_keys where kind = $1 and version = $2 returning version',
);

export const inSystem = <T extends Row>(
  context: VaultContext,
  what: ReturnType<typeof statement>,
  values: readonly unknown[],
): Promise<T[]> => context.database.system((tx: Tx) => tx.query<T>(what, values));

export const loadSharedKeys = (context: VaultContext, kind: SharedKind): Promise<SharedKeyRow[]> =>
  inSystem<SharedKeyRow & Row>(context, sharedByKind, [kind]);

export const loadSharedKeysUnderOther = (
  context: VaultContext,
  keyId: string,
): Promise<SharedKeyRow[]> => inSystem<SharedKeyRow & Row>(context, sharedUnderOther, [keyId]);

export const insertSharedKey = async (
  context: VaultContext,
  row: Omit<SharedKeyRow, 'created_at'>,
): Promise<boolean> => {
  const rows = await inSystem(context, insertShared, [
    row.kind,
    row.version,
    row.kid,
    row.key_id,
    row.sealed,
    row.public_key === null ? null : JSON.stringify(row.public_key),
    spellTime(context.clock.now()),
    row.expires_at === null ? null : spellTime(row.expires_at),
  ]);
  return rows.length > 0;
};

export const rewrapSharedKey = async (
  context: VaultContext,
  before: SharedKeyRow,
  after: WrappedKey,
): Promise<boolean> =>
  (
    await inSystem(context, rewrapShared, [
      before.kind,
      before.version,
      before.sealed,
      after.keyId,
      after.sealed,
    ])
  ).length > 0;

export const deleteSharedKey = async (
  context: VaultContext,
  key: Pick<SharedKeyRow, 'kind' | 'version'>,
): Promise<boolean> => (await inSystem(context, deleteShared, [key.kind, key.version])).length > 0;
