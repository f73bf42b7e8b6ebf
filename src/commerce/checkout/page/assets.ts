// The style and the scripts of the page, read once from `web/`: what is pinned is what stands in the repository,
// without its comments. They are read and not imported, because the product does not use its pages.

import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { Html, html } from '#platform/http';

const read = (path: string): Buffer =>
  readFileSync(new URL(`../../../../web/${path}`, import.meta.url));

export type PageScript = {
  /** As the source calls it; an import map leads from here to what is pinned. */
  readonly alias: string;
  /** Named by its content: what is found there never changes. */
  readonly path: string;
  readonly integrity: string;
  readonly bytes: Buffer;
  /** Why it is on a page that takes cards (PCI DSS 6.4.3). */
  readonly reason: string;
};

/** What stands in the repository, as it is served. */
export const sourceOf = (path: string): string => withoutComments(read(path).toString('utf8'));

export const pinned = (alias: string, source: string, reason: string): PageScript => {
  const bytes = Buffer.from(joined(source));
  const hash = createHash('sha384').update(bytes).digest();
  return {
    alias,
    path: alias.replace(/\.(m?js)$/, `.${hash.toString('hex').slice(0, 16)}.$1`),
    integrity: `sha384-${hash.toString('base64')}`,
    bytes,
    reason,
  };
};

const script = (name: string, reason: string): PageScript =>
  pinned(`/${name}.js`, sourceOf(`${name}.js`), reason);

/** Comments and indentation are for readers of the repository; a third of the bytes is theirs. */
const withoutComments = (source: string): string =>
  source
    .replaceAll(/^\s*\/\*\*[\s\S]*?\*\/\s*$/gm, '')
    .replaceAll(/^\s*\/\/.*$/gm, '')
    .replaceAll(/\/\*\* ?@[^*]*\*\/ ?/g, '')
    .replaceAll(/^\s+/gm, '');

/** Where nothing can end, or nothing can begin, a line goes on. */
const joined = (source: string): string =>
  source.replaceAll(/([{,(;[=&|?:>])\n/g, '$1').replaceAll(/\n([})\].?:&|])/g, '$1');

/** Everything that may run on the page, the one that begins last. */
export const pageScripts: readonly PageScript[] = [
  script(
    'elements/seal',
    "Encrypts card fields in the payer's browser, so that no server before the vault sees a card number.",
  ),
  script(
    'checkout/proof',
    'Proves a moment of work where many cards were tried in vain, so that trying thousands costs hours.',
  ),
  script(
    'checkout/card-rules',
    'Formats and checks card fields while they are typed: brand, check digit, date, length of the security code.',
  ),
  script(
    'checkout/card-fields',
    'Keeps the caret in its place while card fields are formatted, and goes on to the next one.',
  ),
  script(
    'checkout/checkout',
    'Runs the form of the page: messages, the confirmation of the bank in a frame, the state of the payment as it changes.',
  ),
];

export const styleIn = (path: string): string =>
  read(path)
    .toString('utf8')
    .replaceAll(/\/\*[\s\S]*?\*\//g, '')
    .replaceAll(/\s*\n\s*/g, '')
    .replaceAll(/\s*([{};,])\s*/g, '$1')
    .replaceAll(/:\s+/g, ':')
    .replaceAll(';}', '}');

export const pageStyle: string = styleIn('checkout/checkout.css');

const importMap = (scripts: readonly PageScript[]): string =>
  JSON.stringify({
    imports: Object.fromEntries(scripts.map(({ alias, path }) => [alias, path])),
    integrity: Object.fromEntries(scripts.map(({ path, integrity }) => [path, integrity])),
  });

/** An import map pins where browsers know `integrity` in it, and the tags pin everywhere. */
export const scriptTags = (
  scripts: readonly PageScript[],
  nonce: string,
): Html => html`${scripts.length > 1 ? html`<script type="importmap" nonce="${nonce}">${new Html(importMap(scripts))}</script>` : null}
${scripts.map(
  ({
    path,
    integrity,
  }) => html`<script type="module" src="${path}" integrity="${integrity}" crossorigin nonce="${nonce}"></script>
`,
)}`;
