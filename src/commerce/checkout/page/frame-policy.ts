// What the pages inside our own frame may do: nothing but show, and only to us
// and to whom the merchant lets embed us.

import { REPORTS_PATH } from './policy.ts';

export type Rendered = {
  readonly body: string;
  readonly headers: Readonly<Record<string, string>>;
};

export const policyOfFrame = (
  nonce: string,
  frames: string,
  /** Who may show the checkout, and with it what the checkout shows. */
  embedders: readonly string[],
): Readonly<Record<string, string>> => ({
  'Content-Type': 'text/html; charset=utf-8',
  'Content-Security-Policy': [
    "default-src 'none'",
    `style-src 'nonce-${nonce}'`,
    frames,
    "form-action 'none'",
    "base-uri 'none'",
    ["frame-ancestors 'self'", ...embedders].join(' '),
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
    `report-uri ${REPORTS_PATH}`,
  ].join('; '),
  'Cache-Control': 'no-store',
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
});
