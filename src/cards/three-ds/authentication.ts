// What a proof that the holder of a card agreed looks like to those who send it to the card's bank.
// One neutral object: where it travels in a message is the business of each acquirer and provider.

/** Why a holder who is there need not be asked. */
export type Exemption = 'low_value' | 'transaction_risk_analysis';

/** What may be said to a bank instead of a proof. */
export type Claim = Exemption | 'recurring' | 'merchant_initiated';

export type Authentication = {
  /** `authenticated`: the bank says it was the holder. `attempted`: it could not ask, and answers for it. */
  readonly outcome: 'authenticated' | 'attempted' | 'exempted';
  /** Of the protocol: `2.2.0`. */
  readonly version: string;
  /** Electronic commerce indicator: `05`, `06`, `02` … */
  readonly eci: string;
  /** Twenty bytes in base64. Null where nobody was asked. */
  readonly cavv: string | null;
  readonly directoryServerTransactionId: string | null;
  readonly exemption: Exemption | null;
  /** Whether the holder was asked. */
  readonly flow?: 'frictionless' | 'challenge';
};

/** What is shown of it, where it was used. */
export type ShownProof = {
  readonly version: string;
  readonly outcome: string;
  readonly eci: string;
  /** Older ones do not say. */
  readonly flow?: 'frictionless' | 'challenge';
  readonly transactionId?: string;
};

export const shownProof = ({
  version,
  outcome,
  eci,
  flow,
  directoryServerTransactionId: transactionId,
}: Authentication): ShownProof => ({
  version,
  outcome,
  eci,
  ...(flow === undefined ? {} : { flow }),
  ...(transactionId === null ? {} : { transactionId }),
});

/** In Stripe's words. */
export const renderProof = ({ version, outcome, eci, flow, transactionId }: ShownProof) => ({
  authentication_flow: flow ?? (outcome === 'authenticated' ? 'challenge' : 'frictionless'),
  electronic_commerce_indicator: eci as '05',
  result_reason: null,
  transaction_id: transactionId ?? null,
  version: version as '2.2.0',
});
