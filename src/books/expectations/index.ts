export { type ExpectationKind, expect } from './expectation.ts';
export {
  allExpectations,
  expectation,
  type KnownExpectation,
  loadExpectationsOf,
  loadExpectationsOfAll,
} from './expectations.store.ts';
