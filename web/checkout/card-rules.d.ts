// The types of `card-rules.js`, for those who call it.

type NumberFault = 'needNumber' | 'shortNumber' | 'wrongNumber';
type ExpiryFault = 'needExpiry' | 'wrongExpiry' | 'expired';

/** `unknown` while nothing can be told. */
export declare const brandOf: (digits: string) => string;
export declare const digitsOf: (text: string) => string;
export declare const groupNumber: (digits: string) => string;
export declare const digitsMax: (digits: string) => number;
/** A beginning that happens to pass the check of digits is not. */
export declare const isSurelyComplete: (digits: string) => boolean;
export declare const cvcLengthOf: (digits: string) => 3 | 4;
export declare const numberFault: (digits: string) => NumberFault | null;
export declare const formatExpiry: (text: string, isDeleting: boolean) => string;
export declare const readExpiry: (
  text: string,
  now: Date,
) => { readonly month: number; readonly year: number; readonly fault: ExpiryFault | null };
export declare const caretAfter: (formatted: string, digitsBefore: number) => number;
