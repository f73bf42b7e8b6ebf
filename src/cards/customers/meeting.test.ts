// Requests that arrive together leave in one batch: there a deletion and an attachment meet in one
// transaction, and neither has seen the other.

import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import {
  emptyAddress,
  insertMethod,
  nothingAttached,
  type PaymentMethod,
  spellMethod,
  stillAttached,
  updateMethod,
} from '#cards/methods';
import { newUuid } from '#kit/ids';
import { type TestContext, testAccount, testContext } from '../../for-tests.ts';
import { blankCustomer, erased } from './customer.ts';
import { customerLives, insertCustomer, notDefault, updateCustomer } from './customers.store.ts';

let context: TestContext;
before(async () => {
  context = await testContext();
});

const methodOf = (customerId: string): PaymentMethod => ({
  id: newUuid(context),
  version: 1,
  events: 0,
  legacy: null,
  type: 'paypal',
  state: 'attached',
  customerId,
  cardId: null,
  metadata: {},
  card: null,
  other: {},
  billing: {
    address: emptyAddress,
    email: null,
    name: null,
    phone: null,
    tax_id: null,
  },
  allowRedisplay: 'unspecified',
});

describe('in one batch', () => {
  test('a customer is not deleted while a new method is attached to it', async () => {
    const scope = await testAccount(context);
    const customer = blankCustomer(newUuid(context), 'ABC123');
    await context.database.commit(scope, [insertCustomer(scope, customer)]);

    const [deleted, attached] = await Promise.all([
      context.database.commit(scope, [
        updateCustomer(scope, erased(customer)),
        nothingAttached(scope, customer.id),
      ]),
      context.database.commit(scope, [
        customerLives(scope, customer.id, newUuid(context)),
        insertMethod(scope, methodOf(customer.id)),
      ]),
    ]);
    assert.deepEqual([deleted.ok, attached.ok], [false, true]);
  });

  test('a method is not made the default while it is detached', async () => {
    const scope = await testAccount(context);
    const customer = blankCustomer(newUuid(context), 'ABC123');
    const method = methodOf(customer.id);
    await context.database.commit(scope, [
      insertCustomer(scope, customer),
      insertMethod(scope, method),
    ]);
    const spelled = spellMethod(method);
    const outcomes = await Promise.all([
      context.database.commit(scope, [
        updateCustomer(scope, { ...customer, version: 2, default_payment_method: spelled }),
        stillAttached(scope, method.id, customer.id),
      ]),
      context.database.commit(scope, [
        customerLives(scope, customer.id, method.id),
        notDefault(scope, customer.id, spelled),
        updateMethod(scope, { ...method, version: 2, state: 'detached', customerId: null }),
      ]),
    ]);
    // Neither has seen the other: both look again.
    assert.deepEqual(
      outcomes.map(({ ok }) => ok),
      [false, false],
    );
  });

  test('many methods are attached to one customer', async () => {
    const scope = await testAccount(context);
    const customer = blankCustomer(newUuid(context), 'ABC123');
    await context.database.commit(scope, [insertCustomer(scope, customer)]);
    const outcomes = await Promise.all(
      Array.from({ length: 30 }, () => methodOf(customer.id)).map((method) =>
        context.database.commit(scope, [
          customerLives(scope, customer.id, method.id),
          insertMethod(scope, method),
        ]),
      ),
    );
    assert.ok(outcomes.every(({ ok }) => ok));
  });
});
