// What the frames in merchants' pages may do: run what is pinned, talk to where they came from, be framed.

import { REPORTS_PATH } from '#commerce/checkout';

const shared = (query: URLSearchParams, nonce: string): readonly string[] => [
  "default-src 'none'",
  `script-src 'nonce-${nonce}'`,
  `style-src 'nonce-${nonce}'`,
  "connect-src 'self'",
  "form-action 'none'",
  "base-uri 'none'",
  `frame-ancestors https:${isLive(query) ? '' : ' http:'}`,
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
  `report-uri ${REPORTS_PATH}`,
];

export const framePolicy = (query: URLSearchParams, nonce: string): string =>
  shared(query, nonce).join('; ');

export const challengePolicy = (query: URLSearchParams, nonce: string): string =>
  [...shared(query, nonce), `frame-src 'self' https:${isLive(query) ? '' : ' http:'}`].join('; ');

const isLive = (query: URLSearchParams): boolean =>
  query.get('key')?.startsWith('pk_live_') === true;
