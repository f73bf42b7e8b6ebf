// Begins to ask the holder of a card about a payment. Where the payer's browser is known already, the
// directory server is asked at once; where it is not, our page asks as soon as it has seen it.

import { vaultOf } from '#cards/vault';
import { assert } from '#kit/assert';
import type { Context, Reach, Scope } from '#kit/context';
import { newUuid, type Uuid } from '#kit/ids';
import { pageUrl } from './addresses.ts';
import { askDirectory, isSecure } from './ask-directory.ts';
import type { Authentication } from './authentication.ts';
import { insertAuthentication, loadAuthentication } from './authentications.store.ts';
import {
  type BrowserInfo,
  type CardAuthentication,
  LIFETIME_MS,
  nothingLearned,
  type Payer,
  type Preference,
  proofOf,
  type ThreeDsMerchant,
} from './card-authentication.ts';
import { cardRanges, isInRanges } from './card-ranges.ts';
import { unsupportedIn } from './messages.ts';
import { openValue } from './sealed-value.ts';

export type Beginning = {
  readonly scope: Scope;
  readonly intentId: Uuid;
  /** In the vault. */
  readonly card: Uuid;
  readonly brand: string;
  readonly amount: bigint;
  readonly currency: string;
  readonly merchant: ThreeDsMerchant;
  /** Where the scheme's directory server of this account is. */
  readonly directoryServer: string;
  /** Where its name may lead; null where this installation may not ask it. */
  readonly reach: Reach | null;
  readonly browser?: BrowserInfo;
  readonly payer?: Payer;
  readonly preference: Preference;
  /** Where the payer's browser goes in the end, whatever the end is; nowhere from a frame in the merchant's page. */
  readonly returnUrl?: string;
};

/** Why nobody could be asked: the payment may go on without a proof. */
export type NotPossible = {
  readonly state: 'not_possible';
  readonly id: Uuid | null;
  readonly why: string;
};

export type Begun =
  /** `authentication` is for looking; `useAuthentication` gives it out for the operation. */
  | { readonly state: 'done'; readonly id: Uuid; readonly authentication: Authentication }
  /** The payer's browser has to go there. */
  | { readonly state: 'challenge'; readonly id: Uuid; readonly url: string }
  | NotPossible
  /** The bank of the card says no: the payment must not be sent with this card. */
  | { readonly state: 'refused'; readonly id: Uuid; readonly why: string };

export const beginAuthentication = async (context: Context, input: Beginning): Promise<Begun> => {
  assert(
    input.returnUrl === undefined || isWebAddress(input.returnUrl),
    'A payer is sent back to an address of the web or an app',
  );
  const { scope } = input;
  const created = newAuthentication(context, input);
  const why =
    unsupportedIn(created) ??
    (isSecure(scope, input.directoryServer) ? null : 'directory_not_secure') ??
    (input.reach === null ? 'directory_not_allowed' : null) ??
    (await whyNotEnrolled(context, input));
  if (why !== null) return { state: 'not_possible', id: null, why };

  const commit = await context.database.commit(scope, [insertAuthentication(scope, created)]);
  assert(commit.ok, 'A new id is taken by nobody');
  if (input.browser === undefined) {
    return { state: 'challenge', id: created.id, url: pageUrl(context, { scope, id: created.id }) };
  }
  // Whoever begins gets the answer here; nobody else has to be told of it.
  await askDirectory(context, scope, created, input.browser, { tell: false });
  const after = await loadAuthentication(context, scope, created.id);
  assert(after !== undefined, 'An authentication does not go away');
  return begunAs(context, scope, after);
};

export const begunAs = (context: Context, scope: Scope, it: CardAuthentication): Begun => {
  const { id, state, learned } = it;
  const why = learned.why ?? 'directory_silent';
  switch (state) {
    case 'completed': {
      const cavv = learned.cavv === null ? null : openValue(context, scope, id, learned.cavv);
      return { state: 'done', id, authentication: proofOf(it, cavv) };
    }
    case 'created':
    case 'asking':
    case 'challenge':
      return { state: 'challenge', id, url: pageUrl(context, { scope, id }) };
    case 'impossible':
      return { state: 'not_possible', id, why };
    case 'failed':
    case 'abandoned':
    case 'expired':
      return { state: 'refused', id, why };
  }
};

const newAuthentication = (context: Context, input: Beginning): CardAuthentication => {
  const { intentId, card, amount, currency, brand, merchant } = input;
  const expiresAtMs = context.clock.now() + LIFETIME_MS;
  return {
    id: newUuid(context),
    version: 1,
    state: 'created',
    intentId,
    card,
    amount,
    currency,
    merchantId: merchant.id,
    expiresAtMs,
    dueAtMs: expiresAtMs,
    usedFor: null,
    asked: {
      brand,
      merchant,
      payer: input.payer ?? null,
      preference: input.preference,
      directoryServer: input.directoryServer,
      ...(input.reach === null ? {} : { reach: input.reach }),
      returnUrl: input.returnUrl ?? null,
    },
    learned: nothingLearned,
  };
};

const whyNotEnrolled = async (context: Context, input: Beginning): Promise<string | null> => {
  const ranges = await cardRanges(context, input.directoryServer, input.reach ?? 'public');
  if (ranges === null) return 'directory_silent';
  const found = await vaultOf(context).withCard(
    context,
    { scope: input.scope, card: input.card, operation: input.intentId },
    ({ number }) => Promise.resolve(isInRanges(ranges, number.toString('latin1'))),
  );
  if (!found.ok) return 'card_gone';
  return found.value ? null : 'not_enrolled';
};

const scripts: ReadonlySet<string> = new Set([
  'javascript:',
  'data:',
  'vbscript:',
  'blob:',
  'file:',
]);

const isWebAddress = (url: string): boolean =>
  URL.canParse(url) && !scripts.has(new URL(url).protocol);
