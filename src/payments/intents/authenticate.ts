// Whether the card's holder has to be asked before its bank is: the seam to 3-D Secure. Whoever knows how to
// ask gives the process a way; without one nobody is asked.

import type { PaymentMethod } from '#cards/methods';
import type { Authentication } from '#cards/three-ds';
import type { Context, Database, Scope } from '#kit/context';
import type { PaymentIntent } from './payment-intent.ts';

export type AuthenticationAsked = {
  readonly intent: PaymentIntent;
  readonly method: PaymentMethod;
  readonly offSession: boolean;
};

export type AuthenticationSaid =
  | { readonly ok: true; readonly authentication: Authentication | null }
  /** The payer has to go there; the payment goes on when they come back. */
  | { readonly ok: false; readonly why: 'challenge'; readonly url: string }
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

const nobodyAsks: Authenticate = async () => ({ ok: true, authentication: null });

export const authenticate: Authenticate = (context, scope, asked) =>
  (provided.get(context.database) ?? nobodyAsks)(context, scope, asked);
