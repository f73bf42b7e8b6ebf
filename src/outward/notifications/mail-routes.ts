// Looking at mails, asking for one again, and what a merchant wants sent. Ours, in Stripe's style.

import { auditEntry } from '#identity/audit';
import type { Context } from '#kit/context';
import { parseId } from '#kit/ids';
import {
  ApiError,
  idWindow,
  listFound,
  type Outcome,
  parameters,
  resourceMissing,
  route,
  rowsOf,
  type TypedRequest,
} from '#platform/http';
import { isMailAddress, type Mail } from './mail.ts';
import { againTo } from './mail-again.ts';
import {
  mailFilters,
  mailSchema,
  resendParameters,
  settingsParameters,
  settingsSchema,
} from './mail-parameters.ts';
import { insertMail, listMails, loadMail } from './mails.store.ts';
import { loadPreferences, savePreferences } from './preferences.store.ts';
import { checkLink, checkSupportEmail, type Preferences } from './preferences.ts';
import { MAIL, renderMail, renderPreferences, renderWhole } from './render.ts';
import { logoOf } from './sender.ts';

const common = { group: 'Mails', keys: 'secret' } as const;

const findMail = async (
  context: Context,
  { scope, path }: Pick<TypedRequest<typeof mailFilters>, 'scope' | 'path'>,
): Promise<Mail> => {
  const spelled = path['mail'] ?? '';
  const id = parseId(MAIL, spelled);
  const mail = id && (await loadMail(context, scope, id));
  if (!mail) throw resourceMissing({ noun: 'mail', id: spelled });
  return mail;
};

const listAll = async (
  context: Context,
  request: TypedRequest<typeof mailFilters>,
): Promise<Outcome> => {
  const { scope, parameters: asked } = request;
  const window = await idWindow(asked, { noun: 'mail', prefix: MAIL }, (id) =>
    loadMail(context, scope, id),
  );
  const found = await listMails(context, scope, {
    ...rowsOf(window),
    about: asked.about ?? null,
    state: asked.status ?? null,
    template: asked.template ?? null,
    to: asked.to ?? null,
  });
  return {
    body: listFound(request.url, found, window, (mail) => renderMail(mail, scope.livemode)),
  };
};

const resend = async (
  context: Context,
  request: TypedRequest<typeof resendParameters>,
): Promise<Outcome> => {
  const { scope, parameters: asked } = request;
  const first = await findMail(context, request);
  const to = asked.to ?? first.to;
  if (!isMailAddress(to)) {
    throw new ApiError(400, `Invalid email address: ${to}`, { code: 'email_invalid', param: 'to' });
  }
  const again = againTo(context, first, to);
  return {
    body: renderWhole(again, scope.livemode, await logoOf(context, scope, again.letter.sender)),
    writes: [
      insertMail(scope, again),
      auditEntry(context, {
        scope,
        action: 'mail.resend',
        target: first.id,
        details: { again: again.id, elsewhere: to !== first.to },
      }),
    ],
  };
};

const changeSettings = async (
  context: Context,
  request: TypedRequest<typeof settingsParameters>,
): Promise<Outcome> => {
  const { scope, parameters: asked } = request;
  const { version, preferences: before } = await loadPreferences(context, scope);
  refuseWrong(asked, scope.livemode);
  const kept = <T>(now: T | undefined, then: T): T => (now === undefined ? then : now);
  const preferences: Preferences = {
    receipts: kept(asked.receipts, before.receipts),
    refunds: kept(asked.refunds, before.refunds),
    retryUrl: kept(asked.retry_url, before.retryUrl),
    expiredSessions: kept(asked.expired_sessions, before.expiredSessions),
    name: kept(asked.name, before.name),
    supportEmail: kept(asked.support_email, before.supportEmail),
    supportUrl: kept(asked.support_url, before.supportUrl),
    locale: kept(asked.locale, before.locale),
  };
  return {
    body: renderPreferences(preferences, scope.livemode),
    writes: [
      savePreferences(scope, { version: version + 1, preferences }),
      auditEntry(context, {
        scope,
        action: 'mail_settings.update',
        target: scope.accountId,
        details: { ...preferences },
      }),
    ],
  };
};

const refuseWrong = (
  asked: TypedRequest<typeof settingsParameters>['parameters'],
  livemode: boolean,
): void => {
  const refuse = (param: string, code: string, why: string | null): void => {
    if (why !== null) throw new ApiError(400, why, { code, param });
  };
  for (const param of ['retry_url', 'support_url'] as const) {
    const link = asked[param];
    if (link) refuse(param, 'url_invalid', checkLink(link, livemode));
  }
  if (asked.support_email) {
    refuse('support_email', 'email_invalid', checkSupportEmail(asked.support_email));
  }
};

export const mailRoutes = [
  route({
    ...common,
    object: 'mail',
    method: 'GET',
    path: '/v1/mails',
    operation: 'mails.list',
    summary: 'List mails',
    description: 'What payers were or will be told, the newest first, with what came of each try.',
    list: true,
    parameters: mailFilters,
    answer: mailSchema,
    handle: listAll,
  }),
  route({
    ...common,
    object: 'mail',
    method: 'GET',
    path: '/v1/mails/:mail',
    operation: 'mails.retrieve',
    summary: 'Retrieve a mail',
    description: 'With its text and its HTML.',
    parameters: parameters({}),
    answer: mailSchema,
    handle: async (context, request) => {
      const mail = await findMail(context, request);
      const logo = await logoOf(context, request.scope, mail.letter.sender);
      return { body: renderWhole(mail, request.scope.livemode, logo) };
    },
  }),
  route({
    ...common,
    object: 'mail',
    method: 'POST',
    path: '/v1/mails/:mail/resend',
    operation: 'mails.resend',
    example: { to: 'jane@example.com' },
    summary: 'Send a mail again',
    description: 'As a new mail that says the same, to the same address or another one.',
    parameters: resendParameters,
    answer: mailSchema,
    handle: resend,
  }),
  route({
    ...common,
    object: 'mail_settings',
    method: 'GET',
    path: '/v1/mail_settings',
    operation: 'mail_settings.retrieve',
    summary: 'Retrieve the settings of mails',
    parameters: parameters({}),
    answer: settingsSchema,
    handle: async (context, { scope }) => {
      const { preferences } = await loadPreferences(context, scope);
      return { body: renderPreferences(preferences, scope.livemode) };
    },
  }),
  route({
    ...common,
    object: 'mail_settings',
    method: 'POST',
    path: '/v1/mail_settings',
    operation: 'mail_settings.update',
    summary: 'Say which mails are sent, and in whose name',
    parameters: settingsParameters,
    answer: settingsSchema,
    handle: changeSettings,
  }),
];
