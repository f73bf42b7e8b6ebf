// Whose data a command is about. With one account there is nothing to say.

import { listAccounts } from '#identity/accounts';
import type { Scope } from '#kit/context';
import { parseId, spellId } from '#kit/ids';
import type { Runtime } from '../src/runtime.ts';
import { CliError } from './errors.ts';

export type Where = { readonly account?: string; readonly live: boolean };

export const scopeOf = async ({ context }: Runtime, { account, live }: Where): Promise<Scope> => {
  const accounts = await listAccounts(context);
  if (account === undefined) {
    const [only, second] = accounts;
    if (only && !second) return { accountId: only.id, livemode: live };
    throw new CliError(
      only
        ? `There are several accounts; say which with --account: ${accounts.map(({ id, name }) => `${spellId('acct', id)} (${name})`).join(', ')}.`
        : 'There is no account yet; tollgate accounts create makes one.',
    );
  }
  const id = parseId('acct', account);
  if (!accounts.some((known) => known.id === id))
    throw new CliError(`There is no account ${account}.`);
  return { accountId: id ?? '', livemode: live };
};
