// The merchant, as plugins of shops ask who they are before they do anything: by name, and whether a payment can be
// taken at all. What nobody here knows of a business is null.

import { Type } from 'typebox';
import { wayToPay } from '#cards/methods';
import { findAccount } from '#identity/accounts';
import { present } from '#kit/assert';
import type { Context, Scope } from '#kit/context';
import { spellId, uuidMs } from '#kit/ids';
import { nullableText, parameters, type ResourceDefinition, route } from '#platform/http';
import { loadEnabled } from './accounts.store.ts';
import { typesTaken } from './candidates.ts';
import { theDirectory } from './directory.ts';

const anyObject = Type.Record(Type.String(), Type.Unknown());

const schema = Type.Object({
  id: Type.String(),
  object: Type.Literal('account'),
  business_profile: anyObject,
  business_type: Type.Null(),
  capabilities: anyObject,
  charges_enabled: Type.Boolean({
    description: 'Whether there is an account at a provider that takes payments.',
  }),
  created: Type.Integer({ description: 'Unix seconds.' }),
  details_submitted: Type.Boolean(),
  email: nullableText(),
  groups: Type.Null(),
  payouts_enabled: Type.Boolean({ description: 'Nothing is paid out from here.' }),
  settings: anyObject,
  type: Type.String(),
});

export const merchantResource: ResourceDefinition = {
  object: 'account',
  permission: 'accounts',
  hashes: [
    'business_profile',
    'capabilities',
    'company',
    'controller',
    'future_requirements',
    'groups',
    'individual',
    'requirements',
    'settings',
    'tos_acceptance',
  ],
};

export const merchantRoute = route({
  group: 'Accounts',
  keys: 'secret',
  object: 'account',
  method: 'GET',
  path: '/v1/account',
  operation: 'accounts.retrieve',
  summary: 'Retrieve your account',
  parameters: parameters({}),
  answer: schema,
  handle: async (context, { scope }) => ({ body: await render(context, scope) }),
});

/** A card that its provider keeps is no way of its own. */
const isWayToPay = (type: string): boolean => wayToPay(type) !== undefined;

/** Plugins read what lies in them without asking whether they are there. */
const settings = {
  branding: { icon: null, logo: null, primary_color: null, secondary_color: null },
  card_payments: {
    statement_descriptor_prefix: null,
    statement_descriptor_prefix_kana: null,
    statement_descriptor_prefix_kanji: null,
  },
  payments: {
    statement_descriptor: null,
    statement_descriptor_kana: null,
    statement_descriptor_kanji: null,
    statement_descriptor_prefix_kana: null,
    statement_descriptor_prefix_kanji: null,
  },
} as const;

const render = async (context: Context, scope: Scope) => {
  const [account, providers] = await Promise.all([
    findAccount(context, scope),
    loadEnabled(context, scope),
  ]);
  const { id, name } = present(account, 'The account of a key');
  const types = providers.flatMap(({ connector, methods }) => {
    const definition = theDirectory(context).connectors.get(connector)?.definition;
    return definition === undefined
      ? []
      : typesTaken({ definition, methods, livemode: scope.livemode }).filter(isWayToPay);
  });
  return {
    id: spellId('acct', id),
    object: 'account',
    business_profile: {
      annual_revenue: null,
      estimated_worker_count: null,
      mcc: null,
      minority_owned_business_designation: null,
      name,
      product_description: null,
      specified_commercial_transactions_act_url: null,
      support_address: null,
      support_email: null,
      support_phone: null,
      support_url: null,
      url: null,
    },
    business_type: null,
    // Plugins offer in live mode what is said to be active here, and nothing else.
    capabilities: Object.fromEntries(types.map((type) => [`${type}_payments`, 'active'])),
    charges_enabled: types.length > 0,
    created: Math.floor(uuidMs(id) / 1000),
    details_submitted: true,
    email: null,
    groups: null,
    payouts_enabled: false,
    settings: { ...settings, dashboard: { display_name: name, timezone: null } },
    type: 'standard',
  };
};
