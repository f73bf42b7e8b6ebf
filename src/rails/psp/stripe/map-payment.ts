// What a PaymentIntent says of one of our operations. A status that is not in this table says nothing.

import type { CheckResult, Operation, Outcome, Told } from '#rails/operations';
import { amountAt, type Json, objectAt, textAt } from './api.ts';
import { declineCodeOf } from './map-decline.ts';

/** The name under which our reference stands in the metadata of what we make there. */
export const REFERENCE = 'tollgate_reference';

type Asked = Pick<Operation, 'kind' | 'reference'>;

/** Of the payment itself. `kind` is what we asked for: a hold, or the money. */
export const mapPayment = (operation: Asked, intent: Json): Outcome => {
  const status = textAt(intent, 'status') ?? '';
  const said = saidBy(intent);

  switch (status) {
    case 'requires_capture':
      return operation.kind === 'authorize' ? approvedBy(intent, 'amount') : strange(status);
    case 'succeeded':
      // A hold that was captured since was approved all the same.
      return approvedBy(intent, operation.kind === 'sale' ? 'amount_received' : 'amount');
    case 'requires_action':
      return { outcome: 'action_required', code: 'authentication_required', ...said };
    case 'processing':
      return { outcome: 'pending', code: 'processing', ...said };
    case 'requires_payment_method':
      return refusedBy(intent);
    case 'canceled':
      // Held and released, or ended before anything was held.
      return objectAt(intent, 'latest_charge') === null
        ? { outcome: 'declined', code: 'canceled', ...said }
        : { outcome: 'reversed', ...said };
    default:
      return strange(status);
  }
};

export const strange = (status: string): Outcome => ({
  outcome: 'unknown',
  code: 'unmapped_status',
  unmapped: status.slice(0, 60),
});

const approvedBy = (intent: Json, counted: 'amount' | 'amount_received'): Outcome => {
  const said = saidBy(intent);
  const [amount, currency] = [amountAt(intent, counted), textAt(intent, 'currency')];
  if (amount === null || currency === null || said.reference === null) {
    return { outcome: 'unknown', code: 'incomplete_answer' };
  }
  return { ...said, outcome: 'approved', amount, currency, reference: said.reference };
};

const refusedBy = (intent: Json): Outcome => {
  const error = objectAt(intent, 'last_payment_error');
  if (error === null) return strange('requires_payment_method');
  const decline = declineCodeOf(error);
  return { outcome: 'declined', ...decline, ...namesOf(intent) };
};

/** Who it is, in both our names, and what it says it is worth. */
const saidBy = (intent: Json) => ({
  ...namesOf(intent),
  amount: amountAt(intent, 'amount'),
  currency: textAt(intent, 'currency'),
  told: toldBy(intent),
});

export const namesOf = (object: Json) => {
  const providerId = textAt(object, 'id');
  return {
    reference: textAt(objectAt(object, 'metadata') ?? {}, REFERENCE),
    ...(providerId === null ? {} : { providerId }),
  };
};

const checks: Readonly<Record<string, CheckResult>> = {
  pass: 'pass',
  fail: 'fail',
  unavailable: 'unavailable',
  unchecked: 'unchecked',
};

const toldBy = (intent: Json): Told => {
  const charge = objectAt(intent, 'latest_charge') ?? {};
  const card = objectAt(objectAt(charge, 'payment_method_details') ?? {}, 'card') ?? {};
  const checked = objectAt(card, 'checks') ?? {};
  const redirect = objectAt(objectAt(intent, 'next_action') ?? {}, 'redirect_to_url') ?? {};
  const url = textAt(redirect, 'url');
  const networkTransactionId = textAt(card, 'network_transaction_id');
  const authorizationCode = textAt(card, 'authorization_code');
  const check = (name: string): CheckResult => checks[textAt(checked, name) ?? ''] ?? 'unchecked';
  return {
    ...(networkTransactionId === null ? {} : { networkTransactionId }),
    ...(authorizationCode === null ? {} : { authorizationCode }),
    checks: {
      cvc: check('cvc_check'),
      postalCode: check('address_postal_code_check'),
      addressLine1: check('address_line1_check'),
    },
    ...(url === null ? {} : { action: { kind: 'redirect', url } }),
  };
};
