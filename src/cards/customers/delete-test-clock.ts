// A test clock goes with its customers, all in one commit: no customer is left whose time nobody knows.

import { nothingAttached } from '#cards/methods';
import {
  clockDeleted,
  findTestClock,
  loadTestClocks,
  renderDeletedTestClock,
  TEST_CLOCK,
  type TestClock,
  tellOfClock,
  updateTestClock,
} from '#cards/test-clocks';
import type { Context, Scope, Write } from '#kit/context';
import { spellId } from '#kit/ids';
import { appendChange } from '#platform/events';
import type { ApiRequest, Outcome } from '#platform/http';
import type { JobPayload } from '#platform/jobs';
import { type Customer, erased } from './customer.ts';
import { detachAll } from './customer-methods.ts';
import { customersOfClock, updateCustomer } from './customers.store.ts';
import { customerDeleted, customerSnapshot } from './events.ts';

type Cause = { readonly requestId: string; readonly idempotencyKey: string | null };

export const deleteTestClock = async (
  context: Context,
  request: Omit<ApiRequest, 'parameters'>,
): Promise<Outcome> => {
  const { scope, path } = request;
  const clock = await findTestClock(context, scope, path['test_clock'] ?? '');
  return {
    body: renderDeletedTestClock(clock),
    writes: await deletion(context, scope, clock, request),
  };
};

/** Thirty days after it was made. Gone by then, there is nothing to do. */
export const deleteOldClock = async (context: Context, payload: JobPayload): Promise<void> => {
  const scope = { accountId: String(payload['accountId']), livemode: false };
  const id = String(payload['clock']);
  const clock = (await loadTestClocks(context, scope, [id])).get(id);
  if (clock === undefined || clock.deleted) return;
  const commit = await context.database.commit(scope, await deletion(context, scope, clock, null));
  if (!commit.ok) throw new Error('The clock or one of its customers was changed meanwhile');
};

const deletion = async (
  context: Context,
  scope: Scope,
  before: TestClock,
  cause: Cause | null,
): Promise<Write[]> => {
  const clock: TestClock = {
    ...before,
    version: before.version + 1,
    events: before.events + 1,
    deleted: true,
  };
  // Whoever makes a customer for it writes its row too: a customer that is not seen here cannot come.
  const customers = await customersOfClock(context, scope, spellId(TEST_CLOCK, clock.id));
  const gone: Write[] = [];
  for (const customer of customers) {
    gone.push(...(await withoutCustomer(context, scope, customer, cause)));
  }
  return [
    updateTestClock(scope, clock),
    ...gone,
    tellOfClock(context, scope, clock, clockDeleted, cause),
  ];
};

const withoutCustomer = async (
  context: Context,
  scope: Scope,
  before: Customer,
  cause: Cause | null,
): Promise<Write[]> => {
  const customer = erased(before);
  const request = { scope, requestId: cause?.requestId ?? '', idempotencyKey: null, ...cause };
  return [
    updateCustomer(scope, customer),
    ...(await detachAll(context, scope, before, request)),
    nothingAttached(scope, before.id),
    appendChange(context, {
      scope,
      objectId: customer.id,
      sequence: customer.version,
      kinds: [customerDeleted],
      snapshot: customerSnapshot(before),
      request: cause,
    }),
  ];
};
