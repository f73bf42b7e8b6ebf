// A receipt: what a charge is to whom paid it, with what was given back since. The mail is a moment of
// it; this is how it stands now.

import { nameAtPage } from '#commerce/checkout';
import type { Context, Scope } from '#kit/context';
import { spellId, uuidAt, uuidMs } from '#kit/ids';
import { CHARGE, type Charge, descriptorOf, loadCharge } from '#payments/charges';
import { listRefunds, type Refund } from '#payments/refunds';
import { loadPreferences } from '../preferences.store.ts';
import { localesOf, logoOf, senderOf } from '../sender.ts';
import { type Locale, localeFor, type PaidWith, type Sender } from '../templates/index.ts';
import { receiptNumberOf } from './receipts.store.ts';

export type Receipt = {
  readonly number: string;
  readonly chargeId: string;
  readonly sender: Sender;
  /** As `data:`. */
  readonly logo: string | null;
  readonly amount: bigint;
  readonly refunded: bigint;
  readonly currency: string;
  readonly atMs: number;
  readonly paidWith: PaidWith | null;
  readonly authorizationCode: string | null;
  readonly statementDescriptor: string | null;
  readonly description: string | null;
  readonly refunds: readonly {
    readonly atMs: number;
    readonly amount: bigint;
    readonly state: 'succeeded' | 'pending' | 'failed';
  }[];
  readonly isTest: boolean;
  /** In which language its payer is spoken to, when the reader's browser wishes none of ours. */
  readonly locale: Locale;
};

const REFUNDS_MAX = 100;
/** The last one that an id can carry. */
const TIME_MAX_MS = 2 ** 48 - 1;
const CUSTOMER = 'cus';

/** Null where there is nothing to show: no money was taken. */
export const loadReceipt = async (
  context: Context,
  { scope, chargeId }: { readonly scope: Scope; readonly chargeId: string },
): Promise<Receipt | null> => {
  const charge = await loadCharge(context, scope, chargeId);
  if (charge === undefined || charge.status !== 'succeeded' || charge.captured === 0n) return null;
  const [{ preferences }, nameThere, refunds, number] = await Promise.all([
    loadPreferences(context, scope),
    nameAtPage(context, scope, charge.intentId),
    refundsOf(context, scope, charge),
    receiptNumberOf(context, scope, charge.id),
  ]);
  const customer = charge.customerId === null ? null : spellId(CUSTOMER, charge.customerId);
  const { card } = charge.method;
  const sender = await senderOf(context, scope, preferences, nameThere);
  return {
    number,
    chargeId: spellId(CHARGE, charge.id),
    sender,
    logo: await logoOf(context, scope, sender),
    amount: charge.captured,
    refunded: charge.refunded + charge.refunding,
    currency: charge.currency,
    atMs: uuidMs(charge.id),
    paidWith:
      card === null
        ? { brand: charge.method.type, last4: null }
        : { brand: card.brand, last4: card.last4 },
    authorizationCode: charge.told?.authorizationCode ?? null,
    statementDescriptor: descriptorOf(charge),
    description: charge.description,
    refunds: refunds.filter(({ isTold, byVoid }) => isTold && byVoid === undefined).map(refundOf),
    isTest: !scope.livemode,
    locale: localeFor([...(await localesOf(context, scope, customer)), preferences.locale]),
  };
};

const refundsOf = (context: Context, scope: Scope, { id }: Charge): Promise<readonly Refund[]> =>
  listRefunds(context, scope, {
    direction: 'newer',
    from: null,
    idFrom: uuidAt(0),
    idBefore: uuidAt(TIME_MAX_MS),
    chargeId: id,
    intentId: null,
    limit: REFUNDS_MAX,
  });

const refundOf = ({ id, amount, status }: Refund): Receipt['refunds'][number] => ({
  atMs: uuidMs(id),
  amount,
  state:
    status === 'succeeded'
      ? 'succeeded'
      : status === 'failed' || status === 'canceled'
        ? 'failed'
        : 'pending',
});

export type ReceiptState = 'paid' | 'partly_refunded' | 'refunded';

export const stateOf = ({ amount, refunded }: Receipt): ReceiptState =>
  refunded === 0n ? 'paid' : refunded < amount ? 'partly_refunded' : 'refunded';

/** What page and PDF both say, line by line. */
export type Line = { readonly label: string; readonly value: string };
