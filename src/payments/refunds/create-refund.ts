import { formatAmount } from '#books/currencies';
import { present } from '#kit/assert';
import type { Context, Scope } from '#kit/context';
import { spellId } from '#kit/ids';
import {
  CHARGE,
  type Charge,
  checkPartAmount,
  expectMovement,
  findCharge,
  left,
  refundable,
} from '#payments/charges';
import {
  askingOf,
  findIntentWithCharge,
  holdsDirectly,
  isUnderWay,
  loadIntent,
  nothingHeld,
} from '#payments/intents';
import {
  ApiError,
  lockTimeout,
  mergeMetadata,
  type Outcome,
  onlyOneOf,
  refuse,
  type TypedRequest,
} from '#platform/http';
import type { createParameters } from './refund-parameters.ts';
import { releaseHold } from './release-hold.ts';
import { renderRefund } from './render-refund.ts';
import { type ShowRefund, sendRefund, shownNow } from './send-refund.ts';

type Request = TypedRequest<typeof createParameters>;

type Shown = {
  readonly shows: ShowRefund;
  /** Of a hold that its bank does not let go of: a refund that failed, and not an error. */
  readonly showsNo: boolean;
};

/** How often another request may be faster. */
const ROUNDS_MAX = 20;

export const createRefund = async (
  context: Context,
  request: Request,
  ofCharge?: string,
  { shows, showsNo }: Shown = { shows: renderRefund, showsNo: true },
): Promise<Outcome> => {
  const { scope, parameters: asked } = request;
  refuseWhatCannotBe(asked);
  if (request.resumes !== null) {
    return { body: await shownNow(context, scope, request.resumes, shows) };
  }
  const spelled = ofCharge ?? asked.charge;
  if (spelled !== undefined && asked.payment_intent !== undefined) {
    throw onlyOneOf(['charge', 'payment_intent']);
  }
  expectMovement(context, scope);
  for (let round = 1; round <= ROUNDS_MAX; round += 1) {
    const charge = await chargeOf(context, request, spelled, ofCharge === undefined);
    refuseOtherCurrency(charge, asked.currency);
    const said = {
      reason: asked.reason ?? null,
      metadata: mergeMetadata({}, asked.metadata),
      instructionsEmail: asked.instructions_email ?? null,
    };
    if (holdsDirectly(charge)) {
      const { amount } = asked;
      const shown = { shows, showsNo };
      const released = await releaseHold(
        context,
        askingOf(request),
        charge,
        { amount, ...said },
        shown,
      );
      if (released !== null) return released;
      continue;
    }
    refuseUnderWay(charge);
    await refuseNothingHeld(context, scope, charge);
    const amount = amountOf(charge, asked.amount);
    const refund = { amount, ...said, isAutomatic: false };
    const outcome = await sendRefund(context, askingOf(request), charge, refund, shows);
    if (outcome !== null) return outcome;
  }
  throw lockTimeout();
};

const chargeOf = async (
  context: Context,
  { scope, parameters: asked }: Request,
  spelled: string | undefined,
  isParameter: boolean,
): Promise<Charge> => {
  if (spelled !== undefined) {
    return findCharge(context, scope, spelled, isParameter ? 'charge' : undefined);
  }
  if (asked.payment_intent === undefined) throw nothingNamed();
  const { payment_intent: of } = asked;
  const { charge } = await findIntentWithCharge(context, scope, of, 'payment_intent');
  if (charge?.status === 'pending') return charge;
  const isTaken = charge !== undefined && charge.captured + charge.capturing > 0n;
  if (charge?.status === 'succeeded' && isTaken) return charge;
  throw new ApiError(
    400,
    `This PaymentIntent (${asked.payment_intent}) does not have a successful charge to refund.`,
    { param: 'payment_intent' },
  );
};

const nothingNamed = (): ApiError =>
  new ApiError(
    400,
    'One of the following params should be provided for this request: payment_intent or charge.',
    { code: 'parameter_missing' },
  );

/** Whoever names another currency means another amount. */
const refuseOtherCurrency = ({ id, currency }: Charge, asked: string | undefined): void => {
  if (asked === undefined || asked === currency) return;
  throw new ApiError(
    400,
    `A refund is in the currency of its charge: ${spellId(CHARGE, id)} is in ${currency}, and not in ${asked}.`,
    { param: 'currency' },
  );
};

/** There may be something to give back once its payment or its capture is known: no answer to keep. */
const refuseUnderWay = (charge: Charge): void => {
  if (charge.status === 'pending') throw isUnderWay(charge);
  if (charge.capturing > 0n && left(charge) === 0n) throw isUnderWay(charge);
};

/** One that was only held, and is held no more: it expired, or was let go of. */
const refuseNothingHeld = async (context: Context, scope: Scope, charge: Charge): Promise<void> => {
  const { captured, isCaptureOver, isDirect, intentId } = charge;
  if (charge.status !== 'succeeded' || captured > 0n || !isCaptureOver) return;
  const intent = present(await loadIntent(context, scope, intentId), 'Its payment');
  if (isDirect || intent.cancellationReason === 'expired') throw nothingHeld(charge, intent);
  throw new ApiError(
    400,
    `Charge ${spellId(CHARGE, charge.id)} was never captured, and nothing of it is held any more: there is nothing to refund.`,
    { param: 'charge' },
  );
};

const amountOf = (charge: Charge, asked: number | undefined): bigint => {
  const id = spellId(CHARGE, charge.id);
  if (charge.status !== 'succeeded') {
    throw new ApiError(400, `Charge ${id} has not succeeded, so there is nothing to refund.`, {
      param: 'charge',
    });
  }
  if (charge.captured === 0n) {
    throw new ApiError(
      400,
      `Charge ${id} has not been captured: cancel its payment to release what is held.`,
      { param: 'charge' },
    );
  }
  if (charge.chargedBack > 0n) {
    throw refuse('charge_disputed', {
      message: `Charge ${id} has been charged back; cannot issue a refund.`,
    });
  }
  const rest = refundable(charge);
  if (rest === 0n) {
    throw refuse('charge_already_refunded', {
      message: `Charge ${id} has already been refunded.`,
    });
  }
  const amount = asked === undefined ? rest : BigInt(asked);
  if (asked !== undefined) checkPartAmount(amount, charge.currency, 'amount');
  if (amount > rest) {
    throw new ApiError(
      400,
      `Refund amount (${spell(amount, charge)}) is greater than unrefunded amount on charge (${spell(rest, charge)})`,
      { param: 'amount' },
    );
  }
  return amount;
};

const spell = (amount: bigint, { currency }: Charge): string => formatAmount(amount, currency);

const absent: Readonly<Record<string, string>> = {
  customer: 'Customer balances',
  origin: 'Customer balances',
  refund_application_fee: 'Connected accounts',
  reverse_transfer: 'Connected accounts',
};

const refuseWhatCannotBe = (asked: Readonly<Record<string, unknown>>): void => {
  for (const [name, what] of Object.entries(absent)) {
    if (asked[name] === undefined || asked[name] === false) continue;
    throw new ApiError(400, `${what} are not part of this installation: remove '${name}'.`, {
      param: name,
    });
  }
};
