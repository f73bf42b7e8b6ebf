// The page of the card's bank: a one-time code, which in this world stands on the page itself.

import { createHash } from 'node:crypto';
import type { ServerResponse } from 'node:http';

const style = `:root{color-scheme:light dark;--bg:light-dark(#eef3f1,#0c1412);--box:light-dark(#fff,#14201d);
--ink:light-dark(#10221d,#e4efeb);--quiet:light-dark(#536660,#93a8a1);--line:light-dark(#cfdcd7,#2b3b36);
--green:light-dark(#0b6b4f,#5fd3a8);--on:light-dark(#fff,#06231a);--red:light-dark(#a3232f,#ff9aa2)}
*{box-sizing:border-box}
body{min-height:100dvh;margin:0;display:grid;place-items:center;padding:1rem;background:var(--bg);color:var(--ink);
font:1rem/1.5 system-ui,sans-serif;overflow-wrap:anywhere}
main{width:100%;max-width:24rem;background:var(--box);border:1px solid var(--line);border-radius:16px;overflow:hidden}
header{display:flex;justify-content:space-between;gap:1rem;padding:1rem 1.25rem;border-bottom:1px solid var(--line);font-weight:600}
header span:last-child{color:var(--quiet);font-weight:400}
section{padding:1.25rem}h1{font-size:1.2rem;line-height:1.3;margin:0 0 .75rem}p{margin:0 0 1rem;color:var(--quiet)}
dl{display:grid;grid-template-columns:auto 1fr;gap:.35rem 1rem;margin:0 0 1.25rem}dt{color:var(--quiet)}dd{margin:0;text-align:end;font-weight:600}
.test{border:1px dashed var(--green);border-radius:10px;padding:.6rem .8rem;color:var(--ink)}.test b{font-size:1.2rem;letter-spacing:.15em}
label{display:block;font-weight:600;margin-bottom:.35rem}
input{width:100%;min-height:3rem;padding:.5rem .8rem;font:inherit;font-size:1.3rem;letter-spacing:.25em;text-align:center;
border:1px solid var(--quiet);border-radius:10px;background:var(--box);color:inherit}
button{width:100%;min-height:3rem;margin-top:.75rem;border:1px solid transparent;border-radius:10px;background:var(--green);color:var(--on);font:inherit;font-weight:600;cursor:pointer}
button.quiet{background:none;color:var(--ink);border-color:var(--line);font-weight:400}
:focus-visible{outline:3px solid var(--green);outline-offset:2px}
.wrong{color:var(--red);margin:.5rem 0 0}`;
const send = 'document.forms[0].submit();';

const hashOf = (text: string): string =>
  `'sha256-${createHash('sha256').update(text).digest('base64')}'`;

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
};
const escape = (text: string): string =>
  text.replaceAll(/[&<>"]/g, (letter) => entities[letter] ?? '');

const layout = (title: string, main: string): string => `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title><style>${style}</style></head><body><main>
<header><span>Sandbox Bank</span><span>Test</span></header><section>${main}</section></main></body></html>`;

export type Shown = {
  readonly acsTransactionId: string;
  readonly merchant: string;
  readonly amount: string;
  readonly last4: string;
  readonly code: string;
  readonly triesLeft: number;
  readonly wasWrong: boolean;
};

export const codePage = (shown: Shown): string =>
  layout(
    'Confirm your payment',
    `<h1>Is this you?</h1>
<dl><dt>Shop</dt><dd>${escape(shown.merchant)}</dd><dt>Amount</dt><dd>${escape(shown.amount)}</dd>
<dt>Card</dt><dd>•••• ${shown.last4}</dd></dl>
<p class="test">This is a test. Your one-time code is <b>${shown.code}</b></p>
<form method="post" action="/acs/answer">
<input type="hidden" name="acs" value="${shown.acsTransactionId}">
<label for="code">One-time code</label>
<input id="code" name="code" inputmode="numeric" autocomplete="one-time-code" maxlength="6" autofocus
${shown.wasWrong ? 'aria-invalid="true" aria-describedby="wrong"' : ''}>
${shown.wasWrong ? `<p class="wrong" id="wrong" role="alert">That is not the code. ${shown.triesLeft === 1 ? 'One try is' : `${shown.triesLeft} tries are`} left.</p>` : ''}
<button name="do" value="confirm">Confirm payment</button>
<button name="do" value="cancel" class="quiet" formnovalidate>Cancel payment</button></form>`,
  );

export const backPage = (
  notificationUrl: string,
  fields: Readonly<Record<string, string>>,
): string =>
  layout(
    'Back to the shop',
    `<h1 role="status">Taking you back to the shop…</h1><form method="post" action="${escape(notificationUrl)}">
${Object.entries(fields)
  .map(([name, value]) => `<input type="hidden" name="${name}" value="${escape(value)}">`)
  .join('\n')}
<noscript><button>Continue</button></noscript></form><script>${send}</script>`,
  );

export const gonePage = (): string =>
  layout(
    'Nothing to confirm',
    '<h1>There is nothing to confirm here</h1><p>This confirmation has ended. Please go back to the shop.</p>',
  );

/** A bank's page may be framed by anybody, and sends its form to the shop's side alone. */
export const sendHtml = (
  response: ServerResponse,
  status: number,
  body: string,
  formTo: string,
): void => {
  response.writeHead(status, {
    'content-type': 'text/html; charset=utf-8',
    'cache-control': 'no-store',
    'content-security-policy': `default-src 'none'; style-src ${hashOf(style)}; script-src ${hashOf(send)}; form-action ${formTo}; base-uri 'none'`,
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
  });
  response.end(body);
};
