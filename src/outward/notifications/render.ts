import { spellId, uuidMs } from '#kit/ids';
import type { Mail } from './mail.ts';
import type { Preferences } from './preferences.ts';
import { type Locale, writeMail } from './templates/index.ts';

export const MAIL = 'mail';

const seconds = (ms: number): number => Math.floor(ms / 1000);

export const renderMail = (mail: Mail, livemode: boolean) => ({
  id: spellId(MAIL, mail.id),
  object: 'mail' as const,
  about: mail.about,
  attempts: mail.tries.map(({ atMs, durationMs, code, error }) => ({
    at: seconds(atMs),
    code,
    duration_ms: durationMs,
    error,
  })),
  created: seconds(uuidMs(mail.id)),
  livemode,
  locale: mail.locale,
  next_attempt: mail.dueAtMs === null ? null : seconds(mail.dueAtMs),
  resend_of: mail.resendOf === null ? null : spellId(MAIL, mail.resendOf),
  status: mail.state,
  subject: writeMail(mail.letter, mail.locale as Locale).subject,
  template: mail.letter.template,
  to: mail.to,
});

/** With what it says: in the answer about one mail. */
export const renderWhole = (mail: Mail, livemode: boolean, logo: string | null) => {
  const { html, text } = writeMail(mail.letter, mail.locale as Locale, logo);
  return { ...renderMail(mail, livemode), html, text };
};

export const renderPreferences = (preferences: Preferences, livemode: boolean) => ({
  object: 'mail_settings' as const,
  expired_sessions: preferences.expiredSessions,
  livemode,
  locale: preferences.locale,
  name: preferences.name,
  receipts: preferences.receipts,
  refunds: preferences.refunds,
  retry_url: preferences.retryUrl,
  support_email: preferences.supportEmail,
  support_url: preferences.supportUrl,
});
