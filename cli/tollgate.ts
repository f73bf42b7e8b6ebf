// The command line. Each command is a file of its own; this one is the frame around them.

import './threads.ts';

import { readFileSync } from 'node:fs';
import { Command, CommanderError } from 'commander';
import { exitCode, explain } from './errors.ts';
import { tieToParent } from './parent.ts';
import { print } from './say.ts';

/**
 * In the order in which help lists them. Only the one that was asked for is read: a command that merely asks the
 * API is at work before the whole gateway would be.
 */
const commands: Readonly<Record<string, () => Promise<(program: Command) => void>>> = {
  start: async () => (await import('./commands/start.ts')).addStart,
  migrate: async () => (await import('./commands/migrate.ts')).addMigrate,
  doctor: async () => (await import('./commands/doctor.ts')).addDoctor,
  verify: async () => (await import('./commands/verify.ts')).addVerify,
  accounts: async () => (await import('./commands/accounts.ts')).addAccounts,
  keys: async () => (await import('./commands/keys.ts')).addKeys,
  checkout: async () => (await import('./commands/checkout.ts')).addCheckout,
  balance: async () => (await import('./commands/balance.ts')).addBalance,
  fees: async () => (await import('./commands/fees.ts')).addFees,
  defence: async () => (await import('./commands/defence.ts')).addDefence,
  vault: async () => (await import('./commands/vault.ts')).addVault,
  cards: async () => (await import('./commands/cards.ts')).addCards,
  connectors: async () => (await import('./commands/connectors.ts')).addConnectors,
  events: async () => (await import('./commands/events.ts')).addEvents,
  listen: async () => (await import('./commands/listen.ts')).addListen,
  operations: async () => (await import('./commands/operations.ts')).addOperations,
  days: async () => (await import('./commands/days.ts')).addDays,
  disputes: async () => (await import('./commands/disputes.ts')).addDisputes,
  settlements: async () => (await import('./commands/settlements.ts')).addSettlements,
  trigger: async () => (await import('./commands/trigger.ts')).addTrigger,
  clock: async () => (await import('./commands/clock.ts')).addClock,
};

const { version, description } = JSON.parse(
  readFileSync(new URL('../package.json', import.meta.url), 'utf8'),
) as { version: string; description: string };

const program = new Command('tollgate')
  .description(description)
  .version(version, '-v, --version', 'print the version')
  .helpOption('-h, --help', 'print what a command does')
  .showHelpAfterError('Try tollgate --help.')
  .configureOutput({ writeOut: print })
  .exitOverride();

const [asked = ''] = process.argv.slice(2);
const loads = Object.hasOwn(commands, asked) ? [commands[asked]] : Object.values(commands);
for (const load of loads) (await load?.())?.(program);
for (const command of program.commands) inherit(command);

/** Settings of the frame hold for the commands, and for theirs. */
function inherit(command: Command): void {
  command
    .exitOverride()
    .configureOutput({ writeOut: print })
    .showHelpAfterError('Try tollgate --help.');
  for (const inner of command.commands) inherit(inner);
}

// A terminal that was closed, or a `| head` that has seen enough, is no reason to fail. What goes to a file is in `say.ts`.
process.stdout.on('error', () => {});
process.stderr.on('error', () => {});

tieToParent();
try {
  await program.parseAsync();
} catch (error) {
  // Commander has said what was wrong with the command, or has printed help or the version.
  if (!(error instanceof CommanderError)) process.stderr.write(`${explain(error)}\n`);
  process.exitCode = exitCode(error);
}
