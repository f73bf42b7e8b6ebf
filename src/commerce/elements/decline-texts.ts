// Why a card was declined, in the words that the checkout page has for it, by the API's codes.

import { declineClasses, declineKeysOf, type Words } from '#commerce/checkout';

export const declineTexts = (
  { say }: Words,
  mode: 'payment' | 'setup',
): Readonly<Record<string, string>> => {
  const keys = declineKeysOf(mode);
  return {
    ...Object.fromEntries(declineClasses.map(([code, name]) => [code, say(keys[name])])),
    other: say(keys.call_bank),
  };
};
