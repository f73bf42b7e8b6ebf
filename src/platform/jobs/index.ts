export type { JobKind, JobPayload, PeriodicJob } from './job.ts';
export { countAliveWorkers, enqueue, enqueueWith, versionOfProcess } from './jobs.store.ts';
export { holderOf, isGone, isStillHeld, nameOfProcess } from './life.ts';
export { lookAtEach } from './look-at-each.ts';
export { showPresence } from './presence.ts';
export { everySoOften, type Round } from './rounds.ts';
export { createWorker, type TakeOver, type Worker } from './worker.ts';
