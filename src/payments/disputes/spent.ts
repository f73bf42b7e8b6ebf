// Whether anything of a contested payment may still be given back: refunds say that, of which a dispute hears nothing. So
// it is asked of the charge when a dispute is shown, and kept in what an event shows.

import type { Context, Scope } from '#kit/context';
import { type Charge, loadCharges, refundable } from '#payments/charges';
import type { Dispute } from './dispute.ts';
import { isInquiry } from './dispute-states.ts';

export const withSpent = (dispute: Dispute, charge: Charge | undefined): Dispute => {
  const { isChargeSpent: _before, ...rest } = dispute;
  const isSpent = charge !== undefined && refundable(charge) === 0n;
  return isSpent && isInquiry(dispute.status) ? { ...rest, isChargeSpent: true } : rest;
};

/** As its last event showed it. */
export const asTold = ({ isChargeSpent: _now, ...dispute }: Dispute): Dispute =>
  dispute.toldSpent ? { ...dispute, isChargeSpent: true } : dispute;

/** What is shown of it is told. */
export const nowTold = ({ toldSpent: _before, ...dispute }: Dispute): Dispute =>
  dispute.isChargeSpent ? { ...dispute, toldSpent: true } : dispute;

/** Only of those that are asked about: of others nothing may be given back. */
export const withSpentCharges = async (
  context: Context,
  scope: Scope,
  disputes: readonly Dispute[],
): Promise<Dispute[]> => {
  const inquiries = disputes.filter(({ status }) => isInquiry(status));
  if (inquiries.length === 0) return [...disputes];
  const ids = new Set(inquiries.map(({ chargeId }) => chargeId));
  const charges = await loadCharges(context, scope, [...ids]);
  return disputes.map((dispute) => withSpent(dispute, charges.get(dispute.chargeId)));
};
