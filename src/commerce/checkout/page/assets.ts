// The style and the scripts of the page, read once from `web/`: the bytes that are pinned are the bytes
// of the repository. They are read and not imported, because the product does not use its pages.

import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';

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

const script = (folder: string, name: string, reason: string): PageScript => {
  const bytes = read(`${folder}/${name}.js`);
  const hash = createHash('sha384').update(bytes).digest();
  return {
    alias: `/${folder}/${name}.js`,
    path: `/${folder}/${name}.${hash.toString('hex').slice(0, 16)}.js`,
    integrity: `sha384-${hash.toString('base64')}`,
    bytes,
    reason,
  };
};

/** Everything that may run on the page, the one that begins last. */
export const pageScripts: readonly PageScript[] = [
  script(
    'elements',
    'seal',
    "Encrypts card fields in the payer's browser, so that no server before the vault sees a card number.",
  ),
  script(
    'checkout',
    'card-rules',
    'Formats and checks card fields while they are typed: brand, check digit, date, length of the security code.',
  ),
  script(
    'checkout',
    'card-fields',
    'Keeps the caret in its place while card fields are formatted, and goes on to the next one.',
  ),
  script(
    'checkout',
    'checkout',
    'Runs the form of the page: messages, the confirmation of the bank in a frame, the state of the payment as it changes.',
  ),
];

/** Comments and the space around are for readers of the repository. */
export const pageStyle: string = read('checkout/checkout.css')
  .toString('utf8')
  .replaceAll(/\/\*[\s\S]*?\*\//g, '')
  .replaceAll(/\s*\n\s*/g, '')
  .replaceAll(/\s*([{};,])\s*/g, '$1')
  .replaceAll(/:\s+/g, ':')
  .replaceAll(';}', '}');

export const importMap: string = JSON.stringify({
  imports: Object.fromEntries(pageScripts.map(({ alias, path }) => [alias, path])),
  integrity: Object.fromEntries(pageScripts.map(({ path, integrity }) => [path, integrity])),
});
