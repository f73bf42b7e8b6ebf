// A page of ours: complete without a script and without a request to anyone else. Its one sheet of style is
// known to the browser by its hash.

import { createHash } from 'node:crypto';
import { Html, html } from './html.ts';

export type Page = {
  readonly html: string;
  /** Admits this page's own style by its hash, and nothing else. */
  readonly contentSecurityPolicy: string;
};

export const pageOf = (parts: {
  readonly title: string;
  readonly style: string;
  readonly body: Html;
}): Page => {
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${parts.title}</title>
<style>${new Html(parts.style)}</style>
</head>
<body>
${parts.body}
</body>
</html>
`;
  return { html: page.text, contentSecurityPolicy: policyFor(parts.style) };
};

const policyFor = (style: string): string => {
  const hash = createHash('sha256').update(style).digest('base64');
  return `default-src 'none'; style-src 'sha256-${hash}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`;
};
