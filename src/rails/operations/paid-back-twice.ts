// A payment was taken back by its bank, and its payer was paid what of it was given back, or contested, as well. Only the
// books see that: it waits for a person until they have said something of it.

import type { Context, Scope, Write } from '#kit/context';
import { newUuid, type Uuid } from '#kit/ids';
import { insertEvidence } from './evidence.store.ts';
import { reviewOperation } from './write-operation.store.ts';

/** Of the operation that was taken back, whatever else is written of it at the same moment. */
export const mayBePaidBackTwice = (
  context: Pick<Context, 'clock' | 'random'>,
  scope: Scope,
  operationId: Uuid,
): readonly Write[] => {
  const code = 'may_be_paid_back_twice';
  return [
    reviewOperation(scope, { operationId, alert: code }),
    insertEvidence(scope, operationId, {
      id: newUuid(context),
      kind: 'books',
      atMs: context.clock.now(),
      says: { outcome: 'unknown', code },
      send: null,
      sourceKey: null,
      considered: [],
    }),
  ];
};
