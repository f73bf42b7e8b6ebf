// Several test files in one process, each as a test with the file's own inside. A hook belongs to the test in which it is
// registered, so what a file opened is closed, and every check asked, before the next one begins.

import { resolve } from 'node:path';
import { after, test } from 'node:test';
import { pathToFileURL } from 'node:url';
// What this keeps is kept for all of them.
import '../../src/platform/db/for-tests.ts';
import { endFile } from '../../src/kit/context/for-tests-end.ts';

export const runTogether = (files: readonly string[]): void => {
  for (const file of files) {
    test(file, async () => {
      await import(pathToFileURL(resolve(file)).href);
      after(endFile);
    });
  }
};
