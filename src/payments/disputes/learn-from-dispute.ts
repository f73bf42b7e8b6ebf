// A dispute about a payment of which nobody knows what became: what it says of that.

import type { Context, Scope } from '#kit/context';
import { sha256 } from '#kit/crypto';
import type { Uuid } from '#kit/ids';
import { left, loadChargesOfIntent } from '#payments/charges';
import { type DisputeTold, loadWaitingDisputes, type SaidByDispute } from '#rails/connectors';
import { loadByReference, loadOfIntent, type Operation } from '#rails/operations';
import { loadDisputeOf } from './disputes.store.ts';
import { type OpenOperation, saidOf } from './said-of-payment.ts';

/** Null: nothing that is not known. */
export const learnFromDispute = async (
  context: Context,
  scope: Scope,
  connectorAccountId: Uuid,
  { reference }: DisputeTold,
): Promise<SaidByDispute | null> => {
  const payment = await paymentBy(context, scope, connectorAccountId, reference);
  const open = payment && (await openOf(context, scope, payment));
  if (open === undefined) return null;

  const waiting = await loadWaitingDisputes(context, scope, { connectorAccountId, reference });
  if (waiting === null) return unclear(open.operation, 'contested_too_often');
  const known = await Promise.all(
    waiting.map(({ providerId }) => loadDisputeOf(context, scope, connectorAccountId, providerId)),
  );
  const contested = waiting.filter((_, n) => known[n] === undefined);
  const says = saidOf(open, contested);
  if (says === null) return null;
  // Names of any number and length: together they may be longer than what an index takes.
  const names = contested.map(({ providerId }) => providerId).toSorted();
  const told = sha256(JSON.stringify(names)).toString('base64url');
  return {
    operationId: open.operation.id,
    says,
    sourceKey: `disputes ${told}: ${says.outcome} ${'code' in says ? says.code : ''}`,
  };
};

/** It is heard on, and decides nothing. */
const unclear = ({ id, reference }: Operation, code: string): SaidByDispute => ({
  operationId: id,
  says: { outcome: 'unknown', code },
  sourceKey: `dispute about ${reference}: ${code}`,
});

export const paymentBy = async (
  context: Context,
  scope: Scope,
  connectorAccountId: Uuid,
  reference: string,
): Promise<Operation | undefined> => {
  const operations = await loadByReference(context, scope, connectorAccountId, reference);
  return operations.find(({ kind }) => kind === 'authorize' || kind === 'sale');
};

type Open = OpenOperation & { readonly operation: Operation };

/** Of an authorization it is what takes of it. Undefined: of all that there is it is known what became of it. */
const openOf = async (
  context: Context,
  scope: Scope,
  payment: Operation,
): Promise<Open | undefined> => {
  if (isOpen(payment)) return { operation: payment, left: 0n };
  if (payment.kind === 'sale' || payment.state !== 'approved') return undefined;
  const charges = await loadChargesOfIntent(context, scope, payment.intentId);
  const charge = charges.find(({ operationId }) => operationId === payment.id);
  if (charge === undefined || charge.capturing === 0n) return undefined;
  const operations = await loadOfIntent(context, scope, payment.intentId);
  const operation = operations.findLast((each) => each.kind === 'capture' && isOpen(each));
  return operation && { operation, left: left(charge) };
};

/** Whoever is sending it hears of it before anybody else. */
const isOpen = ({ state }: Operation): boolean =>
  state === 'unknown' || state === 'human' || state === 'pending' || state === 'action_required';
