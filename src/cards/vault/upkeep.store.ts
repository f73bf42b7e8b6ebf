// What upkeep has to work on, across accounts.

import type { Row, Scope } from '#kit/context';
import type { Uuid } from '#kit/ids';
import { statement } from '#platform/db';
import type { VaultContext } from './vault-context.ts';

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
