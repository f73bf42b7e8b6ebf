// The scripts that a merchant's page loads itself. `seal.js` is served as it stands in the repository, for pages
// that import it; the loader without its comments, because every page pays for its bytes. They are read and
// not imported, because the product does not use its pages.

import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { gzipSync } from 'node:zlib';
import { pinned, sourceOf } from '#commerce/checkout';
import { type Context, realClock } from '#kit/context';
import { type PlainHandler, takesGzip } from '#platform/http';

/** Why each script is on a page that takes cards (PCI DSS 6.4.3). */
const loaderReason =
  'Puts the card fields of the gateway into the page as frames, and passes on what they answer; no digit comes to it.';
const sealReason =
  "Encrypts card fields in the payer's browser, so that no server before the vault sees a card number.";

export const scriptFiles = (context: Pick<Context, 'clock'>): readonly PlainHandler[] => {
  const loader = pinned('/elements/tollgate.js', sourceOf('elements/tollgate.js'), loaderReason);
  const module = pinned(
    '/elements/tollgate.mjs',
    asModule(sourceOf('elements/tollgate.js')),
    loaderReason,
  );
  const read: readonly Script[] = [
    readSeal(),
    { name: 'tollgate.js', ...loader },
    { name: 'tollgate.mjs', ...module },
  ];
  return [
    ...read.flatMap((script) => [
      still(`/elements/${script.name}`, script.bytes, scriptType, 'no-cache'),
      still(script.path, script.bytes, scriptType, 'public, max-age=31536000, immutable'),
    ]),
    still('/v1/tollgate.js', loader.bytes, scriptType, 'no-cache'),
    still('/v1/tollgate.mjs', module.bytes, scriptType, 'no-cache'),
    still('/v1/tollgate.d.ts', typesOfLoader(), 'text/plain; charset=utf-8', 'no-cache'),
    still('/elements/manifest.json', manifestOf(read), 'application/json', 'no-cache'),
    timeHandler(context),
  ];
};

/** The same for pages that import it: where it came from it is told by its own address. */
const asModule = (source: string): string =>
  `${source.replace('(document.currentScript)?.src', 'import.meta.url')}
export const { Tollgate } = globalThis;
export default Tollgate;
`;

const typesOfLoader = (): Buffer =>
  readFileSync(new URL('../../../web/elements/tollgate.d.ts', import.meta.url));

const scriptType = 'text/javascript; charset=utf-8';

type Script = {
  readonly name: string;
  readonly reason: string;
  readonly bytes: Buffer;
  readonly integrity: string;
  /** Named by its content: what is found there never changes. */
  readonly path: string;
};

const readSeal = (): Script => {
  const bytes = readFileSync(new URL('../../../web/elements/seal.js', import.meta.url));
  const hash = createHash('sha384').update(bytes).digest();
  return {
    name: 'seal.js',
    reason: sealReason,
    bytes,
    integrity: `sha384-${hash.toString('base64')}`,
    path: `/elements/seal.${hash.toString('hex').slice(0, 16)}.js`,
  };
};

const manifestOf = (read: readonly Script[]): Buffer => {
  const listed = read.map(({ name, path, integrity, bytes, reason }) => ({
    name,
    path,
    alias: `/elements/${name}`,
    integrity,
    bytes: bytes.length,
    reason,
  }));
  return Buffer.from(`${JSON.stringify({ object: 'elements_manifest', scripts: listed })}\n`);
};

/** For pages of any origin, also those that ask for consent of all they embed. */
const openHeaders = {
  'Access-Control-Allow-Origin': '*',
  'Cross-Origin-Resource-Policy': 'cross-origin',
} as const;

/** Bytes that stay the same until the next start, plain and compressed. */
const still = (path: string, plain: Buffer, type: string, caching: string): PlainHandler => {
  const tag = createHash('sha256').update(plain).digest('base64url').slice(0, 22);
  const gzipped = gzipSync(plain, { level: 9 });
  const shared = {
    ...openHeaders,
    'Content-Type': type,
    'Cache-Control': caching,
    Vary: 'Accept-Encoding',
  };

  return {
    method: 'GET',
    path,
    handle: (request, response) => {
      const compressed = takesGzip(request);
      const headers = { ...shared, ETag: compressed ? `"${tag}-gzip"` : `"${tag}"` };
      if (knows(request, headers.ETag)) {
        response.writeHead(304, headers).end();
        return;
      }
      const body = compressed ? gzipped : plain;
      response
        .writeHead(200, {
          ...headers,
          ...(compressed ? { 'Content-Encoding': 'gzip' } : {}),
          'Content-Length': body.length,
        })
        .end(body);
    },
  };
};

/** A proxy on the way may have made the tag a weak one. */
const knows = ({ headers }: IncomingMessage, tag: string): boolean =>
  (headers['if-none-match'] ?? '')
    .split(',')
    .some((known) => known.trim().replace(/^W\//, '') === tag);

/** The vault judges the age of a message by our time, and the clocks of payers are often wrong. */
const timeHandler = ({ clock }: Pick<Context, 'clock'>): PlainHandler => ({
  method: 'GET',
  path: '/elements/time',
  handle: (_, response) => {
    response
      .writeHead(200, {
        ...openHeaders,
        'Content-Type': 'application/json',
        'Cache-Control': 'no-store',
      })
      .end(
        `${JSON.stringify({ object: 'time', now: Math.floor(realClock(clock).now() / 1000) })}\n`,
      );
  },
});
