// The command line. Each command is a file of its own; this one is the frame around them.

import { readFileSync } from 'node:fs';
import { Command, CommanderError } from 'commander';
import { addAccounts } from './commands/accounts.ts';
import { addCards } from './commands/cards.ts';
import { addCheckout } from './commands/checkout.ts';
import { addClock } from './commands/clock.ts';
import { addConnectors } from './commands/connectors.ts';
import { addDays } from './commands/days.ts';
import { addDefence } from './commands/defence.ts';
import { addDoctor } from './commands/doctor.ts';
import { addEvents } from './commands/events.ts';
import { addFees } from './commands/fees.ts';
import { addKeys } from './commands/keys.ts';
import { addListen } from './commands/listen.ts';
import { addMigrate } from './commands/migrate.ts';
import { addOperations } from './commands/operations.ts';
import { addSettlements } from './commands/settlements.ts';
import { addStart } from './commands/start.ts';
import { addTrigger } from './commands/trigger.ts';
import { addVault } from './commands/vault.ts';
import { addVerify } from './commands/verify.ts';
import { exitCode, explain } from './errors.ts';
import { tieToParent } from './parent.ts';

const { version, description } = JSON.parse(
  readFileSync(new URL('../package.json', import.meta.url), 'utf8'),
) as { version: string; description: string };

const program = new Command('tollgate')
  .description(description)
  .version(version, '-v, --version', 'print the version')
  .helpOption('-h, --help', 'print what a command does')
  .showHelpAfterError('Try tollgate --help.')
  .exitOverride();

for (const add of [
  addStart,
  addMigrate,
  addDoctor,
  addVerify,
  addAccounts,
  addKeys,
  addCheckout,
  addFees,
  addDefence,
  addVault,
  addCards,
  addConnectors,
  addEvents,
  addListen,
  addOperations,
  addDays,
  addSettlements,
  addTrigger,
  addClock,
])
  add(program);
for (const command of program.commands) inherit(command);

/** Settings of the frame hold for the commands, and for theirs. */
function inherit(command: Command): void {
  command.exitOverride().showHelpAfterError('Try tollgate --help.');
  for (const inner of command.commands) inherit(inner);
}

// A terminal that was closed, or a `| head` that has seen enough, is no reason to fail.
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
