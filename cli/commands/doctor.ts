import type { Command } from 'commander';
import { CliError } from '../errors.ts';

export const addDoctor = (program: Command): void => {
  program
    .command('doctor', { hidden: true })
    .description('look for what keeps Tollgate from running well here')
    .action(() => {
      throw new CliError('tollgate doctor is not there yet.');
    });
};
