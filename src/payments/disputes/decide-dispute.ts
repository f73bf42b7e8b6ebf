// A person's word about a dispute, after the bank was asked: that what it told is explained, or what came of the
// dispute, which the books then follow. It is in the audit log with its reason, and goes against nothing that the
// bank has told.

import { loadFeeRules } from '#books/fees';
import { auditEntry } from '#identity/audit';
import { present } from '#kit/assert';
import type { Context, Scope, Write } from '#kit/context';
import { spellId, type Uuid } from '#kit/ids';
import { type Charge, loadCharge } from '#payments/charges';
import {
  type DisputeStatus,
  type DisputeTold,
  loadDisputeNotices,
  type ToldOfDispute,
} from '#rails/connectors';
import { decideDispute, type PersonSays, personSays } from './conclude-dispute.ts';
import type { Dispute } from './dispute.ts';
import { isOver } from './dispute-states.ts';
import { loadDispute, updateDispute } from './disputes.store.ts';
import { disputeFee } from './postings.ts';
import { DISPUTE } from './render-dispute.ts';
import { writeDispute } from './write-dispute.ts';

export type SaidOfDispute =
  | { readonly ok: true; readonly dispute: Dispute }
  | {
      readonly ok: false;
      readonly code:
        | 'no_such_dispute'
        /** Nothing of it is for a person. */
        | 'not_for_person'
        /** The bank has told more, which is not heard yet, or the dispute changed in this moment. */
        | 'changing'
        /** The bank's last word is that of another end. */
        | 'told_otherwise'
        /** From what it is now that cannot come, or its money is not in the currency of its payment. */
        | 'cannot_be';
      readonly told?: DisputeStatus;
    };

type Asked = { readonly disputeId: Uuid; readonly why: string };

/** It ends the review, and nothing else: what stands in the books is right. */
export const explainDispute = async (
  context: Context,
  scope: Scope,
  { disputeId, why }: Asked,
): Promise<SaidOfDispute> => {
  const known = await load(context, scope, disputeId);
  if (!('dispute' in known)) return known;
  const { dispute, charge, told, lastMoved } = known;
  if (!dispute.needsReview) return { ok: false, code: 'not_for_person' };
  const end = personSays.find((says) => says === told);
  const at = await atNow(context, scope, known);
  if (end !== undefined && decideDispute({ dispute, charge }, end, at, lastMoved) !== null) {
    return { ok: false, code: 'told_otherwise', told: end };
  }
  const explained = { ...dispute, needsReview: false, version: dispute.version + 1 };
  return commit(context, scope, explained, [
    updateDispute(scope, explained),
    auditEntry(context, {
      scope,
      action: 'dispute.explain',
      target: spellId(DISPUTE, disputeId),
      details: { why },
    }),
  ]);
};

/** What came of it. Money that the bank has not told of yet is heard once when it does. */
export const endDispute = async (
  context: Context,
  scope: Scope,
  { disputeId, says, why }: Asked & { readonly says: PersonSays },
): Promise<SaidOfDispute> => {
  const known = await load(context, scope, disputeId);
  if (!('dispute' in known)) return known;
  const { dispute: before, charge, told, lastMoved } = known;
  if (told !== undefined && isOver(told) && told !== says) {
    return { ok: false, code: 'told_otherwise', told };
  }
  const at = await atNow(context, scope, known);
  const decided = decideDispute({ dispute: before, charge }, says, at, lastMoved);
  if (decided === null) return { ok: false, code: 'cannot_be' };
  const { dispute, writes } = await writeDispute(context, scope, {
    before,
    chargeBefore: charge,
    decided,
    cause: null,
  });
  return commit(context, scope, dispute, [
    ...writes,
    auditEntry(context, {
      scope,
      action: 'dispute.decide',
      target: spellId(DISPUTE, disputeId),
      details: { says, why, before: before.status },
    }),
  ]);
};

type Known = {
  readonly dispute: Dispute;
  readonly charge: Charge;
  /** The bank's last word. */
  readonly told: DisputeStatus | undefined;
  /** The last that moved money, whether that could be booked or not. */
  readonly lastMoved: DisputeTold | undefined;
};

const load = async (
  context: Context,
  scope: Scope,
  id: Uuid,
): Promise<Known | Extract<SaidOfDispute, { ok: false }>> => {
  const dispute = await loadDispute(context, scope, id);
  if (dispute === undefined) return { ok: false, code: 'no_such_dispute' };
  const charge = present(await loadCharge(context, scope, dispute.chargeId), 'Its charge');
  const notices = await loadDisputeNotices(context, scope, dispute);
  if (notices.some(({ isWaiting }: ToldOfDispute) => isWaiting)) {
    return { ok: false, code: 'changing' };
  }
  const lastMoved = notices.findLast(({ told }) => told.moved !== 0n)?.told;
  return { dispute, charge, told: notices.at(-1)?.told.status, lastMoved };
};

const atNow = async (context: Context, scope: Scope, { dispute, charge }: Known) => ({
  fee: disputeFee(await loadFeeRules(context, scope), charge, dispute.amount),
  nowMs: context.clock.now(),
});

/** Lost where something was learned of it, or of its charge, in between. */
const commit = async (
  context: Context,
  scope: Scope,
  dispute: Dispute,
  writes: readonly Write[],
): Promise<SaidOfDispute> => {
  const { ok } = await context.database.commit(scope, writes);
  return ok ? { ok, dispute } : { ok, code: 'changing' };
};
