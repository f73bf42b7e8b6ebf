// An address, in the order in which most of the world writes it, with the names of countries in the
// payer's language.

import { type Html, html } from '#platform/http';
import type { Address } from '../page-view.ts';
import { field, select } from './fields.ts';
import type { Words } from './words.ts';

export const addressFields = (
  it: {
    readonly group: 'billing' | 'shipping';
    readonly countries: readonly string[] | null;
    readonly value: Address | null;
    readonly isLenient?: boolean;
  },
  words: Words,
): Html => {
  const { texts } = words;
  const at = (name: keyof Address, label: string, token: string, more: object = {}): Html =>
    field(
      {
        id: `${it.group}-${name}`,
        name: `${it.group}[${name}]`,
        label,
        autocomplete: `${it.group} ${token}`,
        value: it.value?.[name] ?? null,
        maxLength: 200,
        isLenient: it.isLenient ?? false,
        ...more,
      },
      words,
    );
  const half = { wide: false };

  return html`${select(
    {
      id: `${it.group}-country`,
      name: `${it.group}[country]`,
      label: texts.country,
      autocomplete: `${it.group} country`,
      value: it.value?.country ?? (it.countries?.length === 1 ? it.countries[0]! : null),
      isLenient: it.isLenient ?? false,
      options: countryOptions(it.countries, words),
    },
    words,
  )}
${at('line1', texts.line1, 'address-line1')}
${at('line2', texts.line2, 'address-line2', { required: false })}
<div class="row">${at('postal_code', texts.postalCode, 'postal-code', { ...half, required: false })}
${at('city', texts.city, 'address-level2', half)}</div>
${at('state', texts.state, 'address-level1', { required: false, last: true })}`;
};

const codes =
  'AC AD AE AF AG AI AL AM AO AR AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BW BY BZ CA CD CF CG CH CI CK CL CM CN CO CR CV CW CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FO FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GT GU GW GY HK HN HR HT HU ID IE IL IM IN IQ IS IT JE JM JO JP KE KG KH KI KM KN KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MK ML MM MN MO MQ MR MS MT MU MV MW MX MY MZ NA NC NE NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PY QA RE RO RS RU RW SA SB SC SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SZ TC TD TF TG TH TJ TK TL TM TN TO TR TT TV TW TZ UA UG US UY UZ VA VC VE VG VN VU WF WS XK YE YT ZA ZM ZW'.split(
    ' ',
  );

const kept = new Map<string, readonly { readonly value: string; readonly label: string }[]>();

/** Sorted as the language sorts. Naming all countries takes milliseconds, so it is done once. */
export const countryOptions = (
  countries: readonly string[] | null,
  { language }: Words,
): readonly { readonly value: string; readonly label: string }[] => {
  const known = countries === null ? kept.get(language) : undefined;
  if (known !== undefined) return known;
  const names = new Intl.DisplayNames([language], { type: 'region' });
  const order = new Intl.Collator(language);
  const options = (countries ?? codes)
    .filter((code) => /^[A-Z]{2}$/.test(code))
    .map((value) => ({ value, label: names.of(value) ?? value }))
    .toSorted((a, b) => order.compare(a.label, b.label));
  if (countries === null) kept.set(language, options);
  return options;
};
