// What one number is called at an account, by keyed digests of it.

import type { Scope, Write } from '#kit/context';
import type { Uuid } from '#kit/ids';
import { insertRows, ownRows, rank, readOwn, spellTime, statement, writeRows } from '#platform/db';
import type { VaultContext } from './vault-context.ts';

const namesByMac = statement(
  'vault.fingerprints',
  `select version, name, seen_at from vault.fingerprints
    where ${ownRows} and (version, mac) in (select * from unnest($3::integer[], $4::bytea[]))
    order by version`,
);

export const loadFingerprints = (
  context: VaultContext,
  scope: Scope,
  macs: readonly { readonly version: number; readonly mac: Buffer }[],
): Promise<{ version: number; name: string; seen_at: number }[]> =>
  readOwn(context, scope, namesByMac, [
    macs.map(({ version }) => version),
    macs.map(({ mac }) => mac),
  ]);

const insertFingerprintRow = insertRows({
  name: 'vault.insert_fingerprint',
  table: 'vault.fingerprints',
  columns: {
    account_id: 'uuid',
    livemode: 'boolean',
    version: 'integer',
    mac: 'bytea',
    name: 'text',
    seen_at: 'timestamptz',
  },
  key: 'mac',
  rank: rank.claim,
  orNothing: true,
});

export const insertFingerprint = (
  scope: Scope,
  row: {
    readonly version: number;
    readonly mac: Buffer;
    readonly name: string;
    readonly nowMs: number;
  },
): Write => ({
  into: insertFingerprintRow,
  row: [
    scope.accountId,
    scope.livemode,
    row.version,
    spelled(row.mac),
    row.name,
    spellTime(row.nowMs),
  ],
});

/** As PostgreSQL spells it, because that is how a statement names the row that took effect. */
const spelled = (bytes: Buffer): string => `\\x${bytes.toString('hex')}`;

// Many cards of one number may touch its row in one batch, and each of them has to learn that the row
// is still there; hence the key of the caller's, and the locks in one order.
const touchFingerprintRow = writeRows({
  name: 'vault.touch_fingerprint',
  columns: {
    account_id: 'uuid',
    livemode: 'boolean',
    version: 'integer',
    mac: 'bytea',
    seen_at: 'timestamptz',
    key: 'text',
  },
  key: 'key',
  rank: rank.claim,
  text: (given) => `with given as materialized (select * from ${given}),
locked as materialized (
  select f.account_id, f.livemode, f.version, f.mac from vault.fingerprints f
   where (f.account_id, f.livemode, f.version, f.mac)
      in (select account_id, livemode, version, mac from given)
   order by f.account_id, f.livemode, f.version, f.mac for update),
touched as (
  update vault.fingerprints f
     set seen_at = greatest(f.seen_at, (select max(given.seen_at) from given))
    from locked l
   where f.account_id = l.account_id and f.livemode = l.livemode
     and f.version = l.version and f.mac = l.mac
  returning f.account_id, f.livemode, f.version, f.mac)
select given.key from given join touched using (account_id, livemode, version, mac)`,
});

/** Loses when the name was forgotten meanwhile. */
export const touchFingerprint = (
  scope: Scope,
  row: {
    readonly version: number;
    readonly mac: Buffer;
    readonly card: Uuid;
    readonly nowMs: number;
  },
): Write => ({
  into: touchFingerprintRow,
  row: [
    scope.accountId,
    scope.livemode,
    row.version,
    row.mac,
    spellTime(row.nowMs),
    `${row.card} ${row.version}`,
  ],
});

const forgetFingerprintRows = statement(
  'vault.forget_fingerprints',
  'select vault.forget_fingerprints($1, $2::timestamptz) as count',
);

export const forgetFingerprints = async (
  context: VaultContext,
  oldestVersion: number,
  seenBeforeMs: number,
): Promise<number> => {
  const [row] = await context.database.system((tx) =>
    tx.query<{ count: bigint }>(forgetFingerprintRows, [oldestVersion, spellTime(seenBeforeMs)]),
  );
  return Number(row?.count ?? 0n);
};
