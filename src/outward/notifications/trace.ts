// What payers were written of a payment: each mail that an event of it owed, each try at handing it over, and what
// comes next. Nobody's address stands here.

import { spellId, type Uuid, uuidMs } from '#kit/ids';
import type { TraceEntry, TraceSource } from '#platform/events';
import type { Mail, MailState, Try } from './mail.ts';
import { loadMailsOf } from './mails.store.ts';
import { MAIL } from './render.ts';

export const traceMails: TraceSource = async (context, scope, { told }) => {
  const events = told.flatMap(({ eventId }): Uuid[] => (eventId === undefined ? [] : [eventId]));
  const mails = await loadMailsOf(context, scope, events);
  return mails.flatMap((mail) => [
    owed(mail),
    ...mail.tries.map((each) => tried(mail, each)),
    ...(mail.dueAtMs === null ? [] : [due(mail, mail.dueAtMs)]),
  ]);
};

const namesOf = ({ id, letter, about }: Mail) => ({
  mail: spellId(MAIL, id),
  template: letter.template,
  about,
});

const ends: Readonly<Record<MailState, string>> = {
  waiting: '',
  sent: '',
  given_up: ' It could not be handed over, and is not tried again.',
  kept: ' It is kept here to be read, and not sent.',
  not_needed: ' It was not sent: something newer was known before.',
};

const owed = (mail: Mail): TraceEntry => ({
  atMs: uuidMs(mail.id),
  what: 'mail',
  says: `${mail.resendOf === null ? 'The payer is to be written' : 'The mail is asked for again'}: ${mail.letter.template.replaceAll('_', ' ')}.${ends[mail.state]}`,
  details: { ...namesOf(mail), state: mail.state, locale: mail.locale },
});

/** What the server said of it may name the payer: it stands with the mail alone. */
const tried = (mail: Mail, { atMs, code, error, durationMs }: Try): TraceEntry => ({
  atMs,
  what: 'mail.try',
  says:
    error === null
      ? 'The mail server took it.'
      : code === null
        ? 'The mail could not be handed to its server.'
        : `The mail server answered ${code}, and did not take it.`,
  details: { ...namesOf(mail), code, duration_ms: durationMs },
});

const due = (mail: Mail, atMs: number): TraceEntry => ({
  atMs,
  what: 'mail.due',
  says: 'The mail is sent then.',
  details: namesOf(mail),
});
