// The settings of a connector account against the schema of its definition: read from what was sent,
// checked with the name of the field at fault, and parted into what may be shown and what is sealed.

import type { TObject } from 'typebox';
import { Value } from 'typebox/value';
import type { Random, Scope } from '#kit/context';
import { open, seal } from '#kit/crypto';
import type { StoredAccount } from './account.ts';
import type { Definition } from './connector.ts';

export type Settings = Readonly<Record<string, unknown>>;

export type SettingsRead =
  | { readonly ok: true; readonly settings: Settings }
  | { readonly ok: false; readonly field: string; readonly why: string };

/** Text of a form becomes what the schema wants. A field that was unset is absent. */
export const readSettings = (schema: TObject, sent: Settings): SettingsRead => {
  const given = Object.fromEntries(Object.entries(sent).filter(([, value]) => value !== null));
  const unknown = Object.keys(given).find((name) => !Object.hasOwn(schema.properties, name));
  if (unknown !== undefined) return { ok: false, field: unknown, why: 'is not a setting of it' };

  const settings = Value.Default(schema, Value.Convert(schema, given)) as Settings;
  const [missing] = ((schema as { required?: readonly string[] }).required ?? []).filter(
    (name) => settings[name] === undefined,
  );
  if (missing !== undefined) return { ok: false, field: missing, why: 'is missing' };
  const alone = missingBeside(schema, settings);
  if (alone !== undefined) return { ok: false, ...alone };
  for (const error of Value.Errors(schema, settings)) {
    const [, field = ''] = error.instancePath.split('/');
    if (field !== '') return { ok: false, field, why: error.message };
  }
  return { ok: true, settings };
};

/** What one setting needs beside it is not in the schema's own errors under a name. */
const missingBeside = (schema: TObject, settings: Settings) => {
  const { dependentRequired = {} } = schema as {
    readonly dependentRequired?: Readonly<Record<string, readonly string[]>>;
  };
  for (const [name, needed] of Object.entries(dependentRequired)) {
    if (settings[name] === undefined) continue;
    const field = needed.find((each) => settings[each] === undefined);
    if (field !== undefined) return { field, why: `is missing: ${name} needs it` };
  }
  return undefined;
};

export const isSecret = ({ settings }: Pick<Definition, 'settings'>, name: string): boolean =>
  (settings.properties[name] as { secret?: boolean } | undefined)?.secret === true;

/** What the secret settings are sealed under, whom they belong to included. */
const boundTo = (scope: Scope, { id, connector }: Pick<StoredAccount, 'id' | 'connector'>) =>
  `connector account:${scope.accountId}:${scope.livemode}:${id}:${connector}`;

export const sealSettings = (
  random: Random,
  key: Buffer,
  scope: Scope,
  of: Pick<StoredAccount, 'id' | 'connector'> & { readonly definition: Definition },
  settings: Settings,
): Pick<StoredAccount, 'settings' | 'secrets' | 'secretNames'> => {
  const all = Object.entries(settings);
  const secret = all.filter(([name]) => isSecret(of.definition, name));
  const clear = Buffer.from(JSON.stringify(Object.fromEntries(secret)));
  return {
    settings: Object.fromEntries(all.filter(([name]) => !isSecret(of.definition, name))),
    secrets: seal(random, key, clear, boundTo(scope, of)),
    secretNames: secret.map(([name]) => name),
  };
};

/** Throws when the row was changed or moved. A deleted account has no secrets any more. */
export const openSettings = (key: Buffer, scope: Scope, account: StoredAccount): Settings =>
  account.secrets.length === 0
    ? account.settings
    : { ...account.settings, ...openSecrets(key, scope, account) };

type Opened = {
  readonly key: Buffer;
  readonly sealed: Buffer;
  readonly bound: string;
  readonly secrets: Settings;
};

/** By account. What the same bytes mean under the same key, bound to the same, never changes. */
const opened = new Map<string, Opened>();
const OPENED_MAX = 1_000;

/** Every payment needs them: opening them was 2 % of what it costs. */
const openSecrets = (key: Buffer, scope: Scope, account: StoredAccount): Settings => {
  const bound = boundTo(scope, account);
  const known = opened.get(account.id);
  const isTheSame =
    known?.key === key && known.bound === bound && known.sealed.equals(account.secrets);
  if (isTheSame) return known.secrets;
  const secrets = JSON.parse(open(key, account.secrets, bound).toString()) as Settings;
  if (opened.size >= OPENED_MAX) opened.clear();
  opened.set(account.id, { key, sealed: Buffer.from(account.secrets), bound, secrets });
  return secrets;
};

/** Every text that must not come to stand in a log of exchanges. */
export const secretTexts = (definition: Definition, settings: Settings): string[] =>
  Object.entries(settings)
    .filter(([name]) => isSecret(definition, name))
    .map(([, value]) => String(value));
