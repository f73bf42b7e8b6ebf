// Sends what is due, one mail after the other over one connection, and writes down what came of each.
// Between handing in and writing lies nothing but time: whoever is killed there leaves a lease that another
// one takes over, and the same mail goes out again under the same Message-ID.

import type { Context, Scope } from '#kit/context';
import { type Mail, TRIES_KEPT, type Try } from './mail.ts';
import { concludeMail, type LeasedMail, loadMail } from './mails.store.ts';
import { nextTryAtMs } from './schedule.ts';
import { logoOf } from './sender.ts';
import { mailSettingsOf, mayBeSent } from './settings-of.ts';
import { MailRefused, NoAnswer, openSession, type SmtpSession } from './smtp/hand-in.ts';
import { type Picture, spellMessage } from './smtp/message.ts';
import { type Locale, writeMail } from './templates/index.ts';

/** Twice as long as mails are sent under it. */
export const LEASED_FOR_MS = 600_000;

type Outcome = {
  readonly made: Try;
  readonly isFinal: boolean;
  /** It never came to be handed in, which tells nothing of the server. */
  readonly isUnwritten?: true;
};

/** False: the server is not to be reached, and whoever asks again soon will hear the same. */
export const sendMails = async (
  context: Context,
  leased: readonly LeasedMail[],
  isStillHeld: () => boolean = () => true,
): Promise<boolean> => {
  const startMs = context.clock.monotonicMs();
  let session: SmtpSession | null = null;
  let failure: Try | null = null;
  try {
    for (const { scope, id, leaseEpoch } of leased) {
      // Nothing is sent under a lease that may have ended; what is left is leased again.
      if (context.clock.monotonicMs() - startMs > LEASED_FOR_MS / 2 || !isStillHeld()) break;
      const mail = await loadMail(context, scope, id);
      if (mail === undefined || mail.leaseEpoch !== leaseEpoch || mail.state !== 'waiting')
        continue;
      if (!mayBeSent(mailSettingsOf(context), scope.livemode)) {
        await context.database.commit(scope, [
          concludeMail(scope, { ...mail, state: 'kept', dueAtMs: null }),
        ]);
        continue;
      }
      const begunMs = context.clock.monotonicMs();
      if (session === null && failure === null) {
        const opened = await open(context);
        if ('send' in opened) session = opened;
        else failure = opened;
      }
      const outcome: Outcome =
        session === null
          ? { made: failure ?? tryOf(context, begunMs, null), isFinal: false }
          : await sendOne(context, session, { scope, mail });
      const { made, isUnwritten } = outcome;
      if (made.error === null) context.crashPoint('mail.sent');
      // A connection that failed in the middle of a mail is no use to the next.
      if (made.error !== null && made.code === null && !isUnwritten) {
        session?.close();
        session = null;
        failure = made;
      }
      await record(context, scope, mail, outcome);
    }
    return failure === null;
  } finally {
    session?.close();
  }
};

const open = async (context: Context): Promise<SmtpSession | Try> => {
  const { server } = mailSettingsOf(context);
  const begunMs = context.clock.monotonicMs();
  try {
    if (server === null) throw new NoAnswer('There is no mail server.');
    return await openSession(server);
  } catch (error) {
    return tryOf(context, begunMs, error);
  }
};

const sendOne = async (
  context: Context,
  session: SmtpSession,
  { scope, mail }: { readonly scope: Scope; readonly mail: Mail },
): Promise<Outcome> => {
  const begunMs = context.clock.monotonicMs();
  const { from } = mailSettingsOf(context);
  let message: Buffer;
  try {
    message = await messageOf(context, scope, mail);
  } catch (error) {
    return { made: tryOf(context, begunMs, error), isFinal: false, isUnwritten: true };
  }
  try {
    await session.send({ from: from.address, to: mail.to, message });
    return { made: { ...tryOf(context, begunMs, null), code: 250 }, isFinal: true };
  } catch (error) {
    return {
      made: tryOf(context, begunMs, error),
      isFinal: error instanceof MailRefused && error.permanent,
    };
  }
};

/** The whole mail, which depends on its row, the setting of the sender, and whether its logo is still there. */
const messageOf = async (context: Context, scope: Scope, mail: Mail): Promise<Buffer> => {
  const { from } = mailSettingsOf(context);
  const picture = pictureOf(mail, await logoOf(context, scope, mail.letter.sender));
  const { sender, atMs } = mail.letter;
  return spellMessage({
    id: mail.id,
    atMs,
    from: { name: sender.name || from.name, address: from.address },
    to: mail.to,
    replyTo: sender.supportEmail,
    locale: mail.locale,
    picture,
    ...writeMail(mail.letter, mail.locale as Locale, picture && `cid:${picture.cid}`),
  });
};

const pictureOf = ({ id }: Mail, logo: string | null): Picture | null => {
  const [, type, content] = /^data:([\w/]+);base64,(.+)$/.exec(logo ?? '') ?? [];
  return type && content
    ? { cid: `logo.${id}@tollgate`, type, bytes: Buffer.from(content, 'base64') }
    : null;
};

const tryOf = (context: Context, begunMs: number, error: unknown): Try => {
  const isExpected = error instanceof MailRefused || error instanceof NoAnswer;
  if (error !== null && !isExpected) {
    context.log.error({ error }, 'A mail could not be written or handed in');
  }
  return {
    atMs: context.clock.now(),
    durationMs: Math.round(context.clock.monotonicMs() - begunMs),
    code: error instanceof MailRefused && error.code > 0 ? error.code : null,
    error: error === null ? null : isExpected ? error.message : 'It could not be written.',
  };
};

const record = async (
  context: Context,
  scope: Scope,
  mail: Mail,
  { made, isFinal }: Outcome,
): Promise<void> => {
  const attempts = mail.attempts + 1;
  const nextMs = isFinal
    ? null
    : nextTryAtMs(context, { tries: attempts, nowMs: context.clock.now() });
  const state = made.error === null ? 'sent' : nextMs === null ? 'given_up' : 'waiting';
  await context.database.commit(scope, [
    concludeMail(scope, {
      ...mail,
      state,
      attempts,
      dueAtMs: nextMs,
      tries: [...mail.tries, made].slice(-TRIES_KEPT),
    }),
  ]);
};
