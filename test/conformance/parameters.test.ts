// The names that each route takes are those of the SDK, and a written list of older ones. When the
// SDK is raised, or a route drifts, this says what is new.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Route } from '#platform/http';
import { gatherRoutes } from '../../src/roles/api.ts';
import {
  argumentOf,
  declaredIn,
  lookUp,
  splitTop,
  type TypeText,
} from '../support/stripe-types.ts';

/** Operation to the SDK's file and interface. */
const interfaces: Readonly<Record<string, readonly [file: string, name: string]>> = {
  'customers.create': ['resources/Customers.d.ts', 'CustomerCreateParams'],
  'customers.update': ['resources/Customers.d.ts', 'CustomerUpdateParams'],
  'customers.retrieve': ['resources/Customers.d.ts', 'CustomerRetrieveParams'],
  'customers.delete': ['resources/Customers.d.ts', 'CustomerDeleteParams'],
  'customers.list': ['resources/Customers.d.ts', 'CustomerListParams'],
  'customers.search': ['resources/Customers.d.ts', 'CustomerSearchParams'],
  'customers.list_payment_methods': [
    'resources/Customers.d.ts',
    'CustomerListPaymentMethodsParams',
  ],
  'customers.retrieve_payment_method': [
    'resources/Customers.d.ts',
    'CustomerRetrievePaymentMethodParams',
  ],
  'balance.retrieve': ['resources/Balance.d.ts', 'BalanceRetrieveParams'],
  'balance_transactions.list': [
    'resources/BalanceTransactions.d.ts',
    'BalanceTransactionListParams',
  ],
  'balance_transactions.retrieve': [
    'resources/BalanceTransactions.d.ts',
    'BalanceTransactionRetrieveParams',
  ],
  'charges.capture': ['resources/Charges.d.ts', 'ChargeCaptureParams'],
  'charges.create': ['resources/Charges.d.ts', 'ChargeCreateParams'],
  'charges.list': ['resources/Charges.d.ts', 'ChargeListParams'],
  'charges.retrieve': ['resources/Charges.d.ts', 'ChargeRetrieveParams'],
  'charges.search': ['resources/Charges.d.ts', 'ChargeSearchParams'],
  'charges.update': ['resources/Charges.d.ts', 'ChargeUpdateParams'],
  'events.list': ['resources/Events.d.ts', 'EventListParams'],
  'events.retrieve': ['resources/Events.d.ts', 'EventRetrieveParams'],
  'payment_intents.cancel': ['resources/PaymentIntents.d.ts', 'PaymentIntentCancelParams'],
  'payment_intents.capture': ['resources/PaymentIntents.d.ts', 'PaymentIntentCaptureParams'],
  'payment_intents.confirm': ['resources/PaymentIntents.d.ts', 'PaymentIntentConfirmParams'],
  'payment_intents.create': ['resources/PaymentIntents.d.ts', 'PaymentIntentCreateParams'],
  'payment_intents.increment_authorization': [
    'resources/PaymentIntents.d.ts',
    'PaymentIntentIncrementAuthorizationParams',
  ],
  'payment_intents.list': ['resources/PaymentIntents.d.ts', 'PaymentIntentListParams'],
  'payment_intents.retrieve': ['resources/PaymentIntents.d.ts', 'PaymentIntentRetrieveParams'],
  'payment_intents.search': ['resources/PaymentIntents.d.ts', 'PaymentIntentSearchParams'],
  'payment_intents.update': ['resources/PaymentIntents.d.ts', 'PaymentIntentUpdateParams'],
  'payment_methods.attach': ['resources/PaymentMethods.d.ts', 'PaymentMethodAttachParams'],
  'payment_methods.create': ['resources/PaymentMethods.d.ts', 'PaymentMethodCreateParams'],
  'payment_methods.detach': ['resources/PaymentMethods.d.ts', 'PaymentMethodDetachParams'],
  'payment_methods.list': ['resources/PaymentMethods.d.ts', 'PaymentMethodListParams'],
  'payment_methods.retrieve': ['resources/PaymentMethods.d.ts', 'PaymentMethodRetrieveParams'],
  'payment_methods.update': ['resources/PaymentMethods.d.ts', 'PaymentMethodUpdateParams'],
  'refunds.cancel': ['resources/Refunds.d.ts', 'RefundCancelParams'],
  'refunds.create': ['resources/Refunds.d.ts', 'RefundCreateParams'],
  'refunds.list': ['resources/Refunds.d.ts', 'RefundListParams'],
  'refunds.retrieve': ['resources/Refunds.d.ts', 'RefundRetrieveParams'],
  'refunds.update': ['resources/Refunds.d.ts', 'RefundUpdateParams'],
  'tokens.create': ['resources/Tokens.d.ts', 'TokenCreateParams'],
  'tokens.retrieve': ['resources/Tokens.d.ts', 'TokenRetrieveParams'],
  'webhook_endpoints.create': ['resources/WebhookEndpoints.d.ts', 'WebhookEndpointCreateParams'],
  'webhook_endpoints.delete': ['resources/WebhookEndpoints.d.ts', 'WebhookEndpointDeleteParams'],
  'webhook_endpoints.list': ['resources/WebhookEndpoints.d.ts', 'WebhookEndpointListParams'],
  'webhook_endpoints.retrieve': [
    'resources/WebhookEndpoints.d.ts',
    'WebhookEndpointRetrieveParams',
  ],
  'webhook_endpoints.update': ['resources/WebhookEndpoints.d.ts', 'WebhookEndpointUpdateParams'],
};

const bankDebits = String.raw`(?:acss|au_becs|bacs|sepa)_debit|interac_present|nz_bank_account|payto|us_bank_account`;

/**
 * Methods other than cards have no options here. Of cards' options: what is bought for a company has no
 * meaning, a proof of 3-D Secure that was made elsewhere is not taken, and how a stored card is used is
 * told by `off_session` and `setup_future_usage`.
 */
const missingOfIntents = new RegExp(
  [
    String.raw`^payment_method_data\[(?:${bankDebits})\]`,
    String.raw`^payment_method_options\[(?!card\])`,
    String.raw`^payment_method_options\[card\]\[(?:commodity_code|three_d_secure|\w+_credential_usage)\]`,
  ].join('|'),
);

/** Not part of this installation yet: debits of bank accounts, connected accounts, clones. */
const missing: Readonly<Record<string, RegExp>> = {
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

/** A sealed card may stand wherever a plain one does; an order and an order of events are named here alone. */
const own: Readonly<Record<string, readonly string[]>> = {
  'payment_intents.confirm': ['client_secret', 'payment_method_data[card][sealed]'],
  'payment_intents.create': ['order_reference', 'payment_method_data[card][sealed]'],
  'payment_intents.update': ['payment_method_data[card][sealed]'],
  'webhook_endpoints.create': ['ordering'],
  'webhook_endpoints.update': ['ordering'],
  'payment_methods.create': ['card[sealed]'],
  'tokens.create': ['card[sealed]', 'cvc_update[sealed]'],
};

/** Built since, and not compared with the SDK yet: each leaves this list for the one above. */
const toCompare: readonly RegExp[] = [
  /^customers\.\w+_(?:sources?|cards?)$/,
  /^(?:setup_intents|setup_attempts|mandates|confirmation_tokens)\./,
  /^(?:test_helpers|test_clocks)\./,
  /^(?:disputes|checkout_sessions|payment_links)\./,
];

/** What clients of earlier versions call, and the SDK calls no more. */
const legacy: readonly RegExp[] = [/^charges\.(?:create_refund|list_refunds)$/];

/** Of this installation, and in no SDK. */
const ours: readonly RegExp[] = [
  /^vault_keys\./,
  /^connectors\./,
  /^connector_accounts\./,
  /^payment_intents\.trace$/,
  /^events\.feed$/,
  /^clock\./,
  /^(?:mails|mail_settings|payment_pages)\./,
  /^webhook_endpoints\.(?:\w+_deliver(?:y|ies)|replay|roll_secret)$/,
];

const isCompared = ({ operation }: Route): boolean =>
  ![...ours, ...legacy, ...toCompare].some((pattern) => pattern.test(operation));

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

/** Names that clients of earlier versions send and the SDK no longer knows. */
const older: Readonly<Record<string, readonly string[]>> = {
  'customers.create': [...olderOfCustomers, 'default_source'],
  'customers.update': olderOfCustomers,
  'charges.create': ['card'],
  'payment_intents.confirm': [
    ...olderOfCards,
    'payment_method_types',
    'save_payment_method',
    'source',
  ],
  'payment_intents.create': [
    ...olderOfCards,
    'payment_method_types',
    'save_payment_method',
    'source',
  ],
  'payment_intents.update': [...olderOfCards, 'payment_method_types', 'source'],
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
      const where = interfaces[route.operation];
      assert.ok(where !== undefined, `Say which of the SDK's interfaces ${route.operation} takes.`);
      declaredIn(...where);
      const [file, name] = where;
      const schema = route.parameters as unknown as Schema;
      const wanted = namesOfInterface({ text: name, at: { file, path: [] } }).filter(
        ({ path }) => missing[route.operation]?.test(path) !== true && !isTakenWhole(schema, path),
      );

      // `expand` is a parameter of every route and declared by none.
      const expected = wanted.map(({ path }) => path).filter((path) => path !== 'expand');
      assert.deepEqual(
        namesOfSchema(schema).sort(),
        [...expected, ...(older[route.operation] ?? []), ...(own[route.operation] ?? [])].sort(),
      );

      for (const { path } of wanted.filter(({ emptyable }) => emptyable)) {
        const at = schemaAt(schema, path);
        const unsets = at?.['x-emptyable'] === true || at?.['x-wire']?.kind === 'metadata';
        assert.ok(unsets, `The SDK may unset ${path} of ${route.operation}.`);
      }
    });
  }

  test('and every interface that is named here belongs to a route', () => {
    const operations = gatherRoutes()
      .filter(isCompared)
      .map(({ operation }) => operation);
    assert.deepEqual(operations.toSorted(), Object.keys(interfaces).toSorted());
  });
});

describe('the SDK can call every route:', () => {
  test('method and path are those of one of its own calls', async () => {
    const { readFileSync } = await import('node:fs');
    const folder = new URL('../../node_modules/stripe/esm/resources/', import.meta.url);
    const files = new Set(
      Object.values(interfaces).map(([file]) =>
        file.replace('resources/', '').replace('.d.ts', '.js'),
      ),
    );
    const calls = [...files].flatMap((file) =>
      [
        ...readFileSync(new URL(file, folder), 'utf8').matchAll(
          /_makeRequest\('(\w+)', [`']([^`']+)[`']/g,
        ),
      ].map(([, method, path = '']) => `${method} ${path.replaceAll(/\$\{[^}]+\}/g, ':id')}`),
    );
    for (const { method, path, operation } of gatherRoutes().filter(isCompared)) {
      const call = `${method} ${path.replaceAll(/:\w+/g, ':id')}`;
      assert.ok(calls.includes(call), `${operation}: the SDK never calls ${call}`);
    }
  });
});
