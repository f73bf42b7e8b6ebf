export { type ExpectationKind, expect } from './expectation.ts';
export { expectation, loadExpectationsOf } from './expectations.store.ts';
