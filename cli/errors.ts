// What a person sees when something goes wrong: one sentence, and the rest only with DEBUG.

import { CommanderError } from 'commander';

export class CliError extends Error {
  override readonly name = 'CliError';
}

const usage = 2;
const failure = 1;

export const exitCode = (error: unknown): number => {
  if (!(error instanceof CommanderError)) return failure;
  return error.exitCode === 0 ? 0 : usage;
};

export const explain = (error: unknown): string => {
  if (!(error instanceof Error)) return `Something went wrong: ${String(error)}`;
  if (process.env.DEBUG) return error.stack ?? error.message;
  return isForPeople(error)
    ? error.message
    : `${sentence(error.message)} Run it again with DEBUG=1 to see where it happened.`;
};

/** Their messages are written as whole sentences. */
const isForPeople = (error: Error): boolean =>
  [
    'CliError',
    'StartError',
    'SettingsError',
    'SchemaMismatch',
    'LiveModeRefused',
    'PortNotShared',
    'WrongSecret',
    'VaultRefused',
    'KeyMissing',
  ].includes(error.name);

const sentence = (message: string): string => {
  const [first = ''] = message.split('\n');
  return /[.!?]$/.test(first) ? first : `${first}.`;
};
