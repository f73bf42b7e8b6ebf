// Proves the chain of the audit log, and that nothing stands outside it.

import type { Context } from '#kit/context';
import { type ChainVerdict, PROBLEMS_MAX, type Sealing, verifyChain } from '#kit/seals';
import { loadSealedEntries, loadSealsAfter, loadUnsealed } from './audit.store.ts';
import { auditLeaf } from './audit-entry.ts';

export type AuditVerdict = ChainVerdict;

const SEALS_PER_STEP = 100;
/** The sealer is never this late; an entry that stayed outside so long was slipped in. */
const UNSEALED_FOR_TOO_LONG_MS = 5 * 60_000;

export const verifyAudit = async (context: Context, sealing: Sealing): Promise<AuditVerdict> => {
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
  const [oldest] = await context.database.system((tx) => loadUnsealed(tx, 0n, 1));
  if (oldest && context.clock.now() - oldest.at > UNSEALED_FOR_TOO_LONG_MS) {
    problems.push(`Entry ${oldest.id}: is old and in no seal. Is a worker running?`);
  }
  return { ...chain, problems: problems.slice(0, PROBLEMS_MAX) };
};
