// What `node --test --test-global-setup=…` runs around all test files.

import pg from 'pg';
import { startThrowAway, testServerVariable } from './for-tests.ts';

let stop = async (): Promise<void> => {};

export const globalSetup = async (): Promise<void> => {
  const { running, remove } = await startThrowAway();
  process.env[testServerVariable] = running.ownerUrl;
  stop = async () => {
    await running.stop();
    remove();
  };
  if (process.env['TOLLGATE_TEST_FULL'] === '1') await lookAfter(running.ownerUrl);
};

/**
 * Short tests leave tables as small as they found them. In a long run, plans that were made for empty tables
 * read all that is there by and by: checking one foreign key took a millisecond after six thousand payments.
 */
const lookAfter = async (ownerUrl: string): Promise<void> => {
  const client = new pg.Client({ connectionString: ownerUrl });
  await client.connect();
  try {
    await client.query('alter system set autovacuum = on');
    await client.query('select pg_reload_conf()');
  } finally {
    await client.end();
  }
};

export const globalTeardown = (): Promise<void> => stop();
