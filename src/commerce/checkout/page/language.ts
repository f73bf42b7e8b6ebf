// Which language the page speaks: what the payer asked for in the address, then what the merchant chose,
// then what the browser prefers, then English.

export const languageTags = [
  'en',
  'de',
  'fr',
  'es',
  'it',
  'nl',
  'pt-BR',
  'pl',
  'sv',
  'da',
  'cs',
  'tr',
  'ja',
  'ko',
  'zh-Hans',
  'zh-Hant',
  'hi',
  'ar',
  'he',
  'ru',
] as const;
export type LanguageTag = (typeof languageTags)[number];

const rightToLeft: ReadonlySet<LanguageTag> = new Set(['ar', 'he']);
export const directionOf = (language: LanguageTag): 'ltr' | 'rtl' =>
  rightToLeft.has(language) ? 'rtl' : 'ltr';

/** Receipts as files have fonts that know the letters of western Europe alone; elsewhere the page is printed. */
export const hasPdf = (language: LanguageTag): boolean =>
  ['en', 'de', 'fr', 'es', 'it', 'nl', 'pt-BR', 'sv', 'da'].includes(language);

/** Digits stay those of the card in every language, so that a payer can compare them. */
export const numberLocaleOf = (language: LanguageTag): string => `${language}-u-nu-latn`;

export const chooseLanguage = (asked: {
  readonly lang: string | null;
  readonly preferred: string | null;
  readonly acceptLanguage: string | null;
}): LanguageTag => {
  const wanted = [asked.lang, asked.preferred, ...tagsOf(asked.acceptLanguage ?? '')];
  for (const tag of wanted) {
    const known = tag === null ? null : closest(tag);
    if (known !== null) return known;
  }
  return 'en';
};

const TAGS_MAX = 20;

/** `de-AT, de;q=0.8, en;q=0.5`, the best first. */
const tagsOf = (header: string): readonly string[] =>
  header
    .split(',', TAGS_MAX)
    .map((part) => {
      const [tag = '', ...more] = part.trim().split(';');
      const quality = /^\s*q=([\d.]+)/.exec(more[0] ?? '');
      return { tag, quality: quality === null ? 1 : Number(quality[1]) };
    })
    .filter(({ quality }) => quality > 0)
    .toSorted((a, b) => b.quality - a.quality)
    .map(({ tag }) => tag);

const closest = (tag: string): LanguageTag | null => {
  const lower = tag.trim().replaceAll('_', '-').toLowerCase();
  const exact = languageTags.find((known) => known.toLowerCase() === lower);
  if (exact !== undefined) return exact;
  const [language = '', ...rest] = lower.split('-');
  if (language === 'zh') {
    const isTraditional = rest.some((part) => ['hant', 'tw', 'hk', 'mo'].includes(part));
    return isTraditional ? 'zh-Hant' : 'zh-Hans';
  }
  if (language === 'pt') return 'pt-BR';
  if (language === 'iw') return 'he';
  return languageTags.find((known) => known === language) ?? null;
};
