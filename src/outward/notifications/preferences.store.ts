import type { Context, Scope, Write } from '#kit/context';
import { rank, statement, writeRows } from '#platform/db';
import { defaults, type Preferences } from './preferences.ts';

type Stored = { readonly version: number; readonly preferences: Preferences };

const find = statement(
  'mail_settings.find',
  'select version, settings from outward.mail_settings where account_id = $1 and livemode = $2',
);

export const loadPreferences = async (context: Context, scope: Scope): Promise<Stored> => {
  const [row] = await context.database.read<{ version: number; settings: Partial<Preferences> }>(
    scope,
    find,
    [scope.accountId, scope.livemode],
  );
  // What did not exist yet when a merchant saved its wishes is as it is for everybody.
  return { version: row?.version ?? 0, preferences: { ...defaults, ...row?.settings } };
};

const saveRow = writeRows({
  name: 'mail_settings.save',
  columns: { account_id: 'uuid', livemode: 'boolean', version: 'integer', settings: 'json' },
  key: 'account_id',
  rank: rank.update,
  text: (given) => `insert into outward.mail_settings as m (account_id, livemode, version, settings)
select account_id, livemode, version, settings from ${given}
on conflict (account_id, livemode) do update
   set version = excluded.version, settings = excluded.settings
 where m.version = excluded.version - 1
returning account_id::text as key`,
});

/** `version` is the new one: who read an older one is asked again. */
export const savePreferences = (scope: Scope, { version, preferences }: Stored): Write => ({
  into: saveRow,
  row: [scope.accountId, scope.livemode, version, JSON.stringify(preferences)],
});
