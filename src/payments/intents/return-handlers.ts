// The way back of a payer who was sent away to pay. The provider is asked what came of it, the payer is not: then
// they are sent on to where the merchant wants them.

import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Context, Scope } from '#kit/context';
import { spellId, type Uuid } from '#kit/ids';
import { INTENT } from '#payments/charges';
import type { PlainHandler } from '#platform/http';
import { goOnAfter } from './hear-authentication.ts';
import { loadIntent } from './intents.store.ts';
import { askAfterReturn, isPayerAway } from './payer-away.ts';
import type { PaymentIntent } from './payment-intent.ts';
import { clientSecretOf } from './render-intent.ts';
import { type ReturnOf, readReturnToken, returnPaths } from './return-address.ts';

/** Where a payer goes on to who came back with this token; null: it is of nothing. */
export type WhereTo = (context: Context, token: string) => Promise<string | null>;

export const returnHandlers = (processContext: Context): readonly PlainHandler[] =>
  returnHandlersOf(processContext, 'payment', async (context, token) => {
    const named = readReturnToken(context, token);
    const intent =
      named === null ? undefined : await afterReturn(context, named.scope, named.intentId);
    return intent === undefined || intent.returnUrl === null
      ? null
      : whereTo(intent, intent.returnUrl);
  });

export const returnHandlersOf = (
  processContext: Context,
  of: ReturnOf,
  where: WhereTo,
): readonly PlainHandler[] => {
  const context: Context = { ...processContext, actor: { kind: 'payer', id: 'return' } };
  const handle = async (
    _: IncomingMessage,
    response: ServerResponse,
    { params }: { readonly params: Readonly<Record<string, string>> },
  ): Promise<void> => {
    const location = await where(context, params['token'] ?? '');
    if (location === null) {
      response
        .writeHead(404, {
          'Content-Type': 'text/plain; charset=utf-8',
          'Cache-Control': 'no-store',
        })
        .end('This address belongs to no payment.\n');
      return;
    }
    response.writeHead(303, { Location: location, 'Cache-Control': 'no-store' }).end();
  };
  const path = `${returnPaths[of]}/:token`;
  // Some banks send their payers back with a form.
  return [
    { method: 'GET', path, handle },
    { method: 'POST', path, handle },
  ];
};

const afterReturn = async (
  context: Context,
  scope: Scope,
  intentId: Uuid,
): Promise<PaymentIntent | undefined> => {
  const intent = await loadIntent(context, scope, intentId);
  if (intent === undefined || intent.authenticationId === null || isPayerAway(intent)) {
    return askAfterReturn(context, scope, intentId);
  }
  return afterQuestion(context, scope, intent, intent.authenticationId);
};

/** A payment takes a second or two; a browser waits so long, and hears `pending` after that. */
const ROUNDS_MAX = 40;
const PAUSE_MS = 250;

/** A holder who was asked is back before what their answer left to do is done: it is done now, by us or who began. */
const afterQuestion = async (
  context: Context,
  scope: Scope,
  intent: PaymentIntent,
  authenticationId: Uuid,
): Promise<PaymentIntent | undefined> => {
  if (intent.status === 'requires_action') await goOnAfter(context, scope, authenticationId);
  return onceKnown(context, () => loadIntent(context, scope, intent.id));
};

/** As it is once it is not under way any more, or the payer has waited enough. */
export const onceKnown = async <T extends { readonly status: string }>(
  context: Pick<Context, 'clock'>,
  load: () => Promise<T | undefined>,
): Promise<T | undefined> => {
  for (let round = 1; ; round += 1) {
    const now = await load();
    if (now?.status !== 'processing' || round === ROUNDS_MAX) return now;
    await context.clock.sleep(PAUSE_MS, new AbortController().signal);
  }
};

/** A page of ours knows its payment without being told. */
const whereTo = (intent: PaymentIntent, returnUrl: string): string => {
  if (intent.madeBy !== null) return returnUrl;
  return withOutcome(returnUrl, {
    payment_intent: spellId(INTENT, intent.id),
    payment_intent_client_secret: clientSecretOf(intent),
    redirect_status: redirectStatus(intent),
  });
};

export const withOutcome = (
  returnUrl: string,
  outcome: Readonly<Record<string, string>> & {
    readonly redirect_status: 'succeeded' | 'pending' | 'failed';
  },
): string => {
  if (!URL.canParse(returnUrl)) return returnUrl;
  const url = new URL(returnUrl);
  for (const [name, value] of Object.entries(outcome)) url.searchParams.set(name, value);
  return url.href;
};

/** For whoever shows something to a payer; what is paid a merchant asks, or is told by its webhook. */
const redirectStatus = (intent: PaymentIntent): 'succeeded' | 'pending' | 'failed' => {
  const { status } = intent;
  if (status === 'succeeded' || status === 'requires_capture') return 'succeeded';
  // The payer did their part; the server of whoever confirms by hand does the rest.
  if (status === 'requires_confirmation' && intent.confirmationMethod === 'manual') {
    return 'succeeded';
  }
  return status === 'processing' || status === 'requires_action' ? 'pending' : 'failed';
};
