// The types of `seal.js`, for those who call it and for the check of the file itself.

/** What `GET /v1/vault/key` answers. */
export type VaultKeyAnswer = {
  readonly kid: string;
  readonly jwk: {
    readonly kty: string;
    readonly crv: string;
    readonly x: string;
    readonly y: string;
  };
  readonly audience: string;
  /** Seconds since 1970: nothing sealed to it is opened afterwards. */
  readonly expires_at: number;
};

/** A key, and what the gateway's clock showed when it came. */
export type VaultKey = VaultKeyAnswer & {
  readonly serverMs: number;
  readonly deviceMs: number;
  readonly monotonicMs: number;
};

/** As typed: spaces and dashes in the number are taken out. */
export type Card = {
  readonly number: string;
  readonly exp_month: number | string;
  /** `2031`, or `31`. */
  readonly exp_year: number | string;
  readonly cvc?: string | undefined;
  readonly name?: string | undefined;
};

export type BillingDetails = {
  readonly name?: string | null;
  readonly email?: string | null;
  readonly phone?: string | null;
  readonly address?: {
    readonly line1?: string | null;
    readonly line2?: string | null;
    readonly city?: string | null;
    readonly postal_code?: string | null;
    readonly state?: string | null;
    readonly country?: string | null;
  } | null;
};

/** As the API answers it; the card's number is not in it. */
export type PaymentMethod = {
  readonly id: string;
  readonly object: 'payment_method';
  readonly type: 'card';
  readonly card: {
    readonly brand: string;
    readonly last4: string;
    readonly [name: string]: unknown;
  };
  readonly [name: string]: unknown;
};

export type ErrorFields = {
  /** What work is to be proved for, where that is asked. */
  readonly proof?: string | undefined;
  /** As the API showed them beside what it refused. */
  readonly payment_intent?: object | undefined;
  readonly setup_intent?: object | undefined;
  readonly type?: string | undefined;
  readonly param?: string | undefined;
  readonly decline_code?: string | undefined;
  readonly status?: number | undefined;
  readonly request_id?: string | undefined;
};

/** Everything that goes wrong here, and every refusal of the API. The message repeats no card data. */
export declare class TollgateError extends Error {
  constructor(code: string, message: string, fields?: ErrorFields);
  /**
   * The API's own code, or one of: `insecure_context`, `secret_key`, `key_stale`, `key_invalid`,
   * `connection_failed`, and for a card `invalid_number`, `invalid_expiry_month`,
   * `invalid_expiry_year`, `invalid_cvc`, `invalid_name`.
   */
  readonly code: string;
  /** The API's own type, or `sealing_error`, `connection_error`, `card_error`. */
  readonly type: string;
  readonly param: string | null;
  readonly decline_code: string | null;
  readonly status: number | null;
  readonly request_id: string | null;
  readonly proof: string | null;
  readonly payment_intent: object | null;
  readonly setup_intent: object | null;
}

/** The key of today. Kept in memory, so it may be called early and often. */
export declare const fetchVaultKey: (api: string, publishableKey: string) => Promise<VaultKey>;

/** For a page whose server asked for the key: `now` is the gateway's time then, in seconds. */
export declare const vaultKeyFrom: (answer: VaultKeyAnswer, now: number) => VaultKey;

/** A compact JWE that the vault opens once, within ten minutes, for this audience. */
export declare const sealCard: (input: {
  readonly key: VaultKey;
  /** The account, when absent. */
  readonly audience?: string | undefined;
  readonly card: Card | undefined;
}) => Promise<string>;

/** Seals the card, or takes what `sealCard` gave, and posts it. */
export declare const createPaymentMethod: (input: {
  readonly api: string;
  readonly publishableKey: string;
  readonly card?: Card | undefined;
  readonly sealed?: string | undefined;
  readonly billing_details?: BillingDetails | undefined;
}) => Promise<PaymentMethod>;

/** Seals the card and sends it; once more with a fresh key, where the gateway refused the sealed message itself. */
export declare const sendSealed: <Answer>(input: {
  readonly api: string;
  readonly publishableKey: string;
  readonly card?: Card | undefined;
  readonly send: (sealed: string) => Promise<Answer>;
}) => Promise<Answer>;

/** One request of ours: its JSON, or a `TollgateError`. */
// oxlint-disable-next-line typescript/no-explicit-any -- whoever asks knows what is answered
export declare const ask: (url: string, init?: RequestInit) => Promise<any>;

/** Nested data as the API takes them: `card[sealed]=…`. What is absent is left out. */
export declare const formOf: (data: object) => URLSearchParams;

/** RFC 7518, section 4.6.2, one round. Open for its test vector. */
export declare const concatKdf: (
  shared: Uint8Array,
  to: {
    readonly algorithm: string;
    readonly bits: number;
    readonly apu?: string;
    readonly apv?: string;
  },
) => Promise<Uint8Array<ArrayBuffer>>;
