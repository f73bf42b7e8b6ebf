// Whoever holds the keys that wrap all other keys. `local` keeps them in two files, `aws-kms` at AWS;
// one that speaks to an HSM would be a third. The database holds what they wrapped and never them.

/** What a wrapped key is for. It must be the same when it is unwrapped. */
export type KeyPurpose = Readonly<Record<string, string>>;

export type WrappedKey = { readonly keyId: string; readonly sealed: Buffer };

export type KeyProvider = {
  /** The first part of the ids of its keys, up to the colon. */
  readonly id: string;
  /** The key that wraps from now on. */
  currentKeyId(): Promise<string>;
  wrap(key: Buffer, purpose: KeyPurpose): Promise<WrappedKey>;
  /** Throws KeyMissing when it does not have that key, Tampered when the bytes are not what it wrapped. */
  unwrap(wrapped: WrappedKey, purpose: KeyPurpose): Promise<Buffer>;
  /** Makes a new key that wraps from now on, where that is ours to do. */
  renew?(): Promise<void>;
  /** Why live mode must not run with it, one sentence each. */
  refusalsOfLiveMode(): Promise<readonly string[]>;
};

/** One spelling for a purpose, whatever the order of its entries. */
export const purposeText = (purpose: KeyPurpose): string =>
  JSON.stringify(Object.entries(purpose).sort(([a], [b]) => (a < b ? -1 : 1)));
