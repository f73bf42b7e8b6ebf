// The languages there are, and which of them somebody gets.

import { ar } from './locales/ar.ts';
import { cs } from './locales/cs.ts';
import { da } from './locales/da.ts';
import { de } from './locales/de.ts';
import { en } from './locales/en.ts';
import { es } from './locales/es.ts';
import { fr } from './locales/fr.ts';
import { he } from './locales/he.ts';
import { hi } from './locales/hi.ts';
import { it } from './locales/it.ts';
import { ja } from './locales/ja.ts';
import { ko } from './locales/ko.ts';
import { nl } from './locales/nl.ts';
import { pl } from './locales/pl.ts';
import { ptBr } from './locales/pt-br.ts';
import { ru } from './locales/ru.ts';
import { sv } from './locales/sv.ts';
import { tr } from './locales/tr.ts';
import { zhHans } from './locales/zh-hans.ts';
import { zhHant } from './locales/zh-hant.ts';
import type { Words } from './words.ts';

export const languages = {
  en,
  de,
  fr,
  es,
  it,
  nl,
  'pt-BR': ptBr,
  pl,
  sv,
  da,
  cs,
  tr,
  ja,
  ko,
  'zh-Hans': zhHans,
  'zh-Hant': zhHant,
  hi,
  ar,
  he,
  ru,
} as const satisfies Readonly<Record<string, Words>>;
export type Locale = keyof typeof languages;
export const locales = Object.keys(languages) as Locale[];

export const wordsOf = (locale: Locale): Words => languages[locale];

const rightToLeft: readonly string[] = ['ar', 'he'];
export const directionOf = (locale: Locale): 'ltr' | 'rtl' =>
  rightToLeft.includes(locale) ? 'rtl' : 'ltr';

/** The first of the wishes that we speak: `de-AT` is served by `de`. English speaks to everybody else. */
export const localeFor = (wishes: readonly (string | null | undefined)[]): Locale => {
  for (const wish of wishes) {
    const found = wish && spoken(wish);
    if (found) return found;
  }
  return 'en';
};

const others: Readonly<Record<string, string>> = {
  'zh-tw': 'zh-Hant',
  'zh-hk': 'zh-Hant',
  'zh-mo': 'zh-Hant',
  zh: 'zh-Hans',
  pt: 'pt-BR',
  iw: 'he',
};

const spoken = (wish: string): Locale | undefined => {
  for (let tag = wish.trim().replaceAll('_', '-').toLowerCase(); tag !== ''; ) {
    const name = others[tag]?.toLowerCase() ?? tag;
    const found = locales.find((locale) => locale.toLowerCase() === name);
    if (found !== undefined) return found;
    tag = tag.includes('-') ? tag.slice(0, tag.lastIndexOf('-')) : '';
  }
  return undefined;
};
