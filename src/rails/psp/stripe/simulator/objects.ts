// What it keeps: payments, refunds, the addresses that want to hear, and what it answered under which key. Each
// change is noted as the whole object, so that the last line of one is how it stands.

import type { Setting } from './setting.ts';

export type Intent = {
  id: string;
  amount: number;
  currency: string;
  capture_method: string;
  status: string;
  amount_received: number;
  metadata: Record<string, string>;
  latest_charge: string | null;
  last_payment_error: unknown;
  next_action: unknown;
  /** `card`, `ideal`. */
  method: string;
  bank: string | null;
  /** In which its payer is asked. */
  language?: string;
  return_url: string | null;
  description: string | null;
  /** When its payer will not come any more, or the bank will tell. */
  due_ms: number | null;
  /** What the bank will say then. */
  comes: 'expires' | 'succeeds' | 'fails' | null;
  /** Times it was charged: our side of the story. */
  bookings: number;
};

export type Refund = {
  id: string;
  payment_intent: string;
  amount: number;
  currency: string;
  status: string;
  metadata: Record<string, string>;
};

export type Endpoint = { id: string; url: string; secret: string };
export type Answer = { readonly status: number; readonly body: unknown };
export type Kept = { readonly id: string; readonly request: string; readonly answer: Answer };

export type Objects = {
  readonly intents: Map<string, Intent>;
  readonly refunds: Map<string, Refund>;
  readonly endpoints: Map<string, Endpoint>;
  /** By the key of their request. */
  readonly answers: Map<string, Kept>;
  readonly keep: (kind: Kind, object: Intent | Refund | Endpoint | Kept) => void;
};

type Kind = 'intents' | 'refunds' | 'endpoints' | 'answers';

export const openObjects = ({ memory }: Pick<Setting, 'memory'>): Objects => {
  const maps = {
    intents: new Map<string, Intent>(),
    refunds: new Map<string, Refund>(),
    endpoints: new Map<string, Endpoint>(),
    answers: new Map<string, Kept>(),
  };
  for (const line of memory.lines) {
    const { kind, object } = JSON.parse(line) as { kind: Kind; object: { id: string } };
    (maps[kind] as Map<string, unknown>).set(object.id, object);
  }
  return {
    ...maps,
    keep: (kind, object) => {
      (maps[kind] as Map<string, unknown>).set(object.id, object);
      memory.note(JSON.stringify({ kind, object }));
    },
  };
};

/** But for what came back. */
export const refundedOf = (refunds: ReadonlyMap<string, Refund>, { id }: Intent): number =>
  [...refunds.values()]
    .filter(({ payment_intent: of, status }) => of === id && status !== 'failed')
    .reduce((sum, { amount }) => sum + amount, 0);

export const renderIntent = (intent: Intent, expand = true): Record<string, unknown> => ({
  id: intent.id,
  object: 'payment_intent',
  amount: intent.amount,
  amount_received: intent.amount_received,
  capture_method: intent.capture_method,
  currency: intent.currency,
  last_payment_error: intent.last_payment_error,
  latest_charge:
    intent.latest_charge === null || !expand
      ? intent.latest_charge
      : { id: intent.latest_charge, object: 'charge', payment_method_details: detailsOf(intent) },
  metadata: intent.metadata,
  next_action: intent.next_action,
  payment_method_types: [intent.method],
  status: intent.status,
});

const detailsOf = ({ method, bank }: Intent): Record<string, unknown> =>
  method === 'card'
    ? {
        type: 'card',
        card: { network_transaction_id: '123456789012345', checks: { cvc_check: 'pass' } },
      }
    : { type: method, [method]: { bank, verified_name: null } };

export const renderRefund = ({ ...refund }: Refund) => ({ object: 'refund', ...refund });
