export { DELETE_JOB } from './create-test-clock.ts';
export { clockDeleted, tellOfClock } from './events.ts';
export { findTestClock } from './find-test-clock.ts';
export { deletedTestClockSchema, renderDeletedTestClock, TEST_CLOCK } from './render-test-clock.ts';
export type { TestClock } from './test-clock.ts';
export { loadTestClocks, updateTestClock } from './test-clocks.store.ts';
