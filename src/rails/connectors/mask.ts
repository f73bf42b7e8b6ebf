// Takes out of an exchange what nobody may read: by value, what the call itself knew to be secret; by
// name, the headers and fields that carry secrets; by shape, whatever looks like a card number or a key.

import { isUtf8 } from 'node:buffer';
import { beginningOf, maskSensitive } from '#platform/http';

const LENGTH_MAX = 16_000;
const GONE = '****';

const secretHeader = /auth|cookie|secret|token|signature|api-?key|password/i;
/** By how its name ends: looking back for where it begins, at every letter of a long one, stood still for seconds. */
const secretField =
  /((?:secret|password|passwd|token|api_?key|cvc|cvv2?|csc|security_code|pan|cryptogram|cavv)["'\]]?(?:%5D)*\s*[:=]\s*["']?)([^"'&\s,}<]+)/gi;

export const maskText = (text: string, hidden: readonly string[]): string => {
  let masked = text;
  // The longest first: a short one may stand within it.
  for (const value of hidden.toSorted((a, b) => b.length - a.length)) {
    for (const spelling of spellings(value)) masked = withoutValue(masked, spelling);
  }
  return maskSensitive(masked).replaceAll(secretField, `$1${GONE}`);
};

/** As it is, in a form, in JSON, and as Basic authentication has it. */
const spellings = (value: string): Set<string> =>
  new Set([
    value,
    encodeURIComponent(value),
    JSON.stringify(value).slice(1, -1),
    Buffer.from(`${value}:`).toString('base64'),
    Buffer.from(value).toString('base64'),
  ]);

/** A security code is three digits, which also stand in amounts: only where it stands alone. */
const withoutValue = (text: string, value: string): string => {
  if (value === '') return text;
  if (!/^\d{1,8}$/.test(value)) return text.replaceAll(value, GONE);
  return text.replaceAll(new RegExp(`(?<!\\d)${value}(?!\\d)`, 'g'), GONE);
};

export const maskHeaders = (
  headers: Readonly<Record<string, string>>,
  hidden: readonly string[],
): string =>
  Object.entries(headers)
    .map(([name, value]) =>
      secretHeader.test(name) ? `${name}: ${GONE}` : `${name}: ${maskText(value, hidden)}`,
    )
    .join('\n');

export const maskBody = (body: string | Buffer | undefined, hidden: readonly string[]): string => {
  if (body === undefined || body.length === 0) return '';
  if (typeof body !== 'string' && !isUtf8(body)) return `(${body.length} bytes)`;
  return cut(maskText(body.toString(), hidden));
};

/** After masking, so that no half of anything is left. */
const cut = (text: string): string =>
  text.length > LENGTH_MAX
    ? `${beginningOf(text, LENGTH_MAX)} … (${text.length} characters)`
    : text;
