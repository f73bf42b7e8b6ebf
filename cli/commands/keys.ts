import type { Command } from 'commander';
import { CliError } from '../errors.ts';

export const addKeys = (program: Command): void => {
  const keys = program.command('keys', { hidden: true }).description('API keys');

  for (const [name, says] of [
    ['create', 'make a key and print it, this once'],
    ['list', 'list the keys, without their secrets'],
    ['roll', 'replace a key by a new one'],
    ['revoke', 'end a key at once'],
  ] as const) {
    keys
      .command(name)
      .description(says)
      .action(() => {
        throw new CliError(`tollgate keys ${name} is not there yet.`);
      });
  }
};
