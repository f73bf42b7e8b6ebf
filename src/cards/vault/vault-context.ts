// What every verb of the vault works with: a context whose database is the vault's own connection, and
// the keys and memory of this vault.

import type { KeyObject } from 'node:crypto';
import type { Context } from '#kit/context';
import type { BrowserKeys } from './browser-keys.ts';
import type { CardRow } from './cards.store.ts';
import type { DataKeys } from './data-keys.ts';
import type { Details } from './details.ts';
import type { Held } from './held.ts';
import type { KeyRing } from './key-ring.ts';
import type { SetAside } from './set-aside.ts';
import type { SharedKeys } from './shared-keys.ts';
import type { ExpectedCard, Opening, OpeningEntry } from './vault.ts';

export type VaultContext = Pick<Context, 'clock' | 'random' | 'log' | 'database' | 'actor'>;

export type ReceivedCard = {
  readonly accountId: string;
  readonly livemode: boolean;
  readonly number: Buffer;
  readonly cvc: Buffer | null;
  readonly details: Details;
};

export type VaultSettings = {
  /** A data key serves that many cards before the next one takes over. */
  readonly usesPerDataKey: number;
  /** How long an unwrapped key stays in memory. */
  readonly keepKeysMs: number;
  readonly keepReceivedMs: number;
  readonly keepCvcMs: number;
  readonly heldMax: number;
  /** A card that nobody used for so long is shredded. Null: never. */
  readonly unusedDaysMax: number | null;
  /** Rows that one step of background work may touch. */
  readonly rowsPerStep: number;
  /** Documented test numbers, each with its name. */
  readonly testCards: ReadonlyMap<string, string>;
};

export const defaultVaultSettings: VaultSettings = {
  // Far below the 2^32 at which random nonces of 96 bits begin to be a worry.
  usesPerDataKey: 2 ** 24,
  keepKeysMs: 5 * 60_000,
  keepReceivedMs: 2 * 60_000,
  keepCvcMs: 15 * 60_000,
  heldMax: 10_000,
  unusedDaysMax: null,
  rowsPerStep: 200,
  testCards: new Map(),
};

/** What an entry is of, and whether it is known to be durable. */
export type GivenEntry = {
  readonly opening: Opening;
  readonly hasCvc: boolean;
  isDurable: boolean;
};

/** The row and its key once the entry is durable; null where there is no such card. */
export type Expected = Opening & {
  readonly audited: Promise<{ readonly row: CardRow; readonly dataKey: KeyObject } | null>;
  /** How many cards this process had deleted when it was said. */
  readonly deletions: number;
};

export type VaultParts = {
  readonly context: VaultContext;
  readonly settings: VaultSettings;
  readonly keyRing: KeyRing;
  readonly dataKeys: DataKeys;
  readonly sharedKeys: SharedKeys;
  readonly browserKeys: BrowserKeys;
  readonly received: Held<ReceivedCard>;
  readonly cvcs: Held<Buffer>;
  /** Entries that were given to others, to be committed by them. */
  readonly entries: WeakMap<OpeningEntry, GivenEntry>;
  /** Cards that will be opened in a moment. */
  readonly expected: WeakMap<ExpectedCard, Expected>;
  readonly deletions: { count: number };
  /** Ids of cards and data keys that background work could not read. */
  readonly unreadable: SetAside;
  /** Steps of background work that failed, and keys of the installation that could not be wrapped. */
  readonly reported: SetAside;
  readonly testCardOf: (number: Buffer) => string | null;
};
