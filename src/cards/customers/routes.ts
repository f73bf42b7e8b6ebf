import { Type } from 'typebox';
import { deletedTestClockSchema } from '#cards/test-clocks';
import { parameters, route } from '#platform/http';
import { createCustomer } from './create-customer.ts';
import { createParameters, updateParameters } from './customer-parameters.ts';
import { customerSchema, deletedCustomerSchema } from './customer-schema.ts';
import { deleteCustomer } from './delete-customer.ts';
import { deleteTestClock } from './delete-test-clock.ts';
import { findCustomer } from './find-customer.ts';
import { customerFilters, listCustomers } from './list-customers.ts';
import { renderAny } from './render-customer.ts';
import { customerSearch, searchCustomers } from './search-customers.ts';
import { updateCustomer } from './update-customer.ts';

const common = { group: 'Customers', object: 'customer', keys: 'secret' } as const;
const none = parameters({});

/** A card among the parameters goes to the vault before the customer is written. */
const storesCard = (asked: Readonly<Record<string, unknown>>): boolean =>
  asked['source'] !== undefined || asked['payment_method'] !== undefined;

export const customerRoutes = [
  route({
    ...common,
    method: 'POST',
    path: '/v1/customers',
    operation: 'customers.create',
    example: { email: 'jane@example.com', name: 'Jane Example', metadata: { order_id: '1042' } },
    claims: storesCard,
    summary: 'Create a customer',
    description: 'Everything may be left out. The customer exists when the answer is there.',
    parameters: createParameters,
    answer: customerSchema,
    handle: createCustomer,
  }),
  route({
    ...common,
    method: 'GET',
    path: '/v1/customers',
    operation: 'customers.list',
    summary: 'List customers',
    description: 'Newest first. Deleted customers are not in the list.',
    list: true,
    parameters: customerFilters,
    answer: customerSchema,
    handle: listCustomers,
  }),
  route({
    ...common,
    method: 'GET',
    path: '/v1/customers/search',
    operation: 'customers.search',
    summary: 'Search customers',
    description:
      "By created, email, name, phone and metadata['key']. The answer knows every customer created before it was asked for.",
    list: true,
    parameters: customerSearch,
    answer: customerSchema,
    handle: searchCustomers,
  }),
  route({
    ...common,
    method: 'GET',
    path: '/v1/customers/:customer',
    operation: 'customers.retrieve',
    summary: 'Retrieve a customer',
    description: 'A deleted customer answers with its id and `deleted: true`.',
    parameters: none,
    answer: Type.Union([customerSchema, deletedCustomerSchema]),
    handle: async (context, { scope, path }) => ({
      body: renderAny(await findCustomer(context, scope, path['customer'] ?? ''), scope.livemode),
    }),
  }),
  route({
    ...common,
    method: 'POST',
    path: '/v1/customers/:customer',
    operation: 'customers.update',
    example: { phone: '+49 30 1234567', metadata: { order_id: '1042' } },
    claims: storesCard,
    summary: 'Update a customer',
    description: 'What is not sent stays. An empty value unsets; metadata is merged key by key.',
    parameters: updateParameters,
    answer: customerSchema,
    handle: updateCustomer,
  }),
  route({
    ...common,
    method: 'DELETE',
    path: '/v1/customers/:customer',
    operation: 'customers.delete',
    summary: 'Delete a customer',
    description: 'For good. What was known of the person is erased; payments keep the id.',
    parameters: none,
    answer: deletedCustomerSchema,
    handle: deleteCustomer,
  }),
  route({
    group: 'Test helpers',
    object: 'test_helpers.test_clock',
    keys: 'secret',
    method: 'DELETE',
    path: '/v1/test_helpers/test_clocks/:test_clock',
    operation: 'test_clocks.delete',
    summary: 'Delete a test clock',
    description: 'Its customers are deleted with it.',
    parameters: none,
    answer: deletedTestClockSchema,
    handle: deleteTestClock,
  }),
];
