// Between the checkout and the bank stands a page of our own, so that this one alone may frame whoever
// the bank is, and the page that takes cards frames nothing but us.

import { Html, html } from '#platform/http';
import type { PageView } from '../page-view.ts';
import { policyOfFrame, type Rendered } from './frame-policy.ts';

const style =
  'html,body,iframe{block-size:100%;inline-size:100%;margin:0;border:0;display:block}body{overflow:hidden}';

export const bankFrame = (
  action: string,
  nonce: string,
  { livemode, look }: Pick<PageView, 'livemode' | 'look'>,
): Rendered => ({
  headers: policyOfFrame(
    nonce,
    `frame-src 'self' https:${livemode ? '' : ' http:'}`,
    look.embedders,
  ),
  body: html`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>3-D Secure</title><meta name="viewport" content="width=device-width, initial-scale=1"><style nonce="${nonce}">${new Html(style)}</style></head>
<body><iframe title="3-D Secure" src="${action}" sandbox="allow-forms allow-scripts allow-same-origin"></iframe></body></html>
`.text,
});

/** Where the bank sends the payer back to. In the frame there is nothing to do but wait a moment. */
export const returnedPage = (
  page: string,
  nonce: string,
  embedders: readonly string[],
): Rendered => ({
  headers: policyOfFrame(nonce, "frame-src 'none'", embedders),
  body: html`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>3-D Secure</title><meta name="viewport" content="width=device-width, initial-scale=1"><style nonce="${nonce}">${new Html(returned)}</style></head>
<body><p><a href="${page}" target="_top" aria-label="Continue"><span></span></a></p></body></html>
`.text,
});

const returned =
  ':root{color-scheme:light dark}body{min-block-size:100dvh;margin:0;display:grid;place-items:center}span{display:block;inline-size:2.5rem;block-size:2.5rem;border-radius:50%;border:3px solid #8886;border-block-start-color:#1f4fd8}@media (prefers-reduced-motion:no-preference){span{animation:t 1s linear infinite}}@keyframes t{to{transform:rotate(1turn)}}';
