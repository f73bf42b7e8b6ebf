// Which mail an event means, told from what the event shows, which is Stripe's shape: this module knows
// neither who makes an event nor how its maker stores it. Pure.

import { isMailAddress } from './mail.ts';
import { type Preferences, retryUrlFor } from './preferences.ts';
import type { FailureReason, Letter, PaidWith, Sender } from './templates/index.ts';

export type ToldEvent = {
  readonly type: string;
  readonly atMs: number;
  readonly livemode: boolean;
  readonly object: Readonly<Record<string, unknown>>;
  /** What it was before, of what the event says that it changed. */
  readonly previous: Readonly<Record<string, unknown>>;
  /** The object of another event of the same change. */
  readonly beside: (type: string) => Readonly<Record<string, unknown>> | null;
};

export type WantedMail = {
  readonly to: string;
  readonly about: string;
  readonly payment: string | null;
  /** The session, as it is spelled, whose page it is about. */
  readonly session?: string;
  readonly customer: string | null;
  /** What the object itself says of the payer's language. */
  readonly locale: string | null;
  /** The charge whose receipt it speaks of, as it is spelled. */
  readonly receiptOf: string | null;
  readonly waitMs: number;
  readonly letter: (facts: Facts) => Letter;
};

export type Facts = {
  readonly sender: Sender;
  readonly preferences: Preferences;
  readonly wasInDoubt: boolean;
  readonly receipt: ReceiptAddresses | null;
};

export type ReceiptAddresses = {
  readonly number: string;
  readonly url: string | null;
  /** Null too where the language of the mail has letters that our PDFs do not. */
  readonly pdfUrl: string | null;
};

/** After that much, who paid has left the page that would have told. */
const FAILURE_WAITS_MS = 15 * 60_000;
/** Most doubts end sooner than that, and then nobody needs to be worried. */
const DOUBT_WAITS_MS = 2 * 60_000;

type Charge = {
  readonly id: string;
  readonly amount: number;
  readonly amount_captured: number;
  readonly amount_refunded: number;
  readonly captured: boolean;
  readonly currency: string;
  readonly customer: string | null;
  readonly description: string | null;
  readonly calculated_statement_descriptor?: string | null;
  readonly payment_intent: string | null;
  readonly payment_method_details: {
    readonly type?: string;
    readonly card?: Partial<PaidWith> | null;
  } | null;
  readonly receipt_email: string | null;
};

type Intent = {
  readonly id: string;
  readonly amount: number;
  readonly currency: string;
  readonly customer: string | null;
  readonly receipt_email: string | null;
  readonly last_payment_error?: { readonly code?: string; readonly decline_code?: string } | null;
};

type Session = {
  readonly id: string;
  readonly amount_total?: number | null;
  readonly currency?: string | null;
  readonly customer?: string | null;
  readonly customer_email?: string | null;
  readonly customer_details?: { readonly email?: string | null } | null;
  readonly locale?: string | null;
  readonly after_expiration?: {
    readonly recovery?: { readonly url?: string | null } | null;
  } | null;
};

type Reader = {
  /** Whether what was told before of this payment is overtaken by it. */
  readonly overtakes: (object: never) => string | null;
  readonly mail: (event: ToldEvent, wasInDoubt: boolean, wishes: Preferences) => WantedMail | null;
};

const paymentOf = (charge: Charge): string => charge.payment_intent ?? charge.id;

const receipt: Reader['mail'] = (event, wasInDoubt, wishes) => {
  const charge = event.object as Charge;
  if (!charge.captured || !(wishes.receipts || wasInDoubt)) return null;
  return chargeMail(charge, (facts) => ({
    template: 'payment_receipt',
    ...receiptFacts(event, charge, facts),
    amount: charge.amount_captured,
  }));
};

/** To whom it was not sent before. */
const receiptElsewhere: Reader['mail'] = (event, _, wishes) =>
  isToldElsewhere(event) ? receipt(event, false, wishes) : null;

const isToldElsewhere = ({ previous }: ToldEvent): boolean =>
  Object.hasOwn(previous, 'receipt_email');

const refund: Reader['mail'] = (event, _, wishes) => {
  const charge = event.object as Charge;
  const refunded = Number(event.beside('refund.created')?.['amount'] ?? 0);
  // A refund that was told of before comes to pass: there is nothing new in it for the payer.
  if (!wishes.refunds || refunded === 0) return null;
  return chargeMail(charge, (facts) => ({
    template: 'refund_receipt',
    ...receiptFacts(event, charge, facts),
    amount: refunded,
    paid: charge.amount_captured,
    refundedInAll: charge.amount_refunded,
  }));
};

const failure =
  (isRefusal: boolean): Reader['mail'] =>
  (event, wasInDoubt, wishes) => {
    const intent = event.object as Intent;
    if (!wasInDoubt && (!isRefusal || wishes.retryUrl === null)) return null;
    return intentMail(intent, wasInDoubt ? 0 : FAILURE_WAITS_MS, (facts) => ({
      template: 'payment_failed',
      ...common(event, intent, facts),
      reason: isRefusal ? reasonOf(intent) : null,
      retryUrl:
        isRefusal && wishes.retryUrl !== null ? retryUrlFor(wishes.retryUrl, intent.id) : null,
      wasInDoubt: facts.wasInDoubt,
    }));
  };

const doubt: Reader['mail'] = (event) => {
  const charge = event.object as Charge;
  const mail = chargeMail(charge, (facts) => ({
    template: 'payment_checking',
    ...common(event, charge, facts),
  }));
  return mail && { ...mail, receiptOf: null, waitMs: DOUBT_WAITS_MS };
};

const expiry: Reader['mail'] = (event, _, wishes) => {
  const session = event.object as Session;
  const url = session.after_expiration?.recovery?.url;
  const to = session.customer_details?.email ?? session.customer_email;
  if (!url || !to || !isMailAddress(to) || !wishes.expiredSessions) return null;
  return {
    to,
    about: session.id,
    payment: null,
    session: session.id,
    customer: session.customer ?? null,
    locale: session.locale ?? null,
    receiptOf: null,
    waitMs: 0,
    letter: ({ sender }) => ({
      template: 'session_expired',
      sender,
      atMs: event.atMs,
      isTest: !event.livemode,
      amount: session.amount_total ?? null,
      currency: session.currency ?? null,
      recoveryUrl: url,
    }),
  };
};

const ofCharge = { overtakes: paymentOf as Reader['overtakes'] };
const ofIntent = { overtakes: ((intent: Intent) => intent.id) as Reader['overtakes'] };
const nothing = { overtakes: () => null };

/** Every event that a mail may come of. */
const readers: Readonly<Record<string, Reader>> = {
  'charge.succeeded': { ...ofCharge, mail: receipt },
  'charge.captured': { ...ofCharge, mail: receipt },
  'charge.updated': { ...nothing, mail: receiptElsewhere },
  'charge.refunded': { ...nothing, mail: refund },
  'charge.pending': { ...nothing, mail: doubt },
  'payment_intent.payment_failed': { ...ofIntent, mail: failure(true) },
  'payment_intent.canceled': { ...ofIntent, mail: failure(false) },
  'checkout.session.expired': { ...nothing, mail: expiry },
};

export const eventsOfMails: readonly string[] = Object.keys(readers);

export const overtakenPayment = ({ type, object }: ToldEvent): string | null =>
  readers[type]?.overtakes(object as never) ?? null;

/** The charge, as it is spelled, whose receipt says something new and is looked at by a payer. */
export const receiptToKeep = (event: ToldEvent): string | null => {
  const { type, object } = event;
  if (readers[type] === undefined || !type.startsWith('charge.')) return null;
  if (type === 'charge.updated' && !isToldElsewhere(event)) return null;
  const charge = object as Charge;
  return charge.captured && charge.receipt_email !== null ? charge.id : null;
};

export const mailForEvent = (
  event: ToldEvent,
  wasInDoubt: boolean,
  wishes: Preferences,
): WantedMail | null => readers[event.type]?.mail(event, wasInDoubt, wishes) ?? null;

/** Told before anything is read about the account: most payments carry no address. */
export const hasAddressee = ({ object }: ToldEvent): boolean =>
  Boolean(object['receipt_email'] || object['customer_details'] || object['customer_email']);

const chargeMail = (charge: Charge, letter: WantedMail['letter']): WantedMail | null => {
  const to = charge.receipt_email;
  if (to === null || !isMailAddress(to)) return null;
  return {
    to,
    about: charge.id,
    payment: paymentOf(charge),
    customer: charge.customer,
    locale: null,
    receiptOf: charge.id,
    waitMs: 0,
    letter,
  };
};

const intentMail = (
  intent: Intent,
  waitMs: number,
  letter: WantedMail['letter'],
): WantedMail | null => {
  const to = intent.receipt_email;
  if (to === null || !isMailAddress(to)) return null;
  return {
    to,
    about: intent.id,
    payment: intent.id,
    customer: intent.customer,
    locale: null,
    receiptOf: null,
    waitMs,
    letter,
  };
};

const common = (
  event: ToldEvent,
  { amount, currency }: { readonly amount: number; readonly currency: string },
  { sender }: Facts,
) => ({ sender, amount, currency, atMs: event.atMs, isTest: !event.livemode });

const receiptFacts = (event: ToldEvent, charge: Charge, facts: Facts) => {
  const { brand, last4 } = charge.payment_method_details?.card ?? {};
  return {
    ...common(event, charge, facts),
    receiptNumber: facts.receipt?.number ?? '',
    receiptUrl: facts.receipt?.url ?? null,
    pdfUrl: facts.receipt?.pdfUrl ?? null,
    paidWith: last4 === undefined ? otherWay(charge) : { brand: brand ?? '', last4 },
    statementDescriptor: charge.calculated_statement_descriptor ?? null,
    description: charge.description,
  };
};

const otherWay = ({ payment_method_details: details }: Charge): PaidWith | null =>
  details?.type === undefined || details.type === 'card'
    ? null
    : { brand: details.type, last4: null };

const reasons: Readonly<Record<string, FailureReason>> = {
  insufficient_funds: 'funds',
  withdrawal_count_limit_exceeded: 'funds',
  card_velocity_exceeded: 'funds',
  expired_card: 'expired',
  incorrect_cvc: 'security_code',
  invalid_cvc: 'security_code',
};

/** Reasons that would help a thief stay general. */
const reasonOf = ({ last_payment_error: error }: Intent): FailureReason =>
  reasons[error?.decline_code ?? ''] ?? reasons[error?.code ?? ''] ?? 'declined';
