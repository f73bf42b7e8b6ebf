// Seals what was written since the last seal, and tells the hash of the newest seal to a file outside
// the database: whoever cuts off the tail of the log would have to cut that file too.

import { createPrivateKey, createPublicKey, type KeyObject, sign, verify } from 'node:crypto';
import { appendFile, open, readFile } from 'node:fs/promises';
import type { Context } from '#kit/context';
import { deriveKey } from '#kit/crypto';
import { becomeSealer, loadLastSeal, loadUnsealed, storeSeal } from './audit.store.ts';
import { type AuditSeal, GENESIS, leafOf, merkleRoot, sealHash } from './audit-entry.ts';

export type Sealing = {
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
  readonly anchorFile: string;
};

const ED25519_PKCS8 = Buffer.from('302e020100300506032b657004220420', 'hex');

export const sealingWith = (masterSecret: Buffer, anchorFile: string): Sealing => {
  const seed = deriveKey(masterSecret, 'audit signature');
  const privateKey = createPrivateKey({
    key: Buffer.concat([ED25519_PKCS8, seed]),
    format: 'der',
    type: 'pkcs8',
  });
  return { privateKey, publicKey: createPublicKey(privateKey), anchorFile };
};

export const ENTRIES_PER_SEAL_MAX = 1_000;
/** A transaction that took its position early may commit late: the sealer looks that far back. */
const POSITIONS_BACK = 10_000n;

/** How many entries were sealed. */
export const sealAudit = async (context: Context, sealing: Sealing): Promise<number> => {
  const seal = await context.database.system(async (tx) => {
    if (!(await becomeSealer(tx))) return null;
    const last = await loadLastSeal(tx);
    const upto = last?.upto ?? 0n;
    const entries = await loadUnsealed(tx, upto - POSITIONS_BACK, ENTRIES_PER_SEAL_MAX);
    if (entries.length === 0) return null;

    const unsigned = {
      number: (last?.number ?? 0n) + 1n,
      entries: entries.length,
      root: merkleRoot(entries.map(leafOf)),
      previous: last?.hash ?? GENESIS,
      upto: entries.reduce((most, entry) => (entry.position > most ? entry.position : most), upto),
      sealed_at: context.clock.now(),
    };
    const hash = sealHash(unsigned);
    const sealed: AuditSeal = {
      ...unsigned,
      hash,
      signature: sign(null, hash, sealing.privateKey),
    };
    await storeSeal(
      tx,
      sealed,
      entries.map((entry) => entry.id),
    );
    return sealed;
  });
  if (seal === null) return 0;

  // After the commit: an anchor without its seal would be a false alarm, the reverse heals at the next.
  await appendFile(sealing.anchorFile, `${seal.number} ${seal.hash.toString('hex')}\n`, {
    mode: 0o600,
  });
  const file = await open(sealing.anchorFile, 'r+');
  try {
    await file.sync();
  } finally {
    await file.close();
  }
  return seal.entries;
};

export const isSignedBy = (sealing: Pick<Sealing, 'publicKey'>, seal: AuditSeal): boolean =>
  verify(null, seal.hash, sealing.publicKey, seal.signature);

/** Seal number to hash, as written outside the database. */
export const readAnchors = async (anchorFile: string): Promise<Map<bigint, string>> => {
  const text = await readFile(anchorFile, 'utf8').catch(() => '');
  const anchors = new Map<bigint, string>();
  for (const line of text.split('\n')) {
    const [number, hash] = line.split(' ');
    if (number && hash && /^\d+$/.test(number)) anchors.set(BigInt(number), hash);
  }
  return anchors;
};
