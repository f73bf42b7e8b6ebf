import type { Command } from 'commander';
import { CliError } from '../errors.ts';

export const addVerify = (program: Command): void => {
  program
    .command('verify', { hidden: true })
    .description('ask the database every question that a healthy one answers with nothing')
    .action(() => {
      throw new CliError('tollgate verify is not there yet.');
    });
};
