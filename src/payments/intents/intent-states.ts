// The states of a payment intent and the ways between them. Groups, sentences of refusals and the tests are
// computed from this table.

export const intentStatuses = {
  requires_payment_method: 1,
  requires_confirmation: 2,
  requires_action: 3,
  processing: 4,
  requires_capture: 5,
  succeeded: 6,
  canceled: 7,
} as const;
export type IntentStatus = keyof typeof intentStatuses;

export type IntentEvent =
  /** A method was given, or taken away. */
  | 'method_given'
  | 'method_taken'
  /** An operation (a payment, a capture, a void) is on its way. */
  | 'sent'
  | 'action_required'
  | 'authorized'
  | 'paid'
  | 'failed'
  /** More is held than before. */
  | 'raised'
  /** A part was captured and more may be. */
  | 'captured_in_part'
  /** A capture or a void came to nothing. */
  | 'kept'
  | 'canceled';

type Ways = Readonly<Partial<Record<IntentEvent, IntentStatus>>>;

const open: Ways = {
  method_given: 'requires_confirmation',
  method_taken: 'requires_payment_method',
  sent: 'processing',
  action_required: 'requires_action',
  failed: 'requires_payment_method',
  canceled: 'canceled',
};

export const transitions: Readonly<Record<IntentStatus, Ways>> = {
  requires_payment_method: open,
  requires_confirmation: open,
  requires_action: {
    method_given: 'requires_confirmation',
    sent: 'processing',
    action_required: 'requires_action',
    authorized: 'requires_capture',
    paid: 'succeeded',
    failed: 'requires_payment_method',
    canceled: 'canceled',
  },
  processing: {
    action_required: 'requires_action',
    authorized: 'requires_capture',
    raised: 'requires_capture',
    captured_in_part: 'requires_capture',
    kept: 'requires_capture',
    paid: 'succeeded',
    failed: 'requires_payment_method',
    canceled: 'canceled',
  },
  // Paid without anything that was sent: a capture, or what let go of the rest, that was said to have come to nothing.
  requires_capture: { sent: 'processing', paid: 'succeeded', canceled: 'canceled' },
  succeeded: {},
  canceled: {},
};

/** Null where the table has no way. */
export const next = (status: IntentStatus, event: IntentEvent): IntentStatus | null =>
  transitions[status][event] ?? null;

export const statusesWith = (event: IntentEvent): IntentStatus[] =>
  (Object.keys(transitions) as IntentStatus[]).filter((status) => next(status, event) !== null);
