// A bank in a test's own process, with a book of its own. It knows the documented test cards as far as a
// payment needs them, and does as its script says: what the book has is what really happened.

import { Type } from 'typebox';
import type {
  Call,
  Connector,
  Definition,
  FollowingRequest,
  PaymentRequest,
} from '#rails/connectors';
import type { Outcome } from '#rails/operations';

type AnyCall = Call<PaymentRequest | FollowingRequest>;

export type Booking = {
  readonly kind: 'authorize' | 'sale';
  amount: bigint;
  captured: bigint;
  refunded: bigint;
  isVoided: boolean;
};

export type TestBank = {
  readonly connector: Connector;
  /** By our reference of the payment. */
  readonly book: Map<string, Booking>;
  readonly calls: { readonly what: string; readonly reference: string; readonly amount: bigint }[];
  /** What becomes of the next calls, one each; after that the truth. */
  readonly next: ((call: AnyCall, truth: () => Promise<Outcome>) => Promise<Outcome>)[];
  /** How long every call takes. */
  delayMs: number;
};

const declines: Readonly<Record<string, string>> = {
  '4000000000000002': 'generic_decline',
  '4000000000009995': 'insufficient_funds',
  '4000000000009987': 'lost_card',
  '4000000000009979': 'stolen_card',
  '4000000000006975': 'card_velocity_exceeded',
  '4000000000000069': 'expired_card',
  '4000000000000127': 'incorrect_cvc',
  '4000000000000119': 'processing_error',
  '4000000000000341': 'generic_decline',
  '4100000000000019': 'fraudulent',
};

export const testBank = (name = 'paperbank', changes: Partial<Definition> = {}): TestBank => {
  const book: TestBank['book'] = new Map();
  const calls: TestBank['calls'] = [];
  /** What was done, of whatever kind, by our reference. */
  const done = new Set<string>();
  const next: TestBank['next'] = [];
  const support = { recovery: [{ class: 'B' as const }], timeoutMs: 30_000 };

  const bank: TestBank = {
    book,
    calls,
    next,
    delayMs: 0,
    connector: {
      definition: {
        name,
        title: name,
        verified: 'none',
        modes: ['test', 'live'],
        methods: [{ type: 'card', currencies: 'all', countries: 'all' }],
        operations: {
          authorize: support,
          verify: support,
          sale: support,
          increment: { ...support, multiple: true },
          capture: { ...support, partial: true, multiple: true },
          void: support,
          refund: { ...support, partial: true, multiple: true },
        },
        settings: Type.Object({}),
        ...changes,
      },
      open: () => ({
        authorize: verb('authorize', pay('authorize')),
        verify: verb('verify', look),
        sale: verb('sale', pay('sale')),
        increment: verb('increment', increment),
        capture: verb('capture', capture),
        void: verb('void', release),
        refund: verb('refund', giveBack),
        lookUp: verb('lookUp', lookUp),
      }),
    },
  };

  const verb =
    (what: string, truth: (call: AnyCall) => Promise<Outcome>) =>
    async (call: AnyCall): Promise<Outcome> => {
      const { reference, amount } = call.operation;
      calls.push({ what, reference, amount });
      if (bank.delayMs > 0) await new Promise((resolve) => setTimeout(resolve, bank.delayMs));
      const script = what === 'lookUp' ? undefined : next.shift();
      return script === undefined ? truth(call) : script(call, () => truth(call));
    };

  const approved = ({ operation }: AnyCall): Outcome => {
    done.add(operation.reference);
    return {
      outcome: 'approved',
      amount: operation.amount,
      currency: operation.currency,
      reference: operation.reference,
      providerId: `bank_${operation.reference}`,
      told: {
        authorizationCode: '123456',
        networkTransactionId: '987654321098765',
        checks: { cvc: 'pass' },
      },
    };
  };

  const pay =
    (kind: 'authorize' | 'sale') =>
    async (call: AnyCall): Promise<Outcome> => {
      const code = await call.withCard(async ({ number }) => declines[number.toString()]);
      if (code !== undefined) {
        return {
          outcome: 'declined',
          code,
          ...(code === 'insufficient_funds' ? { told: { networkCode: '51' } } : {}),
        };
      }
      const { reference, amount } = call.operation;
      const captured = kind === 'sale' ? amount : 0n;
      book.set(reference, { kind, amount, captured, refunded: 0n, isVoided: false });
      return approved(call);
    };

  /** Is the card good? Nothing is booked. */
  const look = async (call: AnyCall): Promise<Outcome> => {
    const code = await call.withCard(async ({ number }) => declines[number.toString()]);
    return code === undefined ? approved(call) : { outcome: 'declined', code };
  };

  const bookingOf = ({ original }: AnyCall): Booking | undefined =>
    original === null ? undefined : book.get(original.operation.reference);

  const increment = async (call: AnyCall): Promise<Outcome> => {
    const booking = bookingOf(call);
    if (!booking || booking.isVoided || booking.captured > 0n) {
      return { outcome: 'declined', code: 'not_permitted' };
    }
    booking.amount += call.operation.amount;
    return approved(call);
  };

  const capture = async (call: AnyCall): Promise<Outcome> => {
    const booking = bookingOf(call);
    const { amount } = call.operation;
    if (!booking || booking.isVoided || booking.captured + amount > booking.amount) {
      return { outcome: 'declined', code: 'not_permitted' };
    }
    booking.captured += amount;
    return approved(call);
  };

  const release = async (call: AnyCall): Promise<Outcome> => {
    const booking = bookingOf(call);
    const isOver = booking === undefined || booking.captured === booking.amount;
    if (isOver || booking.isVoided) return { outcome: 'declined', code: 'not_permitted' };
    if (booking.captured === 0n) booking.isVoided = true;
    else booking.amount = booking.captured;
    return approved(call);
  };

  const giveBack = async (call: AnyCall): Promise<Outcome> => {
    const booking = bookingOf(call);
    const { amount } = call.operation;
    if (!booking || booking.refunded + amount > booking.captured) {
      return { outcome: 'declined', code: 'not_permitted' };
    }
    booking.refunded += amount;
    return approved(call);
  };

  const lookUp = async (call: AnyCall): Promise<Outcome> =>
    done.has(call.operation.reference) ? approved(call) : { outcome: 'not_found', horizonMs: 0 };

  return bank;
};

/** Done there, and never answered. */
export const lostAfter: TestBank['next'][number] = async (_call, truth) => {
  await truth();
  return { outcome: 'unknown', code: 'no_answer' };
};

/** Heard, not done, never answered. */
export const lostBefore: TestBank['next'][number] = async () => ({
  outcome: 'unknown',
  code: 'no_answer',
});

export const notSent: TestBank['next'][number] = async () => ({
  outcome: 'not_sent',
  code: 'refused',
});

export const says =
  (outcome: Outcome): TestBank['next'][number] =>
  async () =>
    outcome;
