// All SQL on the vault's own tables.

import type { Row, Scope, Write } from '#kit/context';
import type { Uuid } from '#kit/ids';
import { insertRows, rank, spellTime, statement, writeRows } from '#platform/db';
import { inSystem } from './keys.store.ts';
import type { VaultContext } from './vault-context.ts';

const ownRows = 'account_id = $1 and livemode = $2';
const own = (scope: Scope): [string, boolean] => [scope.accountId, scope.livemode];

// Cards

export type CardRow = {
  readonly id: Uuid;
  readonly number: Buffer;
  readonly details: Buffer;
  readonly fingerprint: string;
  readonly fingerprint_version: number;
  readonly used_at: number;
  readonly card_key_id: Uuid;
  readonly card_key_sealed: Buffer;
  readonly data_key_id: Uuid;
  readonly data_key_retired: boolean;
  readonly data_key_key_id: string;
  readonly data_key_sealed: Buffer;
};

// All that opening needs, as it was at one moment: a rotation beside it cannot come in between.
const cardById = statement(
  'vault.card',
  `select c.id, c.number, c.details, c.fingerprint, c.fingerprint_version, c.used_at,
          k.id as card_key_id, k.sealed as card_key_sealed, k.data_key_id,
          d.retired_at is not null as data_key_retired, d.key_id as data_key_key_id,
          d.sealed as data_key_sealed
     from vault.cards c
     join vault.card_keys k
       on k.account_id = c.account_id and k.livemode = c.livemode and k.card_id = c.id
     join vault.data_keys d
       on d.account_id = c.account_id and d.livemode = c.livemode and d.id = k.data_key_id
    where c.account_id = $1 and c.livemode = $2 and c.id = $3`,
);

export const loadCard = async (
  context: VaultContext,
  scope: Scope,
  id: Uuid,
): Promise<CardRow | undefined> =>
  (await context.database.read<CardRow & Row>(scope, cardById, [...own(scope), id]))[0];

const insertCardRow = insertRows({
  name: 'vault.insert_card',
  table: 'vault.cards',
  columns: {
    account_id: 'uuid',
    livemode: 'boolean',
    id: 'uuid',
    number: 'bytea',
    details: 'bytea',
    fingerprint: 'text',
    fingerprint_version: 'integer',
    created_at: 'timestamptz',
    used_at: 'timestamptz',
  },
  key: 'id',
  rank: rank.insert,
});

const insertCardKeyRow = insertRows({
  name: 'vault.insert_card_key',
  table: 'vault.card_keys',
  columns: {
    account_id: 'uuid',
    livemode: 'boolean',
    card_id: 'uuid',
    id: 'uuid',
    data_key_id: 'uuid',
    sealed: 'bytea',
  },
  key: 'card_id',
  // After the card it belongs to.
  rank: rank.insert + 1,
});

export type SealedCard = {
  readonly id: Uuid;
  readonly number: Buffer;
  readonly details: Buffer;
  readonly key: { readonly id: Uuid; readonly dataKeyId: Uuid; readonly sealed: Buffer };
};

export const insertCard = (
  scope: Scope,
  card: SealedCard & {
    readonly fingerprint: string;
    readonly version: number;
    readonly nowMs: number;
  },
): Write[] => [
  {
    into: insertCardRow,
    row: [
      ...own(scope),
      card.id,
      card.number,
      card.details,
      card.fingerprint,
      card.version,
      spellTime(card.nowMs),
      spellTime(card.nowMs),
    ],
  },
  {
    into: insertCardKeyRow,
    row: [...own(scope), card.id, card.key.id, card.key.dataKeyId, card.key.sealed],
  },
];

const touchCardRow = writeRows({
  name: 'vault.touch_card',
  columns: { account_id: 'uuid', livemode: 'boolean', id: 'uuid', used_at: 'timestamptz' },
  key: 'id',
  rank: rank.update,
  text: (given) => `update vault.cards c set used_at = greatest(c.used_at, given.used_at)
  from ${given}
 where c.account_id = given.account_id and c.livemode = given.livemode and c.id = given.id
returning c.id::text as key`,
});

export const touchCard = (scope: Scope, id: Uuid, nowMs: number): Write => ({
  into: touchCardRow,
  row: [...own(scope), id, spellTime(nowMs)],
});

// Only the key that was read is replaced: of two who replace it at once, one has done it.
export const replaceCardKeyRow = writeRows({
  name: 'vault.replace_card_key',
  columns: {
    account_id: 'uuid',
    livemode: 'boolean',
    card_id: 'uuid',
    old_sealed: 'bytea',
    id: 'uuid',
    data_key_id: 'uuid',
    sealed: 'bytea',
  },
  key: 'card_id',
  rank: rank.update + 1,
  text: (given) => `update vault.card_keys k
   set id = given.id, data_key_id = given.data_key_id, sealed = given.sealed
  from ${given}
 where k.account_id = given.account_id and k.livemode = given.livemode
   and k.card_id = given.card_id and k.sealed = given.old_sealed
returning k.card_id::text as key`,
});

export const replaceCardKey = (scope: Scope, card: CardRow, next: SealedCard['key']): Write => ({
  into: replaceCardKeyRow,
  row: [...own(scope), card.id, card.card_key_sealed, next.id, next.dataKeyId, next.sealed],
});

const resealCardRow = writeRows({
  name: 'vault.reseal_card',
  columns: {
    account_id: 'uuid',
    livemode: 'boolean',
    id: 'uuid',
    number: 'bytea',
    details: 'bytea',
  },
  key: 'id',
  rank: rank.update,
  text: (given) => `update vault.cards c set number = given.number, details = given.details
  from ${given}
 where c.account_id = given.account_id and c.livemode = given.livemode and c.id = given.id
returning c.id::text as key`,
});

export const resealCard = (scope: Scope, before: CardRow, after: SealedCard): Write[] => [
  { into: resealCardRow, row: [...own(scope), after.id, after.number, after.details] },
  replaceCardKey(scope, before, after.key),
];

const deleteCardRow = writeRows({
  name: 'vault.delete_card',
  columns: { account_id: 'uuid', livemode: 'boolean', id: 'uuid' },
  key: 'id',
  rank: rank.update,
  text: (given) => `delete from vault.cards c using ${given}
 where c.account_id = given.account_id and c.livemode = given.livemode and c.id = given.id
returning c.id::text as key`,
});

/** The key goes with its card, by the foreign key. */
export const removeCard = (scope: Scope, id: Uuid): Write => ({
  into: deleteCardRow,
  row: [...own(scope), id],
});

const deleteUnusedCardRow = writeRows({
  name: 'vault.delete_unused_card',
  columns: { account_id: 'uuid', livemode: 'boolean', id: 'uuid', unused_since: 'timestamptz' },
  key: 'id',
  rank: rank.update,
  text: (given) => `delete from vault.cards c using ${given}
 where c.account_id = given.account_id and c.livemode = given.livemode and c.id = given.id
   and c.used_at < given.unused_since
returning c.id::text as key`,
});

/** Takes no effect when the card was used meanwhile. */
export const removeUnusedCard = (scope: Scope, id: Uuid, unusedSince: string): Write => ({
  into: deleteUnusedCardRow,
  row: [...own(scope), id, unusedSince],
});

// Fingerprints

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
  context.database.read(scope, namesByMac, [
    ...own(scope),
    macs.map(({ version }) => version),
    macs.map(({ mac }) => mac),
  ]);

export const insertFingerprintRow = insertRows({
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
  row: [...own(scope), row.version, spelled(row.mac), row.name, spellTime(row.nowMs)],
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
  row: [...own(scope), row.version, row.mac, spellTime(row.nowMs), `${row.card} ${row.version}`],
});

const refingerprintCardRow = writeRows({
  name: 'vault.refingerprint_card',
  columns: { account_id: 'uuid', livemode: 'boolean', id: 'uuid', version: 'integer' },
  key: 'id',
  rank: rank.update,
  text: (given) => `update vault.cards c set fingerprint_version = given.version
  from ${given}
 where c.account_id = given.account_id and c.livemode = given.livemode and c.id = given.id
returning c.id::text as key`,
});

export const refingerprintCard = (scope: Scope, id: Uuid, version: number): Write => ({
  into: refingerprintCardRow,
  row: [...own(scope), id, version],
});

// Work across accounts

type Found = Row & { readonly account_id: string; readonly livemode: boolean; readonly id: Uuid };
export type FoundIn = { readonly scope: Scope; readonly id: Uuid };

const finding = (name: string, call: string) => {
  const found = statement(name, `select * from ${call}`);
  return async (context: VaultContext, ...values: unknown[]): Promise<FoundIn[]> => {
    const rows = await context.database.system((tx) => tx.query<Found>(found, values));
    return rows.map((row) => ({
      scope: { accountId: row.account_id, livemode: row.livemode },
      id: row.id,
    }));
  };
};

export const findDataKeysUnderOther = finding(
  'vault.data_keys_under_other',
  'vault.data_keys_under_other($1, $2::uuid[], $3)',
);
export const findCardsUnderRetiredKeys = finding(
  'vault.cards_under_retired_keys',
  'vault.cards_under_retired_keys($1::uuid[], $2)',
);
export const findRetiredKeysWithoutCards = finding(
  'vault.retired_keys_without_cards',
  'vault.retired_keys_without_cards($1)',
);
export const findCardsWithOlderFingerprints = finding(
  'vault.cards_with_older_fingerprints',
  'vault.cards_with_older_fingerprints($1, $2::uuid[], $3)',
);
export const findCardsUnusedSince = finding(
  'vault.cards_unused_since',
  'vault.cards_unused_since($1::timestamptz, $2)',
);

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

// Messages of browsers

const claimMessageRow = statement(
  'vault.claim_message',
  `insert into vault.opened_messages (kid, jti, expires_at) values ($1, $2, $3::timestamptz)
   on conflict do nothing returning jti`,
);
const forgetMessageRows = statement(
  'vault.forget_messages',
  'delete from vault.opened_messages where expires_at < $1::timestamptz returning 1 as one',
);

/** False when it was opened before, by whichever process. */
export const claimMessage = async (
  context: VaultContext,
  message: { readonly kid: string; readonly jti: string; readonly expiresAt: number },
): Promise<boolean> =>
  (
    await inSystem(context, claimMessageRow, [
      message.kid,
      message.jti,
      spellTime(message.expiresAt),
    ])
  ).length > 0;

export const forgetMessages = async (context: VaultContext, beforeMs: number): Promise<number> =>
  (await inSystem(context, forgetMessageRows, [spellTime(beforeMs)])).length;
