// A merchant with keys for both modes, made as the product makes them.

import { newAccount } from '#identity/accounts';
import { createKey, type Permissions } from '#identity/keys';
import type { Context, Scope } from '#kit/context';
import { spellId } from '#kit/ids';

export type Merchant = {
  readonly accountId: string;
  /** `acct_…` */
  readonly account: string;
  /** Secret and publishable keys of test mode, and the secret key of live mode. */
  readonly key: string;
  readonly publishableKey: string;
  readonly liveKey: string;
  readonly scope: Scope;
  readonly liveScope: Scope;
  restrictedKey(permissions: Permissions): Promise<string>;
};

export const createMerchant = async (context: Context, name = 'A merchant'): Promise<Merchant> => {
  const { account, write } = newAccount(context, { name });
  const scope = { accountId: account.id, livemode: false };
  const liveScope = { accountId: account.id, livemode: true };
  await context.database.commit(scope, [write]);

  return {
    accountId: account.id,
    account: spellId('acct', account.id),
    scope,
    liveScope,
    key: await createKey(context, { scope, kind: 'secret', name: 'Tests' }),
    publishableKey: await createKey(context, { scope, kind: 'publishable', name: 'Tests' }),
    liveKey: await createKey(context, { scope: liveScope, kind: 'secret', name: 'Tests' }),
    restrictedKey: (permissions) =>
      createKey(context, { scope, kind: 'restricted', name: 'Tests', permissions }),
  };
};
