export type { JobKind, JobPayload, PeriodicJob } from './job.ts';
export { countAliveWorkers, enqueue, enqueueWith } from './jobs.store.ts';
export { createWorker, type Worker } from './worker.ts';
