export { type ExpectationKind, expect } from './expectation.ts';
export { expectation, loadExpectationsOf, loadExpectationsOfAll } from './expectations.store.ts';
