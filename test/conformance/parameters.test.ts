// The names that each route takes are those of the SDK, and a written list of older ones. When the
// SDK is raised, or a route drifts, this says what is new.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Route } from '#platform/http';
import { gatherRoutes } from '../../src/roles/api.ts';
import { callOf } from '../support/stripe-calls.ts';
import { argumentOf, lookUp, splitTop, type TypeText } from '../support/stripe-types.ts';

const bankDebits = String.raw`(?:acss|au_becs|bacs|sepa)_debit|interac_present|nz_bank_account|payto|us_bank_account`;

/**
 * Of cards' options: what is bought for a company has no meaning, and how a stored card is used is told by `off_session`
 * and `setup_future_usage`. A proof of 3-D Secure that was made elsewhere has a place, which refuses it.
 */
const missingOfIntents = new RegExp(
  [
    String.raw`^payment_method_data\[(?:${bankDebits})\]`,
    String.raw`^payment_method_options\[card\]\[(?:commodity_code|\w+_credential_usage)\]`,
  ].join('|'),
);

const missingOfSetups = new RegExp(
  [
    String.raw`^payment_method_data\[(?:${bankDebits})\]`,
    String.raw`^payment_method_options\[card\]\[\w+_credential_usage\]`,
  ].join('|'),
);

/** Not part of this installation yet: debits of bank accounts, connected accounts, clones. */
const missing: Readonly<Record<string, RegExp>> = {
  'customers.update_source': /^(?:account_holder_\w+|owner\b)/,
  'setup_intents.confirm': missingOfSetups,
  'setup_intents.create': missingOfSetups,
  'setup_intents.list': /^customer_account$/,
  'setup_intents.update': missingOfSetups,
  // Who stands at a clock was made there: a customer who lived by another has a past that would not fit.
  'test_clocks.create': /^customer$/,
  'test_helpers.confirmation_tokens.create': missingOfIntents,
  'payment_intents.confirm': missingOfIntents,
  'payment_intents.create': missingOfIntents,
  'payment_intents.list': /^customer_account$/,
  'payment_intents.update': missingOfIntents,
  'payment_methods.attach': /^customer_account$/,
  'payment_methods.create':
    /^(?:(?:acss|au_becs|bacs|sepa)_debit|custom|customer|interac_present|nz_bank_account|payment_method|payto|us_bank_account)\b/,
  'payment_methods.list': /^customer_account$/,
  'payment_methods.update': /^us_bank_account\b/,
  'tokens.create': /^(?:account|bank_account|person|pii)\b/,
};

/** What the SDK's sessions take of a line, a rate or the payment to come, our links take too. */
const ofSessions =
  /^(?:shipping_options\[\]\[shipping_rate_data\]|line_items\[\]\[(?:metadata|tax_rates)\]|payment_intent_data\[(?:application_fee_amount|on_behalf_of|receipt_email|shipping|transfer_data)\])/;

/** Ways to pay that are not taken have the same options everywhere; the SDK knows of fewer in some places. */
const ofPayments = /^payment_method_options\[demo_pay\]$/;
const ofSetups =
  /^payment_method_options\[(?!(?:acss_debit|amazon_pay|bacs_debit|bizum|blik|card|card_present|klarna|link|paypal|payto|pix|sepa_debit|upi|us_bank_account)\])/;

/** Collected by pages through another of the SDKs, and taken from servers alike in test mode. */
const ofPages =
  /^(?:mandate_data\b|payment_method_options\[(?!card\])|payment_method_options\[card\]\[cvc_token\])/;

const beyond: Readonly<Record<string, RegExp>> = {
  'checkout_sessions.create':
    /^payment_method_options\[(?:bizum|card_present|interac_present|mb_way|nz_bank_account|paypay|promptpay|zip)\]$/,
  'payment_intents.confirm': ofPayments,
  'payment_intents.create': ofPayments,
  'payment_intents.update': ofPayments,
  'setup_intents.confirm': ofSetups,
  'setup_intents.create': ofSetups,
  'setup_intents.update': ofSetups,
  'test_helpers.confirmation_tokens.create': ofPages,
  'payment_links.create': ofSessions,
  'payment_links.update': ofSessions,
};

/** A sealed card may stand wherever a plain one does; an order, an order of events and a moment of a balance are named here alone. */
const own: Readonly<Record<string, readonly string[]>> = {
  'balance.retrieve': ['as_of'],
  'payment_intents.confirm': ['client_secret', 'payment_method_data[card][sealed]'],
  'checkout_sessions.create': ['order_reference'],
  'checkout_sessions.list': ['order_reference'],
  'payment_intents.create': ['order_reference', 'payment_method_data[card][sealed]'],
  'payment_intents.list': ['order_reference'],
  'payment_intents.update': ['payment_method_data[card][sealed]'],
  'webhook_endpoints.create': ['ordering'],
  'webhook_endpoints.update': ['ordering'],
  'payment_methods.create': ['card[sealed]'],
  'setup_intents.confirm': ['client_secret', 'payment_method_data[card][sealed]'],
  'setup_intents.create': ['payment_method_data[card][sealed]'],
  'setup_intents.update': ['payment_method_data[card][sealed]'],
  'test_helpers.confirmation_tokens.create': ['payment_method_data[card][sealed]'],
  'tokens.create': ['card[sealed]', 'cvc_update[sealed]'],
};

/** What clients of earlier versions call, and the SDK calls no more. */
const legacy: readonly RegExp[] = [
  /^balance_transactions\.(?:history|retrieve_of_history)$/,
  /^charges\.(?:(?:create|retrieve|update)_refund|list_refunds|refund)$/,
  /^customers\.\w+_cards?$/,
];

/** Of this installation, and in no SDK. */
const ours: readonly RegExp[] = [
  /^vault_keys\./,
  /^connectors\./,
  /^connector_accounts\./,
  /^payment_intents\.trace$/,
  /^events\.feed$/,
  /^clock\./,
  // Called by pages, through another of the SDKs.
  /^confirmation_tokens\.create$/,
  /^(?:mails|mail_settings|payment_pages|checkout_settings)\./,
  /^webhook_endpoints\.(?:\w+_deliver(?:y|ies)|replay|roll_secret)$/,
];

const isCompared = ({ operation }: Route): boolean =>
  ![...ours, ...legacy].some((pattern) => pattern.test(operation));

const olderOfCustomers = ['account_balance', 'card', 'coupon', 'default_card', 'promotion_code'];

/** In the SDK's payments a card is named by a token or a method; numbers come from clients without one. */
const olderOfCards = [
  '',
  '[cvc]',
  '[exp_month]',
  '[exp_year]',
  '[networks]',
  '[networks][preferred]',
  '[number]',
  '[token]',
].map((field) => `payment_method_data[card]${field}`);

const olderOfSetups = [
  ...olderOfCards,
  'payment_method_options[card][cvc_token]',
  'payment_method_types',
];

/** Where the payer is, taken from the connection of a page. */
const inferred = 'mandate_data[customer_acceptance][online][infer_from_client]';

/** Names that clients of earlier versions send and the SDK no longer knows. */
const older: Readonly<Record<string, readonly string[]>> = {
  'customers.create': [...olderOfCustomers, 'default_source'],
  'customers.update': olderOfCustomers,
  'customers.create_source': ['card'],
  'charges.create': ['card'],
  'checkout_sessions.create': [
    'line_items[][amount]',
    'line_items[][currency]',
    'line_items[][description]',
    'line_items[][images]',
    'line_items[][name]',
    'payment_method_types',
  ],
  'payment_intents.confirm': [
    ...olderOfCards,
    inferred,
    'payment_method_types',
    'save_payment_method',
    'source',
  ],
  'payment_intents.create': [
    ...olderOfCards,
    inferred,
    'payment_method_types',
    'save_payment_method',
    'source',
  ],
  'payment_intents.capture': ['amount'],
  'payment_intents.update': [...olderOfCards, 'payment_method_types', 'source'],
  'setup_intents.confirm': [...olderOfSetups, 'excluded_payment_method_types', inferred],
  'setup_intents.create': [...olderOfSetups, inferred],
  'setup_intents.update': olderOfSetups,
  'test_helpers.confirmation_tokens.create': olderOfCards,
  'webhook_endpoints.create': ['events_from'],
};

type Schema = {
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
  readonly anyOf?: readonly Schema[];
  readonly 'x-emptyable'?: boolean;
  readonly 'x-wire'?: { readonly kind: string };
};

const namesOfSchema = (schema: Schema, prefix = ''): string[] =>
  Object.entries(schema.properties ?? {}).flatMap(([name, inner]) => {
    const path = prefix === '' ? name : `${prefix}[${name}]`;
    if (inner.items !== undefined) return [path, ...namesOfSchema(inner.items, `${path}[]`)];
    return [path, ...namesOfSchema(inner, path)];
  });

type Named = { readonly path: string; readonly emptyable: boolean };

const namesOfInterface = (type: TypeText, prefix = ''): Named[] => {
  const found = lookUp(type);
  if (found?.kind !== 'interface' || found.index) return [];
  return found.fields.flatMap((field) => {
    const path = prefix === '' ? field.name : `${prefix}[${field.name}]`;
    return [
      { path, emptyable: /\bEmptyable</.test(field.type.text) },
      ...splitTop(field.type.text, '|').flatMap((option) =>
        namesInside({ ...field.type, text: option }, path),
      ),
    ];
  });
};

const namesInside = (type: TypeText, path: string): Named[] => {
  const { text } = type;
  const emptyable = argumentOf(text, 'Emptyable');
  if (emptyable !== null) return namesInside({ ...type, text: emptyable }, path);
  const item = argumentOf(text, 'Array');
  if (item !== null) return namesInside({ ...type, text: item }, `${path}[]`);
  // A range is one parameter, read as a whole.
  if (!/^[A-Z]/.test(text) || text === 'RangeQueryParam') return [];
  const found = lookUp(type);
  if (found?.kind === 'alias') return [];
  return namesOfInterface(type, path);
};

const schemaAt = (schema: Schema, path: string): Schema | undefined =>
  path
    .split(/[[\]]+/)
    .filter((segment) => segment !== '')
    .reduce<Schema | undefined>((at, name) => (at?.items ?? at)?.properties?.[name], schema);

/** Nothing inside is read: it is noted as a whole, or refused as a whole. */
const isTakenWhole = (schema: Schema, path: string): boolean =>
  [...path.matchAll(/\[/g)].some(({ index }) => {
    const kind = schemaAt(schema, path.slice(0, index))?.['x-wire']?.kind;
    return kind === 'anything' || kind === 'ignored';
  });

describe('the parameters of a route are those of the SDK:', () => {
  for (const route of gatherRoutes().filter(isCompared)) {
    test(route.operation, () => {
      const call = callOf(route);
      assert.ok(call !== undefined, `The SDK never calls ${route.method} ${route.path}.`);
      assert.ok(lookUp(call.takes) !== null, `The SDK declares no ${call.takes.text}.`);
      const schema = route.parameters as unknown as Schema;
      const wanted = namesOfInterface(call.takes).filter(
        ({ path }) => missing[route.operation]?.test(path) !== true && !isTakenWhole(schema, path),
      );

      // `expand` is a parameter of every route and declared by none.
      const expected = wanted.map(({ path }) => path).filter((path) => path !== 'expand');
      assert.deepEqual(
        namesOfSchema(schema)
          .filter((path) => beyond[route.operation]?.test(path) !== true)
          .sort(),
        [...expected, ...(older[route.operation] ?? []), ...(own[route.operation] ?? [])].sort(),
      );

      for (const { path } of wanted.filter(({ emptyable }) => emptyable)) {
        const at = schemaAt(schema, path);
        const kind = at?.['x-wire']?.kind ?? '';
        const unsets = at?.['x-emptyable'] === true || ['metadata', 'ignored'].includes(kind);
        assert.ok(unsets, `The SDK may unset ${path} of ${route.operation}.`);
      }
    });
  }
});
