// What one acquirer's host wants, as data. Every host differs: in spelling, in the length in front of a
// message, in where it looks for the facts of e-commerce, in how long it takes, in what single codes
// mean. Nothing of that stands in code.

import type { Claim } from '#cards/three-ds';
import type { Dialect, Framing } from '#kit/iso8583';
import { dialects } from './dialect.ts';
import type { CodeMeaning } from './response-code.ts';

export type AcquirerProfile = {
  readonly name: string;
  readonly dialect: Dialect;
  readonly framing: Framing;
  /** In hexadecimal, between length and message; a TPDU is one. */
  readonly header: string;
  readonly types: {
    /** Some hosts want a reversal as a request, some as an advice. */
    readonly reversal: '0400' | '0420';
    readonly completion: '0220' | '0200';
  };
  /** What finds the request that an answer belongs to, besides its type. */
  readonly matchedBy: readonly number[];
  /** What must then be the same, where the answer tells it: else it belongs to another. */
  readonly comparedIn: readonly number[];
  /** Where a host takes what payers read on the statement, and how much of it; null where it prints its own. */
  readonly merchantName: { readonly field: number; readonly length: number } | null;
  readonly privateData: PrivateData;
  readonly checks: Checks;
  readonly entry: {
    readonly payer: Entry;
    readonly payerAuthenticated: Entry;
    readonly storedCredential: Entry;
  };
  /** Where this host means something else than the table of `response-code.ts`. */
  readonly codes: Readonly<Record<string, CodeMeaning>>;
  /** Field 39 of an answer that ends a reversal: it was done, or was done before. */
  /** By which the host says that a refund is booked and on its way, and that it tells later what came of it. */
  readonly refundUnderWay: string | null;
  readonly reversalDone: readonly string[];
  /** "No such original" ends it too, when the original is so old that it cannot still be on its way. */
  readonly reversalWithoutOriginal: { readonly codes: readonly string[]; readonly afterMs: number };
  /** So long a trace number means one message to this host. */
  readonly traceWindowMs: number;
  readonly timing: LinkTiming;
};

/** Where the private facts travel, by tag of one field. A fact without a tag is not sent. */
export type PrivateData = {
  readonly field: number;
  readonly tags: Readonly<Partial<Record<PrivateFact, string>>>;
  /** How the host spells why a holder was not asked. What has no spelling is not said. */
  readonly exemptions: Readonly<Partial<Record<Claim, string>>>;
};
export type PrivateFact =
  | 'eci'
  | 'cavv'
  | 'directoryServerTransactionId'
  | 'exemption'
  | 'postalCode'
  | 'addressLine1'
  | 'reference'
  | 'initiator'
  | 'moreFollows'
  | 'increments'
  | 'cvc';

/** One character for each check, in this order. */
export type Checks = {
  readonly field: number;
  readonly order: readonly ('cvc' | 'addressLine1' | 'postalCode')[];
  readonly words: Readonly<Record<string, 'pass' | 'fail' | 'unavailable' | 'unchecked'>>;
};

/** Fields 22 and 25. */
export type Entry = { readonly mode: string; readonly condition: string };

export type LinkTiming = {
  readonly connectMs: number;
  /** For sign-on, echo and sign-off. */
  readonly networkMs: number;
  /** How long a call waits for a link that is not up yet. */
  readonly upMs: number;
  /** Without a message from the host for so long, an echo is sent. */
  readonly idleMs: number;
  /** So long session keys are used, where the host gives any. */
  readonly keysMs: number;
  readonly reconnectMs: number;
  readonly reconnectMsMax: number;
  /** So long after its deadline an answer is still taken for what it is. */
  readonly lateMs: number;
  /** On the way out, answers under way are awaited for so long. */
  readonly drainMs: number;
};

const usualTiming: LinkTiming = {
  connectMs: 10_000,
  networkMs: 10_000,
  upMs: 5_000,
  idleMs: 45_000,
  keysMs: 24 * 60 * 60 * 1_000,
  reconnectMs: 100,
  reconnectMsMax: 30_000,
  lateMs: 30_000,
  drainMs: 30_000,
};

const sandbox: Omit<AcquirerProfile, 'name' | 'dialect'> = {
  framing: {
    length: 'binary-2',
    countsItself: false,
    headerBytes: 0,
    countsHeader: false,
    messageBytesMax: 4_096,
    idleFrames: false,
  },
  header: '',
  types: { reversal: '0420', completion: '0220' },
  matchedBy: [7, 11, 41],
  comparedIn: [37],
  // The rest of the field is for the place.
  merchantName: { field: 43, length: 25 },
  privateData: {
    field: 48,
    tags: {
      eci: '42',
      cavv: '43',
      directoryServerTransactionId: '44',
      exemption: '45',
      postalCode: '61',
      addressLine1: '62',
      reference: '70',
      initiator: '71',
      moreFollows: '72',
      increments: '73',
      cvc: '92',
    },
    exemptions: {
      low_value: 'LV',
      transaction_risk_analysis: 'RA',
      recurring: 'RE',
      merchant_initiated: 'MI',
    },
  },
  checks: {
    field: 44,
    order: ['cvc', 'addressLine1', 'postalCode'],
    words: { M: 'pass', Y: 'pass', N: 'fail', U: 'unavailable', P: 'unchecked' },
  },
  entry: {
    payer: { mode: '812', condition: '59' },
    payerAuthenticated: { mode: '812', condition: '59' },
    storedCredential: { mode: '102', condition: '59' },
  },
  // The sandbox's issuers say 05 where a documented card gives no reason.
  codes: { '05': { class: 'issuer', reason: 'generic_decline' } },
  refundUnderWay: '09',
  reversalDone: ['00', '08', '11', '16'],
  reversalWithoutOriginal: { codes: ['25'], afterMs: 60_000 },
  traceWindowMs: 60 * 60 * 1_000,
  timing: usualTiming,
};

export const profiles = {
  'sandbox-ascii': { ...sandbox, name: 'sandbox-ascii', dialect: dialects['sandbox-ascii'] },
  'sandbox-bcd': { ...sandbox, name: 'sandbox-bcd', dialect: dialects['sandbox-bcd'] },
} as const satisfies Record<string, AcquirerProfile>;

export type ProfileName = keyof typeof profiles;
