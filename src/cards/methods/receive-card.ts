// From what a caller sent to a card in the vault: received, checked, sealed. In this order nothing is
// stored of a card that is refused.

import { type TestCard, testCardById } from '#cards/bins';
import { type PlainCard, receiveRefusals, type SealedMessage, vaultOf } from '#cards/vault';
import type { Context, Scope } from '#kit/context';
import { newUuid, spellId, type Uuid } from '#kit/ids';
import { ApiError, cardRefused, parameterMissing } from '#platform/http';
import { checkCard } from './check-card.ts';
import type { CardFacts } from './payment-method.ts';

/** Card fields as the API takes them: plain, or sealed in a browser. */
export type CardInput = {
  readonly number?: string;
  readonly exp_month?: number;
  readonly exp_year?: number;
  readonly cvc?: string;
  readonly name?: string;
  readonly sealed?: string;
  readonly networks?: { readonly preferred?: string | null };
};

export type StoredCard = {
  readonly cardId: Uuid;
  readonly facts: CardFacts;
  /** The name under which the vault holds the security code, for the first operation that needs it. */
  readonly cvcRef: Uuid | null;
};

/** `param` is the name of the hash: `card`, `payment_method_data[card]`. */
export const storeCard = async (
  context: Context,
  scope: Scope,
  input: CardInput,
  param: string,
): Promise<StoredCard> => {
  const vault = vaultOf(context);
  const received = await vault.receiveCard(context, {
    scope,
    card: toVaultInput(scope, input, param),
  });
  if (!received.ok) throw refusalOf(received.code, param);

  const known = checkCard({
    received,
    livemode: scope.livemode,
    nowMs: context.clock.now(),
  });
  if (known instanceof ApiError) throw known;
  const preferred = preferredNetwork(input, known.coBrand, param);

  const cvcRef = received.cvcLength === null ? null : newUuid(context);
  const sealed = await vault.sealCard(context, {
    scope,
    received: received.received,
    ...(cvcRef === null ? {} : { cvcFor: cvcRef }),
  });
  if (!sealed.ok) throw new ApiError(503, 'The card could not be stored. Please try again.');
  return {
    cardId: sealed.card,
    cvcRef,
    facts: {
      ...known,
      preferred,
      fingerprint: sealed.fingerprint,
      checks: {
        line1: null,
        postalCode: null,
        cvc: cvcRef === null ? null : 'unchecked',
      },
    },
  };
};

/** Takes back what `storeCard` did, when what it was for did not come about. */
export const dropCard = async (context: Context, scope: Scope, card: StoredCard): Promise<void> => {
  const vault = vaultOf(context);
  if (card.cvcRef !== null) await vault.dropCvc(context, { scope, cvcFor: card.cvcRef });
  await vault.deleteCard(context, {
    scope,
    card: card.cardId,
    why: 'the request did not take effect',
  });
};

/** A ready-made id is used like a card typed in: good for some years, with a security code. */
export const cardOfTestId = (
  context: Pick<Context, 'clock'>,
  scope: Scope,
  id: string,
): CardInput | null => {
  const card: TestCard | undefined = scope.livemode ? undefined : testCardById(id);
  if (card === undefined) return null;
  const year = new Date(context.clock.now()).getUTCFullYear();
  return {
    number: card.number,
    exp_month: 12,
    exp_year: year + 1,
    cvc: card.brand === 'amex' ? '1234' : '123',
  };
};

const toVaultInput = (scope: Scope, input: CardInput, param: string): PlainCard | SealedMessage => {
  if (input.sealed !== undefined) {
    return { jwe: input.sealed, audiences: [spellId('acct', scope.accountId)] };
  }
  const { number, exp_month: expMonth, exp_year: expYear, cvc, name } = input;
  if (number === undefined) throw parameterMissing(`${param}[number]`);
  if (expMonth === undefined) throw parameterMissing(`${param}[exp_month]`);
  if (expYear === undefined) throw parameterMissing(`${param}[exp_year]`);
  return {
    number,
    expMonth,
    expYear,
    ...(cvc === undefined ? {} : { cvc }),
    ...(name === undefined ? {} : { name }),
  };
};

const refusalOf = (code: keyof typeof receiveRefusals, param: string): ApiError => {
  if (code === 'number_malformed') return cardRefused('invalid_number', { param: 'number' });
  if (code === 'cvc_malformed') return cardRefused('invalid_cvc', { param: 'cvc' });
  if (code === 'number_missing') return parameterMissing(`${param}[number]`);
  if (code === 'vault_full')
    return new ApiError(503, receiveRefusals[code], { retryAfterSeconds: 5 });
  return new ApiError(400, receiveRefusals[code], { param: `${param}[sealed]` });
};

const preferredNetwork = (
  { networks }: CardInput,
  coBrand: string | null,
  param: string,
): string | null => {
  const preferred = networks?.preferred ?? null;
  if (preferred === null || coBrand !== null) return preferred;
  throw new ApiError(400, 'A preferred network can only be chosen for a card of two networks.', {
    param: `${param}[networks][preferred]`,
  });
};
