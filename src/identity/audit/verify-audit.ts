// Proves the chain of the audit log, and that nothing stands outside it.

import { type Context, realClock } from '#kit/context';
import { type ChainVerdict, PROBLEMS_MAX, type Sealing, verifyChain } from '#kit/seals';
import { loadOutside, loadSealedEntries, loadSealsAfter } from './audit.store.ts';
import { auditLeaf } from './audit-entry.ts';

export type AuditVerdict = ChainVerdict;

/** Of up to a thousand entries each: little memory, and far below the time limit of statements. */
const SEALS_PER_STEP = 20;
const ENTRIES_PER_PIECE = 10_000;
const BEFORE_ALL = -(2n ** 63n);
/** The sealer is never this late; an entry that stayed outside so long was slipped in. */
const UNSEALED_FOR_TOO_LONG_MS = 5 * 60_000;

export const verifyAudit = async (
  context: Context,
  sealing: Sealing,
  entriesPerPiece = ENTRIES_PER_PIECE,
): Promise<AuditVerdict> => {
  const chain = await verifyChain(sealing, (after) =>
    context.database.system(async (tx) => {
      const seals = await loadSealsAfter(tx, after?.number ?? 0n, SEALS_PER_STEP);
      const [first, last] = [seals[0], seals.at(-1)];
      const sealed = first && last ? await loadSealedEntries(tx, first.number, last.number) : [];
      const bySeal = Map.groupBy(sealed, (entry) => entry.seal);
      return {
        seals,
        leavesOf: ({ number }) =>
          (bySeal.get(number) ?? []).map((entry) => (entry.id === null ? null : auditLeaf(entry))),
      };
    }),
  );

  const problems = [...chain.problems];
  const oldest = await firstOutside(context, entriesPerPiece);
  if (oldest && realClock(context.clock).now() - oldest.at > UNSEALED_FOR_TOO_LONG_MS) {
    problems.push(`Entry ${oldest.id}: is old and in no seal. Is a worker running?`);
  }
  return { ...chain, problems: problems.slice(0, PROBLEMS_MAX) };
};

/** Piece by piece, each in a moment of its own: the log of years is looked through without holding anything up. */
const firstOutside = async (
  context: Context,
  entriesPerPiece: number,
): Promise<{ readonly id: string; readonly at: number } | null> => {
  for (let after = BEFORE_ALL; ; ) {
    const { upto, id, at } = await context.database.system((tx) =>
      loadOutside(tx, after, entriesPerPiece),
    );
    if (id !== null && at !== null) return { id, at };
    if (upto === null) return null;
    after = upto;
  }
};
