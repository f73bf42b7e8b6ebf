// Which ways to pay a session offers: what its merchant wants of what their accounts take, as far as it fits what is
// paid. Cards alone need no look.

import { type PaymentMethod, type WayToPay, waysToPay, wayToPay } from '#cards/methods';
import { present } from '#kit/assert';
import type { Context, Scope } from '#kit/context';
import {
  applyParameters,
  blankIntent,
  checkTypes,
  invalidType,
  unknownType,
  waysFor,
} from '#payments/intents';
import { ApiError } from '#platform/http';
import type { CheckoutSession } from './session.ts';

type Wanting = Pick<
  CheckoutSession,
  'mode' | 'amount' | 'currency' | 'intentData' | 'types' | 'allowedTypes' | 'excludedTypes'
>;

const card = present(wayToPay('card'), 'Cards');

export const waysOfSession = async (
  context: Context,
  scope: Scope,
  session: Wanting,
): Promise<readonly WayToPay[]> => {
  const wanted = waysToPay.filter(({ type }) => wants(session, type));
  if (session.mode === 'setup' || wanted.every((way) => way === card)) return [card];
  const fitting = await waysFor(context, scope, intentOf(session));
  const ways = wanted.filter((way) => fitting.includes(way));
  // Whoever has connected nobody yet sees what a page looks like.
  return ways.length === 0 ? [wanted[0] ?? card] : ways;
};

const wants = ({ types, allowedTypes, excludedTypes }: Wanting, type: string): boolean =>
  (types ?? allowedTypes ?? [type]).includes(type) && !(excludedTypes ?? []).includes(type);

/** As far as it decides what may pay it. */
const intentOf = ({ amount, currency, intentData }: Wanting) =>
  applyParameters(blankIntent('', { amount, currency: currency ?? '', secret: '' }), intentData);

/** A page with nothing to pay with is made for nobody. */
export const refuseMethods = async (
  context: Context,
  scope: Scope,
  session: Wanting,
): Promise<void> => {
  const { types, allowedTypes, mode } = session;
  const unknown = types?.find((type) => wayToPay(type) === undefined);
  if (unknown !== undefined) throw unknownType(unknown, 'payment_method_types');
  const wanted = waysToPay.filter(({ type }) => wants(session, type));
  if (wanted.length === 0 || (mode === 'setup' && !wanted.includes(card))) {
    throw new ApiError(400, 'No payment method is left that this account takes.', {
      param:
        (types ?? allowedTypes) === null
          ? 'excluded_payment_method_types'
          : 'allowed_payment_method_types',
    });
  }
  if (mode === 'setup') {
    const other = types?.find((type) => type !== 'card');
    if (other !== undefined) throw invalidType(other, ['card'], 'payment_method_types');
  } else if (types !== null) {
    await checkTypes(context, scope, intentOf(session), types, 'payment_method_types');
  }
};

/** Of the ways that its page offers, and of no other. */
export const checkWayOfSession = async (
  context: Context,
  scope: Scope,
  session: Wanting & Pick<CheckoutSession, 'offered'>,
  { type }: Pick<PaymentMethod, 'type'>,
): Promise<readonly string[]> => {
  const isCard = type === 'card';
  // Cards were offered wherever they are wanted, and whether an account takes them is asked when they are tried.
  if (isCard && wants(session, 'card')) {
    return session.offered?.includes('card') === true ? session.offered : ['card'];
  }
  const offered = (await waysOfSession(context, scope, session)).map((way) => way.type);
  if (offered.includes(type)) return offered;
  throw new ApiError(
    400,
    `This page cannot be paid with ${type}: it takes ${offered.join(', ')}.`,
    { param: 'payment_method_data[type]' },
  );
};
