// How sentences, amounts and dates are put on the page. Amounts, ids and digits run from left to right
// whatever the language around them does.

import { formatMoney } from '#kit/money';
import { Html, html } from '#platform/http';
import type { Amounts } from '../page-view.ts';
import { directionOf, type LanguageTag, numberLocaleOf } from './language.ts';
import type { TextKey, Texts } from './locales/en.ts';
import { textsOf } from './locales/index.ts';

export type Words = {
  readonly language: LanguageTag;
  readonly direction: 'ltr' | 'rtl';
  readonly texts: Texts;
  /** The sentence as text, for attributes and scripts. */
  say(key: TextKey, values?: Readonly<Record<string, string>>): string;
  /** The sentence as HTML: what is put in is kept apart from the direction around it. */
  tell(key: TextKey, values?: Readonly<Record<string, string | Html>>): Html;
  money(amount: bigint, of: Pick<Amounts, 'currency' | 'digits'>): string;
  /** The same, to be set into HTML. */
  sum(amount: bigint, of: Pick<Amounts, 'currency' | 'digits'>): Html;
};

export const wordsIn = (language: LanguageTag): Words => {
  const texts = textsOf(language);
  const money: Words['money'] = (amount, { currency, digits }) =>
    formatMoney(amount, { currency, exponent: digits, locale: numberLocaleOf(language) });

  return {
    language,
    direction: directionOf(language),
    texts,
    say: (key, values = {}) =>
      texts[key].replaceAll(/\{(\w+)\}/g, (whole, name: string) => values[name] ?? whole),
    tell: (key, values = {}) => {
      const parts = texts[key].split(/(\{\w+\})/);
      return html`${parts.map((part) => {
        const value = part.startsWith('{') ? values[part.slice(1, -1)] : undefined;
        if (value === undefined) return part;
        return value instanceof Html ? value : html`<bdi>${value}</bdi>`;
      })}`;
    },
    money,
    sum: (amount, of) => html`<bdi dir="ltr" class="sum">${money(amount, of)}</bdi>`,
  };
};
