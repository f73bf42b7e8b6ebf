// tollgate migrate: what every start does by itself, for those who deploy in steps.

import type { Command } from 'commander';
import { say } from '../say.ts';
import { withRuntime } from '../with-runtime.ts';

export const addMigrate = (program: Command): void => {
  program
    .command('migrate')
    .description('bring the schema up to date, as every start does')
    .action(async () => {
      await withRuntime(async () => say('The schema is up to date.'));
    });
};
