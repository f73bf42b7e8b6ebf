// What the rest of Tollgate may ask of the vault. One type, two ways to have it: in this process
// (`openVault`) or in a process of its own (`connectVault`); nobody who calls can tell which.
//
// A card comes in, is held in memory while the caller looks at what may be known of it, and is sealed.
// From then on it has an id, and its number is seen only inside `withCard`, for one operation.

import type { Actor, Scope, Write } from '#kit/context';
import type { Uuid } from '#kit/ids';

/** A context, or any part of one that says who acts. It goes into the audit log. */
export type Caller = { readonly actor: Actor };

export type Vault = {
  /** Takes a card into memory for a few minutes and says what may be known of it. */
  receiveCard(
    caller: Caller,
    input: { readonly scope: Scope; readonly card: PlainCard | SealedMessage },
  ): Promise<Received | ReceiveRefusal>;

  /** Stores a received card. The received one is gone afterwards, also when this fails. */
  sealCard(
    caller: Caller,
    input: {
      readonly scope: Scope;
      readonly received: string;
      /** Keeps its CVC, if it came with one, in memory for the operation of this name. */
      readonly cvcFor?: string;
    },
  ): Promise<Sealed | { readonly ok: false; readonly code: 'received_gone' }>;

  /**
   * Opens a card for one operation. The bytes are zeroed when `use` has ended, so nothing of them may
   * be kept. The CVC held for `cvcFor` comes along once and never again.
   */
  withCard<T>(
    caller: Caller,
    input: Opening & {
      /** What `expectCard` said of the same card and operation: it is awaited, and no second entry is made. */
      readonly expected?: ExpectedCard;
    },
    use: (card: OpenCard) => Promise<T>,
  ): Promise<{ readonly ok: true; readonly value: T } | CardGone>;

  /**
   * The entry in the audit log for a card that will be opened for an operation, for the transaction that lets the
   * operation begin: one commit less before it is sent. Null where the vault writes its entries itself, in a process of
   * its own.
   */
  openingEntry(caller: Caller, input: Opening): OpeningEntry | null;

  /**
   * This card will be opened for this operation in a moment: what has to be done before a byte of it is clear is done
   * while the caller does something else. An `entry` that is durable by now is not made again; any other is made and awaited.
   */
  expectCard(caller: Caller, input: Opening & { readonly entry?: OpeningEntry }): ExpectedCard;

  /** Stripe lets a merchant change the expiry of a stored card, and nothing else of it. */
  changeExpiry(
    caller: Caller,
    input: { readonly scope: Scope; readonly card: Uuid; readonly expiry: Expiry },
  ): Promise<{ readonly ok: true } | CardGone>;

  /** Shreds: the card's key is gone when this returns. False when there was no such card. */
  deleteCard(
    caller: Caller,
    input: { readonly scope: Scope; readonly card: Uuid; readonly why: string },
  ): Promise<boolean>;

  /** A CVC that comes without its card, for one operation. */
  holdCvc(
    caller: Caller,
    input: { readonly scope: Scope; readonly cvcFor: string; readonly cvc: Secret | SealedMessage },
  ): Promise<{ readonly ok: true; readonly cvcLength: number } | ReceiveRefusal>;
  /** When the operation will not need it after all. */
  dropCvc(caller: Caller, input: { readonly scope: Scope; readonly cvcFor: string }): Promise<void>;

  /**
   * The same for one number over all accounts of a mode, under every version of its key; the newest
   * first. For risk alone: it never leaves the installation.
   */
  riskFingerprints(
    caller: Caller,
    input: { readonly scope: Scope; readonly card: Uuid },
  ): Promise<{ readonly ok: true; readonly fingerprints: readonly string[] } | CardGone>;

  /** What a browser seals to today. */
  browserKey(): Promise<BrowserKey>;

  /** Begins a rotation; `maintain` carries it through, over restarts. */
  rotate(caller: Caller, what: Rotation): Promise<void>;

  /** One bounded step of all background work. Says how much it did; zero means nothing is left. */
  maintain(caller: Caller): Promise<number>;

  close(): Promise<void>;
};

export type Opening = {
  readonly scope: Scope;
  readonly card: Uuid;
  /** The id of the operation that needs it, for the audit log. */
  readonly operation: string;
  readonly cvcFor?: string;
};

/** Good for the card and operation for which the vault gave it, and once. */
export type OpeningEntry = { readonly write: Write };

/** Says nothing to anybody but the vault that gave it. */
export type ExpectedCard = Readonly<Record<string, never>>;

/** Text of the API's parser, or bytes, which are zeroed. */
export type Secret = string | Buffer;

export type Expiry = { readonly expMonth: number; readonly expYear: number };

export type PlainCard = Expiry & {
  readonly number: Secret;
  readonly cvc?: Secret;
  readonly name?: string;
};

/** A compact JWE that a browser made with `browserKey`. */
export type SealedMessage = {
  readonly jwe: string;
  /** Any of these is the account or the intent that the message may be bound to. */
  readonly audiences: readonly string[];
};

/** What may be known of a number by everybody who may know of the card. */
export type CardFacts = {
  /** The first six digits; fewer where six would leave too little to guess. */
  readonly bin: string;
  readonly last4: string;
  /** Up to eight digits, to find brand and issuer by. Not to be stored or shown. */
  readonly prefix: string;
  readonly length: number;
  readonly passesLuhn: boolean;
  /** The name of a documented test number, from the list the vault was given. */
  readonly testCard: string | null;
};

export type Received = Expiry &
  CardFacts & {
    readonly ok: true;
    /** For `sealCard`, within minutes, in the process (or the vault process) that received it. */
    readonly received: string;
    readonly cvcLength: number | null;
    readonly name: string | null;
  };

/** In order of precedence. None of them repeats anything of what was sent. */
export const receiveRefusals = {
  message_malformed: 'The sealed card details cannot be read.',
  message_key_unknown:
    'The sealed card details were sealed with a key that has ended: fetch the key of today.',
  message_not_for_you: 'The sealed card details were made for another account or payment.',
  message_expired: 'The sealed card details are older than ten minutes.',
  message_used: 'The sealed card details were used before.',
  number_missing: 'There is no card number.',
  number_malformed: 'A card number has 12 to 19 digits.',
  cvc_malformed: 'A CVC has 3 or 4 digits.',
  vault_full: 'Too many cards are being received at once.',
} as const;

export type ReceiveRefusal = { readonly ok: false; readonly code: keyof typeof receiveRefusals };

export type Sealed = {
  readonly ok: true;
  readonly card: Uuid;
  /** The same for one number within an account and mode, for ever. */
  readonly fingerprint: string;
};

export type OpenCard = Expiry & {
  /** ASCII digits. */
  readonly number: Buffer;
  readonly cvc: Buffer | null;
  readonly name: string | null;
};

/** Deleted, of another account or mode, or never there: the vault does not say which. */
export type CardGone = { readonly ok: false; readonly code: 'card_gone' };

export type BrowserKey = {
  readonly kid: string;
  readonly publicKey: {
    readonly kty: 'EC';
    readonly crv: 'P-256';
    readonly x: string;
    readonly y: string;
  };
  /** Milliseconds since 1970: nothing sealed with it is opened afterwards. */
  readonly expiresAt: number;
};

export type Rotation =
  /** Wraps every key anew; a local key-encryption key is made first. */
  | { readonly key: 'key_encryption' }
  | { readonly key: 'data'; readonly scope?: Scope }
  | { readonly key: 'fingerprint' }
  | { readonly key: 'risk' };
