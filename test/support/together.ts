// Several test files in one process, each as a test with the file's own inside. A hook belongs to the test in which it is
// registered, so what a file opened is closed, and every check asked, before the next one begins.

import { resolve } from 'node:path';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';
// What this keeps is kept for all of them.
import '../../src/platform/db/for-tests.ts';
import { atEnd, closerFromHere, endFile } from '../../src/kit/context/for-tests-end.ts';

/** Of one that hangs the others are run all the same. */
const LIMIT_MS = 5 * 60_000;

export const runTogether = (files: readonly string[]): void => {
  const closeLeft = closerFromHere();
  const runs = files.map((file) =>
    test(file, { timeout: LIMIT_MS }, async () => {
      await closeLeft();
      try {
        await import(pathToFileURL(resolve(file)).href);
      } finally {
        // Also where the file cannot be loaded.
        atEnd(endFile);
      }
    }),
  );
  void runs.at(-1)?.then(closeLeft);
};
