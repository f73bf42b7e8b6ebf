// How long a delivery takes, as a payer reads it: "3–5 business days". Days, hours, weeks and months are
// Intl's; it has no business days, so their forms stand here, one for each form of number of a language.

import type { DeliveryTime } from '../page-view.ts';
import type { DeliveryBound } from '../shipping-options.ts';
import { type LanguageTag, numberLocaleOf } from './language.ts';
import type { Words } from './words.ts';

/** Null where nothing is said of it. */
export const deliveryTime = (
  delivery: DeliveryTime | null,
  { language, say }: Words,
): string | null => {
  const { min, max } = delivery ?? { min: null, max: null };
  if (min !== null && max !== null) {
    if (min.unit === max.unit) return spanOf(min.unit, [min.value, max.value], language);
    return `${lengthOf(min, language)} – ${lengthOf(max, language)}`;
  }
  if (min !== null) return say('atLeast', { time: lengthOf(min, language) });
  return max === null ? null : say('atMost', { time: lengthOf(max, language) });
};

const lengthOf = ({ unit, value }: DeliveryBound, language: LanguageTag): string =>
  spanOf(unit, [value, value], language);

const spanOf = (
  unit: DeliveryBound['unit'],
  [from, to]: readonly [number, number],
  language: LanguageTag,
): string => {
  const locale = numberLocaleOf(language);
  const isSpan = from < to;
  if (unit !== 'business_day') {
    const format = new Intl.NumberFormat(locale, { style: 'unit', unit, unitDisplay: 'long' });
    return isSpan ? format.formatRange(from, to) : format.format(to);
  }
  const format = new Intl.NumberFormat(locale);
  const rules = new Intl.PluralRules(locale) as RangeRules;
  const form = isSpan ? rules.selectRange(from, to) : rules.select(to);
  const forms = businessDays[language];
  return (forms[form] ?? forms.other).replace(
    '#',
    isSpan ? format.formatRange(from, to) : format.format(to),
  );
};

/** The library of types does not know it yet. */
type RangeRules = Intl.PluralRules & {
  selectRange(from: number, to: number): Intl.LDMLPluralRule;
};

type Forms = Partial<Record<Intl.LDMLPluralRule, string>> & { readonly other: string };

const businessDays: Readonly<Record<LanguageTag, Forms>> = {
  en: { one: '# business day', other: '# business days' },
  de: { one: '# Werktag', other: '# Werktage' },
  fr: { one: '# jour ouvré', other: '# jours ouvrés' },
  es: { one: '# día laborable', other: '# días laborables' },
  it: { one: '# giorno lavorativo', other: '# giorni lavorativi' },
  nl: { one: '# werkdag', other: '# werkdagen' },
  'pt-BR': { one: '# dia útil', other: '# dias úteis' },
  pl: { one: '# dzień roboczy', few: '# dni robocze', other: '# dni roboczych' },
  sv: { one: '# arbetsdag', other: '# arbetsdagar' },
  da: { one: '# hverdag', other: '# hverdage' },
  cs: { one: '# pracovní den', few: '# pracovní dny', other: '# pracovních dní' },
  tr: { other: '# iş günü' },
  ja: { other: '#営業日' },
  ko: { other: '영업일 기준 #일' },
  'zh-Hans': { other: '# 个工作日' },
  'zh-Hant': { other: '# 個工作天' },
  hi: { other: '# कार्य दिवस' },
  ar: {
    one: 'يوم عمل واحد',
    two: 'يوما عمل',
    few: '# أيام عمل',
    many: '# يوم عمل',
    other: '# يوم عمل',
  },
  he: { one: 'יום עסקים אחד', two: 'שני ימי עסקים', other: '# ימי עסקים' },
  ru: { one: '# рабочий день', few: '# рабочих дня', other: '# рабочих дней' },
};
