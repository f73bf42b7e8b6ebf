// Adding, changing and removing a merchant's account at a provider. A change of what is secret is a
// change of where money goes: each has its line in the audit log, naming fields and never values.

import { auditEntry } from '#identity/audit';
import { AHEAD_MS, type Context, type Scope, type Write } from '#kit/context';
import { newUuid, type Uuid } from '#kit/ids';
import { hasOpenOperations } from '#rails/operations';
import type { StoredAccount } from './account.ts';
import { insertAccount, updateAccount } from './accounts.store.ts';
import type { Definition } from './connector.ts';
import { insertNextDay } from './day-ends.store.ts';
import { theDirectory } from './directory.ts';
import { insertFeed } from './dispute-feeds.store.ts';
import { movedPlaces, type PlaceRefused, refusedPlace } from './places.ts';
import { isSecret, openSettings, readSettings, type Settings, sealSettings } from './settings.ts';
import { insertSettlementFeed } from './settlement-feeds.store.ts';

export type AccountChange = {
  readonly label?: string | undefined;
  readonly priority?: number | undefined;
  readonly enabled?: boolean | undefined;
  /** Null, or none: those that need not be switched on. */
  readonly methods?: readonly string[] | null | undefined;
  /** Merged by field; null unsets one. */
  readonly settings?: Settings | undefined;
};

/** In order of precedence. `param` is the one at fault. */
export type AccountRefusal = {
  readonly ok: false;
  readonly code:
    | 'connector_unknown'
    | 'mode_not_supported'
    | 'setting_invalid'
    | 'method_invalid'
    | 'still_open';
  readonly param: string;
  readonly why: string;
};

export type AccountChanged =
  | { readonly ok: true; readonly account: StoredAccount; readonly writes: readonly Write[] }
  | AccountRefusal;

const refusal = (code: AccountRefusal['code'], param: string, why: string): AccountRefusal => ({
  ok: false,
  code,
  param,
  why,
});

export const addAccount = (
  context: Context,
  scope: Scope,
  asked: AccountChange & { readonly connector: string },
): AccountChanged => {
  const definition = theDirectory(context).connectors.get(asked.connector)?.definition;
  if (definition === undefined) {
    return refusal('connector_unknown', 'connector', 'there is no connector of this name');
  }
  const mode = scope.livemode ? 'live' : 'test';
  if (!definition.modes.includes(mode)) {
    return refusal('mode_not_supported', 'connector', `it does not work in ${mode} mode`);
  }
  const read = readSettings(definition.settings, asked.settings ?? {});
  if (!read.ok) return settingRefused(read);
  const { settingsKey, places } = theDirectory(context);
  const misled = refusedPlace(places, definition, scope.livemode, read.settings);
  if (misled !== null) return settingRefused(misled);

  const foreign = foreignMethod(definition, asked.methods);
  if (foreign !== null) return foreign;

  const id = newUuid(context);
  const of = { id, connector: definition.name, definition };
  const account: StoredAccount = {
    id,
    version: 1,
    connector: definition.name,
    label: asked.label ?? definition.title,
    priority: asked.priority ?? 100,
    enabled: asked.enabled ?? true,
    deleted: false,
    methods: methodsOf(asked.methods),
    ...sealSettings(context.random, settingsKey, scope, of, read.settings),
  };
  const details = { connector: account.connector, settings: Object.keys(read.settings) };
  return {
    ok: true,
    account,
    writes: [
      insertAccount(scope, account),
      insertFeed(scope, id, context.clock.now()),
      insertNextDay(scope, { id, dueAtMs: context.clock.now() }),
      insertSettlementFeed(scope, { id, dueAtMs: context.clock.now() }),
      audit(context, scope, id, 'create', details),
    ],
  };
};

export const changeAccount = (
  context: Context,
  scope: Scope,
  before: StoredAccount,
  asked: AccountChange,
): AccountChanged => {
  const { connectors, settingsKey, places } = theDirectory(context);
  const definition = connectors.get(before.connector)?.definition;
  if (definition === undefined) {
    return refusal('connector_unknown', 'connector', 'its connector is not installed any more');
  }
  const opened = openSettings(settingsKey, scope, before);
  const read = readSettings(definition.settings, { ...opened, ...asked.settings });
  if (!read.ok) return settingRefused(read);
  // One that leads elsewhere can still be disabled, renamed, put behind others.
  const misled =
    asked.settings === undefined
      ? null
      : (refusedPlace(places, definition, scope.livemode, read.settings) ??
        secretsMissing(definition, before, { asked: asked.settings, opened, read: read.settings }));
  if (misled !== null) return settingRefused(misled);

  const foreign = foreignMethod(definition, asked.methods);
  if (foreign !== null) return foreign;

  const of = { id: before.id, connector: before.connector, definition };
  const account: StoredAccount = {
    ...before,
    version: before.version + 1,
    label: asked.label ?? before.label,
    priority: asked.priority ?? before.priority,
    enabled: asked.enabled ?? before.enabled,
    methods: asked.methods === undefined ? before.methods : methodsOf(asked.methods),
    ...(asked.settings === undefined
      ? {}
      : sealSettings(context.random, settingsKey, scope, of, read.settings)),
  };
  const changed = Object.keys(asked.settings ?? {});
  const details = {
    settings: changed,
    places: movedPlaces(definition, { before: opened, after: read.settings }),
    secrets: changed.filter((name) => isSecret(definition, name)),
    ...(account.enabled === before.enabled ? {} : { enabled: account.enabled }),
    ...(account.priority === before.priority ? {} : { priority: account.priority }),
    ...(asked.methods === undefined ? {} : { methods: account.methods }),
  };
  return {
    ok: true,
    account,
    writes: [updateAccount(scope, account), audit(context, scope, account.id, 'update', details)],
  };
};

const settingRefused = ({ field, why }: PlaceRefused): AccountRefusal =>
  refusal('setting_invalid', `settings[${field}]`, why);

/** Whoever sends secrets elsewhere has to know them: a key of ours is not enough to be given those of the provider. */
const secretsMissing = (
  definition: Definition,
  { secretNames }: StoredAccount,
  settings: { readonly asked: Settings; readonly opened: Settings; readonly read: Settings },
): PlaceRefused | null => {
  const moved = movedPlaces(definition, { before: settings.opened, after: settings.read });
  const missing = secretNames.filter((name) => !(name in settings.asked));
  const [field] = missing;
  if (moved.length === 0 || field === undefined) return null;
  return {
    field,
    why: `a change of where the account leads (${moved.join(', ')}) wants its secrets anew in the same request: ${missing.join(', ')}`,
  };
};

const methodsOf = (asked: AccountChange['methods']): StoredAccount['methods'] =>
  asked === undefined || asked === null || asked.length === 0 ? null : [...new Set(asked)];

const foreignMethod = (
  { methods, title }: Definition,
  asked: AccountChange['methods'],
): AccountRefusal | null => {
  const foreign = asked?.find((type) => methods.every((each) => each.type !== type));
  if (foreign === undefined) return null;
  const known = methods.map(({ type }) => type).join(', ');
  return refusal('method_invalid', 'methods', `${title} takes ${known}`);
};

/** A payment that has chosen it goes on with what it has read, for a moment. */
const CHOSEN_FOR_MS = AHEAD_MS + 500;

const stillOpen = (remedy: string): AccountRefusal =>
  refusal('still_open', 'id', `operations are still open with it: ${remedy}`);

/** Where another changes it at this moment, that one wins, and this is asked anew. */
const disable = async (
  context: Context,
  scope: Scope,
  before: StoredAccount,
): Promise<StoredAccount> => {
  if (!before.enabled) return before;
  const disabled = { ...before, version: before.version + 1, enabled: false };
  await context.database.commit(scope, [
    updateAccount(scope, disabled),
    audit(context, scope, before.id, 'update', { settings: [], secrets: [], enabled: false }),
  ]);
  return disabled;
};

/**
 * Its secrets go with it. While anything is open with the provider they are needed, and it stays: so nothing new begins
 * there first, and what was beginning is waited for.
 */
export const removeAccount = async (
  context: Context,
  scope: Scope,
  before: StoredAccount,
): Promise<AccountChanged> => {
  if (await hasOpenOperations(context, scope, before.id)) {
    return stillOpen('disable it, and delete it when they have ended');
  }
  const disabled = await disable(context, scope, before);
  await context.clock.sleep(CHOSEN_FOR_MS, new AbortController().signal);
  if (await hasOpenOperations(context, scope, before.id)) {
    return stillOpen('it is disabled now; delete it when they have ended');
  }
  const account: StoredAccount = {
    ...disabled,
    version: disabled.version + 1,
    deleted: true,
    secrets: Buffer.alloc(0),
    secretNames: [],
  };
  return {
    ok: true,
    account,
    writes: [updateAccount(scope, account), audit(context, scope, account.id, 'delete', {})],
  };
};

const audit = (
  context: Context,
  scope: Scope,
  id: Uuid,
  what: string,
  details: Readonly<Record<string, unknown>>,
): Write =>
  auditEntry(context, { scope, action: `connector_account.${what}`, target: id, details });
