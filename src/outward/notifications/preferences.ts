// What a merchant wants sent, and how its mails speak of it.

import { isMailAddress } from './mail.ts';

export type Preferences = {
  readonly receipts: boolean;
  readonly refunds: boolean;
  /** A payment that failed is told of where this names the page to try again at. */
  readonly retryUrl: string | null;
  readonly expiredSessions: boolean;
  /** Instead of the account's name. */
  readonly name: string | null;
  readonly supportEmail: string | null;
  readonly supportUrl: string | null;
  /** For payers of whom nobody knows a language. */
  readonly locale: string;
};

export const defaults: Preferences = {
  receipts: true,
  refunds: true,
  retryUrl: null,
  expiredSessions: true,
  name: null,
  supportEmail: null,
  supportUrl: null,
  locale: 'en',
};

const INTENT_PLACE = '{PAYMENT_INTENT_ID}';

export const retryUrlFor = (template: string, intent: string): string =>
  template.replaceAll(INTENT_PLACE, encodeURIComponent(intent));

/** What is wrong with it, or null. A link in a mail leads to a page, and to nothing else. */
export const checkLink = (text: string, livemode: boolean): string | null => {
  const url = URL.parse(text.replaceAll(INTENT_PLACE, 'pi_0'));
  if (url === null) return 'Not a valid URL';
  if (url.protocol !== 'https:' && (livemode || url.protocol !== 'http:')) {
    return livemode
      ? 'Invalid URL: in live mode it must be https.'
      : 'Invalid URL: it must be http or https.';
  }
  if (url.username !== '' || url.password !== '') {
    return 'Invalid URL: it must not contain a user name or a password.';
  }
  return null;
};

export const checkSupportEmail = (text: string): string | null =>
  isMailAddress(text) ? null : `Invalid email address: ${text}`;
