// A chain of seals: each holds the Merkle root of its entries and the hash of the seal before it, and is
// signed. The audit log and the books are sealed in this way, each with a key and a chain of its own.

import { createPrivateKey, createPublicKey, type KeyObject, sign, verify } from 'node:crypto';
import { deriveKey, sha256 } from '#kit/crypto';
import { GENESIS, merkleRoot } from './merkle.ts';

export type Seal = {
  readonly number: bigint;
  readonly entries: number;
  readonly root: Buffer;
  readonly previous: Buffer;
  readonly hash: Buffer;
  /** How far it reaches, in whatever order its log has. */
  readonly upto: bigint;
  readonly signature: Buffer;
  readonly sealed_at: number;
};

export type Sealing = {
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
  readonly anchorFile: string;
  /** Before the numbers in the anchor file, where several chains note their seals in one. */
  readonly mark: string;
};

const ED25519_PKCS8 = Buffer.from('302e020100300506032b657004220420', 'hex');

export const sealingFor = (
  masterSecret: Buffer,
  chain: { readonly purpose: string; readonly anchorFile: string; readonly mark: string },
): Sealing => {
  const seed = deriveKey(masterSecret, chain.purpose);
  const privateKey = createPrivateKey({
    key: Buffer.concat([ED25519_PKCS8, seed]),
    format: 'der',
    type: 'pkcs8',
  });
  return {
    privateKey,
    publicKey: createPublicKey(privateKey),
    anchorFile: chain.anchorFile,
    mark: chain.mark,
  };
};

export const nextSeal = (
  sealing: Pick<Sealing, 'privateKey'>,
  last: Seal | undefined,
  of: { readonly leaves: readonly Buffer[]; readonly upto: bigint; readonly atMs: number },
): Seal => {
  const unsigned = {
    number: (last?.number ?? 0n) + 1n,
    entries: of.leaves.length,
    root: merkleRoot(of.leaves),
    previous: last?.hash ?? GENESIS,
    upto: of.upto,
    sealed_at: of.atMs,
  };
  const hash = sealHash(unsigned);
  return { ...unsigned, hash, signature: sign(null, hash, sealing.privateKey) };
};

export const sealHash = (seal: Omit<Seal, 'hash' | 'signature'>): Buffer =>
  sha256(
    JSON.stringify([
      String(seal.number),
      seal.entries,
      seal.root.toString('hex'),
      seal.previous.toString('hex'),
      String(seal.upto),
      seal.sealed_at,
    ]),
  );

export const isSignedBy = (sealing: Pick<Sealing, 'publicKey'>, seal: Seal): boolean =>
  verify(null, seal.hash, sealing.publicKey, seal.signature);
