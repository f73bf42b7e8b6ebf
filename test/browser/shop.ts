// A merchant's page on an origin of its own, as strict as a page that takes cards should be: nothing
// may run but what it names, and what it names is pinned.

import { createServer } from 'node:http';
import { closeServer, listenOnLoopback } from './recording-proxy.ts';

/** What `/elements/manifest.json` says of a script. */
export type Pinned = { readonly path: string; readonly integrity: string };

export type Shop = {
  readonly port: number;
  readonly origin: string;
  close(): Promise<void>;
};

const NONCE = 'onlyForThisTest';

/** `/`: pinned by an import map. `/tag`: pinned by the tag that loads it first. */
export const startShop = async (input: {
  readonly api: string;
  readonly publishableKey: string;
  readonly pinned: Pinned;
}): Promise<Shop> => {
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://shop');
    const pages: Record<string, string> = {
      '/': pageWith(input, importMap(input)),
      '/tag': pageWith(input, pinnedTag(input)),
    };
    const html = pages[pathname];
    if (html === undefined) {
      // Browsers ask for an icon by themselves.
      response.writeHead(204).end();
      return;
    }
    response.writeHead(200, {
      'Content-Type': 'text/html; charset=utf-8',
      'Content-Security-Policy': policyFor(input),
      'Referrer-Policy': 'no-referrer',
      'Cache-Control': 'no-store',
      // Whatever is not pinned does not run at all.
      ...(pathname === '/' ? { 'Integrity-Policy': 'blocked-destinations=(script)' } : {}),
    });
    response.end(html);
  });
  const port = await listenOnLoopback(server);
  return { port, origin: `http://127.0.0.1:${port}`, close: () => closeServer(server) };
};

type Input = Parameters<typeof startShop>[0];

const policyFor = ({ api, pinned }: Input): string =>
  [
    "default-src 'none'",
    `script-src 'nonce-${NONCE}' ${api}${pinned.path}`,
    `connect-src ${api}/v1/ ${api}/elements/`,
    "img-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ].join('; ');

const importMap = ({ api, pinned }: Input): string => {
  const url = `${api}${pinned.path}`;
  const map = { imports: { 'tollgate/seal': url }, integrity: { [url]: pinned.integrity } };
  return `<script type="importmap" nonce="${NONCE}">${JSON.stringify(map)}</script>`;
};

const pinnedTag = ({ api, pinned }: Input): string => {
  const url = `${api}${pinned.path}`;
  const map = { imports: { 'tollgate/seal': url } };
  return `<script type="importmap" nonce="${NONCE}">${JSON.stringify(map)}</script>
    <script type="module" src="${url}" integrity="${pinned.integrity}" crossorigin></script>`;
};

/** Nobody types a number into a form that cannot seal it, and no field has a name to be sent under. */
const pageWith = (input: Input, loading: string): string => `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <title>A shop</title>
    ${loading}
  </head>
  <body>
    <form>
      <fieldset disabled>
        <label>Card number <input id="number" inputmode="numeric" autocomplete="cc-number"></label>
        <label>Month <input id="month" inputmode="numeric" autocomplete="cc-exp-month"></label>
        <label>Year <input id="year" inputmode="numeric" autocomplete="cc-exp-year"></label>
        <label>Security code <input id="cvc" inputmode="numeric" autocomplete="cc-csc"></label>
        <button>Pay</button>
      </fieldset>
    </form>
    <output></output>
    <script type="module" nonce="${NONCE}">
      import * as seal from 'tollgate/seal';
      globalThis.seal = seal;
      const form = document.querySelector('form');
      form.addEventListener('submit', async (event) => {
        event.preventDefault();
        const { number, month, year, cvc } = form.elements;
        const told = await seal
          .createPaymentMethod({
            api: ${JSON.stringify(input.api)},
            publishableKey: ${JSON.stringify(input.publishableKey)},
            card: {
              number: number.value,
              exp_month: month.value,
              exp_year: year.value,
              cvc: cvc.value,
            },
            billing_details: { name: 'Jenny Rosen', address: { country: 'DE' } },
          })
          .catch(({ code, message }) => ({ code, message }));
        document.querySelector('output').textContent = JSON.stringify(told);
      });
      document.querySelector('fieldset').disabled = false;
    </script>
  </body>
</html>
`;
