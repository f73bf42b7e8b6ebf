// A card in its sealed form: number and details under a key of the card's own, that key under the
// account's data key. Nothing in here waits, so clear bytes live for microseconds.

import type { KeyObject } from 'node:crypto';
import type { Random, Scope } from '#kit/context';
import { newUuid, type Uuid } from '#kit/ids';
import { padNumber, unpadNumber } from './card-number.ts';
import { type CardRow, type SealedCard } from './cards.store.ts';
import type { DataKey } from './data-keys.ts';
import { type Details, decodeDetails, encodeDetails } from './details.ts';
import { open, type Place, seal } from './sealed.ts';
import type { VaultContext } from './vault-context.ts';

const KEY_BYTES = 32;

export const sealCardBytes = (
  context: Pick<VaultContext, 'clock' | 'random'>,
  scope: Scope,
  dataKey: DataKey,
  card: { readonly id: Uuid; readonly number: Buffer; readonly details: Details },
): SealedCard => {
  const { random } = context;
  const keyId = newUuid(context);
  const key = random.bytes(KEY_BYTES);
  const padded = padNumber(card.number);
  const details = encodeDetails(card.details);
  try {
    const at = (field: Place['field'], by: string): Place => ({
      scope,
      card: card.id,
      field,
      keyId: by,
    });
    return {
      id: card.id,
      number: seal(random, key, padded, at('number', keyId)),
      details: seal(random, key, details, at('details', keyId)),
      key: {
        id: keyId,
        dataKeyId: dataKey.id,
        sealed: seal(random, dataKey.key, key, at('key', dataKey.id)),
      },
    };
  } finally {
    key.fill(0);
    padded.fill(0);
    details.fill(0);
  }
};

export type OpenedCard = {
  readonly number: Buffer;
  readonly details: Details;
  wipe(): void;
};

export const openCardBytes = (scope: Scope, dataKey: KeyObject, row: CardRow): OpenedCard => {
  const at = (field: Place['field'], keyId: string): Place => ({
    scope,
    card: row.id,
    field,
    keyId,
  });
  const key = open(dataKey, row.card_key_sealed, at('key', row.data_key_id));
  try {
    const details = open(key, row.details, at('details', row.card_key_id));
    const padded = open(key, row.number, at('number', row.card_key_id));
    const opened = {
      number: unpadNumber(padded),
      details: decodeDetails(details),
      wipe: () => {
        padded.fill(0);
      },
    };
    details.fill(0);
    return opened;
  } finally {
    key.fill(0);
  }
};

/** The same card key under another data key: what rotation does to a card. */
export const rewrapCardKey = (
  random: Random,
  scope: Scope,
  from: KeyObject,
  to: DataKey,
  row: CardRow,
): SealedCard['key'] => {
  const key = open(from, row.card_key_sealed, {
    scope,
    card: row.id,
    field: 'key',
    keyId: row.data_key_id,
  });
  try {
    const place: Place = { scope, card: row.id, field: 'key', keyId: to.id };
    return { id: row.card_key_id, dataKeyId: to.id, sealed: seal(random, to.key, key, place) };
  } finally {
    key.fill(0);
  }
};
