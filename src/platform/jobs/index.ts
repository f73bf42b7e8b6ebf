export type { JobKind, JobPayload, PeriodicJob } from './job.ts';
export { countAliveWorkers, enqueue, enqueueWith, versionOf } from './jobs.store.ts';
export { holderOf, isGone, isStillHeld, nameOf } from './life.ts';
export { lookAtEach } from './look-at-each.ts';
export { showPresence } from './presence.ts';
export { everySoOften, type Round } from './rounds.ts';
export { createWorker, type TakeOver, type Worker } from './worker.ts';
