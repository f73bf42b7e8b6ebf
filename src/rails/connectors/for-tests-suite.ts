// What the folder of a provider gives to the common suite (`test/connectors`): its other side, started
// as the real one would stand there, told what to do next, and asked what really happened. A folder
// exports it as `otherSide` from its `for-tests.ts`.
//
// The suite reads the definition and runs every scenario that it promises. What an other side cannot
// play is reported as waiting, never silently left out.

import type { Connector, ConnectorOperation, RawWebhook } from './connector.ts';
import type { OtherMethod } from './request.ts';

export type OtherSideStarter = {
  readonly start: () => Promise<OtherSide>;
  /** The folder's own connector with a shorter patience, where the usual one is of minutes. */
  readonly connector?: Connector;
};

/** What becomes of the next call. In all of them but `lost_before` it is booked there. */
export const faults = {
  lost_before: 'heard, not booked, never answered',
  lost_after: 'booked, and never answered',
  cut: 'booked, and the answer ends in its middle',
  reset: 'booked, and the connection is reset instead of an answer',
  slow: 'booked, and answered after the deadline',
  error_after: 'booked, and answered with an error of the server (a 502, a page of a proxy)',
  wrong_amount: 'booked, and the answer names another amount',
  wrong_currency: 'booked, and the answer names another currency',
  wrong_reference: 'booked, and answered as if it were the request of somebody else',
  unknown_word: 'booked, and answered with a status that nobody knows',
} as const;
export type FaultName = keyof typeof faults;

export type OtherSide = {
  /** Of a connector account that reaches it. */
  readonly settings: Readonly<Record<string, unknown>>;
  readonly cards: SuiteCards;
  /** In which it takes payments in these tests. */
  readonly currency: string;
  /** Those that it can play. */
  readonly faults: readonly FaultName[];
  /** What becomes of the next call of this kind, and of that one alone. */
  readonly play: (fault: FaultName, on: ConnectorOperation) => Promise<void> | void;
  /** Its own books, of the payment that bears this reference of ours. */
  readonly happened: (reference: string) => Promise<Happened> | Happened;
  /** The payer, who was asked for an action, does it or refuses. */
  readonly act?: (reference: string, how: 'agree' | 'refuse') => Promise<void>;
  /** A way to pay that sends the payer away, and what they do there. */
  readonly away?: {
    readonly method: OtherMethod;
    readonly act: (reference: string, how: AwayAct) => Promise<void> | void;
  };
  readonly webhooks?: SuiteWebhooks;
  /** A report of what it has booked and not yet reported, in the form that `settlement.read` reads. */
  readonly settle?: () => Promise<string>;
  /** What it refused as a request it does not know; a healthy run has none. */
  readonly refusals?: readonly string[];
  readonly close: () => Promise<void>;
};

/** `stay_away`: they never come back, until the provider gives up waiting. */
export type AwayAct = 'agree' | 'refuse' | 'wait_then_agree' | 'wait_then_refuse' | 'stay_away';

export type SuiteCard = {
  readonly number: string;
  readonly expMonth: number;
  readonly expYear: number;
  readonly cvc: string;
};

export type SuiteCards = {
  readonly approved: SuiteCard;
  /** Each with our code for the no that it gets. */
  readonly declined: readonly { readonly card: SuiteCard; readonly code: string }[];
  /** With which the payer is asked for an action; absent where nobody ever is. */
  readonly actionRequired?: SuiteCard;
};

/** All in minor units. Nothing is held, taken or given back that stands here as zero. */
export type Happened = {
  /** How often the payment was booked: more than once is a double charge. */
  readonly bookings: number;
  /** Held for us and neither taken nor released. */
  readonly held: bigint;
  readonly captured: bigint;
  readonly refunded: bigint;
};

/** Of what it has booked under a reference: as its latest event would say it. */
export type SuiteWebhooks = {
  readonly genuine: (reference: string, changes?: WebhookChanges) => Promise<SentWebhook>;
  /** Each a body and headers that must be refused, with what is wrong with it. */
  readonly forged: (
    reference: string,
  ) => Promise<readonly { readonly what: string; readonly webhook: SentWebhook }[]>;
};

export type SentWebhook = Pick<RawWebhook, 'body' | 'headers'>;

export type WebhookChanges = {
  readonly amount?: bigint;
  readonly currency?: string;
  /** Booked under this reference, and told under that one. */
  readonly reference?: string;
};
