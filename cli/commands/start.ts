// tollgate start: the gateway with what it needs around it, in the order in which a refusal is
// cheapest, and taken down in the opposite order.

import { type Command, InvalidArgumentError, Option } from 'commander';
import { allRoles, loadStartGateway, type Role, roles } from '../gateway.ts';
import { runGateway } from '../run-gateway.ts';
import { settingsOfProject } from '../settings.ts';

export const addStart = (program: Command): void => {
  program
    .command('start')
    .description('start the gateway, with a database of its own unless DATABASE_URL names one')
    .addOption(
      new Option('--role <roles>', 'which parts run in this process, separated by commas')
        .default([...roles], roles.join(','))
        .argParser(parseRoles),
    )
    .option('--quickstart', 'make test keys, print them and how to begin', false)
    .action(async (options: { role: Role[]; quickstart: boolean }) => {
      const settings = settingsOfProject(
        options.quickstart ? forNewcomers(process.env) : process.env,
      );
      const code = await runGateway({
        settings,
        roles: options.role,
        isQuickstart: options.quickstart,
        loadStartGateway,
      });
      // All is taken down. Whatever else still waits in this process waits for nothing.
      process.exit(code);
    });
};

/**
 * Their webhook receiver and their simulators run on the same machine, and they want to see next week. They read what is
 * logged: a line for every request would bury what it says. A setting that is empty was left out.
 */
const forNewcomers = (env: NodeJS.ProcessEnv): NodeJS.ProcessEnv => {
  const said = Object.fromEntries(Object.entries(env).filter(([, text]) => text?.trim()));
  const { TOLLGATE_LIVE, TOLLGATE_LOG_FORMAT = 'auto' } = said;
  return {
    ...env,
    TOLLGATE_WEBHOOKS_TO_LOOPBACK: 'on',
    TOLLGATE_PROVIDERS_TO_LOOPBACK: 'on',
    ...(TOLLGATE_LOG_FORMAT === 'auto' ? { TOLLGATE_LOG_LEVEL: 'warn' } : {}),
    ...(TOLLGATE_LIVE === undefined ? { TOLLGATE_MOVABLE_CLOCK: 'on' } : {}),
    ...said,
  };
};

const parseRoles = (text: string): Role[] => {
  const names = text.split(',').map((name) => name.trim());
  const unknown = names.find((name) => !allRoles.includes(name as Role));
  if (unknown === undefined) return [...new Set(names as Role[])];
  throw new InvalidArgumentError(
    `There is no role "${unknown}"; there are ${allRoles.join(', ')}.`,
  );
};
