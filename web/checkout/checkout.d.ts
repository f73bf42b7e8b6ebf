// The types of what the server tells the script, for the check of the script itself.

import type { VaultKeyAnswer } from '../elements/seal.d.ts';

export type Status =
  | 'open'
  | 'action'
  | 'processing'
  | 'unknown'
  | 'complete'
  | 'expired'
  | 'locked'
  | 'used_up';

export type PageData = {
  readonly status: Status;
  readonly attempt: string;
  readonly urls: {
    readonly page: string;
    readonly action: string | null;
    readonly success: string | null;
  };
  readonly vaultKey: (VaultKeyAnswer & { readonly now: number }) | null;
  readonly expiresAtMs: number;
  readonly language: string;
  readonly texts: Readonly<Record<TextName, string>>;
  readonly declines: Readonly<Record<string, string>>;
};

/** What is answered to asking and to paying, and what comes as an event. */
export type State = {
  readonly status: Status;
  readonly attempt?: string;
  /** In minor units, as the form sends it back. */
  readonly total?: string;
  readonly action?: string | null;
  /** It is a page of a bank, and not a question in a frame. */
  readonly away?: true;
  readonly declined?: {
    readonly class: string;
    readonly field: 'number' | 'expiry' | 'cvc' | 'postal_code' | 'away-name' | null;
  } | null;
  readonly vaultKey?: PageData['vaultKey'];
  /** What work is to be proved for before a card is tried. */
  readonly proof?: string | null;
};

type TextName =
  | 'processing'
  | 'needRequired'
  | 'needEmail'
  | 'needNumber'
  | 'shortNumber'
  | 'wrongNumber'
  | 'needExpiry'
  | 'wrongExpiry'
  | 'expired'
  | 'needCvc'
  | 'needTerms'
  | 'cvcHint'
  | 'cvcHintFront'
  | 'notCharged'
  | 'amountChanged'
  | 'lost'
  | 'unsupported'
  | 'technical'
  | 'copied'
  | 'copy'
  | 'expiresSoon'
  | 'goingOn';
