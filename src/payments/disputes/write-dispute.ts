// What is written of a dispute when it changes, by whichever way: its row and its charge's, postings,
// expectation, events, in one commit.

import { balanceTransaction } from '#books/balance';
import { post } from '#books/ledger';
import type { Context, Scope, Write } from '#kit/context';
import { type Charge, updateCharge } from '#payments/charges';
import { RELEASE_JOB } from '#payments/intents';
import { takeWhatIsFree } from '#payments/refunds';
import { appendChange, type Cause } from '#platform/events';
import { enqueue } from '#platform/jobs';
import type { DecidedDispute } from './conclude-dispute.ts';
import { withContested } from './contested.ts';
import type { Dispute } from './dispute.ts';
import { isOver } from './dispute-states.ts';
import { insertDispute, updateDispute } from './disputes.store.ts';
import { disputeSnapshot } from './events.ts';
import { entryOf, expectedOf, lostEntry } from './postings.ts';
import { asTold, nowTold, withSpent } from './spent.ts';

export const writeDispute = async (
  context: Context,
  scope: Scope,
  input: {
    /** Null for one that is new. */
    readonly before: Dispute | null;
    readonly chargeBefore: Charge;
    readonly decided: DecidedDispute;
    readonly cause: Cause;
  },
): Promise<{ readonly dispute: Dispute; readonly writes: readonly Write[] }> => {
  const { before, chargeBefore, decided, cause } = input;
  const { kinds, booked, lost } = decided;
  const nowMs = context.clock.now();
  const charge = withContested(decided.charge, decided.dispute);
  const changed: Dispute = {
    ...decided.dispute,
    version: before === null ? 1 : before.version + 1,
    events: decided.dispute.events + kinds.length,
  };
  const shown = withSpent(changed, charge);
  const dispute = kinds.length > 0 ? nowTold(shown) : shown;
  const writes: Write[] = [
    before === null ? insertDispute(scope, dispute) : updateDispute(scope, dispute),
  ];
  if (booked !== null) {
    writes.push(balanceTransaction(scope, entryOf(dispute, booked), booked.atMs).write);
    writes.push(expectedOf(scope, dispute, booked));
  }
  if (lost > 0n) writes.push(post(scope, lostEntry(dispute, dispute.rounds - 1, lost), nowMs));
  if (kinds.length > 0) {
    writes.push(
      appendChange(context, {
        scope,
        objectId: dispute.id,
        sequence: decided.dispute.events + 1,
        kinds,
        snapshot: disputeSnapshot(dispute, nowMs, before === null ? undefined : asTold(before)),
        request: cause,
      }),
    );
  }
  // What is the merchant's again may be with the bank, which took the payment back meanwhile. Its events are drawn after
  // those of the dispute, which they follow from.
  const now = await takeWhatIsFree(context, scope, charge);
  if (now.charge !== chargeBefore) {
    writes.push(updateCharge(scope, { ...now.charge, version: chargeBefore.version + 1 }));
  }
  writes.push(...now.writes);
  // What nobody wants goes back, as far as no dispute of it is open. What was given back before one was over moves no more.
  const mayGoBack = charge.isUnwanted && (now.charge !== chargeBefore || isOver(dispute.status));
  if (mayGoBack) {
    const payload = { ...scope, charge: charge.id };
    writes.push(enqueue(context, { name: RELEASE_JOB, payload, runAtMs: nowMs }));
  }
  return { dispute, writes };
};
