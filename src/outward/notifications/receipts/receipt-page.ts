// The receipt as a page: to look at, to print, to keep. It needs no script and loads nothing.

import { createHash } from 'node:crypto';
import { type Html, html, Html as Raw } from '#platform/http';
import { directionOf, fill, type Locale, money, wordsOf } from '../templates/index.ts';
import { type Line, type Receipt, stateOf } from './receipt.ts';
import { linesOf, refundLinesOf, sumsOf } from './receipt-lines.ts';

const style = `
:root{color-scheme:light dark;--page:#f2f4f7;--card:#fff;--ink:#16191d;--dim:#58616c;--line:#e1e5ea;--good:#0b6b3a;--mark:#1f4fd8;--strip:#fff1d6;--strip-ink:#6b4300}
@media (prefers-color-scheme:dark){:root{--page:#14161a;--card:#1e2126;--ink:#f1f3f5;--dim:#aab2bd;--line:#343941;--good:#7fd8a4;--mark:#8fb4ff;--strip:#4a3410;--strip-ink:#ffdf9e}}
*{box-sizing:border-box}
body{margin:0;padding:32px 16px;background:var(--page);color:var(--ink);font:400 16px/1.5 -apple-system,BlinkMacSystemFont,'Segoe UI',Roboto,Helvetica,Arial,sans-serif}
main{max-width:560px;margin:0 auto;background:var(--card);border:1px solid var(--line);border-radius:12px;overflow:hidden}
.inner{padding:32px}
.strip{margin:0;padding:8px 32px;background:var(--strip);color:var(--strip-ink);font-size:13px;font-weight:600}
.from{margin:0;color:var(--dim)}
.logo{display:block;height:40px;width:auto;max-width:200px;object-fit:contain;object-position:left;margin:0 0 20px}
@media (prefers-color-scheme:dark){.logo{background:#fff;padding:4px;border-radius:6px}}
h1{margin:0 0 4px;font-size:22px;line-height:1.3;overflow-wrap:anywhere}
.sum{margin:16px 0 0;font-size:36px;line-height:1.2;font-weight:600;overflow-wrap:anywhere}
.state{margin:4px 0 24px;color:var(--good);font-weight:600}
h2{margin:28px 0 4px;font-size:16px}
dl{margin:0}
dl div{display:flex;justify-content:space-between;gap:16px;padding:10px 0;border-top:1px solid var(--line)}
dt{color:var(--dim)}
dd{margin:0;text-align:end;overflow-wrap:break-word;max-width:70%}
.foot{margin:24px 0 0;color:var(--dim);font-size:14px}
.foot a,.pdf{color:var(--mark)}
.pdf{display:inline-block;margin-top:16px;padding:6px 0}
a:focus-visible{outline:3px solid var(--mark);outline-offset:2px;border-radius:4px}
@media (max-width:480px){body{padding:0}main{border:0;border-radius:0;min-height:100vh}.inner{padding:24px 20px}.strip{padding:8px 20px}}
@media print{
@page{margin:18mm}
:root{color-scheme:light;--page:#fff;--card:#fff;--ink:#000;--dim:#333;--line:#bbb;--good:#000;--strip:#fff;--strip-ink:#000}
body{padding:0}main{border:0;max-width:none}.inner{padding:0}.strip{padding:0 0 8px}.pdf{display:none}
dl div,h2{break-inside:avoid}
}
`;

/** The account's own accent: `--good` stays what it is, because it says something. */
const styleFor = ({ accent }: Pick<Receipt['sender'], 'accent'>): string =>
  accent
    ? `${style}:root{--mark:light-dark(${accent.light},${accent.dark})}main{border-top:4px solid var(--mark)}@media print{:root{--mark:${accent.light}}}\n`
    : style;

const policyFor = (shown: string): string =>
  [
    "default-src 'none'",
    `style-src 'sha256-${createHash('sha256').update(shown).digest('base64')}'`,
    'img-src data:',
    "frame-ancestors 'none'",
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ');

export type Page = { readonly body: string; readonly policy: string };

const none = { accent: null };

export const receiptPage = (receipt: Receipt, locale: Locale, pdfPath: string | null): Page => {
  const words = wordsOf(locale);
  const merchant = { merchant: receipt.sender.name };
  const refunds = refundLinesOf(receipt, locale);
  return layout(
    `${fill(words.receipt_title, merchant)} · ${receipt.number}`,
    locale,
    receipt.sender,
    html`<main>
${receipt.isTest ? html`<p class="strip">${words.test_mode}</p>` : null}
<div class="inner">
${receipt.logo === null ? null : html`<img class="logo" src="${receipt.logo}" alt="">`}
<p class="from">${words.receipt}</p>
<h1><bdi>${receipt.sender.name}</bdi></h1>
<p class="sum"><bdi>${money(Number(receipt.amount), receipt.currency, locale)}</bdi></p>
<p class="state">${words[stateOf(receipt)]}</p>
${listOf([...linesOf(receipt, locale), ...sumsOf(receipt, locale)])}
${refunds.length === 0 ? null : html`<h2>${words.refunds}</h2>${listOf(refunds)}`}
<p class="foot">${contactOf(receipt, locale)}</p>
${pdfPath === null ? null : html`<a class="pdf" href="${pdfPath}">${words.download_pdf}</a>`}
</div>
</main>`,
  );
};

const listOf = (lines: readonly Line[]): Html =>
  html`<dl>${lines.map(
    ({ label, value }) => html`<div><dt>${label}</dt><dd><bdi>${value}</bdi></dd></div>`,
  )}</dl>`;

const contactOf = ({ sender }: Receipt, locale: Locale): Html => {
  const words = wordsOf(locale);
  const merchant = { merchant: sender.name };
  const contact = sender.supportEmail ?? sender.supportUrl;
  if (contact === null) return html`${fill(words.questions_none, merchant)}`;
  const href = sender.supportEmail === null ? contact : `mailto:${encodeURI(contact)}`;
  const [before = '', after = ''] = words.questions.split('{contact}');
  return html`${fill(before, merchant)}<a href="${href}"><bdi>${contact}</bdi></a>${fill(after, merchant)}`;
};

/** For an address that belongs to no receipt, or to money that was not taken yet. */
export const noReceiptPage = (): Page =>
  layout(
    'No receipt',
    'en',
    none,
    html`<main><div class="inner"><h1>There is no receipt here</h1>
<p class="foot">The address may be incomplete, or the payment is not completed. Please ask the shop you paid.</p></div></main>`,
  );

const layout = (
  title: string,
  locale: Locale,
  sender: Pick<Receipt['sender'], 'accent'>,
  main: Html,
): Page => {
  const shown = styleFor(sender);
  const body = html`<!doctype html>
<html lang="${locale}" dir="${directionOf(locale)}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>${title}</title>
<style>${new Raw(shown)}</style>
</head>
<body>
${main}
</body>
</html>
`.text;
  return { policy: policyFor(shown), body };
};
