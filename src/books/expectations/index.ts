export {
  type Expectation,
  type ExpectationKind,
  type ExpectationState,
  expect,
} from './expectation.ts';
export {
  expectation,
  type KnownExpectation,
  loadExpectationsOf,
  loadOpenExpectations,
} from './expectations.store.ts';
