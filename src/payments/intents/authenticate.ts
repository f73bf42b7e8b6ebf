// Whether the card's holder has to be asked before its bank is: the seam to 3-D Secure. Unless a process was
// given another way, `ask-holder.ts` asks.

import type { PaymentMethod } from '#cards/methods';
import type { Authentication } from '#cards/three-ds';
import type { Context, Database, Scope } from '#kit/context';
import type { Uuid } from '#kit/ids';
import type { Accounts } from '#rails/connectors';
import { askHolder } from './ask-holder.ts';
import type { PaymentIntent } from './payment-intent.ts';

export type AuthenticationAsked = {
  readonly intent: PaymentIntent;
  readonly method: PaymentMethod;
  readonly offSession: boolean;
  /** The page that asks shows the bank's question over itself, and is not left. */
  readonly isInPage?: boolean;
  /** A card is kept for later and nothing is paid: `intent` has the id of the setup and no amount. */
  readonly isSetup?: boolean;
  /** Who does not let it go on without: the card's bank, or the defence against tried cards. */
  readonly demandedBy?: 'bank' | 'defence' | null;
  /** The payer can be sent somewhere, also to be asked nothing in the end. */
  readonly mayAct?: boolean;
  /** As they were read ahead. */
  readonly accounts?: Accounts;
};

export type AuthenticationSaid =
  | { readonly ok: true; readonly authentication: Authentication | null }
  /** The payer has to go there; the payment goes on when they come back. */
  | { readonly ok: false; readonly why: 'challenge'; readonly url: string; readonly id?: Uuid }
  | { readonly ok: false; readonly why: 'refused' };

export type Authenticate = (
  context: Context,
  scope: Scope,
  asked: AuthenticationAsked,
) => Promise<AuthenticationSaid>;

const provided = new WeakMap<Database, Authenticate>();

export const provideAuthentication = (
  context: Pick<Context, 'database'>,
  authenticate: Authenticate,
): void => {
  provided.set(context.database, authenticate);
};

export const authenticate: Authenticate = (context, scope, asked) =>
  (provided.get(context.database) ?? askHolder)(context, scope, asked);
