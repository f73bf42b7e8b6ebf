import type { Command } from 'commander';
import { CliError } from '../errors.ts';

export const addEvents = (program: Command): void => {
  program
    .command('events', { hidden: true })
    .description('what happened')
    .command('tail')
    .description('print events as they happen')
    .action(() => {
      throw new CliError('tollgate events tail is not there yet.');
    });
};
