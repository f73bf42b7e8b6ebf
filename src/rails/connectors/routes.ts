import { Type } from 'typebox';
import type { Context, Scope } from '#kit/context';
import { parseId } from '#kit/ids';
import {
  ApiError,
  anything,
  arrayOf,
  boolean,
  described,
  emptyable,
  idWindow,
  integer,
  list,
  listFound,
  listParameters,
  type Outcome,
  parameters,
  required,
  resourceMissing,
  route,
  rowsOf,
  text,
} from '#platform/http';
import type { StoredAccount } from './account.ts';
import { listAccountRows, loadAccount } from './accounts.store.ts';
import { theDirectory } from './directory.ts';
import {
  type AccountChanged,
  type AccountRefusal,
  addAccount,
  changeAccount,
  removeAccount,
} from './manage-accounts.ts';
import {
  accountSchema,
  CONNECTOR_ACCOUNT,
  connectorSchema,
  deletedAccountSchema,
  renderAccount,
  renderConnector,
  renderDeletedAccount,
} from './render.ts';
import type { Settings } from './settings.ts';

const common = { group: 'Connectors', keys: 'secret' } as const;
const none = parameters({});

const fields = {
  label: text(100),
  priority: integer({ min: 0, max: 1_000_000 }),
  enabled: boolean(),
  methods: described(
    'Which ways to pay it takes: `card`, `ideal`. Empty: all of its connector that need not be switched on.',
    emptyable(arrayOf(text(60))),
  ),
  settings: described('Fields as the connector describes them.', anything()),
};

export const connectorAccountRoutes = [
  route({
    ...common,
    method: 'GET',
    path: '/v1/connectors',
    operation: 'connectors.list',
    summary: 'List connectors',
    description: 'Every provider that this installation can speak to, and what each can do.',
    object: 'connector',
    list: true,
    parameters: none,
    answer: connectorSchema,
    handle: async (context, request) => ({
      body: list(request.url, {
        rows: [...theDirectory(context).connectors.values()].map(({ definition }) =>
          renderConnector(definition),
        ),
        hasMore: false,
      }),
    }),
  }),
  route({
    ...common,
    method: 'GET',
    path: '/v1/connectors/:connector',
    operation: 'connectors.retrieve',
    summary: 'Retrieve a connector',
    object: 'connector',
    parameters: none,
    answer: connectorSchema,
    handle: async (context, { path }) => {
      const name = path['connector'] ?? '';
      const connector = theDirectory(context).connectors.get(name);
      if (connector === undefined) throw resourceMissing({ noun: 'connector', id: name });
      return { body: renderConnector(connector.definition) };
    },
  }),
  route({
    ...common,
    method: 'POST',
    path: '/v1/connector_accounts',
    operation: 'connector_accounts.create',
    summary: 'Add an account at a provider',
    description:
      'Secret settings are sealed at once and never shown again. It leads to its provider’s own hosts, or to those that the operator of the installation has named.',
    object: 'connector_account',
    parameters: parameters({ connector: required(text(60)), ...fields }),
    answer: accountSchema,
    handle: async (context, { scope, parameters: { settings, ...asked } }) =>
      shown(context, scope, addAccount(context, scope, { ...asked, ...settingsOf(settings) })),
  }),
  route({
    ...common,
    method: 'GET',
    path: '/v1/connector_accounts',
    operation: 'connector_accounts.list',
    summary: 'List accounts at providers',
    object: 'connector_account',
    list: true,
    parameters: listParameters({}),
    answer: accountSchema,
    handle: async (context, request) => {
      const { scope } = request;
      const window = await idWindow(
        request.parameters,
        { noun: 'connector account', prefix: CONNECTOR_ACCOUNT },
        (id) => loadAccount(context, scope, id),
      );
      const rows = await listAccountRows(context, scope, rowsOf(window));
      return {
        body: listFound(request.url, rows, window, (account) => rendered(context, scope, account)),
      };
    },
  }),
  route({
    ...common,
    method: 'GET',
    path: '/v1/connector_accounts/:connector_account',
    operation: 'connector_accounts.retrieve',
    summary: 'Retrieve an account at a provider',
    object: 'connector_account',
    parameters: none,
    answer: Type.Union([accountSchema, deletedAccountSchema]),
    handle: async (context, { scope, path }) => {
      const account = await findAccount(context, scope, path['connector_account'] ?? '');
      return {
        body: account.deleted ? renderDeletedAccount(account) : rendered(context, scope, account),
      };
    },
  }),
  route({
    ...common,
    method: 'POST',
    path: '/v1/connector_accounts/:connector_account',
    operation: 'connector_accounts.update',
    summary: 'Change an account at a provider',
    description:
      'What is not sent stays; an empty setting is unset. A change of where it leads wants all its secrets anew. Disabled, it takes no new payments, and what was paid with it can still be captured and refunded.',
    object: 'connector_account',
    parameters: parameters(fields),
    answer: accountSchema,
    handle: async (context, { scope, path, parameters: { settings, ...asked } }) => {
      const before = await findLiving(context, scope, path['connector_account'] ?? '');
      const change = { ...asked, ...settingsOf(settings) };
      return shown(context, scope, changeAccount(context, scope, before, change));
    },
  }),
  route({
    ...common,
    method: 'DELETE',
    path: '/v1/connector_accounts/:connector_account',
    operation: 'connector_accounts.delete',
    summary: 'Delete an account at a provider',
    description:
      'Disables it, waits a moment for payments that have just chosen it, and shreds its secrets. Refused while anything is still open with the provider.',
    object: 'connector_account',
    parameters: none,
    answer: deletedAccountSchema,
    handle: async (context, { scope, path }) => {
      const before = await findLiving(context, scope, path['connector_account'] ?? '');
      const removed = await removeAccount(context, scope, before);
      if (!removed.ok) throw refused(removed);
      return { body: renderDeletedAccount(removed.account), writes: removed.writes };
    },
  }),
];

const settingsOf = (sent: unknown): { readonly settings?: Settings } => {
  if (sent === undefined) return {};
  if (typeof sent !== 'object' || sent === null || Array.isArray(sent)) {
    throw new ApiError(400, 'Invalid object', { param: 'settings' });
  }
  return { settings: sent as Settings };
};

const shown = (context: Context, scope: Scope, changed: AccountChanged): Outcome => {
  if (!changed.ok) throw refused(changed);
  return { body: rendered(context, scope, changed.account), writes: changed.writes };
};

const rendered = (context: Context, scope: Scope, account: StoredAccount) =>
  renderAccount(
    scope,
    account,
    theDirectory(context).connectors.get(account.connector)?.definition,
  );

/** Names the field, says what is wrong, and repeats no value: it may be a secret. */
const refused = ({ param, why }: AccountRefusal): ApiError =>
  new ApiError(400, `Invalid ${param}: ${why}.`, { param });

const findAccount = async (
  context: Context,
  scope: Scope,
  spelled: string,
): Promise<StoredAccount> => {
  const found = parseId(CONNECTOR_ACCOUNT, spelled);
  const account = found === null ? undefined : await loadAccount(context, scope, found);
  if (account === undefined) throw resourceMissing({ noun: 'connector account', id: spelled });
  return account;
};

const findLiving = async (
  context: Context,
  scope: Scope,
  spelled: string,
): Promise<StoredAccount> => {
  const account = await findAccount(context, scope, spelled);
  if (account.deleted) throw resourceMissing({ noun: 'connector account', id: spelled });
  return account;
};
