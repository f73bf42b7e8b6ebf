// A session that nobody's server asks for: a visit of a payment link opens one.

import type { Context, Scope } from '#kit/context';
import { newUuid, type Uuid } from '#kit/ids';
import { lockTimeout } from '#platform/http';
import type { SharedOfSession } from './create-session.ts';
import { blankSession, type CheckoutSession, nothingCollected } from './session.ts';
import { newSessionSecret, spellSession } from './session-id.ts';
import { insertSession } from './sessions.store.ts';
import { publicUrlOf } from './settings.ts';
import { priced } from './totals.ts';
import { waysOfSession } from './ways-of-session.ts';

const LASTS_MS = 24 * 60 * 60 * 1000;

/** Gives its id. */
export const openSession = async (
  context: Context,
  scope: Scope,
  input: {
    readonly linkId: Uuid;
    readonly shared: SharedOfSession;
    readonly successUrl: string | null;
    readonly confirmationText: string | null;
    readonly closedText: string | null;
    readonly customerCreation: 'always' | 'if_required';
    readonly types: readonly string[] | null;
  },
): Promise<string> => {
  const id = newUuid(context);
  const secret = newSessionSecret(context);
  const spelled = spellSession(scope, { id, secret });
  const endsMs = context.clock.now() + LASTS_MS;
  const opened: CheckoutSession = {
    ...blankSession,
    ...input.shared,
    id,
    secret,
    mode: 'payment',
    paymentStatus: 'unpaid',
    linkId: input.linkId,
    expiresAtMs: endsMs,
    dueAtMs: endsMs,
    customerId: null,
    orderReference: null,
    uiMode: 'hosted_page',
    pageUrl: `${publicUrlOf(context)}/c/${spelled}`,
    successUrl: input.successUrl,
    cancelUrl: null,
    returnUrl: null,
    redirectOnCompletion: null,
    confirmationText: input.confirmationText,
    closedText: input.closedText,
    clientReferenceId: null,
    customerEmail: null,
    customerCreation: input.customerCreation,
    locale: null,
    recovery: null,
    types: input.types,
    allowedTypes: null,
    excludedTypes: null,
    originContext: null,
    integrationIdentifier: null,
    setupData: {},
    collected: nothingCollected,
  };
  const session = priced(opened);
  const offered = (await waysOfSession(context, scope, session)).map(({ type }) => type);
  const { ok } = await context.database.commit(scope, [
    insertSession(scope, { ...session, offered }),
  ]);
  if (!ok) throw lockTimeout();
  return spelled;
};
