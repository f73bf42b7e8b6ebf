export type { JobKind, JobPayload, PeriodicJob } from './job.ts';
export { countAliveWorkers, enqueue } from './jobs.store.ts';
export { createWorker, type Worker } from './worker.ts';
