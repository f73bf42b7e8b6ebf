// tollgate accounts: the merchants of an installation. npm start makes the first one by itself; where
// the gateway is started in earnest nobody does until it is asked for.

import { type Command, InvalidArgumentError } from 'commander';
import { apiVersionOf, listAccounts, newAccount, setApiVersion } from '#identity/accounts';
import { auditEntry } from '#identity/audit';
import { spellId } from '#kit/ids';
import { API_VERSION } from '#platform/events';
import { checkApiVersion } from '#platform/http';
import { scopeOf } from '../account-scope.ts';
import { CliError } from '../errors.ts';
import { paint, say } from '../say.ts';
import { inColumns } from '../terminal.ts';
import { withRuntime } from '../with-runtime.ts';

export const addAccounts = (program: Command): void => {
  const accounts = program
    .command('accounts')
    .description('make and list accounts: one for each merchant');

  accounts
    .command('create')
    .description('make an account, and print its id; tollgate keys create makes its keys')
    .argument('<name>', 'what the merchant is called', parseName)
    .action((name: string) =>
      withRuntime(async ({ context }) => {
        const isFirst = (await listAccounts(context)).length === 0;
        const { account, write } = newAccount(context, { name, isFirst });
        const target = spellId('acct', account.id);
        const scope = { accountId: account.id, livemode: false };
        const noted = auditEntry(context, { scope, action: 'account.create', target });
        const made = await context.database.commit(scope, [write, noted]);
        if (!made.ok) throw new CliError('Somebody else made an account meanwhile; try again.');
        say(target);
      }),
    );

  accounts
    .command('version')
    .description('read or set what is answered to requests that name no Stripe-Version')
    .argument(
      '[version]',
      "such as 2020-08-27, as the account at Stripe has it; none for today's",
      parseVersion,
    )
    .option('--account <id>', 'whose; needed where there are several')
    .action((version: string | undefined, { account }: { readonly account?: string }) =>
      withRuntime(async (runtime) => {
        const { context } = runtime;
        const scope = await scopeOf(runtime, {
          ...(account === undefined ? {} : { account }),
          live: false,
        });
        if (version !== undefined) {
          const target = spellId('acct', scope.accountId);
          const details = { api_version: version };
          const noted = auditEntry(context, { scope, action: 'account.version', target, details });
          const set = setApiVersion(scope.accountId, version === NONE ? null : version);
          await context.database.commit(scope, [set, noted]);
        }
        say((await apiVersionOf(context, scope)) ?? `${API_VERSION} (today's)`);
      }),
    );

  accounts
    .command('list')
    .description('list the accounts')
    .action(() =>
      withRuntime(async ({ context }) => {
        const rows = (await listAccounts(context)).map(
          ({ id, name }) => [spellId('acct', id), name] as const,
        );
        if (rows.length === 0) say('There is no account yet.');
        else say(...inColumns(rows, paint));
      }),
    );
};

const NONE = 'none';

const parseVersion = (text: string): string => {
  try {
    if (text !== NONE) checkApiVersion(text);
    return text;
  } catch {
    throw new InvalidArgumentError('A version is written 2020-08-27 or 2025-03-31.basil.');
  }
};

const nameCharactersMax = 200;

const parseName = (text: string): string => {
  const name = text.trim();
  if (name !== '' && [...name].length <= nameCharactersMax) return name;
  throw new InvalidArgumentError(`A name has 1 to ${nameCharactersMax} characters.`);
};
