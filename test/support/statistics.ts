// The tests' server gathers no statistics by itself, as one that lives on does every few seconds: a plan
// that was made while a table was empty would be kept however much it holds, and read all of it each time.

import { asOwner, type TestDatabase } from '../../src/for-tests.ts';

/** For tests that write many thousands of rows: now and then. */
export const learnSizes = async (on: TestDatabase): Promise<void> => {
  await asOwner(on, 'analyze');
};
