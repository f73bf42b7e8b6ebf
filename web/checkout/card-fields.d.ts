// The types of `card-fields.js`, for those who call it.

export type CardField = 'number' | 'expiry' | 'cvc';

/** Names of the sentences that say it. */
export type CardFault =
  | 'needNumber'
  | 'shortNumber'
  | 'wrongNumber'
  | 'needExpiry'
  | 'wrongExpiry'
  | 'expired'
  | 'needCvc';

/** A field that stands elsewhere is null. */
export declare const wireCardFields: (input: {
  readonly number: HTMLInputElement | null;
  readonly expiry: HTMLInputElement | null;
  readonly cvc: HTMLInputElement | null;
  readonly cvcLength: () => number;
  /** The digits have changed, and perhaps with them the brand. */
  readonly onNumber: () => void;
}) => void;

/** What is wrong with what was typed; null when nothing is. */
export declare const cardFault: (
  field: CardField,
  value: string,
  cvcLength: number,
) => CardFault | null;
