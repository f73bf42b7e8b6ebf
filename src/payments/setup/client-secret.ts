// What opens one setup intent to a page: its client secret, with a publishable key.

import { timingSafeEqual } from 'node:crypto';
import { type Principal, parameterMissing } from '#platform/http';
import { secretDoesNotMatch } from './refusals.ts';
import { clientSecretOf, renderSetup, renderSetupForPage } from './render-setup.ts';
import type { SetupIntent } from './setup-intent.ts';

export type Shows = (setup: SetupIntent, livemode: boolean) => unknown;

/** A page must have it; a server may say it, and then it must be right too. */
export const checkClientSecret = (
  principal: Principal,
  setup: SetupIntent,
  given: string | undefined,
): void => {
  if (given === undefined) {
    if (principal.kind === 'publishable') throw parameterMissing('client_secret');
    return;
  }
  const [right, said] = [Buffer.from(clientSecretOf(setup)), Buffer.from(given)];
  if (right.length !== said.length || !timingSafeEqual(right, said)) throw secretDoesNotMatch();
};

export const showsFor = (principal: Principal): Shows =>
  principal.kind === 'publishable' ? renderSetupForPage : renderSetup;
