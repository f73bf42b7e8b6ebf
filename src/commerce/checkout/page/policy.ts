// What a browser may do with the page: run what is pinned, talk to where it came from, and nothing else.
// `data:` is for the empty icon and for a logo that is stored with the account.

export const REPORTS_PATH = '/c/reports';

export type Frames = {
  /** Origins that may show the page in a frame. */
  readonly embedders?: readonly string[];
};

export const policyFor = (nonce: string, { embedders = [] }: Frames = {}): string =>
  [
    "default-src 'none'",
    `script-src 'nonce-${nonce}'`,
    `style-src 'nonce-${nonce}'`,
    'img-src data:',
    "connect-src 'self'",
    "frame-src 'self'",
    "form-action 'self'",
    "base-uri 'none'",
    `frame-ancestors ${embedders.length === 0 ? "'none'" : embedders.join(' ')}`,
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
    // Where `report-to` stands beside it browsers gather reports for a minute, and some send none at all.
    `report-uri ${REPORTS_PATH}`,
  ].join('; ');

export const pageHeaders = (
  nonce: string,
  language: string,
  frames: Frames = {},
): Readonly<Record<string, string>> => ({
  'Content-Type': 'text/html; charset=utf-8',
  'Content-Language': language,
  'Content-Security-Policy': policyFor(nonce, frames),
  'Reporting-Endpoints': `checkout="${REPORTS_PATH}"`,
  // Whatever is not pinned by its hash does not run at all.
  'Integrity-Policy': 'blocked-destinations=(script), endpoints=(checkout)',
  'Cache-Control': 'no-store',
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
  'Cross-Origin-Opener-Policy': 'same-origin-allow-popups',
  'Permissions-Policy':
    'accelerometer=(), camera=(), geolocation=(), gyroscope=(), microphone=(), payment=(), usb=(), publickey-credentials-get=(self)',
  Vary: 'Accept-Language',
});
