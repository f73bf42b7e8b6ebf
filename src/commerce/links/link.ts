// A payment link: what a page is to sell, again and again. Each visit opens a session of its own.

import type { SharedOfSession } from '#commerce/checkout';
import type { Uuid } from '#kit/ids';

export type AfterCompletion =
  | { readonly type: 'hosted_confirmation'; readonly message: string | null }
  | { readonly type: 'redirect'; readonly url: string };

export type PaymentLink = {
  readonly id: Uuid;
  readonly version: number;
  readonly isActive: boolean;
  /** How many sessions may be completed; null: as many as come. */
  readonly limit: number | null;
  readonly url: string;
  readonly afterCompletion: AfterCompletion;
  readonly inactiveMessage: string | null;
  readonly customerCreation: 'always' | 'if_required';
  readonly types: readonly string[] | null;
  /** What each of its sessions begins with. */
  readonly session: SharedOfSession;
};

export const PAYMENT_LINK = 'plink';
