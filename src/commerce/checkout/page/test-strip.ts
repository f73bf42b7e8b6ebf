// The orange strip of test mode. It is not in the page of a live session at all: the caller asks, and
// this refuses once more.

import { type Html, html } from '#platform/http';
import type { PageView } from '../page-view.ts';
import { glyphs } from './icons.ts';
import { cardGroups, grouped } from './test-cards.ts';
import type { Words } from './words.ts';

export const testStrip = (view: PageView, { texts }: Words): Html | null => {
  if (view.livemode) return null;
  const said = html`<strong>${texts.testMode}</strong> <span>${texts.testText}</span>`;
  if (view.status !== 'open')
    return html`<aside class="test" aria-label="${texts.testMode}"><p>${said}</p></aside>`;

  return html`<aside class="test" aria-label="${texts.testMode}"><details>
<summary>${glyphs.warn}<span class="said">${said}</span><span class="more">${texts.testCards}</span></summary>
<div class="cards" lang="en" dir="ltr">${cardGroups.map(
    ({ name, cards }) =>
      html`<section><h2>${name}</h2><ul>${cards.map(
        ({ number, does }) => html`<li><button type="button" data-card="${number}">
<span>${does}</span><code>${grouped(number)}</code></button></li>`,
      )}</ul></section>`,
  )}</div>
</details></aside>`;
};
