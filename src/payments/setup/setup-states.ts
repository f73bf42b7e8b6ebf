// The states of a setup intent and the ways between them.

export const setupStatuses = {
  requires_payment_method: 1,
  requires_confirmation: 2,
  requires_action: 3,
  processing: 4,
  succeeded: 5,
  canceled: 6,
} as const;
export type SetupStatus = keyof typeof setupStatuses;

export type SetupEvent =
  | 'method_given'
  | 'sent'
  | 'action_required'
  | 'verified'
  | 'failed'
  | 'canceled';

type Ways = Readonly<Partial<Record<SetupEvent, SetupStatus>>>;

const open: Ways = {
  method_given: 'requires_confirmation',
  sent: 'processing',
  action_required: 'requires_action',
  failed: 'requires_payment_method',
  canceled: 'canceled',
};

const transitions: Readonly<Record<SetupStatus, Ways>> = {
  requires_payment_method: open,
  requires_confirmation: open,
  requires_action: open,
  processing: {
    verified: 'succeeded',
    failed: 'requires_payment_method',
    action_required: 'requires_action',
  },
  succeeded: {},
  canceled: {},
};

/** Null where the table has no way. */
export const next = (status: SetupStatus, event: SetupEvent): SetupStatus | null =>
  transitions[status][event] ?? null;

export const statusesWith = (event: SetupEvent): SetupStatus[] =>
  (Object.keys(transitions) as SetupStatus[]).filter((status) => next(status, event) !== null);
