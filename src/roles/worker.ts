// The role that does what nobody waits for: the outbox, jobs, periodic work, sealing the audit log and the books.

import { sealBooks } from '#books/ledger';
import { ENTRIES_PER_SEAL_MAX, sealAudit } from '#identity/audit';
import { handOn, isAnythingOwed } from '#platform/events';
import { createWorker, everySoOften, type Worker } from '#platform/jobs';
import type { OpenRails } from '#rails/connectors';
import { areOperationsDue } from '#rails/operations';
import { gather, modules } from '../modules.ts';
import type { Runtime } from '../runtime.ts';
import { VERSION } from '../version.ts';

const SEAL_EVERY_MS = 2_000;

export const createGatewayWorker = (runtime: Runtime, rails: OpenRails): Worker => {
  const resolver = rails.createResolver();
  const gathered = gather();
  const listeners = modules.flatMap((module) => module.listeners?.(gathered) ?? []);
  return createWorker({
    context: runtime.context,
    version: VERSION,
    jobs: modules.flatMap((module) => module.jobs ?? []),
    periodicJobs: modules.flatMap((module) => module.periodicJobs ?? []),
    apart: runtime.context.database.apart,
    takeOver: modules.flatMap((module) => module.takeOver ?? []),
    // What was begun is noted before the database is closed, unless it takes too long: then it is begun anew
    // by whoever finds it.
    idle: () =>
      Promise.all([
        resolver.idle(),
        ...modules.flatMap((module) => module.idle?.(runtime.context) ?? []),
      ]),
    outbox: { run: (context) => handOn(context, listeners), asks: isAnythingOwed },
    rounds: [
      ...modules.flatMap((module) => module.rounds?.(gathered) ?? []),
      { run: () => resolver.round(), asks: areOperationsDue },
      everySoOften(SEAL_EVERY_MS, async (context) => {
        let sealed = 0;
        for (let full = true; full; ) {
          const now = await sealAudit(context, runtime.sealing);
          sealed += now;
          full = now === ENTRIES_PER_SEAL_MAX;
        }
        return sealed;
      }),
      everySoOften(SEAL_EVERY_MS, (context) => sealBooks(context, runtime.booksSealing)),
    ],
  });
};
