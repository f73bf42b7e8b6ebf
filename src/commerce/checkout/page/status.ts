// What is shown when nothing can be paid here: now, not any more, or already. Each says whether money
// moved, and what to do next; none of them has a form that could charge again.

import { type Html, html } from '#platform/http';
import type { NoticeView, PageView } from '../page-view.ts';
import { glyphs } from './icons.ts';
import type { TextKey } from './locales/en.ts';
import { linkTo, ownPath } from './own-path.ts';
import type { Words } from './words.ts';

export const actionStatus = (view: PageView, words: Words): Html => {
  const { texts } = words;
  const isAway = view.isAway === true;
  return frame(
    'bank',
    glyphs.bank,
    texts.bankTitle,
    words,
    html`
<p>${isAway ? texts.awayText : texts.bankText}</p>
${summaryLine(view, words)}
${view.urls.action === null ? null : html`<a class="go" ${isAway ? null : html`id="bank-open"`} href="${linkTo(view.urls.action)}"><span class="label">${texts.bankOpen}</span></a>`}
<form method="post" action="${ownPath(view.urls.page)}"><input type="hidden" name="attempt" value="${view.attempt}">
<button class="quiet-button" name="do" value="abandon">${texts.bankCancel}</button></form>`,
  );
};

export const unknownStatus = (view: PageView, words: Words): Html => {
  const { texts, tell } = words;
  const { email } = view.known;
  return frame(
    'wait',
    glyphs.clock,
    texts.unknownTitle,
    words,
    html`
<p><strong>${texts[view.mode === 'setup' ? 'unknownSave' : 'unknownText']}</strong></p>
${summaryLine(view, words)}
<p>${email === null || view.mode === 'setup' ? null : html`${tell('unknownMail', { email })} `}${texts.mayClose}</p>
${support(view, words)}`,
  );
};

export const processingStatus = (view: PageView, words: Words): Html => {
  const { texts } = words;
  return frame(
    'wait',
    html`<span class="turn large"></span>`,
    texts.waitingTitle,
    words,
    html`
<p>${texts[view.mode === 'setup' ? 'waitingSave' : 'waitingText']}</p>
${summaryLine(view, words)}
<p>${texts.mayClose}</p>
${support(view, words)}`,
  );
};

export const expiredStatus = (view: PageView, words: Words): Html => {
  const { texts, tell } = words;
  const [recover, cancel] = [linkTo(view.urls.recover), linkTo(view.urls.cancel)];
  return frame(
    'over',
    glyphs.clock,
    texts.expiredTitle,
    words,
    html`
<p>${recover === null ? tell('expiredBack', { merchant: view.merchant.name }) : texts.expiredText}</p>
${recover === null ? null : html`<a class="go" href="${recover}"><span class="label">${texts.again}</span></a>`}
${recover !== null || cancel === null ? null : html`<a class="go" href="${cancel}"><span class="label">${tell('goOn', { merchant: view.merchant.name })}</span></a>`}
${support(view, words)}`,
  );
};

export const lockedStatus = (view: PageView, words: Words): Html => {
  const { texts, tell } = words;
  const cancel = linkTo(view.urls.cancel);
  return frame(
    'over',
    glyphs.nothing,
    texts.lockedTitle,
    words,
    html`
<p>${tell(view.mode === 'setup' ? 'lockedSave' : 'lockedText', { merchant: view.merchant.name })} ${texts.notCharged}</p>
${cancel === null ? null : html`<a class="go" href="${cancel}"><span class="label">${tell('goOn', { merchant: view.merchant.name })}</span></a>`}
${support(view, words)}`,
  );
};

const noticeKeys: Readonly<Record<NoticeView['kind'], readonly [title: TextKey, text: TextKey]>> = {
  session_unknown: ['nothingTitle', 'nothingText'],
  link_unknown: ['nothingTitle', 'nothingText'],
  link_inactive: ['closedTitle', 'closedText'],
  link_used_up: ['closedTitle', 'closedText'],
};

export const noticeStatus = (notice: NoticeView, words: Words): Html => {
  const [title, text] = noticeKeys[notice.kind];
  return frame(
    'over',
    glyphs.nothing,
    words.texts[title],
    words,
    html`<p><bdi>${notice.text ?? words.texts[text]}</bdi></p>`,
  );
};

export const noticeTitle = (notice: NoticeView): TextKey => noticeKeys[notice.kind][0];

export const frame = (kind: string, mark: Html, title: string, _: Words, inside: Html): Html =>
  html`<section class="status ${kind}" aria-labelledby="state">
<span class="mark" aria-hidden="true">${mark}</span>
<h1 id="state" tabindex="-1">${title}</h1>
${inside}</section>`;

const summaryLine = ({ merchant, amounts, mode }: PageView, { sum }: Words): Html =>
  html`<p class="line"><bdi>${merchant.name}</bdi>${mode === 'setup' ? null : html`<strong>${sum(amounts.total, amounts)}</strong>`}</p>`;

export const support = ({ merchant }: PageView, { tell }: Words): Html | null => {
  const where =
    merchant.supportUrl ??
    (merchant.supportEmail === null ? null : `mailto:${merchant.supportEmail}`);
  // Other schemes than these could run something when they are clicked.
  if (where === null || !/^(https:|mailto:[^?&]+$)/i.test(where)) return null;
  return html`<p class="quiet"><a href="${where}" rel="noopener noreferrer">${tell('contactMerchant', { merchant: merchant.name })}</a></p>`;
};
