// Routes at which customers and payment methods meet.

import { Type } from 'typebox';
import {
  attachMethod,
  findMethod,
  listOfMethods,
  methodFilters,
  methodSchema,
  renderPaymentMethod,
} from '#cards/methods';
import {
  id,
  listParameters,
  type Outcome,
  object,
  parameters,
  type Route,
  required,
  resourceMissing,
  route,
} from '#platform/http';
import { loadOwn } from './customer-methods.ts';
import { customerLives } from './customers.store.ts';
import { detachPaymentMethod } from './detach-method.ts';
import { findCustomer, findCustomerNamed } from './find-customer.ts';
import {
  createSourceParameters,
  sourceFilters,
  updateSourceParameters,
} from './source-parameters.ts';
import {
  createSource,
  deleteSource,
  listCustomerSources,
  retrieveSource,
  updateSource,
} from './sources.ts';

const none = parameters({});
const ofMethods = { group: 'Payment methods', object: 'payment_method', keys: 'secret' } as const;
const ofCustomers = { group: 'Customers', keys: 'secret' } as const;
const cardSchema = Type.Object({ id: Type.String(), object: Type.Literal('card') });

const methodRoutes = [
  route({
    ...ofMethods,
    method: 'GET',
    path: '/v1/payment_methods',
    operation: 'payment_methods.list',
    summary: 'List payment methods',
    description: 'Of one customer, or of the whole account.',
    list: true,
    parameters: listParameters({ ...methodFilters, customer: id() }),
    answer: methodSchema,
    handle: async (context, { scope, parameters: asked, url }): Promise<Outcome> => {
      const customer =
        asked.customer === undefined
          ? null
          : await findCustomerNamed(context, scope, asked.customer, 'customer');
      return {
        body: await listOfMethods(context, scope, asked, { customerId: customer?.id ?? null, url }),
      };
    },
  }),
  route({
    ...ofMethods,
    method: 'POST',
    path: '/v1/payment_methods/:payment_method/attach',
    operation: 'payment_methods.attach',
    claims: () => true,
    summary: 'Attach a payment method to a customer',
    parameters: object({ customer: required(id()) }),
    answer: methodSchema,
    handle: async (context, request): Promise<Outcome> => {
      const { scope } = request;
      const customer = await findCustomerNamed(
        context,
        scope,
        request.parameters.customer,
        'customer',
      );
      const found = await findMethod(context, scope, request.path['payment_method'] ?? '');
      const undo = found.undo ?? (async () => {});
      try {
        const { method, writes } = attachMethod(context, {
          scope,
          found,
          customerId: customer.id,
          request,
        });
        return {
          body: renderPaymentMethod(method, scope.livemode),
          writes: [customerLives(scope, customer.id, method.id), ...writes],
          undo,
        };
      } catch (error) {
        await undo();
        throw error;
      }
    },
  }),
  route({
    ...ofMethods,
    method: 'POST',
    path: '/v1/payment_methods/:payment_method/detach',
    operation: 'payment_methods.detach',
    summary: 'Detach a payment method',
    description: 'For good: a detached method cannot be used or attached again.',
    parameters: none,
    answer: methodSchema,
    handle: detachPaymentMethod,
  }),
  route({
    ...ofCustomers,
    object: 'payment_method',
    method: 'GET',
    path: '/v1/customers/:customer/payment_methods',
    operation: 'customers.list_payment_methods',
    summary: "List a customer's payment methods",
    list: true,
    parameters: listParameters(methodFilters),
    answer: methodSchema,
    handle: async (context, { scope, parameters: asked, path, url }): Promise<Outcome> => {
      const customer = await findCustomer(context, scope, path['customer'] ?? '');
      return { body: await listOfMethods(context, scope, asked, { customerId: customer.id, url }) };
    },
  }),
  route({
    ...ofCustomers,
    object: 'payment_method',
    method: 'GET',
    path: '/v1/customers/:customer/payment_methods/:payment_method',
    operation: 'customers.retrieve_payment_method',
    summary: "Retrieve a customer's payment method",
    parameters: none,
    answer: methodSchema,
    handle: async (context, { scope, path }): Promise<Outcome> => {
      const spelled = path['payment_method'] ?? '';
      const customer = await findCustomer(context, scope, path['customer'] ?? '');
      const method = await loadOwn(context, scope, customer, spelled);
      if (method === undefined) throw resourceMissing({ noun: 'PaymentMethod', id: spelled });
      return { body: renderPaymentMethod(method, scope.livemode) };
    },
  }),
];

/** The same routes under both of their older names. */
const sourceRoutes = (name: 'sources' | 'cards'): readonly Route[] => {
  const path = `/v1/customers/:customer/${name}`;
  const operation = name === 'sources' ? 'source' : 'card';
  const older = { ...ofCustomers, object: 'card', answer: cardSchema } as const;
  return [
    route({
      ...older,
      method: 'GET',
      path,
      operation: `customers.list_${operation}s`,
      summary: `List a customer's ${name}`,
      description: 'The older way; payment methods show the same cards.',
      list: true,
      parameters: sourceFilters,
      handle: listCustomerSources,
    }),
    route({
      ...older,
      method: 'POST',
      path,
      operation: `customers.create_${operation}`,
      claims: () => true,
      summary: `Add a ${operation} to a customer`,
      description: 'From a token. The first one becomes the default.',
      parameters: createSourceParameters,
      handle: createSource,
    }),
    route({
      ...older,
      method: 'GET',
      path: `${path}/:source`,
      operation: `customers.retrieve_${operation}`,
      summary: `Retrieve a customer's ${operation}`,
      parameters: none,
      handle: retrieveSource,
    }),
    route({
      ...older,
      method: 'POST',
      path: `${path}/:source`,
      operation: `customers.update_${operation}`,
      claims: () => true,
      summary: `Update a customer's ${operation}`,
      parameters: updateSourceParameters,
      handle: updateSource,
    }),
    route({
      ...older,
      method: 'DELETE',
      path: `${path}/:source`,
      operation: `customers.delete_${operation}`,
      summary: `Remove a ${operation} from a customer`,
      parameters: none,
      handle: deleteSource,
    }),
  ];
};

export const customerMethodRoutes: readonly Route[] = [
  ...methodRoutes,
  ...sourceRoutes('sources'),
  ...sourceRoutes('cards'),
];
