// Connectors and the accounts at them, as the API shows them. An extension of ours: Stripe has no such
// things.

import { type Static, Type } from 'typebox';
import type { Scope } from '#kit/context';
import { spellId, uuidMs } from '#kit/ids';
import { nullable } from '#platform/http';
import type { StoredAccount } from './account.ts';
import type { Definition } from './connector.ts';
import { isSecret } from './settings.ts';

export const CONNECTOR_ACCOUNT = 'cna';

export const connectorSchema = Type.Object({
  id: Type.String({ description: 'Its name, as `connector` of an account wants it.' }),
  object: Type.Literal('connector'),
  title: Type.String(),
  verified: Type.String({ description: '`none` and below `sandbox`: beta.' }),
  modes: Type.Array(Type.String()),
  methods: Type.Array(
    Type.Object({
      type: Type.String(),
      brands: nullable(Type.Array(Type.String())),
      currencies: nullable(Type.Array(Type.String(), { description: 'Null: all.' })),
      countries: nullable(Type.Array(Type.String(), { description: 'Null: all.' })),
      opt_in: Type.Boolean({
        description: 'It has to be switched on at the provider: accounts take it that name it.',
      }),
    }),
  ),
  operations: Type.Array(
    Type.Object({
      operation: Type.String(),
      partial: Type.Boolean(),
      multiple: Type.Boolean(),
      asynchronous: Type.Boolean(),
      recovery: Type.Array(Type.String(), {
        description: 'What is done about a lost answer; none: it waits for other evidence.',
      }),
    }),
  ),
  settings: Type.Unknown({
    description: 'A JSON schema. What is `writeOnly` is sealed and never shown again.',
  }),
});

export const renderConnector = (definition: Definition): Static<typeof connectorSchema> => ({
  id: definition.name,
  object: 'connector',
  title: definition.title,
  verified: definition.verified,
  modes: [...definition.modes],
  methods: definition.methods.map(({ type, brands, currencies, countries, isOptIn }) => ({
    type,
    brands: brands === undefined ? null : [...brands],
    currencies: currencies === 'all' ? null : [...currencies],
    countries: countries === 'all' ? null : [...countries],
    opt_in: isOptIn ?? false,
  })),
  operations: Object.entries(definition.operations).map(([operation, support]) => ({
    operation,
    partial: support.partial ?? false,
    multiple: support.multiple ?? false,
    asynchronous: support.asynchronous ?? false,
    recovery: support.recovery.map((declared) => declared.class),
  })),
  settings: settingsSchema(definition),
});

const settingsSchema = ({ settings }: Definition): unknown => ({
  type: 'object',
  required: (settings as { required?: readonly string[] }).required ?? [],
  properties: Object.fromEntries(
    Object.entries(settings.properties).map(([name, property]) => {
      const { secret, place: _, ...shown } = property as { secret?: boolean; place?: unknown };
      return [name, secret === true ? { ...shown, writeOnly: true } : shown];
    }),
  ),
});

export const accountSchema = Type.Object({
  id: Type.String(),
  object: Type.Literal('connector_account'),
  connector: Type.String(),
  created: Type.Integer(),
  enabled: Type.Boolean(),
  label: Type.String(),
  livemode: Type.Boolean(),
  methods: nullable(
    Type.Array(Type.String(), {
      description:
        'Which ways to pay it takes. Null: all of its connector that need not be switched on.',
    }),
  ),
  priority: Type.Integer({ description: 'Lower is asked first.' }),
  secrets_set: Type.Array(Type.String(), { description: 'Which secret settings there are.' }),
  settings: Type.Unknown({ description: 'Those that are not secret.' }),
  webhook_path: Type.String({
    description: 'Where the provider is to send its webhooks, under the public address.',
  }),
});

export const deletedAccountSchema = Type.Object({
  id: Type.String(),
  object: Type.Literal('connector_account'),
  deleted: Type.Literal(true),
});

export const renderAccount = (
  scope: Scope,
  account: StoredAccount,
  definition: Definition | undefined,
): Static<typeof accountSchema> => {
  const id = spellId(CONNECTOR_ACCOUNT, account.id);
  return {
    id,
    object: 'connector_account',
    connector: account.connector,
    created: Math.floor(uuidMs(account.id) / 1000),
    enabled: account.enabled,
    label: account.label,
    livemode: scope.livemode,
    methods: account.methods === null ? null : [...account.methods],
    priority: account.priority,
    secrets_set: account.secretNames.filter(
      (name) => definition === undefined || isSecret(definition, name),
    ),
    settings: account.settings,
    webhook_path: `/v1/connect/${account.connector}/${id}`,
  };
};

export const renderDeletedAccount = (
  account: StoredAccount,
): Static<typeof deletedAccountSchema> => ({
  id: spellId(CONNECTOR_ACCOUNT, account.id),
  object: 'connector_account',
  deleted: true,
});
