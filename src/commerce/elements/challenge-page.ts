// What lies over a merchant's page while the bank of a card asks its holder. It alone may frame whoever the bank
// is; the frames with card fields frame nobody.

import { glyphs, scriptTags, styleIn, type Words } from '#commerce/checkout';
import { html, Html as RawHtml } from '#platform/http';
import { bundle } from './bundle.ts';

export const challengeScript = bundle(
  '/elements/challenge.js',
  ['elements/seal.js', 'checkout/proof.js', 'elements/requests.js', 'elements/challenge.js'],
  "Frames the question of the card's bank, and asks the API what came of it.",
);

const style = styleIn('elements/challenge.css');

export const challengePage = (words: Words, nonce: string): string => {
  const { language, direction, texts } = words;
  return html`<!doctype html>
<html lang="${language}" dir="${direction}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${texts.bankTitle}</title>
<style nonce="${nonce}">${new RawHtml(style)}</style>
${scriptTags([challengeScript], nonce)}</head>
<body>
<header><h1 id="title" tabindex="-1">${glyphs.lock}${texts.bankTitle}</h1>
<button type="button" id="cancel">${texts.bankCancel}</button></header>
<main id="bank"><p role="status"><span class="turn" aria-hidden="true"></span>${texts.processing}</p></main>
</body>
</html>
`.text;
};
