// tollgate fees: what merchants pay. Rules are set as a whole, as a new version; every change is in the
// audit log.

import type { Command } from 'commander';
import { listFeeRules, loadFeeRules, setFeeRules, withdrawFeeRules } from '#books/fees';
import { cardBrands } from '#cards/bins';
import { knownTypes } from '#cards/methods';
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
        for (const each of await listFeeRules(context, scope)) {
          const { version, rules, validFromMs, withdrawnAtMs } = each;
          const since =
            validFromMs === null ? 'built in' : `from ${moment(Math.floor(validFromMs / 1000))}`;
          const count = rules.length === 1 ? '1 rule' : `${rules.length} rules`;
          const now = version === inForce ? ['in force'] : [];
          const gone =
            withdrawnAtMs === null
              ? []
              : [`withdrawn ${moment(Math.floor(withdrawnAtMs / 1000))}, before it began`];
          say([`version ${version}`, since, count, ...now, ...gone].join('  '));
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
          known: { methods: knownTypes, brands: [...cardBrands, 'unknown'] },
          ...(from === undefined ? {} : { validFromMs: from * 1000 }),
        });
        if (!set.ok) throw new CliError(set.problem);
        say(`Version ${set.version} is in force from ${new Date(set.validFromMs).toISOString()}.`);
      }),
    );

  add('withdraw <version>', 'take back a version that has not begun').action(
    (asked: string, where: Where) =>
      withRuntime(async (runtime) => {
        const { context } = runtime;
        const scope = await scopeOf(runtime, where);
        const { version } = await versionOf(context, scope, asked);
        const withdrawn = await withdrawFeeRules(context, scope, version);
        if (!withdrawn.ok) throw new CliError(whyKept(asked, withdrawn));
        say(`Version ${version} is withdrawn and will not begin.`);
      }),
  );
};

const whyKept = (
  version: string,
  { code, validFromMs }: Extract<Awaited<ReturnType<typeof withdrawFeeRules>>, { ok: false }>,
): string => {
  const since =
    validFromMs === null ? 'is built in' : `began ${moment(Math.floor(validFromMs / 1000))}`;
  return {
    unknown: noVersion(version),
    withdrawn: `Version ${version} is withdrawn already.`,
    begins_now: `Version ${version} begins within a minute, and is kept: set other rules after it, with tollgate fees set.`,
    begun: `Version ${version} ${since}, and what has begun is kept: set other rules after it, with tollgate fees set.`,
  }[code];
};

const noVersion = (asked: string): string =>
  `There is no version ${asked}; tollgate fees list names all there are.`;

const versionOf = async (context: Context, scope: Scope, asked: string) => {
  const found = (await listFeeRules(context, scope)).find(
    ({ version }) => String(version) === asked,
  );
  if (found === undefined) {
    throw new CliError(noVersion(asked));
  }
  return found;
};
