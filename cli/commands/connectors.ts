// tollgate connectors: which providers there are, and a merchant's accounts at them. Settings come from
// a file or from standard input, never from the command line: other users of a machine can read that.

import { readFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { type Command, InvalidArgumentError, Option } from 'commander';
import type { Scope } from '#kit/context';
import { parseId, spellId } from '#kit/ids';
import {
  type AccountChange,
  type AccountChanged,
  addConnectorAccount,
  CONNECTOR_ACCOUNT,
  changeConnectorAccount,
  listConnectorAccounts,
  loadConnectorAccount,
  removeConnectorAccount,
  type StoredAccount,
} from '#rails/connectors';
import type { Runtime } from '../../src/runtime.ts';
import { scopeOf, type Where } from '../account-scope.ts';
import { CliError } from '../errors.ts';
import { paint, say } from '../say.ts';
import { inColumns } from '../terminal.ts';
import { withRuntime } from '../with-runtime.ts';

type Given = {
  readonly settings?: string;
  readonly label?: string;
  readonly priority?: number;
  readonly methods?: readonly string[];
};

const SHOWN_MAX = 1_000;

export const addConnectors = (program: Command): void => {
  const connectors = program
    .command('connectors')
    .description('providers, and the accounts at them that take payments');
  const add = (name: string, says: string) =>
    connectors
      .command(name)
      .description(says)
      .option('--account <id>', 'whose; needed when there are several accounts')
      .option('--live', 'live mode rather than test mode', false);
  const giving = (command: Command): Command =>
    command
      .option('--settings <file>', 'a file with the settings as JSON; - reads standard input')
      .option('--label <text>', 'what you call it')
      .addOption(
        new Option(
          '--methods <types>',
          'which ways to pay it takes, with commas: card,ideal; "" for all that need not be switched on there',
        ).argParser(parseMethods),
      )
      .addOption(
        new Option('--priority <number>', 'lower is asked first').argParser(parsePriority),
      );

  connectors
    .command('providers')
    .description('list the providers there are, and the settings each wants')
    .action(() => withRuntime(async (runtime) => sayProviders(runtime)));

  add('list', 'list the accounts at providers, without their secrets').action((where: Where) =>
    withRuntime(async (runtime) => {
      const scope = await scopeOf(runtime, where);
      const page = { direction: 'older', from: null, limit: SHOWN_MAX } as const;
      const found = await listConnectorAccounts(runtime.context, scope, page);
      if (found.length === 0) say('There are no accounts at providers.');
      else
        say(
          ...inColumns(
            found.map((each) => [idOf(each), describe(each)]),
            paint,
          ),
        );
    }),
  );

  giving(add('add <provider>', 'add an account at a provider')).action(
    (connector: string, options: Where & Given) =>
      withRuntime(async (runtime) => {
        const scope = await scopeOf(runtime, options);
        const change = { ...(await changeOf(options)), connector };
        const account = await commit(
          runtime,
          scope,
          addConnectorAccount(runtime.context, scope, change),
        );
        say(idOf(account));
      }),
  );

  giving(add('change <id>', 'change its settings, name, methods or priority')).action(
    (spelled: string, options: Where & Given) =>
      changing(spelled, options, async () => changeOf(options)),
  );
  add('enable <id>', 'let it take payments').action((spelled: string, where: Where) =>
    changing(spelled, where, async () => ({ enabled: true })),
  );
  add('disable <id>', 'let it take no new payments').action((spelled: string, where: Where) =>
    changing(spelled, where, async () => ({ enabled: false })),
  );
  add('remove <id>', 'delete it and its secrets').action((spelled: string, where: Where) =>
    withRuntime(async (runtime) => {
      const scope = await scopeOf(runtime, where);
      const before = await find(runtime, scope, spelled);
      await commit(runtime, scope, await removeConnectorAccount(runtime.context, scope, before));
      say('Removed. Its secrets are gone.');
    }),
  );
};

const changing = (
  spelled: string,
  where: Where,
  change: () => Promise<AccountChange>,
): Promise<void> =>
  withRuntime(async (runtime) => {
    const scope = await scopeOf(runtime, where);
    const before = await find(runtime, scope, spelled);
    const changed = changeConnectorAccount(runtime.context, scope, before, await change());
    const account = await commit(runtime, scope, changed);
    say(`${idOf(account)}  ${describe(account)}`);
  });

const sayProviders = ({ directory }: Runtime): void => {
  if (directory.connectors.size === 0) return say('There are no providers.');
  for (const { definition } of directory.connectors.values()) {
    const beta = definition.verified === 'none' ? paint.dim('  beta: never run against it') : '';
    say(`${definition.name}  ${definition.title}${beta}`);
    const required = (definition.settings as { required?: readonly string[] }).required ?? [];
    say(
      ...inColumns(
        Object.entries(definition.settings.properties).map(([name, property]) => {
          const { title, secret, default: usual } = property as Record<string, unknown>;
          const notes = [
            secret === true ? 'secret' : '',
            required.includes(name) && usual === undefined ? 'required' : '',
            usual === undefined ? '' : `default ${String(usual)}`,
          ].filter((note) => note !== '');
          return [`  ${name}`, [String(title ?? ''), ...notes].join(', ')];
        }),
        paint,
      ),
    );
  }
};

const commit = async (
  { context }: Runtime,
  scope: Scope,
  changed: AccountChanged,
): Promise<StoredAccount> => {
  if (!changed.ok) throw new CliError(`${changed.param}: ${changed.why}.`);
  const done = await context.database.commit(scope, changed.writes);
  if (!done.ok)
    throw new CliError('Somebody else changed it at the same time; look and try again.');
  return changed.account;
};

const changeOf = async ({ settings, label, priority, methods }: Given): Promise<AccountChange> => ({
  ...(label === undefined ? {} : { label }),
  ...(priority === undefined ? {} : { priority }),
  ...(methods === undefined ? {} : { methods }),
  ...(settings === undefined ? {} : { settings: await readSettingsFile(settings) }),
});

const readSettingsFile = async (file: string): Promise<Record<string, unknown>> => {
  const json = file === '-' ? await text(process.stdin) : await readFile(file, 'utf8');
  try {
    const settings: unknown = JSON.parse(json);
    if (typeof settings === 'object' && settings !== null && !Array.isArray(settings)) {
      return settings as Record<string, unknown>;
    }
  } catch {
    // Said below, without a word of what stood there.
  }
  throw new CliError('The settings are not a JSON object like {"secret_key": "…"}.');
};

const find = async (
  { context }: Runtime,
  scope: Scope,
  spelled: string,
): Promise<StoredAccount> => {
  const id = parseId(CONNECTOR_ACCOUNT, spelled);
  const found = id === null ? undefined : await loadConnectorAccount(context, scope, id);
  if (found !== undefined && !found.deleted) return found;
  throw new CliError(`There is no ${spelled}; tollgate connectors list shows those there are.`);
};

const idOf = ({ id }: StoredAccount): string => spellId(CONNECTOR_ACCOUNT, id);

const describe = ({
  connector,
  label,
  priority,
  enabled,
  secretNames,
  methods,
}: StoredAccount): string =>
  `${connector}  priority ${priority}  ${enabled ? 'takes payments' : 'disabled'}  ${label}  secrets: ${secretNames.join(', ') || 'none'}${methods === null ? '' : `  takes: ${methods.join(', ')}`}`;

const parseMethods = (given: string): readonly string[] =>
  given.split(',').flatMap((each) => (each.trim() === '' ? [] : [each.trim()]));

const parsePriority = (given: string): number => {
  const priority = Number(given);
  if (/^\d{1,7}$/.test(given) && priority <= 1_000_000) return priority;
  throw new InvalidArgumentError('It must be a whole number from 0 to 1000000.');
};
