// The page in the frame of a merchant's page: one card form or one field of it, and nothing else. It is the
// same for every merchant; whose payment it is, it is told by the page around it.

import {
  brandMark,
  cardSprite,
  cvcPicture,
  field,
  scriptTags,
  styleIn,
  type Words,
} from '#commerce/checkout';
import { type Html, html, Html as RawHtml } from '#platform/http';
import { bundle } from './bundle.ts';

export const frameKinds = [
  'card',
  'payment',
  'cardNumber',
  'cardExpiry',
  'cardCvc',
  'none',
] as const;
export type FrameKind = (typeof frameKinds)[number];

export const frameScript = bundle(
  '/elements/frame.js',
  [
    'elements/seal.js',
    'checkout/card-rules.js',
    'checkout/card-fields.js',
    'checkout/proof.js',
    'elements/requests.js',
    'elements/appearance.js',
    'elements/frame.js',
  ],
  "Runs the card fields in a frame of our own origin, encrypts them in the payer's browser, and tells the page around that they are complete, and no digit.",
);

const style = {
  base: styleIn('elements/frame.css'),
  payment: styleIn('elements/frame-payment.css'),
  bare: styleIn('elements/frame-bare.css'),
};

/** Each kind is called by what stands in it. */
const names = {
  card: 'cardDetails',
  payment: 'cardDetails',
  cardNumber: 'number',
  cardExpiry: 'expiry',
  cardCvc: 'cvc',
  none: 'cardDetails',
} as const;

export const framePage = (kind: FrameKind, words: Words, nonce: string): string => {
  const { language, direction, texts } = words;
  return html`<!doctype html>
<html lang="${language}" dir="${direction}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${texts[names[kind]]}</title>
<style nonce="${nonce}">${new RawHtml(style.base)}${new RawHtml(kind === 'payment' ? style.payment : style.bare)}</style>
${scriptTags([frameScript], nonce)}</head>
<body class="${kind}">
${
  kind === 'none'
    ? null
    : html`<main>${showsNumber(kind) ? cardSprite : null}
<form novalidate>${fieldsOf(kind, words)}<button hidden></button></form></main>`
}
<script type="application/json" id="data">${new RawHtml(dataOf(kind, words))}</script>
</body>
</html>
`.text;
};

const isWhole = (kind: FrameKind): boolean => kind === 'card' || kind === 'payment';
const showsNumber = (kind: FrameKind): boolean => isWhole(kind) || kind === 'cardNumber';

const fieldsOf = (kind: FrameKind, words: Words): Html => {
  const { texts } = words;
  const shared = { inputmode: 'numeric', ltr: true, required: true } as const;
  return html`${
    showsNumber(kind)
      ? field(
          {
            ...shared,
            id: 'number',
            name: 'cardnumber',
            label: texts.number,
            autocomplete: 'cc-number',
            maxLength: 30,
            placeholder: kind === 'payment' ? '1234 1234 1234 1234' : texts.number,
            mark: html`<span class="at-end" id="brand">${brandMark('unknown')}</span>`,
            last: kind === 'cardNumber',
          },
          words,
        )
      : null
  }${
    isWhole(kind) || kind === 'cardExpiry'
      ? field(
          {
            ...shared,
            id: 'expiry',
            name: 'cc-exp',
            label: texts.expiry,
            autocomplete: 'cc-exp',
            maxLength: 9,
            placeholder: texts.expiryHint,
            last: kind === 'cardExpiry',
          },
          words,
        )
      : null
  }${
    isWhole(kind) || kind === 'cardCvc'
      ? field(
          {
            ...shared,
            id: 'cvc',
            name: 'cvc',
            label: texts.cvc,
            autocomplete: 'cc-csc',
            maxLength: 4,
            placeholder: 'CVC',
            ...(kind === 'payment' ? { mark: cvcPicture } : {}),
            last: true,
          },
          words,
        )
      : null
  }`;
};

/** The sentences that the frame may have to say. */
const said = [
  'needNumber',
  'shortNumber',
  'wrongNumber',
  'needExpiry',
  'wrongExpiry',
  'expired',
  'needCvc',
  'lost',
] as const;

const dataOf = (kind: FrameKind, { texts }: Words): string =>
  // In a script element only `<` can begin something else.
  JSON.stringify({
    kind,
    texts: Object.fromEntries(said.map((key) => [key, texts[key]])),
  }).replaceAll('<', String.raw`\u003c`);
