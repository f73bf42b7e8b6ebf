// What is bought, from whom, for how much: readable before anything else has come.

import { type Html, html } from '#platform/http';
import type { Line, PageView } from '../page-view.ts';
import type { TextKey } from './locales/en.ts';
import type { Words } from './words.ts';

/** So many lines are shown on a phone without asking. */
const LINES_SHOWN = 2;

export const summary = (view: PageView, words: Words): Html => {
  const { merchant, mode, amounts, lines } = view;
  const { tell, sum, texts } = words;
  if (mode === 'setup') {
    return html`<section class="summary" aria-labelledby="what">
<h1 id="what">${tell('saveTitle', { merchant: merchant.name })}</h1></section>`;
  }
  return html`<section class="summary" aria-labelledby="what">
<h1 id="what">${tell('payTitle', { merchant: merchant.name })}</h1>
<p class="amount">${sum(amounts.total, amounts)}</p>
${
  lines.length === 0
    ? null
    : html`<details class="order" ${lines.length <= LINES_SHOWN ? html`open` : null}>
<summary>${texts.summary}</summary>
<ul class="lines">${lines.map((line) => lineOf(line, view, words))}</ul>
${totals(view, words)}
</details>`
}
</section>`;
};

const lineOf = (line: Line, view: PageView, words: Words): Html => {
  const { amounts, status } = view;
  const { tell, sum } = words;
  const isMany = line.quantity > 1;
  const chooser =
    line.adjustable === null || status !== 'open' ? null : quantityOf(line, line.adjustable, words);
  return html`<li>
<span class="what"><span class="name" title="${line.name}"><bdi>${line.name}</bdi></span>
${line.description === null || line.description === '' ? null : html`<span class="quiet"><bdi>${line.description}</bdi></span>`}
${chooser ?? (isMany ? html`<span class="quiet">${words.texts.quantity} <bdi>${line.quantity}</bdi></span>` : null)}</span>
<span class="much">${sum(line.amount, amounts)}
${isMany ? html`<span class="quiet">${tell('each', { amount: sum(line.unitAmount, amounts) })}</span>` : null}</span>
</li>`;
};

const CHOICES_MAX = 100;

const quantityOf = (
  { id, name, quantity }: Line,
  { min, max }: { readonly min: number; readonly max: number },
  { texts }: Words,
): Html => {
  const count = Math.min(max - min + 1, CHOICES_MAX);
  const choices = Array.from({ length: Math.max(count, 1) }, (_, at) => min + at);
  const all = choices.includes(quantity) ? choices : [...choices, quantity];
  return html`<span class="count"><select id="${id}" name="quantity[${id}]" form="pay" data-again aria-label="${texts.quantity}: ${name}">
${all.map((value) => html`<option ${value === quantity ? html`selected` : null}>${value}</option>`)}</select>
<button name="do" value="update" form="pay" formnovalidate class="small">${texts.update}</button></span>`;
};

const totals = ({ amounts }: PageView, { sum, texts }: Words): Html => {
  const parts: readonly (readonly [TextKey, bigint])[] = [
    ['shipping', amounts.shipping],
    ['discount', -amounts.discount],
    ['tax', amounts.tax],
  ];
  const told = parts.filter(([, amount]) => amount !== 0n);
  const rows = told.length === 0 ? [] : [['subtotal', amounts.subtotal] as const, ...told];
  return html`<dl class="totals">
${rows.map(([key, amount]) => html`<div><dt>${texts[key]}</dt><dd>${sum(amount, amounts)}</dd></div>`)}
<div class="whole"><dt>${texts.total}</dt><dd>${sum(amounts.total, amounts)}</dd></div></dl>`;
};
