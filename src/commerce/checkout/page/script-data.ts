// What the script is told: addresses, the try it may make, the vault's key, and the sentences that it may
// have to say. As data, which no browser runs, with nothing in it that could end the element around it.

import type { PageView } from '../page-view.ts';
import { declineKeysOf } from './declines.ts';
import type { TextKey } from './locales/en.ts';
import { linkTo, ownPath } from './own-path.ts';
import type { Words } from './words.ts';

const said: readonly TextKey[] = [
  'processing',
  'needRequired',
  'needEmail',
  'needNumber',
  'shortNumber',
  'wrongNumber',
  'needExpiry',
  'wrongExpiry',
  'expired',
  'needCvc',
  'needTerms',
  'cvcHint',
  'cvcHintFront',
  'notCharged',
  'amountChanged',
  'lost',
  'unsupported',
  'technical',
  'copied',
  'copy',
];

export const scriptData = (view: PageView, words: Words): string => {
  const { texts, say } = words;
  const isOpen = view.status === 'open';
  const keys = isOpen ? said : (['copied', 'copy', 'lost'] as const);
  const data = {
    status: view.status,
    attempt: view.attempt,
    urls: {
      page: ownPath(view.urls.page),
      action: linkTo(view.urls.action),
      success: linkTo(view.urls.success),
    },
    vaultKey: view.vaultKey,
    expiresAtMs: view.expiresAtMs,
    language: words.language,
    texts: {
      ...Object.fromEntries(keys.map((key) => [key, texts[key]])),
      lost: texts[view.mode === 'setup' ? 'lostSave' : 'lost'],
      expiresSoon: texts.expiresSoon,
      goingOn: say('goingOn', { merchant: view.merchant.name }),
    },
    declines: isOpen
      ? Object.fromEntries(
          Object.entries(declineKeysOf(view.mode)).map(([name, key]) => [name, texts[key]]),
        )
      : {},
  };
  // In a script element only `<` can begin something else.
  return JSON.stringify(data).replaceAll('<', String.raw`\u003c`);
};
