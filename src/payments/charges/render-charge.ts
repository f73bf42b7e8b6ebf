// How a charge is shown: Stripe's shape, checked by the compiler against Stripe's own types.

import type Stripe from 'stripe';
import { riskOfTestCard } from '#cards/bins';
import { bicOf, networksOf, parseMethodId, renderCard } from '#cards/methods';
import { renderProof } from '#cards/three-ds';
import { spellId, uuidMs } from '#kit/ids';
import type { Wire } from '#kit/wire';
import type { Charge, ChargedMethod } from './charge.ts';
import type { ShownCharge } from './lean-charge.ts';

export const CHARGE = 'ch';
export const INTENT = 'pi';
const MANDATE = 'mandate';
const CUSTOMER = 'cus';
const BALANCE_TRANSACTION = 'txn';

type Shown = Wire<Stripe.Charge>;

/** What the bank was told to print. Told nothing, it prints what it knows the merchant by, which we do not. */
export const descriptorOf = ({
  statementDescriptor,
  statementDescriptorSuffix,
}: Pick<Charge, 'statementDescriptor' | 'statementDescriptorSuffix'>): string | null =>
  statementDescriptor ?? statementDescriptorSuffix;

/** The last capture is reserved as such before its bank is asked: until it has answered, all of it is held. */
const isCaptureOver = (charge: Pick<ShownCharge, 'isCaptureOver' | 'capturing'>): boolean =>
  charge.isCaptureOver && Number(charge.capturing) === 0;

// What is undefined is left out, as JSON does: each name that follows a spread costs a call into the engine,
// which was two thirds of what it takes to render an event.
/** Amounts of a snapshot are numbers, those of a row are bigints: both are shown as numbers. */
export const renderCharge = (charge: ShownCharge, livemode: boolean) => {
  const captured = Number(charge.captured);
  const isOver = isCaptureOver(charge);
  const isLetGo = isOver && charge.isDirect && charge.status === 'succeeded' && captured === 0;
  const refunded = isLetGo
    ? Number(charge.amount)
    : Number(charge.refunded) + Number(charge.refunding);
  return {
    id: spellId(CHARGE, charge.id),
    object: 'charge',
    amount: Number(charge.amount),
    amount_captured: captured,
    amount_refunded: refunded,
    application: null,
    application_fee: null,
    application_fee_amount: null,
    authorization_code: charge.told?.authorizationCode,
    balance_transaction:
      charge.balanceTransactionId === null
        ? null
        : spellId(BALANCE_TRANSACTION, charge.balanceTransactionId),
    billing_details: charge.method.billing,
    calculated_statement_descriptor: descriptorOf(charge),
    captured: captured > 0 && isOver,
    created: Math.floor(uuidMs(charge.id) / 1000),
    currency: charge.currency,
    customer: charge.customerId === null ? null : spellId(CUSTOMER, charge.customerId),
    description: charge.description,
    disputed: charge.isDisputed,
    failure_balance_transaction: null,
    failure_code: charge.failure?.code ?? null,
    failure_message: charge.failure?.message ?? null,
    fraud_details: charge.userReport === null ? {} : { user_report: charge.userReport },
    livemode,
    metadata: charge.metadata,
    on_behalf_of: null,
    outcome: outcomeOf(charge, livemode),
    paid: charge.status === 'succeeded',
    payment_intent: charge.isDirect ? null : spellId(INTENT, charge.intentId),
    payment_method: charge.method.id,
    payment_method_details: detailsOf(charge),
    ...(charge.radarSession === undefined
      ? {}
      : { radar_options: { session: charge.radarSession } }),
    receipt_email: charge.receiptEmail,
    receipt_number: null,
    receipt_url: charge.status === 'succeeded' ? charge.receiptUrl : null,
    refunded: isLetGo || (captured > 0 && isOver && refunded === captured),
    review: null,
    shipping: shippingOf(charge),
    source: sourceOf(charge),
    source_transfer: null,
    statement_descriptor: charge.statementDescriptor,
    statement_descriptor_suffix: charge.statementDescriptorSuffix,
    status: charge.status,
    transfer_data: null,
    transfer_group: charge.transferGroup,
  } satisfies Shown;
};

const sourceOf = ({ method, customerId, told }: ShownCharge): Shown['source'] => {
  const { legacy, card } = method;
  const id = parseMethodId(method.id);
  if (legacy === undefined || card === null || id === null) return null;
  const cvc = checkOf(told?.checks?.cvc, card.checks.cvc);
  const facts = { ...card, checks: { ...card.checks, cvc } };
  return renderCard({ id, facts, legacy, customerId });
};

const shippingOf = ({ shipping }: ShownCharge): Shown['shipping'] => {
  if (shipping === null) return null;
  const { name, ...rest } = shipping;
  return { ...rest, ...(name === null ? {} : { name }) };
};

const outcomeOf = (
  { status, failure, method }: ShownCharge,
  livemode: boolean,
): Shown['outcome'] => {
  if (status === 'pending') return null;
  const isSent = failure?.code !== 'processing_error' || failure.networkCode !== null;
  return {
    advice_code: failure?.advice ?? null,
    network_advice_code: null,
    network_decline_code: failure?.networkCode ?? null,
    network_status:
      failure === null
        ? 'approved_by_network'
        : isSent
          ? 'declined_by_network'
          : 'not_sent_to_network',
    reason: failure?.declineCode ?? null,
    risk_level: riskOf(method, livemode),
    seller_message: failure === null ? 'Payment complete.' : 'The bank did not accept the payment.',
    type: failure === null ? 'authorized' : isSent ? 'issuer_declined' : 'invalid',
  };
};

const riskOf = ({ card }: ChargedMethod, livemode: boolean) => {
  if (card === null) return 'not_assessed';
  return (livemode ? undefined : riskOfTestCard(card.brand, card.last4)) ?? 'normal';
};

const detailsOf = (charge: ShownCharge): Shown['payment_method_details'] => {
  const { method } = charge;
  if (method.card === null) return otherOf(method);
  return { card: cardOf(charge, method.card), type: 'card' };
};

/** What only the provider could tell, and did not, is null. */
const otherOf = ({ type, other }: ChargedMethod): Shown['payment_method_details'] => {
  const bank = (other?.['bank'] ?? null) as never;
  const reference = { verified_name: null };
  switch (type) {
    case 'ideal':
      return {
        type,
        ideal: {
          ...reference,
          bank,
          bic: bicOf(bank) as never,
          generated_sepa_debit: null,
          generated_sepa_debit_mandate: null,
          iban_last4: null,
          transaction_id: null,
        },
      };
    case 'bancontact':
      return {
        type,
        bancontact: {
          ...reference,
          bank_code: null,
          bank_name: null,
          bic: null,
          generated_sepa_debit: null,
          generated_sepa_debit_mandate: null,
          iban_last4: null,
          preferred_language: null,
        },
      };
    case 'eps':
      return { type, eps: { ...reference, bank } };
    case 'p24':
      return { type, p24: { ...reference, bank, reference: null } };
    default:
      return { type };
  }
};

type ShownCard = NonNullable<Wire<Stripe.Charge.PaymentMethodDetails.Card>>;

const cardOf = (charge: ShownCharge, card: NonNullable<ChargedMethod['card']>) => {
  const { told, status } = charge;
  const checks = told?.checks;
  return {
    amount_authorized: status === 'succeeded' ? Number(charge.amount) : null,
    authorization_code: told?.authorizationCode ?? null,
    brand: card.brand,
    capture_before:
      charge.captureBeforeMs === null || isCaptureOver(charge)
        ? undefined
        : Math.floor(charge.captureBeforeMs / 1000),
    checks: {
      address_line1_check: checkOf(checks?.addressLine1, card.checks.line1),
      address_postal_code_check: checkOf(checks?.postalCode, card.checks.postalCode),
      cvc_check: checkOf(checks?.cvc, card.checks.cvc),
    },
    country: card.country,
    electronic_commerce_indicator: charge.threeDSecure?.eci ?? null,
    exp_month: card.expMonth,
    exp_year: card.expYear,
    extended_authorization: { status: 'disabled' },
    fingerprint: card.fingerprint,
    funding: card.funding,
    incremental_authorization: { status: charge.mayBeRaised ? 'available' : 'unavailable' },
    installments: null,
    last4: card.last4,
    mandate:
      charge.mandateId === undefined || charge.status !== 'succeeded'
        ? null
        : spellId(MANDATE, charge.mandateId),
    multicapture: { status: charge.mayBeSplit ? 'available' : 'unavailable' },
    network: card.preferred ?? networksOf(card)[0] ?? null,
    network_token: { used: false },
    network_transaction_id: told?.networkTransactionId ?? null,
    overcapture: { maximum_amount_capturable: Number(charge.amount), status: 'unavailable' },
    regulated_status: 'unregulated',
    three_d_secure: threeDSecureOf(charge),
    transaction_link_id: null,
    wallet: null,
  } satisfies ShownCard;
};

type Check = NonNullable<ChargedMethod['card']>['checks']['cvc'];

/** What was not given was not left unchecked: there was nothing to check. */
const checkOf = (told: NonNullable<Check> | undefined, given: Check): Check =>
  told === undefined || (told === 'unchecked' && given === null) ? given : told;

/** A bank that took the payment took what was claimed with it. Where the law asks for nobody nothing is exempt. */
const exemptOf = ({ status, exemption = null }: ShownCharge): ShownCard['three_d_secure'] =>
  status !== 'succeeded' || exemption === null || exemption === 'merchant_initiated'
    ? null
    : {
        authentication_flow: null,
        electronic_commerce_indicator: null,
        ...indicatorOf(exemption),
        result: 'exempted',
        result_reason: null,
        transaction_id: null,
        version: null,
      };

/** Stripe has a word for the analysis of risk alone. */
const indicatorOf = (exemption: Charge['exemption']) =>
  exemption === 'transaction_risk_analysis'
    ? ({ exemption_indicator: 'low_risk', exemption_indicator_applied: true } as const)
    : ({ exemption_indicator: 'none' } as const);

const threeDSecureOf = (charge: ShownCharge): ShownCard['three_d_secure'] => {
  const { threeDSecure } = charge;
  if (threeDSecure === null) return exemptOf(charge);
  const { outcome } = threeDSecure;
  return {
    ...renderProof(threeDSecure),
    exemption_indicator: charge.exemption === 'transaction_risk_analysis' ? 'low_risk' : null,
    result:
      outcome === 'authenticated'
        ? 'authenticated'
        : outcome === 'attempted'
          ? 'attempt_acknowledged'
          : 'exempted',
  };
};
