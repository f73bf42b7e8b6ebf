// What is known of an operation, concluded once more: of one that was left behind, or whose word an earlier version did
// not count.

import { assert } from '#kit/assert';
import type { Context, Scope } from '#kit/context';
import { lockTimeout } from '#platform/http';
import type { JobKind } from '#platform/jobs';
import { conclude, loadKnown } from '#rails/operations';
import { writesOf } from './hear.ts';

type Known = NonNullable<Awaited<ReturnType<typeof loadKnown>>>;

/** False: somebody was faster. */
export const concludeAgain = async (
  context: Context,
  scope: Scope,
  { operation, evidence }: Known,
): Promise<boolean> => {
  const conclusion = conclude(operation, evidence);
  const writes = await writesOf(context, scope, {
    before: operation,
    after: operation,
    conclusion,
  });
  return writes.length === 0 || (await context.database.commit(scope, writes)).ok;
};

const ROUNDS_MAX = 20;

export const hearAgainJob: JobKind = {
  name: 'payments.hear_again',
  run: async (context, payload) => {
    const { accountId, livemode, operation: id } = payload;
    assert(typeof accountId === 'string' && typeof id === 'string', 'Whose, and which');
    const scope = { accountId, livemode: livemode === true };
    for (let round = 1; round <= ROUNDS_MAX; round += 1) {
      const known = await loadKnown(context, scope, id);
      if (known === undefined || (await concludeAgain(context, scope, known))) return;
    }
    throw lockTimeout();
  },
};
