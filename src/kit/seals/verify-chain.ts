// Recomputes a whole chain and says every place where it does not hold. It reads in steps, so that a log
// of years needs no more memory than one of a day.

import { readAnchors } from './anchors.ts';
import { GENESIS, merkleRoot } from './merkle.ts';
import { isSignedBy, type Seal, type Sealing, sealHash } from './seal.ts';

export type ChainVerdict = {
  readonly seals: number;
  readonly entries: number;
  readonly problems: readonly string[];
};

export type SealedStep = {
  readonly seals: readonly Seal[];
  /** What each seal covers today, in its order; null stands for an entry that is gone. */
  readonly leavesOf: (seal: Seal) => readonly (Buffer | null)[];
};

export const PROBLEMS_MAX = 20;

export const verifyChain = async (
  sealing: Sealing,
  loadAfter: (last: Seal | undefined) => Promise<SealedStep>,
): Promise<ChainVerdict> => {
  const problems: string[] = [];
  const anchors = await readAnchors(sealing);
  let last: Seal | undefined;
  let entries = 0;

  for (;;) {
    const { seals, leavesOf } = await loadAfter(last);
    if (seals.length === 0) break;

    for (const seal of seals) {
      const own = leavesOf(seal);
      const say = (what: string): number => problems.push(`Seal ${seal.number}: ${what}.`);
      const number = last?.number ?? 0n;
      if (seal.number !== number + 1n) say(`follows seal ${number}, so a seal was removed`);
      if (!seal.previous.equals(last?.hash ?? GENESIS)) say('does not continue the seal before it');
      if (!seal.hash.equals(sealHash(seal))) say('was changed');
      if (!isSignedBy(sealing, seal)) say('is not signed with the key of this installation');
      if (own.length !== seal.entries) {
        say(`holds ${own.length} entries instead of ${seal.entries}`);
      }
      const present = own.filter((leaf) => leaf !== null);
      const missing = own.length - present.length;
      if (missing > 0) say(`${missing} of its entries were removed`);
      if (!merkleRoot(present).equals(seal.root)) say('an entry was changed or moved');
      const anchor = anchors.get(seal.number);
      if (anchor !== undefined && anchor !== seal.hash.toString('hex')) {
        say('differs from what was noted outside the database');
      }
      anchors.delete(seal.number);
      last = seal;
      entries += own.length;
    }
    if (problems.length >= PROBLEMS_MAX) break;
  }

  for (const lost of anchors.keys()) {
    if (lost > (last?.number ?? 0n)) {
      problems.push(`Seal ${lost}: was noted outside the database and is gone.`);
    }
  }
  return { seals: Number(last?.number ?? 0n), entries, problems: problems.slice(0, PROBLEMS_MAX) };
};
