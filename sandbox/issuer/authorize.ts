// Whether an issuer approves, from what it knows of the card and the account. The first thing that is
// wrong decides, in the order of the list in `refusalOf`; field 39 says it.

import type { Card } from './test-cards.ts';

export type Asked = {
  readonly amountMinor: bigint;
  /** YYMM, as field 14 has it. A merchant's own charge may come without. */
  readonly expiry?: string;
  readonly cvc?: string;
  readonly addressLine?: string;
  readonly postalCode?: string;
  /** The holder was authenticated: by a value that this issuer has made for this payment. */
  readonly isAuthenticated: boolean;
  readonly initiatedBy: 'cardholder' | 'merchant';
  /** The merchant keeps the card, as its holder agreed when it was set up. */
  readonly isOnFile: boolean;
  /** Why nobody was asked, as the merchant claims. */
  readonly exemption?: { readonly code: string; readonly currency: string };
};

export type AccountView = {
  readonly availableMinor: bigint;
  readonly approvedToday: number;
  readonly limits: Limits;
};

export type Limits = {
  readonly amountMinor: bigint | null;
  readonly countPerDay: number | null;
};

/** M and Y fit, N does not, U cannot be said, P was not asked. */
export type Checks = {
  readonly cvc: 'M' | 'N' | 'P';
  readonly addressLine: 'Y' | 'N' | 'U' | 'P';
  readonly postalCode: 'Y' | 'N' | 'U' | 'P';
};

export type Verdict = {
  readonly isApproved: boolean;
  readonly code: string;
  readonly checks: Checks;
};

export const authorize = (
  card: Card,
  account: AccountView,
  asked: Asked,
  nowMs: number,
): Verdict => {
  const checks = checksOf(card, asked);
  const code = refusalOf(card, account, asked, checks, nowMs);
  if (code !== undefined) return { isApproved: false, code, checks };
  // Nothing is approved where nothing is asked for: the issuer only vouches for the card.
  return { isApproved: true, code: asked.amountMinor === 0n ? '85' : '00', checks };
};

const refusalOf = (
  card: Card,
  { availableMinor, approvedToday, limits }: AccountView,
  asked: Asked,
  checks: Checks,
  nowMs: number,
): string | undefined => {
  if (isExpired(asked.expiry, nowMs)) return '54';
  if (needsAuthentication(card, asked) && !asked.isAuthenticated) return '1A';
  if (checks.cvc === 'N' && card.cvc !== 'does_not_match') return 'N7';
  if (card.decline !== undefined) return card.decline;
  if (asked.amountMinor === 0n) return undefined;
  if (limits.amountMinor !== null && asked.amountMinor > limits.amountMinor) return '61';
  if (limits.countPerDay !== null && approvedToday >= limits.countPerDay) return '65';
  if (asked.amountMinor > availableMinor) return '51';
  return undefined;
};

const needsAuthentication = (card: Card, asked: Asked): boolean =>
  (asked.exemption !== undefined && !isGranted(asked, asked.exemption)) ||
  card.authentication === 'always' ||
  (card.authentication === 'on_session' && !(asked.initiatedBy === 'merchant' && asked.isOnFile));

const EUR = '978';

/** Whether what was claimed may be at all. A claim that is not known is none. */
const isGranted = (
  { amountMinor, initiatedBy }: Asked,
  { code, currency }: NonNullable<Asked['exemption']>,
): boolean => {
  const isUpTo = (max: bigint) =>
    initiatedBy === 'cardholder' && currency === EUR && amountMinor <= max;
  switch (code) {
    case 'LV':
      return isUpTo(3_000n);
    case 'RA':
      return isUpTo(50_000n);
    case 'RE':
    case 'MI':
      return initiatedBy === 'merchant';
    default:
      return false;
  }
};

/** A card is good to the last day of its month, in GMT. */
const isExpired = (expiry: string | undefined, nowMs: number): boolean => {
  if (expiry === undefined) return false;
  const month = Number(expiry.slice(2));
  if (month < 1 || month > 12) return true;
  return nowMs >= Date.UTC(2000 + Number(expiry.slice(0, 2)), month, 1);
};

const checksOf = (card: Card, { cvc, addressLine, postalCode }: Asked): Checks => ({
  cvc: cvc === undefined ? 'P' : fitsCvc(card, cvc) ? 'M' : 'N',
  addressLine: addressLine === undefined ? 'P' : (card.addressLine ?? 'Y'),
  postalCode: postalCode === undefined ? 'P' : (card.postalCode ?? 'Y'),
});

const fitsCvc = (card: Card, cvc: string): boolean =>
  card.cvc === undefined && cvc.length === (card.network === 'amex' ? 4 : 3);

/** What a network approves without asking, when the issuer does not answer. */
const STAND_IN_MINOR_MAX = 5_000n;

const stopList: ReadonlySet<string> = new Set(['41', '43']);

/** The network knows the dates and its list of stopped cards, and nothing of the account. */
export const standIn = (card: Card, asked: Asked, nowMs: number): Verdict => {
  const checks: Checks = { cvc: 'P', addressLine: 'P', postalCode: 'P' };
  const refuse = (code: string): Verdict => ({ isApproved: false, code, checks });
  if (isExpired(asked.expiry, nowMs)) return refuse('54');
  if (card.decline !== undefined && stopList.has(card.decline)) return refuse(card.decline);
  if (asked.amountMinor === 0n || asked.amountMinor > STAND_IN_MINOR_MAX) return refuse('91');
  return { isApproved: true, code: '00', checks };
};
