// What a browser without scripts sends: the fields as they were typed. They become the parameters that the
// API knows; the card's number goes no further than to it.

export const NUMBER = 'payment_method_data[card][number]';
export const EXPIRY = 'payment_method_data[card][expiry]';
export const CVC = 'payment_method_data[card][cvc]';

/** Of the form itself and not of the API. */
const ours = new Set(['do', EXPIRY]);

export const readForm = (body: string): URLSearchParams => {
  const said = new URLSearchParams();
  const form = new URLSearchParams(body);
  for (const [name, value] of form) {
    // An empty field says nothing.
    if (!ours.has(name) && value !== '') said.append(name, value);
  }
  const [, month, year] = /^\s*(\d{1,2})\D*(\d{2}|\d{4})\s*$/.exec(form.get(EXPIRY) ?? '') ?? [];
  if (month !== undefined && year !== undefined) {
    said.set('payment_method_data[card][exp_month]', month);
    said.set('payment_method_data[card][exp_year]', year);
  }
  const number = said.get(NUMBER);
  if (number !== null) said.set(NUMBER, number.replaceAll(/[\s-]/g, ''));
  const name = said.get('name');
  if (name !== null) said.set('payment_method_data[billing_details][name]', name);
  return said;
};
