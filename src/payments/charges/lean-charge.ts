// What a stored charge, and one in the snapshot of an event, is kept without. See `leanBy`: nothing here may
// be changed, since stored rows mean it. `kind` and `isUnwanted` always stand there: checks ask for them.

import type { Uuid } from '#kit/ids';
import { leanBy } from '#platform/db';
import type { Charge, ChargedMethod } from './charge.ts';

const usual = {
  customerId: null,
  operationId: null,
  metadata: {},
  isDirect: false,
  isCaptureOver: false,
  mayBeRaised: false,
  mayBeSplit: false,
  isDisputed: false,
  authorizedAtMs: null,
  captureBeforeMs: null,
  description: null,
  receiptEmail: null,
  receiptUrl: null,
  shipping: null,
  statementDescriptor: null,
  statementDescriptorSuffix: null,
  transferGroup: null,
  userReport: null,
  failure: null,
  told: null,
  threeDSecure: null,
  exemption: null,
  refunds: 0,
  captures: 0,
  balanceTransactionId: null,
} as const satisfies Partial<Charge>;

const usualAmounts = {
  capturing: 0,
  refunded: 0,
  refunding: 0,
  chargedBack: 0,
  chargedBackBeyond: 0,
};

type Card = NonNullable<ChargedMethod['card']>;

const leanMethod = leanBy<ChargedMethod>({
  billing: {
    address: {
      city: null,
      country: null,
      line1: null,
      line2: null,
      postal_code: null,
      state: null,
    },
    email: null,
    name: null,
    phone: null,
    tax_id: null,
  },
});
const usualChecks = { line1: null, postalCode: null, cvc: null };
const leanCard = leanBy<Card>({ coBrand: null, preferred: null, checks: usualChecks });

const leanChecks = leanBy<Card['checks']>(usualChecks);

const packMethod = (method: ChargedMethod): Partial<ChargedMethod> => ({
  ...leanMethod.pack(method),
  card: method.card === null ? null : packCard(method.card),
});

const packCard = (card: Card): Card => {
  const packed = leanCard.pack(card) as { -readonly [Name in keyof Card]: Card[Name] };
  if (packed.checks !== undefined) packed.checks = leanChecks.pack(card.checks) as Card['checks'];
  return packed;
};

const unpackMethod = (stored: Partial<ChargedMethod>): ChargedMethod => {
  const method = leanMethod.unpack(stored);
  if (method.card === null) return method;
  const card = leanCard.unpack(method.card);
  return { ...method, card: { ...card, checks: leanChecks.unpack(card.checks) } };
};

// The posting of a charge is named by it but for its last digits, which are all that is kept of the name.
const POSTING_FROM = 32;

const packPosting = ({ id, balanceTransactionId: of }: Charge): string | null =>
  of?.slice(0, POSTING_FROM) === id.slice(0, POSTING_FROM) ? of.slice(POSTING_FROM) : of;

const unpackPosting = (stored: string | null, id: Uuid): Uuid | null =>
  stored === null || stored.length > id.length - POSTING_FROM
    ? stored
    : id.slice(0, POSTING_FROM) + stored;

type Stored = Partial<Charge> & Pick<Charge, 'method'>;

const leanCharge = leanBy<Charge>(usual);
const leanShown = leanBy<Charge>({ ...usual, ...usualAmounts } as unknown as Partial<Charge>);

/**
 * `columns` are kept beside it. What stays as it is stands last: when a charge is paid the log of the database
 * holds its row up to there, and not the end that both versions have in common.
 */
export const detailsBeside = (columns: readonly string[]) => {
  const apart = new Set([...columns, 'method', 'receiptUrl']);
  return (charge: Charge): Partial<Charge> => {
    const details: Record<string, unknown> = leanCharge.pack(charge, apart);
    if (charge.balanceTransactionId !== null) details['balanceTransactionId'] = packPosting(charge);
    details['method'] = packMethod(charge.method);
    if (charge.receiptUrl !== null) details['receiptUrl'] = charge.receiptUrl;
    return details;
  };
};

export const unpackDetails = (stored: Stored, id: Uuid): Charge => ({
  ...leanCharge.unpack(stored),
  method: unpackMethod(stored.method),
  balanceTransactionId: unpackPosting(stored.balanceTransactionId ?? null, id),
});

const NOT_SHOWN = [
  'version',
  'events',
  'attempt',
  'operationId',
  'connectorAccountId',
  'kind',
  'isUnwanted',
  'isReleased',
  'takenBackBeyond',
  'refundedBeyond',
  'contested',
  'untold',
] as const;
const notShown: ReadonlySet<string> = new Set(NOT_SHOWN);
const asItsIntent = ['amount', 'currency', 'customerId', 'metadata'] as const;
const beside: ReadonlySet<string> = new Set([...NOT_SHOWN, 'intentId', ...asItsIntent]);

/** All that is ever shown of a charge, and so all that the snapshot of an event holds. */
export type ShownCharge = Omit<Charge, (typeof NOT_SHOWN)[number]>;

/** The intent in the same snapshot, as far as a charge mostly says the same. */
export type IntentBeside = Pick<Charge, (typeof asItsIntent)[number]> & { readonly id: Uuid };

const saysTheSame = (charge: Charge, intent: IntentBeside): boolean =>
  charge.intentId === intent.id &&
  charge.amount === intent.amount &&
  charge.currency === intent.currency &&
  charge.customerId === intent.customerId &&
  (charge.metadata === intent.metadata ||
    JSON.stringify(charge.metadata) === JSON.stringify(intent.metadata));

/** Amounts are numbers there. What it has from its intent is not said twice. */
export const packShown = (charge: Charge, intent?: IntentBeside): Record<string, unknown> => {
  const isSame = intent !== undefined && saysTheSame(charge, intent);
  const packed: Record<string, unknown> = leanShown.pack(charge, isSame ? beside : notShown);
  packed['method'] = packMethod(charge.method);
  if (charge.balanceTransactionId !== null) packed['balanceTransactionId'] = packPosting(charge);
  if (isSame) packed['ofIntent'] = true;
  return packed;
};

type StoredBeside = Omit<IntentBeside, 'customerId' | 'metadata'> & Partial<IntentBeside>;
type StoredShown = Stored & { readonly ofIntent?: true };
type Writable = { -readonly [Name in keyof Charge]: Charge[Name] };

/** `intent`: as it stands in the same snapshot, without what is usual. */
export const unpackShown = (stored: unknown, intent?: unknown): ShownCharge => {
  const { method, ofIntent } = stored as StoredShown;
  const charge: Writable = leanShown.unpack(stored as StoredShown);
  charge.method = unpackMethod(method);
  charge.balanceTransactionId = unpackPosting(charge.balanceTransactionId, charge.id);
  if (ofIntent === true) {
    const { id, amount, currency, customerId = null, metadata = {} } = intent as StoredBeside;
    charge.intentId = id;
    charge.amount = amount;
    charge.currency = currency;
    charge.customerId = customerId;
    charge.metadata = metadata;
  }
  return charge;
};
