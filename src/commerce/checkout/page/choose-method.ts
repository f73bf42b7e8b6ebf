// Which way to pay is chosen: a plain list of radio buttons, drawn on the server, that works before and without
// any script. What belongs to the others is hidden by the style alone.

import { type Html, html } from '#platform/http';
import type { PageMethod, PageRequest, PageView } from '../page-view.ts';
import { field } from './fields.ts';
import { brandMark, brandName } from './icons.ts';
import type { Words } from './words.ts';

/** Cards first, but for payers of a country that pays in another way. */
export const methodsFor = (
  { methods, known }: PageView,
  { acceptLanguage }: Pick<PageRequest, 'acceptLanguage'>,
  { language }: Pick<Words, 'language'>,
): readonly PageMethod[] => {
  const said =
    known.shipping?.country ?? known.billing?.country ?? regionOf(acceptLanguage ?? language);
  const isOfPayer = ({ countries = [] }: PageMethod): boolean =>
    said !== null && countries.includes(said);
  return [...methods.filter(isOfPayer), ...methods.filter((method) => !isOfPayer(method))];
};

/** Of the language that the payer wants most: `nl-BE`, and `nl` alone where most of its speakers are. */
const regionOf = (acceptLanguage: string): string | null => {
  const [first = ''] = acceptLanguage.split(/[,;]/);
  try {
    const locale = new Intl.Locale(first.trim());
    return locale.region ?? (locale.language === 'en' ? null : (locale.maximize().region ?? null));
  } catch {
    return null;
  }
};

export const chooseMethod = (
  methods: readonly PageMethod[],
  { chosen = null }: Pick<PageView, 'chosen'>,
  { texts }: Words,
): Html | null => {
  const [first, second] = methods;
  if (first === undefined) return null;
  if (second === undefined) {
    return first.type === 'card'
      ? null
      : html`<input type="hidden" name="method" value="${first.type}">`;
  }
  const checked = methods.find(({ type }) => type === chosen) ?? first;
  return html`<fieldset id="ways"><legend>${texts.method}</legend>
<div class="choices" role="radiogroup" aria-label="${texts.method}">${methods.map(
    (
      method,
    ) => html`<label class="choice"><input type="radio" id="m-${method.type}" name="method" value="${method.type}" ${method === checked ? html`checked` : null} ${method.needsName === true ? html`data-named` : null}>
<span>${method.type === 'card' ? texts.card : html`<bdi>${method.name ?? brandName(method.type)}</bdi>`}</span><span class="much">${
      method.type === 'card'
        ? html`<span class="brands">${method.brands.map((brand) => brandMark(brand))}</span>`
        : brandMark(method.type)
    }</span></label>`,
  )}</div></fieldset>`;
};

/** What has to be known of who goes to their bank, and that they go there. */
export const awayFields = (
  methods: readonly PageMethod[],
  { known, declined }: PageView,
  words: Words,
): Html | null => {
  const others = methods.filter(({ type }) => type !== 'card');
  if (others.length === 0) return null;
  const isNamed = others.some(({ needsName }) => needsName === true);
  const error = declined?.field === 'away-name' ? words.texts.needRequired : null;
  return html`<div class="away">
${
  isNamed
    ? html`<div class="named">${field({ id: 'away-name', name: 'away_name', label: words.texts.name, autocomplete: 'name', value: known.name, maxLength: 150, isLenient: true, error }, words)}</div>`
    : null
}
<p class="quiet small">${words.texts.awayNote}</p></div>`;
};
