import { Type } from 'typebox';
import { findCharge, renderCharge } from '#payments/charges';
import { addressShape, nullable, nullableText, parameters, route } from '#platform/http';
import {
  captureChargeParameters,
  createChargeParameters,
  updateChargeParameters,
} from './charge-parameters.ts';
import { captureCharge, createCharge, updateCharge } from './charge-verbs.ts';
import { chargeFilters, listCharges } from './list-charges.ts';
import { searchCharges, searchFilters } from './search.ts';

const text = nullableText;
const anyObject = Type.Record(Type.String(), Type.Unknown());

const chargeSchema = Type.Object({
  id: Type.String(),
  object: Type.Literal('charge'),
  amount: Type.Integer({ description: 'Minor units.' }),
  amount_captured: Type.Integer(),
  amount_refunded: Type.Integer({ description: 'Given back, or on its way back.' }),
  balance_transaction: text(),
  billing_details: Type.Object({
    address: addressShape(),
    email: text(),
    name: text(),
    phone: text(),
    tax_id: text(),
  }),
  captured: Type.Boolean(),
  created: Type.Integer({ description: 'Unix seconds.' }),
  currency: Type.String(),
  customer: text(),
  description: text(),
  disputed: Type.Boolean(),
  failure_code: text(),
  failure_message: text(),
  livemode: Type.Boolean(),
  metadata: Type.Record(Type.String(), Type.String()),
  outcome: nullable(anyObject),
  paid: Type.Boolean(),
  payment_intent: text(),
  payment_method: text(),
  payment_method_details: nullable(anyObject),
  receipt_email: text(),
  receipt_url: text(),
  refunded: Type.Boolean(),
  status: Type.String({ description: 'pending, succeeded or failed.' }),
});

const common = {
  group: 'Charges',
  object: 'charge',
  keys: 'secret',
  answer: chargeSchema,
} as const;

/** A number, a token, or a ready-made one, becomes a card in the vault before anything is written. */
const storesCard = ({ source }: Readonly<Record<string, unknown>>): boolean =>
  typeof source === 'string' ? /^(pm_card|tok)_/.test(source) : source !== undefined;

export const chargeRoutes = [
  route({
    ...common,
    method: 'GET',
    path: '/v1/charges',
    operation: 'charges.list',
    summary: 'List charges',
    description: 'Newest first.',
    list: true,
    parameters: chargeFilters,
    handle: listCharges,
  }),
  route({
    ...common,
    method: 'POST',
    path: '/v1/charges',
    operation: 'charges.create',
    example: { amount: 1_000, currency: 'eur', source: 'tok_visa', description: 'Order 1042' },
    claims: storesCard,
    summary: 'Create a charge',
    description:
      'As older clients pay: with a token, a card’s number, or with what a customer pays with.',
    parameters: createChargeParameters,
    handle: createCharge,
  }),
  route({
    ...common,
    method: 'POST',
    path: '/v1/charges/:charge',
    operation: 'charges.update',
    example: { description: 'Order 1042', metadata: { order_id: '1042' } },
    summary: 'Update a charge',
    parameters: updateChargeParameters,
    handle: updateCharge,
  }),
  route({
    ...common,
    method: 'POST',
    path: '/v1/charges/:charge/capture',
    operation: 'charges.capture',
    example: { amount: 750 },
    summary: 'Capture a charge',
    description:
      'One that was made directly; charges of an intent are captured through the intent.',
    parameters: captureChargeParameters,
    handle: captureCharge,
  }),
  route({
    ...common,
    method: 'GET',
    path: '/v1/charges/search',
    operation: 'charges.search',
    example: { query: "amount>999 AND currency:'eur'" },
    summary: 'Search charges',
    description: "By amount, created, currency, status, refunded, card and metadata['key'].",
    list: true,
    parameters: searchFilters,
    handle: searchCharges,
  }),
  route({
    ...common,
    method: 'GET',
    path: '/v1/charges/:charge',
    operation: 'charges.retrieve',
    summary: 'Retrieve a charge',
    parameters: parameters({}),
    handle: async (context, { scope, path }) => ({
      body: renderCharge(await findCharge(context, scope, path['charge'] ?? ''), scope.livemode),
    }),
  }),
];
