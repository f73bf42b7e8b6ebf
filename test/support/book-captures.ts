// Where operations are sent without payments, nothing books what is captured. A settlement of a capture that stands in
// no books is for a person, so a test that wants otherwise has them booked: as expected, which is what is looked for.

import type { TestContext } from '../../src/for-tests.ts';
import { asOwner } from '../../src/for-tests.ts';
import { operationKinds } from '../../src/rails/operations/operation.ts';
import { operationStates } from '../../src/rails/operations/operation-states.ts';

export const bookCaptures = async ({ on }: Pick<TestContext, 'on'>): Promise<void> => {
  await asOwner(
    on,
    `insert into books.expectations
            (account_id, livemode, connector_account_id, reference, kind, currency, part, expected_at, gross, value_date)
     select account_id, livemode, connector_account_id, reference, 1, currency, 0, now(), amount, current_date
       from rails.operations where kind = $1 and state = $2
     on conflict do nothing`,
    [operationKinds.capture, operationStates.approved],
  );
};
