// How the vault fails. The messages are ours alone and name keys, files and remedies; never a card.

import { Unavailable } from '#kit/failure';

/** The vault does not answer, or a key cannot be had for now. Nothing was stored; trying again is safe. */
export class VaultUnavailable extends Unavailable {
  override readonly name = 'VaultUnavailable';
}

/** A key that these data need is not here. */
export class KeyMissing extends Error {
  override readonly name = 'KeyMissing';
  readonly keyId: string;
  constructor(keyId: string, remedy: string) {
    super(`The key ${keyId} is missing: ${remedy}`);
    this.keyId = keyId;
  }
}

/** Sealed bytes were changed, moved or cut. An alarm, not an accident. */
export class Tampered extends Error {
  override readonly name = 'Tampered';
}

/** The vault must not run as it is set up. One sentence with the remedy. */
export class VaultRefused extends Error {
  override readonly name = 'VaultRefused';
}

/** The other side of the socket may not ask this. */
export class VaultForbidden extends Error {
  override readonly name = 'VaultForbidden';
}
