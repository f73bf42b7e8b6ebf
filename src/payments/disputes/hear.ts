// What a provider told of a dispute, as what is written of it.

import { loadFeeRules } from '#books/fees';
import type { Context, Scope, Write } from '#kit/context';
import { newUuid, spellId, type Uuid } from '#kit/ids';
import { type Charge, left, loadCharge, loadChargesOfIntent } from '#payments/charges';
import { appendChange } from '#platform/events';
import {
  type DisputeListener,
  type DisputeTold,
  type FraudWarning,
  isOpening,
  type SaidByDispute,
} from '#rails/connectors';
import { hearDispute, openDispute } from './conclude-dispute.ts';
import type { Dispute } from './dispute.ts';
import { isInquiry } from './dispute-states.ts';
import { loadDisputeOf } from './disputes.store.ts';
import { fraudWarningCreated } from './events.ts';
import type { FraudWarningRow } from './fraud-warning.ts';
import { insertFraudWarning } from './fraud-warnings.store.ts';
import { learnFromDispute, paymentBy } from './learn-from-dispute.ts';
import { disputeFee } from './postings.ts';
import { DISPUTE } from './render-dispute.ts';
import { isOverBy } from './said-of-payment.ts';
import { writeDispute } from './write-dispute.ts';

export const onDispute: DisputeListener = async (context, scope, told) => {
  const { connectorAccountId, notice } = told;
  switch (notice.kind) {
    case 'dispute':
      return hear(context, scope, connectorAccountId, notice.dispute);
    case 'fraud_warning':
      return warn(context, scope, connectorAccountId, notice.warning);
    case 'operation':
      return null;
  }
};

const hear = async (
  context: Context,
  scope: Scope,
  connectorAccountId: Uuid,
  told: DisputeTold,
): Promise<readonly Write[] | SaidByDispute | null> => {
  const known = await loadDisputeOf(context, scope, connectorAccountId, told.providerId);
  if (known === undefined && isOpening(told.status)) {
    const said = await learnFromDispute(context, scope, connectorAccountId, told);
    if (said !== null) return said;
  }
  const charge =
    known === undefined
      ? await chargeBy(context, scope, connectorAccountId, told.reference)
      : await loadCharge(context, scope, known.chargeId);
  if (charge === undefined && (await isOver(context, scope, connectorAccountId, told))) return [];
  // Nobody knows yet that the payment succeeded, or what came before: it is heard again.
  if (charge === undefined || (known === undefined && !isOpening(told.status))) return null;
  const at = {
    fee: disputeFee(await loadFeeRules(context, scope), charge, told.amount),
    nowMs: context.clock.now(),
  };
  const dispute = known ?? newDispute(context, connectorAccountId, charge, told);
  const decided =
    known === undefined
      ? openDispute({ dispute, charge }, told, at)
      : hearDispute({ dispute, charge }, told, at);
  if (decided === null) return [];
  if (decided.dispute.needsReview && !dispute.needsReview) {
    context.log.error(
      {
        about: spellId(DISPUTE, dispute.id),
        accountId: scope.accountId,
        livemode: scope.livemode,
      },
      'A provider says of a dispute what cannot be: a person has to look at it',
    );
  }
  const { writes } = await writeDispute(context, scope, {
    before: known ?? null,
    chargeBefore: charge,
    decided,
    cause: null,
  });
  return writes;
};

const isOver = async (
  context: Context,
  scope: Scope,
  connectorAccountId: Uuid,
  told: DisputeTold,
): Promise<boolean> => {
  const payment = await paymentBy(context, scope, connectorAccountId, told.reference);
  return payment !== undefined && isOverBy(payment, told);
};

/** The charge that stands for the operation of that reference. */
const chargeBy = async (
  context: Context,
  scope: Scope,
  connectorAccountId: Uuid,
  reference: string,
): Promise<Charge | undefined> => {
  const payment = await paymentBy(context, scope, connectorAccountId, reference);
  if (payment === undefined) return undefined;
  const charges = await loadChargesOfIntent(context, scope, payment.intentId);
  return charges.find(({ operationId, captured }) => operationId === payment.id && captured > 0n);
};

const newDispute = (
  context: Context,
  connectorAccountId: Uuid,
  charge: Charge,
  told: DisputeTold,
): Dispute => ({
  id: newUuid(context),
  version: 1,
  events: 0,
  chargeId: charge.id,
  intentId: charge.intentId,
  connectorAccountId,
  providerId: told.providerId,
  status: told.status,
  currency: told.currency,
  amount: told.amount,
  withdrawn: 0n,
  counted: 0n,
  needsReview: false,
  metadata: {},
  rounds: 0,
  isDirect: charge.isDirect,
  reason: told.reason,
  networkReasonCode: told.networkReasonCode,
  caseType: caseTypeOf(told),
  brand: charge.method.card?.brand ?? null,
  respondByMs: told.respondByMs,
  eligibleFor: told.eligibleFor,
  evidence: {},
  submissions: 0,
  isLate: false,
  intendedSubmissionMethod: null,
  owedAnswer: null,
  bookings: [],
});

const caseTypeOf = ({ status, reason }: DisputeTold): Dispute['caseType'] => {
  if (isInquiry(status)) return 'inquiry';
  if (status === 'prevented') return 'resolution';
  return reason === 'noncompliant' ? 'compliance' : 'chargeback';
};

const warn = async (
  context: Context,
  scope: Scope,
  connectorAccountId: Uuid,
  { providerId, reference }: FraudWarning,
): Promise<readonly Write[] | null> => {
  const charge = await chargeBy(context, scope, connectorAccountId, reference);
  if (charge === undefined) return null;
  const warning: FraudWarningRow = {
    id: newUuid(context),
    chargeId: charge.id,
    intentId: charge.intentId,
    providerId,
    isDirect: charge.isDirect,
    isActionable: left(charge) > 0n && charge.chargedBack === 0n,
  };
  return [
    insertFraudWarning(scope, connectorAccountId, warning),
    appendChange(context, {
      scope,
      objectId: warning.id,
      sequence: 1,
      kinds: [fraudWarningCreated],
      snapshot: { warning },
      request: null,
    }),
  ];
};
