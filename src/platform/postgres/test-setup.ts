// What `node --test --test-global-setup=…` runs around all test files.

import { startThrowAway, testServerVariable } from './for-tests.ts';

let stop = async (): Promise<void> => {};

export const globalSetup = async (): Promise<void> => {
  const { running, remove } = await startThrowAway();
  process.env[testServerVariable] = running.ownerUrl;
  stop = async () => {
    await running.stop();
    remove();
  };
};

export const globalTeardown = (): Promise<void> => stop();
