// tollgate fees: what merchants pay. Rules are set as a whole, as a new version; every change is in the
// audit log.

import type { Command } from 'commander';
import { listFeeRules, loadFeeRules, setFeeRules } from '#books/fees';
import type { Context, Scope } from '#kit/context';
import { scopeOf, type Where } from '../account-scope.ts';
import { CliError } from '../errors.ts';
import { moment, parseMoment } from '../moment.ts';
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

  add('show', 'print the version in force and its rules, as JSON')
    .option('--rules <version>', 'another version: one that was in force, or will be')
    .action((options: Where & { rules?: string }) =>
      withRuntime(async (runtime) => {
        const { context } = runtime;
        const scope = await scopeOf(runtime, options);
        const { version, rules } =
          options.rules === undefined
            ? await loadFeeRules(context, scope)
            : await versionOf(context, scope, options.rules);
        say(JSON.stringify({ version, rules }, null, 2));
      }),
    );

  add('list', 'list all versions there were, newest first, and since when each holds').action(
    (where: Where) =>
      withRuntime(async (runtime) => {
        const { context } = runtime;
        const scope = await scopeOf(runtime, where);
        const inForce = (await loadFeeRules(context, scope)).version;
        for (const { version, rules, validFromMs } of await listFeeRules(context, scope)) {
          const since =
            validFromMs === null ? 'built in' : `from ${moment(Math.floor(validFromMs / 1000))}`;
          const count = rules.length === 1 ? '1 rule' : `${rules.length} rules`;
          const now = version === inForce ? ['in force'] : [];
          say([`version ${version}`, since, count, ...now].join('  '));
        }
      }),
  );

  add('set <file>', 'make the list of rules in a JSON file the next version')
    .option(
      '--from <moment>',
      'in force from then on, like 2027-01-01 or 2027-01-01T08:00+01:00; now when left out',
      parseMoment,
    )
    .action((file: string, { from, ...where }: Where & { from?: number }) =>
      withRuntime(async (runtime) => {
        const set = await setFeeRules(runtime.context, await scopeOf(runtime, where), {
          rules: readJson(file),
          ...(from === undefined ? {} : { validFromMs: from * 1000 }),
        });
        if (!set.ok) throw new CliError(set.problem);
        say(`Version ${set.version} is in force from ${new Date(set.validFromMs).toISOString()}.`);
      }),
    );
};

const versionOf = async (context: Context, scope: Scope, asked: string) => {
  const found = (await listFeeRules(context, scope)).find(
    ({ version }) => String(version) === asked,
  );
  if (found === undefined) {
    throw new CliError(`There is no version ${asked}; tollgate fees list names all there are.`);
  }
  return found;
};
