// A connection to a mail server, spoken line by line. Every wait is bounded, and whatever the other side
// says is at most so long.

import { connect as dial, type Socket } from 'node:net';
import { connect as dialTls, type TLSSocket } from 'node:tls';
import type { SmtpServer } from './smtp-server.ts';

export type Answer = { readonly code: number; readonly lines: readonly string[] };

export type Connection = {
  /** What the server says next. */
  hear(): Promise<Answer>;
  say(line: string): Promise<Answer>;
  write(bytes: Buffer): void;
  /** From here on under TLS. What came before it is forgotten. */
  secure(): Promise<void>;
  close(): void;
};

export class NoAnswer extends Error {
  override readonly name = 'NoAnswer';
}

export type Waits = { readonly connectMs: number; readonly answerMs: number };

const BYTES_MAX = 65_536;

export const openConnection = async (server: SmtpServer, waits: Waits): Promise<Connection> => {
  let socket: Socket = server.isSecure
    ? dialTls(tlsOptions(server))
    : dial(server.port, server.host);
  await opened(socket, server.isSecure ? 'secureConnect' : 'connect', waits.connectMs);
  let lines = listen(socket, waits.answerMs);

  const hear = async (): Promise<Answer> => {
    const told: string[] = [];
    for (;;) {
      const line = await lines.next();
      const match = /^([2-5]\d\d)([ -]?)(.*)$/.exec(line);
      if (match === null) throw new NoAnswer('The mail server said something that is not SMTP.');
      told.push(match[3] ?? '');
      if (match[2] !== '-') return { code: Number(match[1]), lines: told };
    }
  };
  return {
    hear,
    say: (line) => {
      // A command is one line, whatever stands in it.
      if (/[\r\n\0]/.test(line)) throw new Error('A command would have been two.');
      socket.write(`${line}\r\n`);
      return hear();
    },
    write: (bytes) => void socket.write(bytes),
    secure: async () => {
      lines.stop();
      const secured: TLSSocket = dialTls({ ...tlsOptions(server), socket });
      socket = secured;
      await opened(secured, 'secureConnect', waits.connectMs);
      lines = listen(secured, waits.answerMs);
    },
    close: () => {
      lines.stop();
      socket.destroy();
    },
  };
};

const tlsOptions = ({ host, port, ca }: SmtpServer) => ({
  host,
  port,
  minVersion: 'TLSv1.2' as const,
  ...(/^[\d.]+$|:/.test(host) ? {} : { servername: host }),
  ...(ca === undefined ? {} : { ca }),
});

const opened = (socket: Socket, event: string, withinMs: number): Promise<void> =>
  new Promise((resolve, reject) => {
    const fail = (error: Error): void => {
      socket.destroy();
      reject(new NoAnswer(wordFor(error), { cause: error }));
    };
    const slow = setTimeout(() => fail(new Error('timeout')), withinMs);
    socket.once('error', fail);
    socket.once(event, () => {
      clearTimeout(slow);
      socket.off('error', fail);
      resolve();
    });
    socket.once('error', () => clearTimeout(slow));
    socket.once('close', () => {
      clearTimeout(slow);
      fail(new Error('closed'));
    });
  });

type Lines = { next(): Promise<string>; stop(): void };

const listen = (socket: Socket, withinMs: number): Lines => {
  let text = '';
  let failure: Error | null = null;
  let wake: (() => void) | null = null;
  const woken = (): void => wake?.();
  const fail = (why: string): void => {
    failure ??= new NoAnswer(why);
    woken();
  };
  const take = (bytes: Buffer): void => {
    text += bytes.toString('latin1');
    if (text.length > BYTES_MAX) fail('The mail server said too much.');
    woken();
  };
  const onError = (error: Error): void => fail(wordFor(error));
  const onClose = (): void => fail('The mail server hung up.');
  socket.on('data', take);
  socket.on('error', onError);
  socket.on('close', onClose);
  return {
    next: async () => {
      const slow = setTimeout(() => fail('The mail server did not answer in time.'), withinMs);
      try {
        for (;;) {
          const end = text.indexOf('\n');
          if (end >= 0) {
            const line = text.slice(0, end).replace(/\r$/, '');
            text = text.slice(end + 1);
            return line;
          }
          if (failure !== null) throw failure;
          await new Promise<void>((resolve) => {
            wake = resolve;
          });
        }
      } finally {
        clearTimeout(slow);
      }
    },
    stop: () => {
      socket.off('data', take);
      socket.off('close', onClose);
    },
  };
};

/** Without addresses and names: what goes wrong is said in a word. */
const wordFor = (error: Error & { code?: string }): string =>
  `The mail server cannot be reached (${error.code ?? error.message}).`;
