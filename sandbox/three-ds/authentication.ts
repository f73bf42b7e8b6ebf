// What the bank of a card decides when its holder is to be asked, and the value that proves it. Pure.

import { createHmac } from 'node:crypto';
import type { Card, Later } from '../issuer/test-cards.ts';
import type { Network } from '../networks/networks.ts';

/** How a card behaves; the last four are set by hand, since no documented card has them. */
export type Behaviour = Later['directory'] | 'attempted' | 'unavailable' | 'rejected' | 'failed';

export const behaviours: readonly Behaviour[] = [
  'not_supported',
  'not_enrolled',
  'challenge',
  'frictionless',
  'error',
  'attempted',
  'unavailable',
  'rejected',
  'failed',
];

export const isEnrolled = (behaviour: Behaviour): boolean =>
  behaviour !== 'not_supported' && behaviour !== 'not_enrolled';

/** What is kept of it: no card number, and no value. */
export type Authentication = {
  /** Of the directory server; the others are those of the bank and of the merchant's side. */
  readonly id: string;
  readonly acsTransactionId: string;
  readonly serverTransactionId: string;
  readonly card: string;
  readonly network: Network;
  readonly merchant: string;
  readonly amountMinor: bigint;
  /** The number of ISO 4217; `999` where only the card is confirmed. */
  readonly currency: string;
  /** What the merchant's side would like: `03` a challenge, `05` none for its analysis of risk. */
  readonly challengeIndicator: string;
  readonly status: TransStatus;
  readonly eci?: string;
};

export type TransStatus = 'Y' | 'A' | 'N' | 'U' | 'R' | 'C' | 'I';

/**
 * Up to how many euro cents a bank lets its holder be for that reason: an amount of little, or the acquirer's
 * analysis of risk. `06` asks for nothing; `07` and `08` would need a proof and a list that no bank here has.
 */
const exemptUpTo: Readonly<Record<string, bigint>> = { '02': 3_000n, '05': 50_000n };

const isExempt = ({ challengeIndicator, amountMinor, currency }: AskedOfBank): boolean =>
  challengeIndicator === '06' ||
  (currency === '978' && amountMinor <= (exemptUpTo[challengeIndicator] ?? -1n));

export type AskedOfBank = Pick<Authentication, 'challengeIndicator' | 'amountMinor' | 'currency'>;

export const decideStatus = (
  { authentication }: Pick<Card, 'authentication'>,
  behaviour: Behaviour,
  asked: AskedOfBank,
): TransStatus | 'error' => {
  switch (behaviour) {
    case 'frictionless':
      return 'Y';
    case 'challenge': {
      return authentication === undefined && isExempt(asked) ? 'I' : 'C';
    }
    case 'attempted':
      return 'A';
    case 'rejected':
      return 'R';
    case 'failed':
      return 'N';
    case 'error':
      return 'error';
    default:
      return 'U';
  }
};

export const eciOf = (network: Network, status: TransStatus): string | undefined => {
  const isMastercard = network === 'mastercard';
  if (status === 'Y') return isMastercard ? '02' : '05';
  if (status === 'A') return isMastercard ? '01' : '06';
  return status === 'I' ? '07' : undefined;
};

type Proven = Pick<Authentication, 'id' | 'card' | 'merchant' | 'amountMinor' | 'currency'>;

/** Twenty bytes in base64: only the bank of the card can make them, and only for this payment. */
export const cavvOf = (
  seed: string,
  { id, card, merchant, amountMinor, currency }: Proven,
): string =>
  createHmac('sha256', `${seed} acs`)
    .update(JSON.stringify([id, card, merchant, String(amountMinor), currency]))
    .digest()
    .subarray(0, 20)
    .toString('base64');

/** What came with an authorization: indicator, value, and the directory server's number. */
export type Proof = {
  readonly eci?: string;
  readonly cavv?: string;
  readonly transaction?: string;
};

export type ProofVerdict = 'none' | 'good' | 'wrong' | 'used';

export const judgeProof = (
  seed: string,
  known: {
    readonly authentications: ReadonlyMap<string, Authentication>;
    readonly proofsUsed: ReadonlySet<string>;
  },
  proof: Proof,
  of: Omit<Proven, 'id'>,
): ProofVerdict => {
  const { eci, cavv, transaction } = proof;
  if (cavv === undefined) return 'none';
  const found = transaction === undefined ? undefined : known.authentications.get(transaction);
  if (found === undefined || (found.status !== 'Y' && found.status !== 'A')) return 'wrong';
  const isSame = found.card === of.card && found.eci === eci;
  if (!isSame || cavv !== cavvOf(seed, { id: found.id, ...of })) return 'wrong';
  return known.proofsUsed.has(found.id) ? 'used' : 'good';
};
