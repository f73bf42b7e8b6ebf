// What the frames in merchants' pages may do: run what is pinned, talk to where they came from, be framed.

import { REPORTS_PATH } from '#commerce/checkout';

/** Whose pages frame it. */
export type Framing = {
  readonly livemode: boolean;
  /** Origins the account named; when it named none, any page may, as any shop may have an account. */
  readonly embedders: readonly string[];
};

const anyPage = ({ livemode }: Framing): readonly string[] =>
  livemode ? ['https:'] : ['https:', 'http:'];

const shared = (framing: Framing, nonce: string): readonly string[] => [
  "default-src 'none'",
  `script-src 'nonce-${nonce}'`,
  `style-src 'nonce-${nonce}'`,
  "connect-src 'self'",
  "form-action 'none'",
  "base-uri 'none'",
  ['frame-ancestors', ...ancestorsOf(framing)].join(' '),
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
  `report-uri ${REPORTS_PATH}`,
];

const ancestorsOf = (framing: Framing): readonly string[] =>
  framing.embedders.length === 0 ? anyPage(framing) : framing.embedders;

export const framePolicy = (framing: Framing, nonce: string): string =>
  shared(framing, nonce).join('; ');

export const challengePolicy = (framing: Framing, nonce: string): string =>
  [...shared(framing, nonce), ["frame-src 'self'", ...anyPage(framing)].join(' ')].join('; ');
