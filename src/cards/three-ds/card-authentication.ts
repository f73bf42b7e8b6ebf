// Asking the holder of a card about one payment: what is asked, what was learned, and the proof.

import { present } from '#kit/assert';
import type { Context, Reach, Scope, Write } from '#kit/context';
import type { Uuid } from '#kit/ids';
import type { Authentication, Exemption } from './authentication.ts';
import type { AuthenticationState } from './authentication-states.ts';

/** What the card's bank learns of the payer's browser. */
export type BrowserInfo = {
  readonly acceptHeader: string;
  readonly userAgent: string;
  readonly language: string;
  readonly ip: string | null;
  readonly javascriptEnabled: boolean;
  readonly javaEnabled: boolean;
  readonly colorDepth: number | null;
  readonly screenHeight: number | null;
  readonly screenWidth: number | null;
  /** Minutes from GMT, as a browser tells it: behind is positive. */
  readonly timeZoneMinutes: number | null;
  readonly windowSize: WindowSize;
};

/** 250×400, 390×400, 500×600, 600×400, the whole window. */
export type WindowSize = '01' | '02' | '03' | '04' | '05';

export type ThreeDsMerchant = {
  /** At the acquirer: field 42 of the authorization. */
  readonly id: string;
  readonly name: string;
  readonly mcc: string;
  /** Two letters. */
  readonly country: string;
  readonly acquirerBin: string;
  /** Given by the directory server's operator; that of the acquirer's merchant when absent. */
  readonly requestorId?: string;
  readonly url?: string;
};

export type Payer = {
  readonly name: string | null;
  readonly email: string | null;
};

/**
 * `any` lets the bank decide, `challenge` wants the holder to be asked, with `mandated` he has to be: by the
 * law, or because his bank declined without. An exemption is the reason why he need not be.
 */
export type Preference = 'any' | 'challenge' | 'mandated' | Exemption;

/** What is kept of what was asked for. No card number. */
export type Asked = {
  readonly brand: string;
  readonly merchant: ThreeDsMerchant;
  readonly payer: Payer | null;
  readonly preference: Preference;
  readonly directoryServer: string;
  /** Where its name may lead. What was begun before it was noted may reach the public internet. */
  readonly reach?: Reach;
  /** Null where the payer never leaves the merchant's page: the question stands in a frame of it. */
  readonly returnUrl: string | null;
};

export type Learned = {
  readonly flow: 'frictionless' | 'challenge' | null;
  readonly protocolVersion: string | null;
  readonly acsUrl: string | null;
  readonly acsTransactionId: string | null;
  readonly directoryTransactionId: string | null;
  /** Of the protocol: Y, A, I, N, R, U. */
  readonly transStatus: string | null;
  /** In a word of ours: why it ended without a proof. */
  readonly why: string | null;
  readonly eci: string | null;
  /** Sealed; gone as soon as it was used or can no longer be used. */
  readonly cavv: string | null;
  /** Of the result as it came, so that the same again is known as the same. */
  readonly resultDigest: string | null;
  readonly windowSize: WindowSize;
  /** What it came to, and when. */
  readonly steps?: readonly { readonly state: AuthenticationState; readonly atMs: number }[];
};

export const nothingLearned: Learned = {
  flow: null,
  protocolVersion: null,
  acsUrl: null,
  acsTransactionId: null,
  directoryTransactionId: null,
  transStatus: null,
  why: null,
  eci: null,
  cavv: null,
  resultDigest: null,
  windowSize: '05',
};

export type CardAuthentication = {
  readonly id: Uuid;
  readonly version: number;
  readonly state: AuthenticationState;
  readonly intentId: Uuid;
  readonly card: Uuid;
  readonly amount: bigint;
  readonly currency: string;
  readonly merchantId: string;
  readonly expiresAtMs: number;
  readonly dueAtMs: number | null;
  readonly usedFor: Uuid | null;
  readonly asked: Asked;
  readonly learned: Learned;
};

export type AuthenticationChange = {
  readonly before: CardAuthentication;
  readonly after: CardAuthentication;
};

/**
 * What a module writes when an authentication ended while its payer was away from us: it is committed
 * with it. A module lets alone what is not its own.
 */
export type AuthenticationListener = (
  context: Context,
  scope: Scope,
  change: AuthenticationChange,
) => Promise<readonly Write[]>;

/** The payer has so long, and a proof is good for so long afterwards. */
export const LIFETIME_MS = 15 * 60_000;

const exemptions: readonly string[] = [
  'low_value',
  'transaction_risk_analysis',
] satisfies readonly Exemption[];

const isExemption = (preference: Preference): preference is Exemption =>
  exemptions.includes(preference);

const outcomes: Readonly<Record<string, Authentication['outcome']>> = {
  Y: 'authenticated',
  A: 'attempted',
  I: 'exempted',
};

/** `cavv` as it was before it was sealed. */
export const proofOf = (
  { asked, learned }: CardAuthentication,
  cavv: string | null,
): Authentication => ({
  outcome: present(outcomes[learned.transStatus ?? ''], 'the outcome of a completed one'),
  version: present(learned.protocolVersion, 'the version of the protocol'),
  eci: learned.eci ?? '07',
  cavv,
  directoryServerTransactionId: learned.directoryTransactionId,
  ...(learned.flow === null ? {} : { flow: learned.flow }),
  exemption: learned.transStatus === 'I' && isExemption(asked.preference) ? asked.preference : null,
});
