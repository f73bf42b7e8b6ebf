// The form of the page, in the words of `/v1/payment_pages/{session}/confirm`: so both are read by the same
// rules, and a browser can say nothing that a program could not.

import { compileParameters, decodeForm } from '#platform/http';
import { confirmParameters } from './confirm-parameters.ts';
import type { Said } from './take-answers.ts';

const read = compileParameters(confirmParameters);

/** Throws the refusal of what cannot be read. */
export const readPageForm = (form: URLSearchParams, nowYear: number): Said => {
  const asked = new URLSearchParams();
  const isSame = form.has('billing_same');
  for (const [name, value] of form) {
    if (value.trim() === '' || (isSame && name.startsWith('billing['))) continue;
    const targets = isSame ? [name, name.replace(/^shipping\[(?!name)/, 'billing[')] : [name];
    for (const target of new Set(targets.map(targetOf))) {
      if (target !== undefined) asked.append(target, value.trim());
    }
  }
  if (form.has('terms')) asked.append('consent[terms_of_service]', 'true');
  asked.append('consent[promotions]', String(form.has('promotions')));
  for (const [name, value] of cardOf(form, nowYear)) asked.append(name, value);
  // Nobody is asked twice for their name: that on the card will do.
  const holder = form.get('card[name]')?.trim() ?? '';
  if (!asked.has('name') && holder !== '') asked.append('name', holder);
  return read(decodeForm(asked.toString())).values as Said;
};

const own: ReadonlySet<string> = new Set([
  'attempt',
  'business_name',
  'email',
  'expected_amount',
  'individual_name',
  'name',
  'phone',
  'shipping_option',
]);

const addressParts = /^(shipping|billing)\[(city|country|line1|line2|postal_code|state)\]$/;

/** Undefined for what is not asked here, such as the button that was pressed. */
const targetOf = (name: string): string | undefined => {
  if (own.has(name) || /^(?:quantity|custom_fields)\[[\w-]+\]$/.test(name)) return name;
  if (name === 'shipping[name]') return name;
  const [, group, part] = addressParts.exec(name) ?? [];
  if (group === undefined) return undefined;
  return group === 'shipping' ? `shipping[address][${part}]` : `billing_address[${part}]`;
};

const METHOD = 'payment_method_data';

/** Sealed by the page's script; where no script runs, plain, to the same door. */
const cardOf = (form: URLSearchParams, nowYear: number): [string, string][] => {
  const way = form.get('method') ?? 'card';
  return way === 'card' ? cardIn(form, nowYear) : awayIn(form, way);
};

/** Who is sent to their bank says who they are, and nothing of a card. */
const awayIn = (form: URLSearchParams, way: string): [string, string][] => {
  const told = {
    name: form.get('away_name')?.trim() ?? '',
    email: form.get('email')?.trim() ?? '',
  };
  return [
    [`${METHOD}[type]`, way],
    ...Object.entries(told).flatMap(([name, text]): [string, string][] =>
      text === '' ? [] : [[`${METHOD}[billing_details][${name}]`, text]],
    ),
  ];
};

const cardIn = (form: URLSearchParams, nowYear: number): [string, string][] => {
  const sealed = form.get('card[sealed]');
  const holder = form.get('card[name]')?.trim() ?? '';
  const common: [string, string][] = [
    [`${METHOD}[type]`, 'card'],
    ...(holder === ''
      ? []
      : ([[`${METHOD}[billing_details][name]`, holder]] satisfies [string, string][])),
  ];
  if (sealed !== null) return [...common, [`${METHOD}[card][sealed]`, sealed]];
  const number = form.get('card[number]')?.replaceAll(/[\s-]/g, '') ?? '';
  if (number === '') return [];
  const [month, year] = expiryOf(form.get('card[expiry]') ?? '', nowYear);
  const cvc = form.get('card[cvc]')?.trim() ?? '';
  return [
    ...common,
    [`${METHOD}[card][number]`, number],
    [`${METHOD}[card][exp_month]`, month],
    [`${METHOD}[card][exp_year]`, year],
    ...(cvc === '' ? [] : ([[`${METHOD}[card][cvc]`, cvc]] satisfies [string, string][])),
  ];
};

/** With spaces wherever a payer puts them. */
const EXPIRY_LENGTH_MAX = 40;
// Each space is matched in one place: in two, a text of thirty thousand stood still for half a minute.
const expiryPattern = /^\s*(\d{1,2})\s*(?:[/.-]\s*)?(\d{4}|\d{2})\s*$/;

/** `12 / 34`, `12/2034`. What is neither is refused as a month that there is not. */
const expiryOf = (text: string, nowYear: number): [string, string] => {
  const written = text.length > EXPIRY_LENGTH_MAX ? '' : text;
  const [, month = '0', year = String(nowYear)] = expiryPattern.exec(written) ?? [];
  const century = Math.floor(nowYear / 100) * 100;
  return [month, year.length === 2 ? String(century + Number(year)) : year];
};
