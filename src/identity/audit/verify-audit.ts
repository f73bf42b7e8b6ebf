// Recomputes the whole chain and says every place where it does not hold. It reads in steps, so that
// a log of years needs no more memory than one of a day.

import type { Context } from '#kit/context';
import { loadSealedEntries, loadSealsAfter, loadUnsealed } from './audit.store.ts';
import { type AuditEntry, GENESIS, leafOf, merkleRoot, sealHash } from './audit-entry.ts';
import { isSignedBy, readAnchors, type Sealing } from './seal-audit.ts';

export type AuditVerdict = {
  readonly seals: number;
  readonly entries: number;
  readonly problems: readonly string[];
};

const SEALS_PER_STEP = 100;
const PROBLEMS_MAX = 20;
/** The sealer is never this late; an entry that stayed outside so long was slipped in. */
const UNSEALED_FOR_TOO_LONG_MS = 5 * 60_000;

export const verifyAudit = async (context: Context, sealing: Sealing): Promise<AuditVerdict> => {
  const problems: string[] = [];
  const anchors = await readAnchors(sealing.anchorFile);
  let previous: Buffer = GENESIS;
  let number = 0n;
  let entries = 0;

  for (;;) {
    const { seals, sealed } = await context.database.system(async (tx) => {
      const seals = await loadSealsAfter(tx, number, SEALS_PER_STEP);
      const [first, last] = [seals[0], seals.at(-1)];
      const sealed = first && last ? await loadSealedEntries(tx, first.number, last.number) : [];
      return { seals, sealed };
    });
    if (seals.length === 0) break;

    const bySeal = Map.groupBy(sealed, (entry) => entry.seal);
    for (const seal of seals) {
      const own = bySeal.get(seal.number) ?? [];
      const say = (what: string): number => problems.push(`Seal ${seal.number}: ${what}.`);
      if (seal.number !== number + 1n) say(`follows seal ${number}, so a seal was removed`);
      if (!seal.previous.equals(previous)) say('does not continue the seal before it');
      if (!seal.hash.equals(sealHash(seal))) say('was changed');
      if (!isSignedBy(sealing, seal)) say('is not signed with the key of this installation');
      if (own.length !== seal.entries)
        say(`holds ${own.length} entries instead of ${seal.entries}`);
      const missing = own.filter((entry) => entry.id === null).length;
      if (missing > 0) say(`${missing} of its entries were removed`);
      const present = own.filter((entry): entry is typeof entry & AuditEntry => entry.id !== null);
      if (!merkleRoot(present.map(leafOf)).equals(seal.root)) say('an entry was changed or moved');
      const anchor = anchors.get(seal.number);
      if (anchor !== undefined && anchor !== seal.hash.toString('hex')) {
        say('differs from what was noted outside the database');
      }
      anchors.delete(seal.number);
      previous = seal.hash;
      number = seal.number;
      entries += own.length;
    }
    if (problems.length >= PROBLEMS_MAX) break;
  }

  for (const lost of anchors.keys()) {
    if (lost > number) problems.push(`Seal ${lost}: was noted outside the database and is gone.`);
  }
  const [oldest] = await context.database.system((tx) => loadUnsealed(tx, 0n, 1));
  if (oldest && context.clock.now() - oldest.at > UNSEALED_FOR_TOO_LONG_MS) {
    problems.push(`Entry ${oldest.id}: is old and in no seal. Is a worker running?`);
  }
  return { seals: Number(number), entries, problems: problems.slice(0, PROBLEMS_MAX) };
};
