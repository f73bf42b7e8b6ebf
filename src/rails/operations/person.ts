// A person's word about an operation that nobody else could resolve: they have looked at the provider's
// own pages or asked its people. It is evidence like any other, it is in the audit log with the reason,
// and it answers for everything that was known when it was said, and for nothing that is learned later.

import { auditEntry } from '#identity/audit';
import type { Context, Scope } from '#kit/context';
import type { Uuid } from '#kit/ids';
import type { Outcome } from './evidence.ts';
import { isLeased } from './leased.store.ts';
import { type Operation, spellOperation } from './operation.ts';
import { loadKnown } from './operations.store.ts';
import { DoesNotCount, type Recorded, recordEvidence, type WritesOf } from './record-evidence.ts';

const personSays = ['approved', 'declined', 'reversed'] as const;
export type PersonSays = (typeof personSays)[number];

export const decideByPerson = async (
  context: Context,
  scope: Scope,
  asked: {
    readonly operationId: Uuid;
    readonly says: PersonSays;
    /** Where they saw it. */
    readonly why: string;
    readonly writes?: WritesOf;
  },
): Promise<Recorded> => {
  const known = await loadKnown(context, scope, asked.operationId);
  if (known === undefined) return { ok: false, code: 'no_such_operation' };
  const { operation, evidence } = known;
  const says = outcomeOf(operation, asked.says);
  return recordEvidence(context, scope, {
    operationId: operation.id,
    known,
    evidence: { kind: 'person', says, considered: evidence.map(({ id }) => id) },
    writes: async (change) => {
      // What is on the wire may change what they saw, and nobody may hear its answer. Who takes the operation over
      // after this has changed its epoch, and the word is weighed anew.
      if (await isLeased(context, scope, operation.id)) throw new DoesNotCount('at_work');
      return [
        ...((await asked.writes?.(change)) ?? []),
        auditEntry(context, {
          scope,
          action: 'operation.decide',
          target: spellOperation(operation.id),
          details: { says: asked.says, why: asked.why, before: operation.state },
        }),
      ];
    },
  });
};

const outcomeOf = ({ amount, currency, reference }: Operation, says: PersonSays): Outcome => {
  const echo = { amount, currency, reference };
  return { outcome: says, ...echo, code: 'person' };
};
