// tollgate fees: what merchants pay. Rules are set as a whole, as a new version; every change is in the
// audit log.

import type { Command } from 'commander';
import { loadFeeRules, setFeeRules } from '#books/fees';
import { scopeOf, type Where } from '../account-scope.ts';
import { CliError } from '../errors.ts';
import { readJson } from '../read-json.ts';
import { say } from '../say.ts';
import { withRuntime } from '../with-runtime.ts';

export const addFees = (program: Command): void => {
  const fees = program.command('fees').description('read and set what merchants pay');
  const add = (name: string, says: string) =>
    fees
      .command(name)
      .description(says)
      .option('--account <id>', 'whose fees; needed when there are several accounts')
      .option('--live', 'of live mode rather than test mode', false);

  add('show', 'print the version in force and its rules, as JSON').action((where: Where) =>
    withRuntime(async (runtime) => {
      const set = await loadFeeRules(runtime.context, await scopeOf(runtime, where));
      say(JSON.stringify(set, null, 2));
    }),
  );

  add('set <file>', 'make the list of rules in a JSON file the next version')
    .option(
      '--from <moment>',
      'in force from then on, like 2027-01-01T00:00:00Z; now when left out',
    )
    .action((file: string, where: Where & { from?: string }) =>
      withRuntime(async (runtime) => {
        const validFromMs = where.from === undefined ? null : Date.parse(where.from);
        if (Number.isNaN(validFromMs)) {
          throw new CliError(`${where.from} is no moment; write it like 2027-01-01T00:00:00Z.`);
        }
        const set = await setFeeRules(runtime.context, await scopeOf(runtime, where), {
          rules: readJson(file),
          ...(validFromMs === null ? {} : { validFromMs }),
        });
        if (!set.ok) throw new CliError(set.problem);
        say(`Version ${set.version} is in force from ${new Date(set.validFromMs).toISOString()}.`);
      }),
    );
};
