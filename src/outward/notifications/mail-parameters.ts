// What a caller may ask of mails, and the shapes of the answers.

import { Type } from 'typebox';
import {
  boolean,
  described,
  email,
  emptyable,
  id,
  listParameters,
  nullable,
  nullableText,
  object,
  oneOf,
  text,
  url,
} from '#platform/http';
import { locales, templateNames } from './templates/index.ts';

export const mailFilters = listParameters({
  about: described('The id of the charge, payment intent or session that it tells of.', id()),
  status: oneOf('waiting', 'sent', 'given_up', 'kept', 'not_needed'),
  template: oneOf(...templateNames),
  to: email(),
});

export const resendParameters = object({
  to: described('Another address than the first time.', email()),
});

export const settingsParameters = object({
  expired_sessions: boolean(),
  locale: described('For payers of whom no language is known.', oneOf(...locales)),
  name: described('Instead of the name of the account.', emptyable(text(100))),
  receipts: boolean(),
  refunds: boolean(),
  retry_url: described(
    'The page where a payment that failed can be tried again; `{PAYMENT_INTENT_ID}` in it is put in. Without it nobody is told of failures.',
    emptyable(url()),
  ),
  support_email: emptyable(email()),
  support_url: emptyable(url()),
});

const attempt = Type.Object({
  at: Type.Integer(),
  code: nullable(Type.Integer()),
  duration_ms: Type.Integer(),
  error: nullableText(),
});

export const mailSchema = Type.Object({
  id: Type.String(),
  object: Type.Literal('mail'),
  about: Type.String(),
  attempts: Type.Array(attempt),
  created: Type.Integer(),
  html: Type.Optional(
    Type.String({ description: 'In the answer about one mail only, as `text`.' }),
  ),
  livemode: Type.Boolean(),
  locale: Type.String(),
  next_attempt: nullable(Type.Integer()),
  resend_of: nullableText(),
  status: Type.String({
    description:
      '`waiting`, `sent`, `given_up`; `kept`: not sent, because there is no mail server, or it is a test; `not_needed`: overtaken by what happened since',
  }),
  subject: Type.String(),
  template: Type.String(),
  text: Type.Optional(Type.String()),
  to: Type.String(),
});

export const settingsSchema = Type.Object({
  object: Type.Literal('mail_settings'),
  expired_sessions: Type.Boolean(),
  livemode: Type.Boolean(),
  locale: Type.String(),
  name: nullableText(),
  receipts: Type.Boolean(),
  refunds: Type.Boolean(),
  retry_url: nullableText(),
  support_email: nullableText(),
  support_url: nullableText(),
});
