// The page after paying is the receipt: the same address shows it again later, and it prints.

import { type Html, html } from '#platform/http';
import type { PageRequest, PageView, Receipt } from '../page-view.ts';
import { deliveryTime } from './delivery-time.ts';
import { brandMark, brandName, glyphs, isWay } from './icons.ts';
import { hasPdf, numberLocaleOf } from './language.ts';
import type { TextKey } from './locales/en.ts';
import { linkTo, ownPath } from './own-path.ts';
import { frame, support } from './status.ts';
import type { Words } from './words.ts';

export const receiptPage = (
  view: PageView,
  { isMailed }: Pick<PageRequest, 'isMailed'>,
  words: Words,
): Html => {
  const { receipt, merchant } = view;
  const success = linkTo(view.urls.success);
  const { texts, tell } = words;
  const [title, text] = toldOf(view);
  const pending = view.pending ?? null;
  const [kind, mark] = marks[pending ?? 'done'];
  return frame(
    kind,
    mark,
    texts[title],
    words,
    html`
<p>${tell(text, { merchant: merchant.name })}${pending === 'failed' ? html` ${texts.notCharged}` : null}</p>
${view.texts.confirmation === null ? null : html`<p class="told"><bdi>${view.texts.confirmation}</bdi></p>`}
${receipt === null ? null : receiptOf(receipt, view, words)}
${view.kept === null ? null : html`<dl class="receipt">${cardRow(view.kept, words)}</dl>`}
${
  success === null
    ? null
    : html`<a class="go" id="on" href="${success}"><span class="label">${tell('goOn', { merchant: merchant.name })}</span></a>
<p class="quiet" id="going" hidden><span role="status" id="going-text"></span> <button type="button" class="link" id="stay">${texts.stay}</button></p>`
}
${
  receipt === null || pending !== null
    ? null
    : html`<p class="tools"><button type="button" class="link" id="print" hidden>${texts.print}</button>
${pdfLink(receipt, words)}</p>
${mailAgain(view, isMailed, words)}`
}
${support(view, words)}`,
  );
};

const pdfLink = ({ url }: Receipt, { language, texts }: Words): Html | null => {
  const receipt = linkTo(url);
  return receipt === null || !hasPdf(language)
    ? null
    : html`<a class="link" href="${ownPath(receipt)}/pdf?lang=${language}">${texts.receiptPdf}</a>`;
};

/** To the address that it went to, and to no other. */
const mailAgain = (view: PageView, isMailed: boolean, { texts, tell }: Words): Html | null => {
  const { email } = view.known;
  if (email === null) return null;
  if (isMailed) return html`<p class="quiet" role="status">${tell('mailedAgain', { email })}</p>`;
  return html`<form class="tools" method="post" action="${ownPath(view.urls.page)}/mail"><button class="link">${texts.mailAgain}</button></form>`;
};

const marks = {
  done: ['done', glyphs.check],
  waits: ['wait', glyphs.clock],
  failed: ['over', glyphs.nothing],
} as const;

export const toldOf = ({
  mode,
  receipt,
  pending = null,
}: PageView): readonly [TextKey, TextKey] => {
  if (pending !== null)
    return pending === 'waits' ? ['pendingTitle', 'pendingText'] : ['failedTitle', 'failedText'];
  if (mode === 'setup') return ['savedTitle', 'savedText'];
  return receipt?.isCaptured === false ? ['heldTitle', 'heldText'] : ['paidTitle', 'paidText'];
};

const receiptOf = (receipt: Receipt, { amounts }: PageView, words: Words): Html => {
  const { texts, sum } = words;
  return html`<dl class="receipt">
${row(receipt.isCaptured ? texts.amountPaid : texts.total, html`<strong>${sum(receipt.amount, amounts)}</strong>`)}
${receipt.refunded === 0n ? null : row(texts.refunded, sum(receipt.refunded, amounts))}
${row(texts.date, dateOf(receipt.paidAtMs, words))}
${methodRow(receipt.method, words)}
${row(texts.reference, copied(receipt.payment, 'payment-id', words))}
${receipt.descriptor === null ? null : row(texts.statement, html`<bdi>${receipt.descriptor}</bdi>`)}
${shippingRow(receipt, words)}
${receipt.email === null ? null : row(texts.email, html`<bdi>${receipt.email}</bdi>`)}
</dl>`;
};

const row = (label: string, value: Html): Html =>
  html`<div><dt>${label}</dt><dd>${value}</dd></div>`;

const shippingRow = ({ shipping }: Receipt, words: Words): Html | null => {
  if (shipping === null) return null;
  const time = deliveryTime(shipping.delivery, words);
  return row(
    words.texts.deliveryMethod,
    html`<bdi>${shipping.name}</bdi>${time === null ? null : html`<br><span class="quiet hint"><bdi>${time}</bdi></span>`}`,
  );
};

const methodRow = (method: Receipt['method'], words: Words): Html | null =>
  method.last4 === null && method.brand !== null && isWay(method.brand)
    ? row(
        words.texts.method,
        html`${brandMark(method.brand)} <bdi dir="ltr">${brandName(method.brand)}</bdi>`,
      )
    : cardRow(method, words);

const cardRow = ({ brand, last4 }: Receipt['method'], { texts }: Words): Html | null =>
  last4 === null
    ? null
    : row(
        texts.method,
        html`${brandMark(brand ?? 'unknown')} <bdi dir="ltr">${brandName(brand ?? texts.card)} •••• ${last4}</bdi>`,
      );

const copied = (id: string, name: string, { texts }: Words): Html =>
  html`<bdi dir="ltr" class="id" id="${name}">${id}</bdi> <button type="button" class="link" data-copy="${name}" aria-label="${texts.copy}: ${id}" hidden>${texts.copy}</button>`;

/** Written in world time here; the script writes it once more in the payer's zone. */
const dateOf = (atMs: number, { language }: Words): Html => {
  const at = new Date(atMs);
  const format = new Intl.DateTimeFormat(numberLocaleOf(language), {
    dateStyle: 'long',
    timeStyle: 'short',
    timeZone: 'UTC',
  });
  return html`<time datetime="${at.toISOString()}">${format.format(at)} UTC</time>`;
};
