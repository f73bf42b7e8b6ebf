// What was posted about an object, for whoever explains the object: its owner knows which it is.

import type { Context, Scope } from '#kit/context';
import { spellId, type Uuid } from '#kit/ids';
import type { TraceEntry } from '#platform/events';
import { loadEntriesOf } from './entries.store.ts';

export const traceEntries = async (
  context: Context,
  scope: Scope,
  subject: Uuid,
): Promise<readonly TraceEntry[]> =>
  (await loadEntriesOf(context, scope, subject)).map((entry) => ({
    atMs: entry.postedAtMs,
    what: 'posting',
    says: `The books take in the ${entry.purpose.replaceAll('_', ' ')}.`,
    details: {
      entry: spellId('txn', entry.id),
      purpose: entry.purpose,
      currency: entry.currency,
      postings: Object.fromEntries(
        Object.entries(entry.postings).map(([account, amount]) => [account, Number(amount)]),
      ),
      ...(entry.details.feeRules === undefined ? {} : { fee_rules: entry.details.feeRules }),
      available_on: entry.availableAtMs === null ? null : Math.floor(entry.availableAtMs / 1000),
    },
  }));
