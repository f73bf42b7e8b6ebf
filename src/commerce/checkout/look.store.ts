import type { Context, Scope, Write } from '#kit/context';
import { rank, readOwn, statement, writeRows } from '#platform/db';
import { type Look, plainLook } from './look.ts';

type Stored = { readonly version: number; readonly look: Look };

const find = statement(
  'checkout_settings.find',
  'select version, settings from commerce.checkout_settings where account_id = $1 and livemode = $2',
);

export const loadLook = async (context: Context, scope: Scope): Promise<Stored> => {
  const [row] = await readOwn<{ version: number; settings: Partial<Look> }>(context, scope, find);
  // What did not exist yet when a merchant saved its wishes is as it is for everybody.
  return { version: row?.version ?? 0, look: { ...plainLook, ...row?.settings } };
};

const saveRow = writeRows({
  name: 'checkout_settings.save',
  columns: { account_id: 'uuid', livemode: 'boolean', version: 'integer', settings: 'json' },
  key: 'account_id',
  rank: rank.update,
  text: (given) => `insert into commerce.checkout_settings as kept
  (account_id, livemode, version, settings)
select account_id, livemode, version, settings from ${given}
on conflict (account_id, livemode) do update
   set version = excluded.version, settings = excluded.settings
 where kept.version = excluded.version - 1
returning account_id::text as key`,
});

/** `version` is the new one: who read an older one is asked again. */
export const saveLook = (scope: Scope, { version, look }: Stored): Write => ({
  into: saveRow,
  row: [scope.accountId, scope.livemode, version, JSON.stringify(look)],
});
