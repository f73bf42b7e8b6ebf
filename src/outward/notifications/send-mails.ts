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
  const line = createLine(context);
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
      const outcome = await line.handIn({ scope, mail });
      if (outcome.made.error === null) context.crashPoint('mail.sent');
      await record(context, scope, mail, outcome);
    }
    return line.isGood();
  } finally {
    line.close();
  }
};

type OneMail = { readonly scope: Scope; readonly mail: Mail };

/** So many new connections in a row that a server hangs up on are not the fault of the mails. */
const LOST_MAX = 2;
/** With it a server says that it closes the connection. */
const CLOSES = 421;
/** Who closes one does so at once. Who says nothing for long may have taken the mail. */
const CLOSED_WITHIN_MS = 5_000;

/** The way to the server, over one connection after the other. */
const createLine = (context: Context) => {
  let session: SmtpSession | null = null;
  let lost = 0;
  let failure: Try | null = null;

  const close = (): void => {
    session?.close();
    session = null;
  };
  const handIn = async (one: OneMail): Promise<Outcome> => {
    if (failure !== null) return { made: failure, isFinal: false };
    const wasUsed = session !== null;
    if (session === null) {
      const opened = await open(context);
      if (!('send' in opened)) {
        failure = opened;
        return { made: opened, isFinal: false };
      }
      session = opened;
    }
    const begunMs = context.clock.monotonicMs();
    const outcome = await sendOne(context, session, one);
    const wasClosed = context.clock.monotonicMs() - begunMs < CLOSED_WITHIN_MS;
    const { made, isUnwritten } = outcome;
    if (isUnwritten) return outcome;
    if (made.error === null || (made.code !== null && made.code !== CLOSES)) {
      lost = 0;
      return outcome;
    }
    close();
    // Some take so many mails over one connection: over a new one it is told whether it was that.
    if (wasUsed && wasClosed) return handIn(one);
    lost += 1;
    if (lost >= LOST_MAX) failure = made;
    return outcome;
  };
  return { handIn, close, isGood: () => failure === null && lost === 0 };
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
  { scope, mail }: OneMail,
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
