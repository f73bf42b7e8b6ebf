// Where operations are sent without payments, nothing books what is captured and refunded. A settlement of what stands
// in no books is for a person, so a test that wants otherwise has it booked: as expected, which is what is looked for.

import type { TestContext } from '../../src/for-tests.ts';
import { asOwner } from '../../src/for-tests.ts';
import { operationKinds } from '../../src/rails/operations/operation.ts';
import { operationStates } from '../../src/rails/operations/operation-states.ts';

export const bookMovements = async ({ on }: Pick<TestContext, 'on'>): Promise<void> => {
  await asOwner(
    on,
    `insert into books.expectations
            (account_id, livemode, connector_account_id, reference, kind, currency, part, expected_at, gross, value_date)
     select account_id, livemode, connector_account_id, reference, case kind when $1 then 1 else 2 end, currency, 0, now(),
            case kind when $1 then amount else -amount end, current_date
       from rails.operations where kind in ($1, $2) and state = $3
     on conflict do nothing`,
    [operationKinds.capture, operationKinds.refund, operationStates.approved],
  );
};
