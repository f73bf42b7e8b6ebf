import type { Command } from 'commander';
import { CliError } from '../errors.ts';

export const addMigrate = (program: Command): void => {
  program
    .command('migrate', { hidden: true })
    .description('bring the database to the form that this version needs')
    .action(() => {
      throw new CliError('tollgate migrate is not there yet; tollgate start migrates by itself.');
    });
};
