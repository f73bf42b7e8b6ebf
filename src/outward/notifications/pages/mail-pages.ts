// Mails at a local page: what the quick start would have sent, and a gallery of all that there are. They
// are mounted where mails of test mode reach nobody, and shown on the machine itself alone.

import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Context } from '#kit/context';
import { parseId, spellId, uuidMs } from '#kit/ids';
import { type Html, html, type PlainHandler } from '#platform/http';
import { type CaughtMail, caughtMails } from '../mails.store.ts';
import { MAIL } from '../render.ts';
import { logoOf } from '../sender.ts';
import { type Locale, locales, samples, templateNames, writeMail } from '../templates/index.ts';
import { isFromHere, layout, sendMailHtml, sendPage } from './page.ts';

const SHOWN_MAX = 100;

type Params = Readonly<Record<string, string>>;

export const mailPages = (context: Context): readonly PlainHandler[] => {
  const find = async ({ mail = '' }: Params): Promise<CaughtMail | undefined> => {
    const id = parseId(MAIL, mail);
    return id === null ? undefined : (await caughtMails(context, { id, atMost: 1 }))[0];
  };
  return [
    local('/mails', async (_, response) => {
      const mails = await caughtMails(context, { atMost: SHOWN_MAX });
      sendPage(response, 200, mailsPage(mails, null));
    }),
    local('/mails/:mail', async (_, response, params) => {
      const mail = await find(params);
      if (mail === undefined) return sendPage(response, 404, nothingPage());
      const mails = await caughtMails(context, { atMost: SHOWN_MAX });
      sendPage(response, 200, mailsPage(mails, mail));
    }),
    local('/mails/:mail/html', async (_, response, params) => {
      const mail = await find(params);
      if (mail === undefined) return sendPage(response, 404, nothingPage());
      const logo = await logoOf(context, mail.scope, mail.letter.sender);
      sendMailHtml(response, writeMail(mail.letter, mail.locale as Locale, logo).html);
    }),
    local('/dev/mails', async (_, response) => {
      sendPage(response, 200, galleryPage(templateNames[0]));
    }),
    local('/dev/mails/:template', async (_, response, { template = '' }) => {
      const name = templateNames.find((each) => each === template);
      if (name === undefined) return sendPage(response, 404, nothingPage());
      sendPage(response, 200, galleryPage(name));
    }),
    local('/dev/mails/:template/:locale', async (_, response, params) => {
      const name = templateNames.find((each) => each === params['template']);
      const locale = locales.find((each) => each === params['locale']);
      if (!name || !locale) return sendPage(response, 404, nothingPage());
      sendMailHtml(response, writeMail(samples[name], locale).html);
    }),
  ];
};

const local = (
  path: string,
  handle: (request: IncomingMessage, response: ServerResponse, params: Params) => Promise<void>,
): PlainHandler => ({
  method: 'GET',
  path,
  handle: async (request, response, { params }) => {
    if (isFromHere(request)) return handle(request, response, params);
    sendPage(response, 404, nothingPage());
  },
});

const header = (about: string): Html => html`<header>
<h1>Mails</h1>
<p>${about}</p>
<nav><a href="/mails">Caught</a> · <a href="/dev/mails">All templates</a></nav>
</header>`;

const mailsPage = (mails: readonly CaughtMail[], chosen: CaughtMail | null): string => {
  const shown = chosen ?? mails[0];
  // Only the list looks for new ones: who reads is not disturbed.
  const again = chosen === null ? html`<meta http-equiv="refresh" content="5">` : null;
  const main =
    shown === undefined
      ? emptyList
      : html`<main class="panes ${chosen === null ? 'home' : 'one'}">
<ul class="list">${mails.map((mail) => entry(mail, mail.id === shown.id))}</ul>
<section class="shown" aria-label="The mail">${whole(shown)}</section>
</main>`;
  return layout(
    'Mails · Tollgate',
    html`${header('What payers would have been sent. Nothing leaves this machine.')}${main}`,
    again,
  );
};

const emptyList = html`<main class="empty">
<h2>No mails yet</h2>
<p>Make a payment with <code>receipt_email</code>, and its receipt appears here.</p>
<p>Until then, <a href="/dev/mails">look at all templates</a>.</p>
</main>`;

const entry = (mail: CaughtMail, isShown: boolean): Html => {
  const { subject } = writeMail(mail.letter, mail.locale as Locale);
  return html`<li><a href="/mails/${spellId(MAIL, mail.id)}"${isShown ? current : null}>
<time datetime="${spellQueuedAt(mail)}">${spellQueuedAt(mail).slice(11, 16)}</time>
<strong dir="auto">${subject}</strong>
<span>${mail.to}</span>
</a></li>`;
};

const current = html` aria-current="true"`;

const whole = (mail: CaughtMail): Html => {
  const { subject, text } = writeMail(mail.letter, mail.locale as Locale);
  const spelled = spellId(MAIL, mail.id);
  return html`<a class="back" href="/mails">← All mails</a>
<h2 dir="auto">${subject}</h2>
<dl class="facts">
<dt>To</dt><dd>${mail.to}</dd>
<dt>At</dt><dd>${spellQueuedAt(mail).replace('T', ' ').slice(0, 19)} UTC</dd>
<dt>Language</dt><dd>${mail.locale}</dd>
<dt>About</dt><dd>${mail.about}</dd>
</dl>
<iframe src="/mails/${spelled}/html" title="The mail as its reader sees it" sandbox="allow-popups allow-popups-to-escape-sandbox"></iframe>
<details><summary>As plain text</summary><pre dir="auto">${text}</pre></details>`;
};

const spellQueuedAt = ({ id }: CaughtMail): string => new Date(uuidMs(id)).toISOString();

const galleryPage = (name: (typeof templateNames)[number]): string =>
  layout(
    `${name} · Mails · Tollgate`,
    html`${header('Every template in every language, from samples.')}
<nav class="tabs" aria-label="Templates">
${templateNames.map((each) => html`<a href="/dev/mails/${each}"${each === name ? current : null}>${each.replaceAll('_', ' ')}</a>`)}
</nav>
<main class="grid">
${locales.map(
  (locale) => html`<section><h2>${locale}</h2>
<iframe loading="lazy" src="/dev/mails/${name}/${locale}" title="${name} in ${locale}"></iframe></section>`,
)}
</main>`,
  );

const nothingPage = (): string =>
  layout(
    'Nothing here · Tollgate',
    html`<main class="empty"><h2>There is nothing here</h2>
<p><a href="/mails">All mails</a></p></main>`,
  );
