// What a provider's folder is. A folder under `rails/psp/` exports one `connector`: data that says what
// it can do, and functions that do it. A function that is not there is a "no". Shared code asks what a
// connector can do and never which one it is.

import type { TObject } from 'typebox';
import type { ExemptionTerms, ThreeDsMerchant } from '#cards/three-ds';
import type { OpenCard } from '#cards/vault';
import type { Context, Reach, Scope } from '#kit/context';
import type { HttpRequest, HttpResponse } from '#kit/http-client';
import type { Uuid } from '#kit/ids';
import type {
  Conclusion,
  NewOperation,
  Operation,
  OperationKind,
  Outcome,
} from '#rails/operations';
import type { DayEnder } from './day-end.ts';
import type { DisputeReader } from './dispute-notice.ts';
import type { Judge } from './places.ts';
import type { FollowingRequest, PaymentRequest } from './request.ts';
import type { SettlementReader } from './settlement-line.ts';

export type Connector = {
  readonly definition: Definition;
  /** Once per process. What has a lifetime (a link to a host) begins and ends with it. */
  readonly open: (context: Context, tell: Tell) => ConnectorFunctions;
};

/** What a connector may say by itself. */
export type Tell = {
  /** The provider of this account is there: where it was left alone because it was not, it is tried at once. */
  readonly reachable: (connectorAccountId: Uuid) => void;
};

export type Definition = {
  /** The name of its folder. */
  readonly name: string;
  readonly title: string;
  /** Against what it was ever run: below `sandbox` it is shown as beta. */
  readonly verified: 'none' | 'sandbox' | 'live';
  readonly modes: readonly ('test' | 'live')[];
  readonly methods: readonly MethodSupport[];
  readonly operations: Readonly<Partial<Record<ConnectorOperation, OperationSupport>>>;
  /**
   * Its own hosts, by mode where these differ: accounts lead there of themselves, and elsewhere only where the operator of
   * the installation has named the host. Absent where each merchant is given another one.
   */
  readonly hosts?: readonly string[] | Readonly<Record<'test' | 'live', readonly string[]>>;
  /**
   * What a merchant enters. A property with `secret: true` is sealed and never shown again; one that says where the
   * account leads has a `place` (see `places.ts`), is held against `hosts`, and is changed only together with the secrets.
   */
  readonly settings: TObject;
};

export type ConnectorOperation =
  | 'authorize'
  | 'sale'
  | 'increment'
  | 'capture'
  | 'void'
  | 'refund'
  | 'verify';

export type MethodSupport = {
  /** As Stripe names it: `card`, `paypal`. */
  readonly type: string;
  readonly brands?: readonly string[];
  readonly currencies: readonly string[] | 'all';
  readonly countries: readonly string[] | 'all';
  /** Which of the connector's operations are there for it; all of them, where this is absent. */
  readonly operations?: readonly ConnectorOperation[];
  /** It has to be switched on at the provider: only accounts that name it take it. */
  readonly isOptIn?: boolean;
};

export type OperationSupport = {
  /** What may be done about a lost answer, in order of preference. None is class D. */
  readonly recovery: readonly RecoveryDeclared[];
  readonly timeoutMs: number;
  /** For a smaller amount than that of what it follows. */
  readonly partial?: boolean;
  /** More than once on the same original. */
  readonly multiple?: boolean;
  /** Only the outcome of a webhook is final. */
  readonly asynchronous?: boolean;
};

export type RecoveryDeclared =
  | { readonly class: 'A'; readonly windowMs: number }
  | { readonly class: 'B' }
  | { readonly class: 'C' };

export type ConnectorFunctions = {
  readonly authorize?: Verb<PaymentRequest>;
  readonly sale?: Verb<PaymentRequest>;
  /** Asks the card's bank whether the card is good, without an amount. */
  readonly verify?: Verb<PaymentRequest>;
  /** Holds so much more, beside what an authorization holds already. */
  readonly increment?: Verb<FollowingRequest>;
  readonly capture?: Verb<FollowingRequest>;
  readonly void?: Verb<FollowingRequest>;
  readonly refund?: Verb<FollowingRequest>;
  /** Class B: what became of this operation, asked by our reference or by the provider's id. */
  readonly lookUp?: Verb<PaymentRequest | FollowingRequest>;
  /** Class C: takes it back, or finds that it never was. Its own answer is `reversed`. */
  readonly reverse?: Verb<PaymentRequest | FollowingRequest>;
  /** Where the other side dictates the form of our reference. Ours is used where it is absent. */
  readonly referenceFor?: (
    context: Context,
    scope: Scope,
    asked: {
      readonly account: ConnectorAccount;
      readonly operation: Omit<NewOperation, 'reference' | 'timeoutMs'>;
      readonly request: PaymentRequest | FollowingRequest;
    },
  ) => Promise<string>;
  /** Where asking the holder of a card is our business: whom one asks, and who asks. Null where it cannot be done. */
  readonly holderTerms?: (account: ConnectorAccount) => HolderTerms | null;
  /** Where it is our business to say why a holder need not be asked. Null where nothing may be said. */
  readonly exemptionTerms?: (account: ConnectorAccount) => ExemptionTerms | null;
  /**
   * Ends a payment that waits for its payer. Where the payer was faster it says nothing, and what became of it
   * is looked up.
   */
  readonly abandon?: Verb<PaymentRequest>;
  readonly webhook?: WebhookReader;
  /** What the provider says it settled: evidence for what nobody could say of an operation. */
  readonly settlement?: SettlementReader;
  /** Where the provider counts in days, and wants each ended. */
  readonly dayEnd?: DayEnder;
  /** What holders and networks do afterwards, and the merchant's answers to it. */
  readonly disputes?: DisputeReader;
  readonly close?: () => Promise<void>;
};

export type HolderTerms = {
  /** Of 3-D Secure. */
  readonly directoryServer: string;
  /** Where its name may lead; null where this installation may not ask it. */
  readonly reach: Reach | null;
  readonly merchant: ThreeDsMerchant;
};

/** Makes one call and no other after it. What it throws is `unknown`, but for `NotSent`. */
export type Verb<R> = (call: Call<R>) => Promise<Outcome>;

export type Call<R> = {
  readonly context: Context;
  readonly scope: Scope;
  readonly account: ConnectorAccount;
  readonly operation: Operation;
  readonly request: R;
  /** The provider's name of it, where it is asked about and has been named before. */
  readonly providerId: string | null;
  /** What it follows, and what is known of that; null for a payment. */
  readonly original: Original | null;
  /** Opens the card of the request for this call alone; throws `NotSent` when it is gone. */
  readonly withCard: <T>(use: (card: OpenCard) => Promise<T>) => Promise<T>;
  /** The way out over HTTP: one attempt, by the deadline, noted with everything secret taken out. */
  readonly http: Http;
  /** Milliseconds since 1970. */
  readonly deadline: number;
  readonly signal: AbortSignal;
};

/** Asks and tells beside the payments. It moves no money by itself, and may be repeated. */
export type AccountCall = {
  readonly context: Context;
  readonly scope: Scope;
  readonly account: ConnectorAccount;
  readonly http: Http;
  readonly deadline: number;
  readonly signal: AbortSignal;
};

/** Throws `NotSent` where that is proven, else `NoAnswer`. */
export type Http = (request: HttpRequest) => Promise<HttpResponse>;

export type Original = {
  readonly operation: Operation;
  /** Of the payment with which it began: a refund may follow a capture that followed it. */
  readonly request: PaymentRequest;
  readonly conclusion: Conclusion;
};

/** A merchant's account at a provider, its settings opened. */
export type ConnectorAccount = {
  readonly id: Uuid;
  readonly connector: string;
  readonly settings: Readonly<Record<string, unknown>>;
  /** For links of the connector's own: whether it may lead there. `http` asks by itself. */
  readonly judge: Judge;
};

/** The bytes as they came; nothing of them is believed before `verify` says so. */
export type RawWebhook = {
  readonly body: Buffer;
  readonly headers: Readonly<Record<string, string>>;
  readonly url: string;
};

export type WebhookReader = {
  readonly verify: (
    webhook: RawWebhook,
    account: ConnectorAccount,
    nowMs: number,
  ) =>
    | { readonly ok: true; readonly eventId: string }
    | { readonly ok: false; readonly code: string };
  /** What a verified webhook says of which operations. */
  readonly read: (webhook: RawWebhook, account: ConnectorAccount) => readonly Said[];
  /** What the provider expects to hear. */
  readonly answer?: (
    eventId: string,
    account: ConnectorAccount,
  ) => {
    readonly status: number;
    readonly headers?: Readonly<Record<string, string>>;
    readonly body: string;
  };
};

export type Said = {
  /** Ours, or the provider's own name of the operation. */
  readonly of: ({ readonly reference: string } | { readonly providerId: string }) & {
    /** Where one name stands for several of our operations. */
    readonly kind?: OperationKind;
  };
  readonly says: Outcome;
};
