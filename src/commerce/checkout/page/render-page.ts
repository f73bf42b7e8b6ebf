// The whole page of a session, as the server sends it: complete before any script, and the truth at the
// time of asking, so that reloading is always safe.

import { type Html, html, Html as RawHtml } from '#platform/http';
import { type Look, plainLook } from '../look.ts';
import type { NoticeView, PageRequest, PageView, RenderNotice, RenderPage } from '../page-view.ts';
import { pageScripts, pageStyle, scriptTags } from './assets.ts';
import { methodsFor } from './choose-method.ts';
import { brandSprite, glyphs } from './icons.ts';
import { chooseLanguage, languageTags } from './language.ts';
import { linkTo } from './own-path.ts';
import { payForm } from './pay-form.ts';
import { pageHeaders } from './policy.ts';
import { receiptPage, toldOf } from './receipt.ts';
import { scriptData } from './script-data.ts';
import {
  actionStatus,
  expiredStatus,
  lockedStatus,
  noticeStatus,
  noticeTitle,
  processingStatus,
  unknownStatus,
} from './status.ts';
import { summary } from './summary.ts';
import { testStrip } from './test-strip.ts';
import { themeStyle } from './theme.ts';
import { type Words, wordsIn } from './words.ts';

export const renderPage: RenderPage = (view, request) => {
  const words = wordsIn(
    chooseLanguage({
      lang: request.lang,
      preferred: view.locale,
      acceptLanguage: request.acceptLanguage,
    }),
  );
  const isOpen = view.status === 'open';
  const { look } = view;
  return {
    headers: pageHeaders(request.nonce, words.language, look),
    body: shell({
      words,
      request,
      look,
      title: titleOf(view, words),
      strip: testStrip(view, words),
      top: shopBar(view, words),
      main: html`<main class="${isOpen ? 'two' : 'one'}">${isOpen ? html`${summary(view, words)}${payForm(view, words, methodsFor(view, request, words))}${bankDialog(words)}` : statusOf(view, request, words)}</main>`,
      data: scriptData(view, words),
    }),
  };
};

export const renderNotice: RenderNotice = (notice, request) => {
  const words = wordsIn(
    chooseLanguage({
      lang: request.lang,
      preferred: null,
      acceptLanguage: request.acceptLanguage,
    }),
  );
  return {
    headers: pageHeaders(request.nonce, words.language),
    body: shell({
      words,
      request,
      look: plainLook,
      title: words.texts[noticeTitle(notice)],
      strip: null,
      top: null,
      main: html`<main class="one">${noticeStatus(notice, words)}</main>`,
      data: null,
    }),
  };
};

const statusOf = (view: PageView, request: PageRequest, words: Words): Html => {
  switch (view.status) {
    case 'action':
      return html`${actionStatus(view, words)}${view.isAway === true ? null : bankDialog(words)}`;
    case 'processing':
      return processingStatus(view, words);
    case 'unknown':
      return unknownStatus(view, words);
    case 'complete':
      return receiptPage(view, request, words);
    case 'expired':
      return expiredStatus(view, words);
    case 'used_up':
      return noticeStatus({ kind: 'link_used_up', text: view.texts.closed }, words);
    default:
      return lockedStatus(view, words);
  }
};

const titleOf = (view: PageView, { texts, say }: Words): string => {
  const merchant = view.merchant.name;
  const state: Readonly<Record<PageView['status'], string>> = {
    open: say(view.mode === 'setup' ? 'saveTitle' : 'payTitle', { merchant }),
    action: texts.bankTitle,
    processing: texts.waitingTitle,
    unknown: texts.unknownTitle,
    complete: texts[toldOf(view)[0]],
    expired: texts.expiredTitle,
    locked: texts.lockedTitle,
    used_up: texts.closedTitle,
  };
  return view.status === 'open' ? state.open : `${state[view.status]} · ${merchant}`;
};

const shell = (it: {
  readonly words: Words;
  readonly request: PageRequest;
  readonly look: Look;
  readonly title: string;
  readonly strip: Html | null;
  readonly top: Html | null;
  readonly main: Html;
  readonly data: string | null;
}): string => {
  const { words, request } = it;
  const { nonce } = request;
  return html`<!doctype html>
<html lang="${words.language}" dir="${words.direction}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1, viewport-fit=cover">
<meta name="robots" content="noindex, nofollow">
<meta name="format-detection" content="telephone=no">
<title>${it.title}</title>
<link rel="icon" href="${it.look.icon ?? it.look.logo ?? 'data:,'}">
<style nonce="${nonce}">${new RawHtml(pageStyle)}${new RawHtml(themeStyle(it.look))}</style>
${it.data === null ? null : html`${scriptTags(pageScripts, nonce)}${withoutScripts(nonce)}`}
</head>
<body>
${brandSprite}
${it.strip}
<div class="frame">
${it.top}
<p class="notice offline" id="offline" hidden>${glyphs.warn}<span>${words.texts.offline}</span></p>
${it.main}
<p class="unseen" id="say" role="status" aria-live="polite"></p>
${footer(words)}
</div>
${it.data === null ? null : html`<script type="application/json" id="data">${new RawHtml(it.data)}</script>`}
</body>
</html>
`.text;
};

/** That a card is sealed in the page is true where a script does it; without one it goes to the same door. */
const withoutScripts = (nonce: string): Html =>
  html`<noscript><style nonce="${nonce}">.assured{display:none}</style></noscript>`;

const shopBar = (view: PageView, { texts }: Words): Html => {
  const { merchant, status, look } = view;
  const cancel = linkTo(view.urls.cancel);
  const name = html`${look.logo === null ? html`<span class="initial" aria-hidden="true">${initialOf(merchant.name)}</span>` : html`<img class="logo" src="${look.logo}" alt="" height="32">`}<bdi class="name" title="${merchant.name}">${merchant.name}</bdi>`;
  return html`<header class="shop">${
    cancel === null || status !== 'open'
      ? html`<span class="who">${name}</span>`
      : html`<a class="who" href="${cancel}"><span class="unseen">${texts.back}: </span>${glyphs.back}${name}</a>`
  }</header>`;
};

const initialOf = (name: string): string =>
  ([...new Intl.Segmenter().segment(name.trim())][0]?.segment ?? '').toUpperCase();

/** Opened by the script. The frame gets its address then, so that nothing is asked for before. */
const bankDialog = ({ texts }: Words): Html => html`<dialog id="bank" aria-labelledby="bank-title">
<header><h2 id="bank-title" tabindex="-1">${glyphs.lock}${texts.bankTitle}</h2>
<button type="button" class="link" id="bank-cancel">${texts.bankCancel}</button></header>
<div id="bank-frame"></div></dialog>`;

const footer = ({ language, texts }: Words): Html => html`<footer><span>${texts.poweredBy}</span>
<form method="get" id="languages"><label><span class="unseen">${texts.language}</span>
<select name="lang" id="lang">${languageTags.map(
  (tag) =>
    html`<option value="${tag}" lang="${tag}" ${tag === language ? html`selected` : null}>${ownName(tag)}</option>`,
)}</select></label> <button class="link">${texts.update}</button></form></footer>`;

const ownName = (tag: string): string => {
  const name = new Intl.DisplayNames([tag], { type: 'language' }).of(tag) ?? tag;
  return name.charAt(0).toLocaleUpperCase(tag) + name.slice(1);
};

export type { NoticeView };
