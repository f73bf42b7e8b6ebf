// Cards as they are kept: sealed, each with a key of its own.

import type { Row, Scope, Write } from '#kit/context';
import type { Uuid } from '#kit/ids';
import { byKeys, insertRows, rank, readOwn, spellTime, writeRows } from '#platform/db';
import type { VaultContext } from './vault-context.ts';

const own = (scope: Scope): [string, boolean] => [scope.accountId, scope.livemode];

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
const cardById = byKeys(
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
    where c.account_id = $1 and c.livemode = $2 and c.id = any($3::uuid[])`,
);

export const loadCard = async (
  context: VaultContext,
  scope: Scope,
  id: Uuid,
): Promise<CardRow | undefined> =>
  (await readOwn<CardRow & Row>(context, scope, cardById, [[id]]))[0];

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
const replaceCardKeyRow = writeRows({
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
