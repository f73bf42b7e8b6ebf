// A gateway to be killed by tests: starts PostgreSQL on the folder it is given, says so in one line
// of JSON, and stays.

import { silent } from './for-tests.ts';
import { startPostgres } from './start-postgres.ts';

const say = (line: unknown): void => {
  process.stdout.write(`${JSON.stringify(line)}\n`);
};

// A drain under way: the terminal's Ctrl-C does not end it at once.
process.on('SIGINT', () => {});

try {
  const { pid, ownerUrl } = await startPostgres({
    dataFolder: process.argv[2] as string,
    log: silent,
  });
  say({ pid, ownerUrl });
} catch (error) {
  const { name, message } = error as Error;
  say({ name, message });
  process.exitCode = 1;
}
