// Charges as the older API makes and changes them. A charge made directly has an intent like every other,
// which nobody sees.

import { findCustomerNamed } from '#cards/customers';
import { type AskedSource, findMethod, insertMethod, makeSource } from '#cards/methods';
import { present } from '#kit/assert';
import type { Context, Scope } from '#kit/context';
import { newUuid, spellBytes, spellId } from '#kit/ids';
import {
  CHARGE,
  type Charge,
  chargeSnapshot,
  chargeUpdated,
  expectMovement,
  findCharge,
  renderCharge,
  updateCharge as updateRow,
} from '#payments/charges';
import { appendChange } from '#platform/events';
import {
  ApiError,
  lockTimeout,
  mergeMetadata,
  type Outcome,
  refuse,
  type TypedRequest,
} from '#platform/http';
import { applyParameters, refuseWhatCannotBe, shippingOf } from './apply-parameters.ts';
import { asItIs } from './as-it-is.ts';
import { askingOf } from './asking.ts';
import { capture, withDescriptors } from './capture-intent.ts';
import type {
  captureChargeParameters,
  createChargeParameters,
  updateChargeParameters,
} from './charge-parameters.ts';
import { confirmPayment } from './confirm-payment.ts';
import { loadIntent } from './intents.store.ts';
import { blankIntent, type PaymentIntent } from './payment-intent.ts';
import { type TakenMethod, undoing } from './take-method.ts';

const SECRET_BYTES = 18;
const ROUNDS_MAX = 10;

export const createCharge = async (
  context: Context,
  request: TypedRequest<typeof createChargeParameters>,
): Promise<Outcome> => {
  const { scope, parameters: asked } = request;
  refuseWhatCannotBe(asked);
  // A direct charge is shown, and not its intent.
  if (request.resumes !== null) return asItIs(context, scope, request.resumes, () => null);
  const customer =
    asked.customer === undefined
      ? null
      : await findCustomerNamed(context, scope, asked.customer, 'customer');
  const source = asked.source ?? customer?.default_source ?? customer?.default_payment_method;
  if (source === undefined || source === null) throw nothingToCharge(customer !== null);

  const blank = blankIntent(newUuid(context), {
    amount: BigInt(asked.amount),
    currency: asked.currency,
    secret: spellBytes(context.random.bytes(SECRET_BYTES)),
  });
  const { capture: captures = true, source: _source, customer: _customer, ...more } = asked;
  const intent: PaymentIntent = {
    ...applyParameters(blank, { ...more, capture_method: captures ? 'automatic' : 'manual' }),
    isDirect: true,
    customerId: customer?.id ?? null,
  };
  const taken = await sourceOf(context, scope, source);
  return undoing(taken, async () => {
    const outcome = await confirmPayment(context, askingOf(request), {
      before: null,
      intent,
      method: taken.method,
      methodWrites: taken.writes,
      undo: taken.undo,
      offSession: false,
      isRecurring: false,
      errorOnAction: true,
      useSdk: false,
      // A direct charge answers with itself.
      shows: () => null,
    });
    if (outcome === null) throw lockTimeout();
    return outcome;
  });
};

const nothingToCharge = (hasCustomer: boolean): ApiError =>
  hasCustomer
    ? refuse('missing')
    : new ApiError(400, 'Must provide source or customer.', { code: 'parameter_missing' });

const sourceOf = async (
  context: Context,
  scope: Scope,
  source: AskedSource,
): Promise<TakenMethod> => {
  if (typeof source === 'string' && !source.startsWith('tok_')) {
    const found = await findMethod(context, scope, source, 'source');
    const { method, isNew, undo = async () => {} } = found;
    return { method, writes: isNew ? [insertMethod(scope, method)] : [], undo };
  }
  const { method, writes, undo } = await makeSource(context, scope, source, 'source');
  return { method, writes: [...writes, insertMethod(scope, method)], undo };
};

export const captureCharge = async (
  context: Context,
  request: TypedRequest<typeof captureChargeParameters>,
): Promise<Outcome> => {
  const { scope, parameters: asked } = request;
  refuseWhatCannotBe(asked);
  expectMovement(context, scope);
  for (let round = 1; round <= ROUNDS_MAX; round += 1) {
    const charge = await findCharge(context, scope, request.path['charge'] ?? '');
    if (request.resumes !== null) return { body: renderCharge(charge, scope.livemode) };
    refuseToCapture(charge);
    const intent = present(await loadIntent(context, scope, charge.intentId), 'Its intent');
    const outcome = await capture(context, askingOf(request), {
      intent,
      amount: asked.amount === undefined ? null : BigInt(asked.amount),
      param: 'amount',
      isFinal: true,
      change: (before) => before,
      changeCharge: (before) => ({
        ...withDescriptors(before, asked),
        receiptEmail: asked.receipt_email ?? before.receiptEmail,
        transferGroup: asked.transfer_group ?? before.transferGroup,
      }),
      shows: (concluded) => renderCharge(concluded.charge, scope.livemode),
    });
    if (outcome !== null) return outcome;
  }
  throw lockTimeout();
};

const refuseToCapture = (charge: Charge): void => {
  const id = spellId(CHARGE, charge.id);
  if (!charge.isDirect) {
    throw new ApiError(400, `Charge ${id} belongs to a PaymentIntent: capture that one instead.`, {
      param: 'id',
    });
  }
  if (charge.captured > 0n) {
    throw refuse('charge_already_captured', {
      message: `Charge ${id} has already been captured.`,
    });
  }
  if (charge.status !== 'succeeded') {
    throw new ApiError(400, `Charge ${id} has not succeeded and cannot be captured.`);
  }
};

export const updateCharge = async (
  context: Context,
  request: TypedRequest<typeof updateChargeParameters>,
): Promise<Outcome> => {
  const { scope, parameters: asked } = request;
  const before = await findCharge(context, scope, request.path['charge'] ?? '');
  const customer =
    asked.customer === undefined
      ? null
      : await findCustomerNamed(context, scope, asked.customer, 'customer');
  if (customer !== null && before.customerId !== null && before.customerId !== customer.id) {
    throw new ApiError(400, 'The customer of a charge can be set once.', { param: 'customer' });
  }
  const changed = <T>(old: T | null, value: T | null | undefined): T | null =>
    value === undefined ? old : value;
  const after: Charge = {
    ...before,
    customerId: before.customerId ?? customer?.id ?? null,
    description: changed(before.description, asked.description),
    metadata: mergeMetadata(before.metadata, asked.metadata),
    receiptEmail: changed(before.receiptEmail, asked.receipt_email),
    shipping: asked.shipping === undefined ? before.shipping : shippingOf(asked.shipping),
    transferGroup: asked.transfer_group ?? before.transferGroup,
    userReport:
      asked.fraud_details?.user_report === undefined
        ? before.userReport
        : asked.fraud_details.user_report,
  };
  const shown = renderCharge(after, scope.livemode);
  if (JSON.stringify(shown) === JSON.stringify(renderCharge(before, scope.livemode))) {
    return { body: shown };
  }
  const charge = { ...after, version: before.version + 1, events: before.events + 1 };
  return {
    body: renderCharge(charge, scope.livemode),
    writes: [
      updateRow(scope, charge),
      appendChange(context, {
        scope,
        objectId: charge.id,
        sequence: charge.events,
        kinds: [chargeUpdated],
        snapshot: chargeSnapshot(charge, before),
        request,
      }),
    ],
  };
};
