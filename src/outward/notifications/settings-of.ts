// What an installation decides about mail, found by the context's database, which all contexts of an
// installation share.

import { present } from '#kit/assert';
import type { Context, Database } from '#kit/context';
import type { Mailbox, SmtpServer } from './smtp/smtp-server.ts';

export type MailSettings = {
  /** Null: nothing is sent, and mails are there to be read. */
  readonly server: SmtpServer | null;
  readonly from: Mailbox;
  /** Whether mails of test mode are sent too. */
  readonly alsoInTestMode: boolean;
};

const provided = new WeakMap<Database, MailSettings>();

/** Once, when the process starts. */
export const provideMail = (context: Pick<Context, 'database'>, given: MailSettings): void => {
  provided.set(context.database, given);
};

export const mailSettingsOf = (context: Pick<Context, 'database'>): MailSettings =>
  present(provided.get(context.database), 'the settings of mail of this process');

export const mayBeSent = (settings: MailSettings, livemode: boolean): boolean =>
  settings.server !== null && (livemode || settings.alsoInTestMode);
