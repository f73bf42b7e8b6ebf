// Keys of OpenPGP, read from what is in a file. The library is loaded when a key is read and not before:
// a gateway that moves no cards does not carry it.

import type { PrivateKey, PublicKey } from 'openpgp';
import { PortabilityError } from './failures.ts';

export type Recipient = { readonly key: PublicKey; readonly fingerprint: string };

/** Whom cards may be encrypted to. Refused where the cards would be safe today and not tomorrow. */
export const readRecipient = async (bytes: Buffer, nowMs: number): Promise<Recipient> => {
  const key = await readOnly(bytes, 'public', 'gpg --armor --export');
  if (key.isPrivate()) {
    throw new PortabilityError(
      'This is a private key: whoever has it can read the export, so give the public key of the recipient alone.',
    );
  }
  await refuseUnfit(key, new Date(nowMs));
  return { key, fingerprint: key.getFingerprint() };
};

/** `askPassphrase` is called when the key is locked, and only then. */
export const openPrivateKey = async (
  bytes: Buffer,
  askPassphrase: () => Promise<string>,
): Promise<PrivateKey> => {
  const key = await readOnly(bytes, 'private', 'gpg --armor --export-secret-keys');
  if (!key.isPrivate()) {
    throw new PortabilityError(
      'This is a public key: to read an encrypted file its private key is needed.',
    );
  }
  if (key.isDecrypted()) return key;
  const { decryptKey } = await import('openpgp');
  const passphrase = await askPassphrase();
  try {
    return await decryptKey({ privateKey: key, passphrase });
  } catch {
    throw new PortabilityError(
      'The passphrase does not open the private key: check the passphrase and that it is the right key.',
    );
  }
};

const readOnly = async (bytes: Buffer, kind: string, command: string) => {
  const { readKeys } = await import('openpgp');
  const isText = bytes.includes('-----BEGIN PGP');
  let keys: Awaited<ReturnType<typeof readKeys>>;
  try {
    keys = isText
      ? await readKeys({ armoredKeys: bytes.toString('utf8') })
      : await readKeys({ binaryKeys: new Uint8Array(bytes) });
  } catch {
    keys = [];
  }
  const [key, second] = keys;
  if (key === undefined) {
    throw new PortabilityError(
      `The file holds no ${kind} key of OpenPGP that can be read: write one with ${command}.`,
    );
  }
  if (second !== undefined) {
    throw new PortabilityError(
      `The file holds ${keys.length} keys: give one that holds the ${kind} key alone.`,
    );
  }
  return key;
};

const refuseUnfit = async (key: PublicKey, now: Date): Promise<void> => {
  const named = `The key ${key.getFingerprint().toUpperCase()}`;
  const remedy = 'ask its owner for the key of today';
  if (await key.isRevoked(undefined, undefined, now)) {
    throw new PortabilityError(`${named} was revoked: ${remedy}.`);
  }
  const expires = await key.getExpirationTime();
  if (expires instanceof Date && expires <= now) {
    const day = expires.toISOString().slice(0, 10);
    throw new PortabilityError(`${named} expired on ${day}: ${remedy}.`);
  }
  try {
    await key.getEncryptionKey(undefined, now);
  } catch (error) {
    throw new PortabilityError(`${named} ${unfitness(error)}: ${remedy}.`);
  }
};

/** The library says it in a message of its own, of which only the kind is passed on. */
const unfitness = (error: unknown): string => {
  const said = error instanceof Error ? error.message : '';
  if (/revoked/i.test(said)) return 'has an encryption key that was revoked';
  if (/expired/i.test(said)) return 'has an encryption key that has expired';
  if (/weak|insecure|disabled|shorter/i.test(said)) return 'is too weak for card numbers';
  return 'has no part that may be used for encryption';
};
