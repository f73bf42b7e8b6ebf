// A test clock goes with its customers, all in one commit: no customer is left whose time nobody knows.

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
import type { Cause } from '#platform/events';
import type { ApiRequest, Outcome } from '#platform/http';
import type { JobPayload } from '#platform/jobs';
import { customersOfClock } from './customers.store.ts';
import { deletionOf } from './delete-customer.ts';

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
  cause: Cause,
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
    gone.push(...(await deletionOf(context, scope, customer, cause)));
  }
  return [
    updateTestClock(scope, clock),
    ...gone,
    tellOfClock(context, scope, clock, clockDeleted, cause),
  ];
};
