// What the pages inside our own frame may do: nothing but show, and only to us.

import { REPORTS_PATH } from './policy.ts';

export type Rendered = {
  readonly body: string;
  readonly headers: Readonly<Record<string, string>>;
};

export const policyOfFrame = (nonce: string, frames: string): Readonly<Record<string, string>> => ({
  'Content-Type': 'text/html; charset=utf-8',
  'Content-Security-Policy': [
    "default-src 'none'",
    `style-src 'nonce-${nonce}'`,
    frames,
    "form-action 'none'",
    "base-uri 'none'",
    "frame-ancestors 'self'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
    `report-uri ${REPORTS_PATH}`,
  ].join('; '),
  'Cache-Control': 'no-store',
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
});
