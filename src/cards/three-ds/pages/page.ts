// Our pages as HTML, and what a browser may do with them: nothing but what stands in them. Without
// scripts there is a button where otherwise the page goes on by itself.

import { createHash } from 'node:crypto';
import { currencyOf, formatMoney } from '#kit/money';
import { type Html, html, Html as RawHtml } from '#platform/http';
import type { CardAuthentication } from '../card-authentication.ts';
import { pageStyle, sendScript } from './style.ts';

export type Page = { readonly body: string; readonly policy: string };

const hashOf = (text: string): string =>
  `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
const styleHash = hashOf(pageStyle);
const scriptHash = hashOf(sendScript);

// The checkout frames our page, and our page is left for the bank's in the same frame. A payment without an
// address to come back to is asked about in the merchant's page, so that any page may frame it: whoever
// has the address may answer anyway, and nothing here is done by a click alone.
const policyFor = (it: CardAuthentication | null, formTo: readonly string[], hasScript: boolean) =>
  [
    "default-src 'none'",
    `style-src ${styleHash}`,
    ...(hasScript ? [`script-src ${scriptHash}`] : []),
    `form-action ${formTo.length === 0 ? "'none'" : formTo.join(' ')}`,
    "base-uri 'none'",
    // Last, for those to be added who may show the checkout.
    `frame-ancestors ${it !== null && isInPage(it) ? 'https: http:' : "'self'"}`,
  ].join('; ');

const isInPage = ({ asked }: CardAuthentication): boolean => asked.returnUrl === null;

const layout = (title: string, main: Html, head: Html | null = null): string =>
  html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>${title}</title>
${head}
<style>${new RawHtml(pageStyle)}</style>
</head>
<body>
${main}
</body>
</html>
`.text;

const script = html`<script>${new RawHtml(sendScript)}</script>`;
const goTo = (seconds: number, url: string): Html =>
  html`<meta http-equiv="refresh" content="${seconds};url=${url}">`;

const sumOf = ({ amount, currency, asked }: CardAuthentication): Html => {
  if (amount === 0n) return html`<p class="sum"><strong>${asked.merchant.name}</strong></p>`;
  return html`<p class="sum"><strong>${spellAmount(amount, currency)}</strong>${asked.merchant.name}</p>`;
};

const spellAmount = (amount: bigint, currency: string): string =>
  formatMoney(amount, { currency, exponent: currencyOf(currency).exponent, locale: 'en' });

const told = ['color_depth', 'screen_height', 'screen_width', 'window_height', 'window_width'];

/** Asks the browser what it is. */
export const browserPage = (it: CardAuthentication): Page => ({
  policy: policyFor(it, ["'self'"], true),
  body: layout(
    'Confirming your payment',
    html`<main>
<div class="wait" aria-hidden="true"></div>
<h1 role="status">One moment…</h1>
<p>We are asking your bank about this payment.</p>
${sumOf(it)}
<form method="post">
<input type="hidden" name="script" value="no">
<input type="hidden" name="language" value="">
<input type="hidden" name="time_zone" value="">
${told.map((name) => html`<input type="hidden" name="${name}" value="">`)}
<noscript><button>Continue</button></noscript>
</form>
</main>
${script}`,
  ),
});

/** Hands the browser over to the bank of the card. */
export const challengePage = (
  it: CardAuthentication,
  { acsUrl, creq, session }: { acsUrl: string; creq: string; session: string },
): Page => ({
  policy: policyFor(it, [new URL(acsUrl).origin], true),
  body: layout(
    'Going to your bank',
    html`<main>
<div class="wait" aria-hidden="true"></div>
<h1 role="status">Taking you to your bank…</h1>
<p>Your bank wants to make sure that it is you.</p>
${sumOf(it)}
<form method="post" action="${acsUrl}">
<input type="hidden" name="creq" value="${creq}">
<input type="hidden" name="threeDSSessionData" value="${session}">
<noscript><button>Continue to your bank</button></noscript>
</form>
</main>
${script}`,
  ),
});

/** Until the bank has told us, which is a matter of seconds. */
export const waitingPage = (it: CardAuthentication, again: string): Page => ({
  policy: policyFor(it, [], false),
  body: layout(
    'Confirming your payment',
    html`<main>
<div class="wait" aria-hidden="true"></div>
<h1 role="status">One moment…</h1>
<p>We are waiting for your bank. Please keep this page open.</p>
${sumOf(it)}
</main>`,
    goTo(1, again),
  ),
});

/** No redirect: a browser may hold the bank's policy of forms against one that follows a form. */
export const backPage = (it: CardAuthentication): Page => {
  const { merchant, returnUrl } = it.asked;
  return {
    policy: policyFor(it, [], false),
    body: layout(
      'Back to the shop',
      html`<main>
<div class="wait" aria-hidden="true"></div>
<h1 role="status">Taking you back to ${merchant.name}…</h1>
${
  returnUrl === null
    ? html`<p>If you still see this after a moment, go back to the shop. It knows what became of your payment.</p>`
    : html`<p><a class="button" href="${returnUrl}">Continue</a></p>`
}
</main>`,
      returnUrl === null ? null : goTo(0, returnUrl),
    ),
  };
};

export const unknownPage = (): Page => ({
  policy: policyFor(null, [], false),
  body: layout(
    'Nothing here',
    html`<main>
<h1>There is nothing here</h1>
<p>This address belongs to no payment. Please go back to the shop and try again: nothing was charged here.</p>
</main>`,
  ),
});
