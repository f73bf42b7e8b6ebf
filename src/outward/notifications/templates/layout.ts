// One frame for all mails: what programs that show mail understand, which is tables and inline style.
// Nothing is loaded from anywhere, so nobody learns that or where a mail was read.

import { type Html, html, Html as Raw } from '#platform/http';
import type { Accent, Sender } from './letter.ts';
import { directionOf, type Locale, wordsOf } from './locales.ts';
import { fill } from './words.ts';

export type Content = {
  readonly subject: string;
  readonly title: string;
  /** Large, under the title. */
  readonly figure: string | null;
  readonly sentences: readonly string[];
  readonly rows: readonly Row[];
  readonly button: Link | null;
  /** Beside the button, and quieter. */
  readonly link: Link | null;
  /** Small, at the end. */
  readonly notes: readonly string[];
  readonly isTest: boolean;
};

type Link = { readonly label: string; readonly url: string };

export type Row = { readonly label: string; readonly value: string };

export type WrittenMail = {
  readonly subject: string;
  readonly html: string;
  readonly text: string;
};

const font = "-apple-system,BlinkMacSystemFont,'Segoe UI',Roboto,Helvetica,Arial,sans-serif";

// Dark colours where the reader's program asks for them; the inline ones are for everybody else.
const style = `
:root{color-scheme:light dark;supported-color-schemes:light dark}
@media (prefers-color-scheme:dark){
.page{background:#14161a!important}
.card{background:#1e2126!important;border-color:#343941!important}
.ink,.ink a{color:#f1f3f5!important}
.dim{color:#aab2bd!important}
.line{border-color:#343941!important}
.logo{background:#fff!important;padding:4px!important;border-radius:6px!important}
.test{background:#4a3410!important;color:#ffdf9e!important}
}
@media (max-width:480px){.card{border-radius:0!important;border-width:0!important}.inner{padding:24px 20px!important}}
`;

const plain: Accent = { light: '#1f4fd8', onLight: '#ffffff', dark: '#8fb4ff', onDark: '#10131a' };

/** Nothing but colours ever comes to stand in a style. */
const accentOf = ({ accent }: Sender): Accent =>
  accent && Object.values(accent).every((colour) => /^#[0-9a-f]{6}$/i.test(colour))
    ? accent
    : plain;

export const layout = (content: Content, from: Sender, locale: Locale): WrittenMail => {
  const sender = { ...from, name: oneLine(from.name) };
  // One line: a header that could be broken would be two headers.
  const subject = oneLine(content.subject);
  return {
    subject,
    html: asHtml({ ...content, subject }, sender, locale),
    text: asText(content, sender, locale),
  };
};

const asHtml = (content: Content, sender: Sender, locale: Locale): string => {
  const accent = accentOf(sender);
  const words = wordsOf(locale);
  const dir = directionOf(locale);
  return html`<!doctype html>
<html lang="${locale}" dir="${dir}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="format-detection" content="telephone=no, date=no, address=no">
<title>${content.subject}</title>
<style>${new Raw(style)}@media (prefers-color-scheme:dark){.band{border-top-color:${accent.dark}!important}.ink a.button{background:${accent.dark}!important;color:${accent.onDark}!important}}</style>
</head>
<body class="page" style="margin:0;padding:0;background:#f2f4f7">
<table role="presentation" class="page" width="100%" cellpadding="0" cellspacing="0" style="background:#f2f4f7"><tr><td align="center" style="padding:24px 0">
<table role="presentation" class="card band" width="100%" cellpadding="0" cellspacing="0" style="max-width:560px;background:#ffffff;border:1px solid #e1e5ea;border-top:4px solid ${accent.light};border-radius:12px;border-collapse:separate">
${content.isTest ? html`<tr><td class="test" style="padding:8px 32px;background:#fff1d6;color:#6b4300;border-radius:12px 12px 0 0;font:600 13px/20px ${new Raw(font)}">${words.test_mode}</td></tr>` : null}
<tr><td class="inner ink" style="padding:32px;color:#16191d;font:400 16px/24px ${new Raw(font)};text-align:start">
${nameOf(sender)}
<h1 class="ink" style="margin:0 0 16px;font-size:22px;line-height:30px;font-weight:600;color:#16191d">${content.title}</h1>
${content.figure === null ? null : html`<p class="ink" style="margin:0 0 20px;font-size:32px;line-height:40px;font-weight:600;color:#16191d"><bdi>${content.figure}</bdi></p>`}
${content.sentences.map((sentence) => html`<p class="ink" style="margin:0 0 16px;color:#16191d">${sentence}</p>`)}
${content.rows.length === 0 ? null : tableOf(content.rows)}
${content.button === null ? null : buttonOf(content.button, accent)}
${content.link === null ? null : linkOf(content.link)}
<p class="dim" style="margin:24px 0 0;font-size:14px;line-height:21px;color:#58616c">${contactOf(sender, locale)}</p>
${content.notes.map((note) => html`<p class="dim" style="margin:8px 0 0;font-size:14px;line-height:21px;color:#58616c">${note}</p>`)}
</td></tr></table>
</td></tr></table>
</body>
</html>
`.text;
};

const nameOf = ({ name, logo }: Sender): Html =>
  logo
    ? html`<p style="margin:0 0 16px"><img class="logo" src="${logo}" alt="" height="40" style="display:block;height:40px;width:auto;max-width:200px;border:0;font-size:14px"></p>
<p class="dim" style="margin:0 0 4px;color:#58616c;font-size:14px">${isolated(name)}</p>`
    : html`<p class="dim" style="margin:0 0 4px;color:#58616c;font-size:14px">${isolated(name)}</p>`;

/** A name of the other direction does not drag along what stands beside it. */
const isolated = (text: string): Html => html`<bdi>${text}</bdi>`;

const tableOf = (rows: readonly Row[]): Html => html`
<table role="presentation" width="100%" cellpadding="0" cellspacing="0" style="margin:0 0 24px;border-collapse:collapse;font-size:15px;line-height:22px">
${rows.map(
  ({ label, value }) => html`<tr>
<td class="dim line" style="padding:10px 0;padding-inline-end:16px;border-top:1px solid #e1e5ea;color:#58616c;text-align:start;vertical-align:top">${label}</td>
<td class="ink line" style="padding:10px 0;border-top:1px solid #e1e5ea;color:#16191d;text-align:end;vertical-align:top;word-break:break-word">${isolated(value)}</td>
</tr>`,
)}
</table>`;

const linkOf = ({ label, url }: Link): Html => html`
<p style="margin:8px 0 0;font-size:15px;line-height:22px"><a class="ink" href="${url}" style="display:inline-block;padding:4px 0;color:#16191d">${label}</a></p>`;

const buttonOf = ({ label, url }: Link, accent: Accent): Html => html`
<p style="margin:0 0 8px"><a class="button" href="${url}" style="display:inline-block;padding:12px 22px;border-radius:8px;background:${accent.light};color:${accent.onLight};font-weight:600;text-decoration:none">${label}</a></p>`;

const contactOf = (sender: Sender, locale: Locale): Html => {
  const contact = sender.supportEmail ?? sender.supportUrl;
  const words = wordsOf(locale);
  if (contact === null) return html`${fill(words.questions_none, { merchant: sender.name })}`;
  const href = sender.supportEmail === null ? contact : `mailto:${encodeURI(contact)}`;
  const [before = '', after = ''] = words.questions.split('{contact}');
  const merchant = { merchant: sender.name };
  return html`${fill(before, merchant)}<a class="ink" href="${href}" style="color:#16191d"><bdi>${contact}</bdi></a>${fill(after, merchant)}`;
};

const WIDTH = 76;

const asText = (content: Content, sender: Sender, locale: Locale): string => {
  const words = wordsOf(locale);
  const contact = sender.supportEmail ?? sender.supportUrl;
  const questions =
    contact === null
      ? fill(words.questions_none, { merchant: sender.name })
      : fill(words.questions, { merchant: sender.name, contact });
  const parts = [
    ...(content.isTest ? [`[${words.test_mode}]`] : []),
    oneLine(content.title),
    ...(content.figure === null ? [] : [content.figure]),
    ...content.sentences,
    ...(content.rows.length === 0
      ? []
      : [content.rows.map(({ label, value }) => `${label}: ${oneLine(value)}`).join('\n')]),
    ...[content.button, content.link].flatMap((link) =>
      link === null ? [] : [`${link.label}:\n${link.url}`],
    ),
    '--',
    [questions, ...content.notes].join('\n'),
  ];
  return `${parts.map(wrapped).join('\n\n')}\n`;
};

const wrapped = (text: string): string =>
  text
    .split('\n')
    .map((line) => (line.length <= WIDTH || /:\/\/\S/.test(line) ? line : wrapLine(line)))
    .join('\n');

const wrapLine = (line: string): string => {
  const lines = [''];
  for (const word of line.split(' ')) {
    const last = lines.at(-1) ?? '';
    if (last !== '' && last.length + 1 + word.length > WIDTH) lines.push(word);
    else lines[lines.length - 1] = last === '' ? word : `${last} ${word}`;
  }
  return lines.join('\n');
};

/** Without line breaks, control characters and marks that turn the direction of what follows. */
export const oneLine = (text: string): string =>
  text
    .replaceAll(/[\p{Cc}\u2028\u2029]+/gu, ' ')
    .replaceAll(/[\u202a-\u202e\u2066-\u2069\u200e\u200f]/g, '')
    .trim();
