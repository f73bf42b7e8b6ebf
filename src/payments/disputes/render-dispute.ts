// How a dispute is shown: Stripe's shape, checked by the compiler against Stripe's own types.

import type Stripe from 'stripe';
import { renderBalanceTransaction } from '#books/balance';
import { entryIdOf } from '#books/ledger';
import { spellId, uuidMs } from '#kit/ids';
import type { Wire } from '#kit/wire';
import { CHARGE, INTENT } from '#payments/charges';
import type { Booking, Dispute } from './dispute.ts';
import { isInquiry, isOver } from './dispute-states.ts';
import type { FileName, TextName } from './evidence.ts';
import { fileNames, textNames } from './evidence.ts';
import { entryOf } from './postings.ts';

/** As the books call what a balance transaction is of. */
export const DISPUTE = 'du';

type Shown = Wire<Stripe.Dispute>;

export const renderDispute = (dispute: Dispute, livemode: boolean, nowMs: number) =>
  ({
    id: spellId(DISPUTE, dispute.id),
    object: 'dispute',
    amount: Number(dispute.amount),
    balance_transactions: dispute.bookings.map((booking) => transactionOf(dispute, booking, nowMs)),
    charge: spellId(CHARGE, dispute.chargeId),
    created: Math.floor(uuidMs(dispute.id) / 1000),
    currency: dispute.currency,
    enhanced_eligibility_types: dispute.eligibleFor as Shown['enhanced_eligibility_types'],
    evidence: evidenceOf(dispute),
    evidence_details: {
      due_by: dispute.respondByMs === null ? null : Math.floor(dispute.respondByMs / 1000),
      enhanced_eligibility: eligibilityOf(dispute),
      has_evidence: Object.keys(dispute.evidence).length > 0,
      past_due: dispute.isLate ?? wasPastDue(dispute, nowMs),
      submission_count: dispute.submissions,
      submission_method: dispute.submissions > 0 ? 'manual' : 'not_submitted',
    },
    intended_submission_method: dispute.intendedSubmissionMethod,
    is_charge_refundable: isRefundable(dispute),
    livemode,
    metadata: dispute.metadata,
    network_reason_code: dispute.networkReasonCode,
    payment_intent: dispute.isDirect ? null : spellId(INTENT, dispute.intentId),
    ...(dispute.brand === null
      ? {}
      : {
          payment_method_details: {
            card: {
              brand: dispute.brand,
              case_type: dispute.caseType,
              network: dispute.brand,
              network_reason_code: dispute.networkReasonCode,
            },
            type: 'card',
          },
        }),
    reason: dispute.reason,
    status: dispute.status,
  }) satisfies Shown;

const isRefundable = ({ status, isChargeSpent }: Dispute): boolean =>
  isInquiry(status) && !isOver(status) && isChargeSpent !== true;

/** An event stays what it was: until it was kept, this was told of disputes that nobody had answered in time. */
const wasPastDue = ({ respondByMs, status }: Dispute, nowMs: number): boolean =>
  respondByMs !== null && respondByMs < nowMs && status.endsWith('needs_response');

/** The entry itself, made again from the facts that made it. */
const transactionOf = (dispute: Dispute, booking: Booking, nowMs: number) => {
  const entry = entryOf(dispute, booking);
  return renderBalanceTransaction(
    {
      id: entryIdOf(entry),
      position: 0n,
      postedAtMs: booking.atMs,
      availableAtMs: null,
      subject: entry.subject,
      purpose: entry.purpose,
      part: booking.part,
      currency: entry.currency,
      postings: entry.postings,
      details: entry.details ?? {},
    },
    nowMs,
  );
};

type Texts = Record<TextName, string | null> & Record<FileName, null>;

const evidenceOf = ({ evidence }: Dispute): Shown['evidence'] => {
  const names = [...textNames, ...fileNames].toSorted();
  const texts = Object.fromEntries(
    names.map((name) => [name, evidence[name as TextName] ?? null]),
  ) as Texts;
  return { ...texts, appeal: null, enhanced_evidence: {} };
};

/** What the programmes of the networks would still want. */
const eligibilityOf = ({
  eligibleFor,
}: Dispute): Shown['evidence_details']['enhanced_eligibility'] => ({
  ...(eligibleFor.includes('visa_compelling_evidence_3')
    ? {
        visa_compelling_evidence_3: {
          required_actions: ['missing_prior_undisputed_transactions' as const],
          status: 'requires_action' as const,
        },
      }
    : {}),
  ...(eligibleFor.includes('visa_compliance')
    ? { visa_compliance: { status: 'requires_fee_acknowledgement' as const } }
    : {}),
  ...(eligibleFor.includes('mastercard_compliance')
    ? { mastercard_compliance: { status: 'requires_fee_acknowledgement' as const } }
    : {}),
});
