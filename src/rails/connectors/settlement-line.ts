// What a provider says it settled, in one common shape, and what a line says of the operation it names.

import type { OperationKind, Outcome } from '#rails/operations';
import type { AccountCall, ConnectorAccount } from './connector.ts';

export type SettlementReader = {
  /** Rows of a provider's report, whole or not at all; an unknown column is kept in `raw`. */
  readonly read: (text: string, account: ConnectorAccount) => readonly SettlementRow[];
  /**
   * What came since; the cursor is the provider's own, null at first. Null is answered where the settings
   * of the account name nobody to ask. Absent where nobody can be asked at all.
   */
  readonly poll?: (call: AccountCall, cursor: string | null) => Promise<SettlementPage | null>;
};

export type SettlementPage = {
  readonly rows: readonly SettlementRow[];
  /** Behind the last row. */
  readonly cursor: string | null;
  readonly hasMore: boolean;
};

export type SettlementRow = {
  /** Unique in the account: a file that is sent again adds nothing. */
  readonly key: string;
  readonly kind:
    | 'payment'
    | 'refund'
    /** A payment that was taken back whole. */
    | 'payment_reversal'
    /** A refund that was taken back, or did not arrive. */
    | 'refund_failure'
    | 'chargeback'
    | 'chargeback_reversal'
    | 'fee'
    | 'adjustment'
    | 'payout';
  /** Of what came back, where the line says why: it is the operation's then. */
  readonly code?: string;
  /** Ours, of the operation that the line is about. */
  readonly reference: string | null;
  /** Its own name of what the line is about: of a chargeback, and of its return, that of the dispute. */
  readonly providerId: string | null;
  readonly currency: string;
  /** Minor units, signed: what the merchant receives is positive. */
  readonly gross: bigint;
  readonly fee: bigint;
  readonly net: bigint;
  /** What was asked of the provider, where the line is of another amount: converted, or a part of it. */
  readonly asked?: { readonly amount: bigint; readonly currency: string };
  readonly bookedAtMs: number;
  readonly availableOn: string | null;
  readonly batch: string | null;
  readonly raw: Readonly<Record<string, string>>;
};

/** Of what a line can speak. Chargebacks are told by the feed of disputes, and others are of no operation. */
export const operationsOf: Readonly<
  Partial<Record<SettlementRow['kind'], readonly OperationKind[]>>
> = {
  payment: ['sale', 'authorize', 'capture'],
  refund: ['refund'],
  payment_reversal: ['sale', 'capture'],
  refund_failure: ['refund'],
};

/** Of the lines that say that it moved. Null where no line speaks of it. */
export const lineKindOf = (kind: OperationKind): SettlementRow['kind'] | null =>
  lineKinds.find((each) => operationsOf[each]?.includes(kind)) ?? null;

const lineKinds = Object.keys(operationsOf) as SettlementRow['kind'][];

/** Money that was settled was moved, or came back. */
export const saysOf = (
  { kind, code, gross, currency, providerId, asked }: SettlementRow,
  reference: string,
): Extract<Outcome, { outcome: 'approved' | 'reversed' }> => ({
  outcome: kind === 'payment_reversal' || kind === 'refund_failure' ? 'reversed' : 'approved',
  amount: asked?.amount ?? (kind === 'refund' || kind === 'payment_reversal' ? -gross : gross),
  currency: asked?.currency ?? currency,
  reference,
  ...(code === undefined ? {} : { code }),
  ...(providerId === null ? {} : { providerId }),
});
