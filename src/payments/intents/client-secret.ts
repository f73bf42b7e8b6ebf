// What opens one intent to a page: its client secret, with a publishable key.

import { timingSafeEqual } from 'node:crypto';
import { type Principal, parameterMissing } from '#platform/http';
import type { Shows } from './answer.ts';
import type { PaymentIntent } from './payment-intent.ts';
import { secretDoesNotMatch } from './refusals.ts';
import { clientSecretOf, renderForPage, renderIntent } from './render-intent.ts';

/** A page must have it; a server may say it, and then it must be right too. */
export const checkClientSecret = (
  principal: Principal,
  intent: PaymentIntent,
  given: string | undefined,
): void => {
  if (given === undefined) {
    if (principal.kind === 'publishable') throw parameterMissing('client_secret');
    return;
  }
  const [right, said] = [Buffer.from(clientSecretOf(intent)), Buffer.from(given)];
  if (right.length !== said.length || !timingSafeEqual(right, said)) throw secretDoesNotMatch();
};

export const showsFor = (principal: Principal): Shows =>
  principal.kind === 'publishable' ? renderForPage : renderIntent;
