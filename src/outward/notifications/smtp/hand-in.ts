// Hands mails in at a server (RFC 5321, 3207, 4954). Who is refused is told apart: the mail, which nobody
// will ever take (`permanent`), or us, or just now.

import {
  type Answer,
  type Connection,
  NoAnswer,
  openConnection,
  type Waits,
} from './connection.ts';
import type { SmtpServer } from './smtp-server.ts';

/** The server said no. `permanent`: to this mail, and it will say so again. */
export class MailRefused extends Error {
  override readonly name = 'MailRefused';
  readonly code: number;
  readonly permanent: boolean;
  constructor(code: number, text: string, permanent: boolean) {
    super(text);
    this.code = code;
    this.permanent = permanent;
  }
}

export type Envelope = {
  readonly from: string;
  readonly to: string;
  readonly message: Buffer;
};

export type SmtpSession = {
  send(envelope: Envelope): Promise<void>;
  close(): void;
};

const systemWaits: Waits = { connectMs: 10_000, answerMs: 30_000 };

export const openSession = async (
  server: SmtpServer,
  waits: Waits = systemWaits,
): Promise<SmtpSession> => {
  const connection = await openConnection(server, waits);
  try {
    const offers = await greet(connection, server);
    if (server.login !== null) await logIn(connection, server.login, offers);
    return {
      send: (envelope) => send(connection, envelope, offers),
      close: () => connection.close(),
    };
  } catch (error) {
    connection.close();
    throw error;
  }
};

const greet = async (connection: Connection, server: SmtpServer): Promise<readonly string[]> => {
  expect(await connection.hear(), 220);
  const offers = await hello(connection);
  if (server.isSecure) return offers;
  if (offers.includes('STARTTLS')) {
    expect(await connection.say('STARTTLS'), 220);
    await connection.secure();
    // What was offered before is not believed: anybody could have said it.
    return hello(connection);
  }
  if (server.isLoopback) return offers;
  throw new MailRefused(0, 'The mail server offers no TLS, and without it nothing is sent.', false);
};

const hello = async (connection: Connection): Promise<readonly string[]> =>
  expect(await connection.say('EHLO localhost'), 250).lines.map((line) => line.toUpperCase());

const logIn = async (
  connection: Connection,
  { user, password }: NonNullable<SmtpServer['login']>,
  offers: readonly string[],
): Promise<void> => {
  const ways = offers.find((offer) => offer.startsWith('AUTH'))?.split(/[ =]/) ?? [];
  const encode = (text: string): string => Buffer.from(text).toString('base64');
  if (ways.includes('PLAIN')) {
    expect(await connection.say(`AUTH PLAIN ${encode(`\0${user}\0${password}`)}`), 235);
    return;
  }
  if (!ways.includes('LOGIN')) {
    throw new MailRefused(0, 'The mail server offers no way to log in that we know.', false);
  }
  expect(await connection.say('AUTH LOGIN'), 334);
  expect(await connection.say(encode(user)), 334);
  expect(await connection.say(encode(password)), 235);
};

const send = async (
  connection: Connection,
  { from, to, message }: Envelope,
  offers: readonly string[],
): Promise<void> => {
  const isAscii = /^[\x21-\x7e]+$/.test(to);
  if (!isAscii && !offers.includes('SMTPUTF8')) {
    throw new MailRefused(0, 'The mail server does not take addresses beyond ASCII.', true);
  }
  const steps = [
    [`MAIL FROM:<${from}>${isAscii ? '' : ' BODY=8BITMIME SMTPUTF8'}`, 250],
    [`RCPT TO:<${to}>`, 250],
    ['DATA', 354],
  ] as const;
  for (const [command, wanted] of steps) {
    const answer = await connection.say(command);
    if (answer.code === wanted || (wanted === 250 && answer.code === 251)) continue;
    // The next mail begins anew.
    await connection.say('RSET').catch(() => {});
    throw refusal(answer, command.startsWith('RCPT') || command === 'DATA');
  }
  connection.write(stuffed(message));
  const answer = await connection.hear();
  if (answer.code !== 250) throw refusal(answer, true);
};

/** A line that is a point alone ends a mail, so each that begins with one gets another. */
export const stuffed = (message: Buffer): Buffer => {
  const text = message.toString('latin1').replaceAll(/^\./gm, '..');
  return Buffer.from(`${text.endsWith('\r\n') ? text : `${text}\r\n`}.\r\n`, 'latin1');
};

const expect = (answer: Answer, code: number): Answer => {
  if (answer.code !== code) throw refusal(answer, false);
  return answer;
};

const SHOWN_MAX = 300;

const refusal = ({ code, lines }: Answer, ofMail: boolean): MailRefused =>
  new MailRefused(
    code,
    lines
      .join(' ')
      .replaceAll(/[^\x20-\x7e]/g, '?')
      .slice(0, SHOWN_MAX),
    // 421 and its like close the line; 5xx at the recipient or the content is the last word on this mail.
    ofMail && code >= 500,
  );

export { NoAnswer };
