// tollgate defence: what is done against those who try cards at an account, and whether somebody is at it.

import type { Command } from 'commander';
import { listAttacks, loadOwnRules, loadRules, setRules } from '#payments/risk';
import { scopeOf, type Where } from '../account-scope.ts';
import { CliError } from '../errors.ts';
import { readJson } from '../read-json.ts';
import { say } from '../say.ts';
import { withRuntime } from '../with-runtime.ts';

export const addDefence = (program: Command): void => {
  const defence = program
    .command('defence')
    .description('read and set the defence against card testing, and list attacks');
  const add = (name: string, says: string) =>
    defence
      .command(name)
      .description(says)
      .option('--account <id>', 'whose defence; needed when there are several accounts')
      .option('--live', 'of live mode rather than test mode', false);

  add(
    'show',
    'print what is in force, as JSON: from how many tries in vain each step is asked',
  ).action((where: Where) =>
    withRuntime(async (runtime) => {
      const scope = await scopeOf(runtime, where);
      const { isOn, ladder } = await loadRules(runtime.context, scope);
      const own = await loadOwnRules(runtime.context, scope);
      say(JSON.stringify({ enabled: isOn, ladder, set: own }, null, 2));
    }),
  );

  add(
    'set <file>',
    'take the settings of a JSON file, like {"enabled": true, "ladder": {}}',
  ).action((file: string, where: Where) =>
    withRuntime(async (runtime) => {
      const scope = await scopeOf(runtime, where);
      const set = await setRules(runtime.context, scope, readJson(file));
      if (!set.ok) throw new CliError(set.problem);
      say('The defence is set. Every process goes by it within seconds.');
    }),
  );

  add('attacks', 'list the latest times at which cards were being tested').action((where: Where) =>
    withRuntime(async (runtime) => {
      const attacks = await listAttacks(runtime.context, await scopeOf(runtime, where));
      if (attacks.length === 0) say('Nobody was seen testing cards.');
      for (const { beganAtMs, tries, inVain } of attacks) {
        say(`${new Date(beganAtMs).toISOString()}  ${inVain} of ${tries} tries came to nothing`);
      }
    }),
  );
};
