// A mail server as others run them, on a real socket of this machine: it takes what it is given, or does
// as it is told.

import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { TLSSocket } from 'node:tls';
import { temporaryFolder } from '../../kit/context/for-tests.ts';
import { atEnd } from '../../kit/context/for-tests-end.ts';

export type Taken = {
  readonly from: string;
  readonly to: string;
  /** As it came, without the points that were put before points. */
  readonly message: string;
  readonly wasSecure: boolean;
  readonly login: string | null;
};

export type Behaviour = {
  readonly offersTls?: boolean;
  /** Wants this password, whoever asks. */
  readonly password?: string;
  readonly utf8?: boolean;
  /** What it says instead, by the first word of a command; `''` says nothing, and DATA. is the end of one. */
  readonly says?: Readonly<Record<string, string>>;
  /** Sent right behind the answer to STARTTLS, as somebody on the way would. */
  readonly injects?: string;
  /** Never says a word. */
  readonly isSilent?: boolean;
  /** Hangs up once it has the whole mail, without a word. */
  readonly hangsUpAtEnd?: boolean;
  /** Hangs up, without a word, when it hears of this recipient. */
  readonly hangsUpOn?: string;
  /** Takes so many over a connection and says, or does without a word, that it closes it. */
  readonly mailsMax?: number;
  readonly saysLast?: string;
};

export type MailSink = {
  readonly port: number;
  readonly taken: Taken[];
  /** Every command of every connection. */
  readonly heard: string[];
  readonly connections: () => number;
  readonly ca: string;
  behave(how: Behaviour): void;
  until(count: number): Promise<void>;
};

const certificate = (): { key: string; cert: string } => {
  const folder = temporaryFolder('mail-certificate');
  const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
  execFileSync(
    'openssl',
    // biome-ignore format: one command, read as one
    ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2',
     '-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1', '-keyout', key, '-out', cert],
    { stdio: 'ignore' },
  );
  return { key: readFileSync(key, 'utf8'), cert: readFileSync(cert, 'utf8') };
};

const WAIT_MAX_MS = 60_000;

export const startMailSink = async (behaviour: Behaviour = {}): Promise<MailSink> => {
  const taken: Taken[] = [];
  const heard: string[] = [];
  const sockets = new Set<Socket>();
  const pair = certificate();
  let how = behaviour;
  let connections = 0;
  const server = createServer((socket) => {
    connections += 1;
    sockets.add(socket);
    socket.on('error', () => {});
    if (!how.isSilent) serve(socket, { how: () => how, pair, taken, heard });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  atEnd(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return {
    port: (server.address() as AddressInfo).port,
    taken,
    heard,
    connections: () => connections,
    ca: pair.cert,
    behave: (next) => {
      how = next;
    },
    until: async (count) => {
      for (let waited = 0; taken.length < count; waited += 20) {
        if (waited > WAIT_MAX_MS) throw new Error(`${taken.length} came, and not ${count}`);
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    },
  };
};

type Served = {
  readonly how: () => Behaviour;
  readonly pair: { readonly key: string; readonly cert: string };
  readonly taken: Taken[];
  readonly heard: string[];
};

const serve = (plain: Socket, { how, pair, taken, heard }: Served): void => {
  let socket: Socket = plain;
  let wasSecure = false;
  let login: string | null = null;
  let [from, to] = ['', ''];
  let data: string | null = null;
  let text = '';
  let mails = 0;
  const say = (line: string): void => void (line !== '' && socket.write(`${line}\r\n`));

  const answer = (line: string): void => {
    const word = line.split(/[ :]/)[0]?.toUpperCase() ?? '';
    const told = how().says?.[word];
    if (told !== undefined) return say(told);
    switch (word) {
      case 'EHLO': {
        const offers = [
          ...(how().offersTls && !wasSecure ? ['STARTTLS'] : []),
          ...(how().password === undefined ? [] : ['AUTH LOGIN PLAIN']),
          ...(how().utf8 ? ['SMTPUTF8', '8BITMIME'] : []),
        ];
        for (const offer of ['sink', ...offers].slice(0, -1)) say(`250-${offer}`);
        return say(`250 ${['sink', ...offers].at(-1)}`);
      }
      case 'STARTTLS':
        socket.write(`220 go on\r\n${how().injects ?? ''}`);
        plain.removeAllListeners('data');
        socket = new TLSSocket(plain, { isServer: true, ...pair });
        socket.on('error', () => {});
        socket.on('data', take);
        wasSecure = true;
        return;
      case 'AUTH': {
        const [, user = '', password = ''] = Buffer.from(line.split(' ')[2] ?? '', 'base64')
          .toString()
          .split('\0');
        login = user;
        return say(password === how().password ? '235 welcome' : '535 no');
      }
      case 'MAIL':
        if (mails >= (how().mailsMax ?? Number.POSITIVE_INFINITY)) {
          const last = how().saysLast;
          return void socket.end(last === undefined ? '' : `${last}\r\n`);
        }
        mails += 1;
        from = /<(.*)>/.exec(line)?.[1] ?? '';
        return say('250 ok');
      case 'RCPT':
        to = /<(.*)>/.exec(line)?.[1] ?? '';
        if (to === how().hangsUpOn) return void socket.destroy();
        return say('250 ok');
      case 'DATA':
        data = '';
        return say('354 go on');
      default:
        return say(word === 'RSET' ? '250 ok' : '502 what');
    }
  };
  const takeLine = (line: string): void => {
    if (data === null) {
      heard.push(line);
      answer(line);
    } else if (line === '.') {
      const refusal = how().says?.['DATA.'];
      const message = data;
      data = null;
      if (refusal === undefined) taken.push({ from, to, message, wasSecure, login });
      if (how().hangsUpAtEnd) socket.destroy();
      else say(refusal ?? '250 taken');
    } else data += `${line.replace(/^\./, '')}\r\n`;
  };
  const take = (bytes: Buffer): void => {
    text += bytes.toString('latin1');
    for (let end = text.indexOf('\r\n'); end >= 0; end = text.indexOf('\r\n')) {
      const line = text.slice(0, end);
      text = text.slice(end + 2);
      takeLine(line);
    }
  };
  socket.on('data', take);
  say(how().says?.['CONNECT'] ?? '220 sink ESMTP');
};

/** The two parts of a mail of ours, and its headers with what was encoded in them. */
export const readMessage = (
  message: string,
): { headers: Record<string, string>; text: string; html: string; picture: Buffer | null } => {
  const [head = '', ...rest] = message.split('\r\n\r\n');
  const headers = Object.fromEntries(
    head
      .replaceAll(/\r\n[ \t]/g, ' ')
      .split('\r\n')
      .map((line) => {
        const at = line.indexOf(':');
        return [line.slice(0, at).toLowerCase(), decodeWords(line.slice(at + 1).trim())];
      }),
  );
  const body = rest.join('\r\n\r\n');
  const boundary = /boundary="([^"]+)"/.exec(headers['content-type'] ?? '')?.[1] ?? '';
  const within = /boundary="(=-[^"]+)"/.exec(body)?.[1] ?? boundary;
  const parts = body
    .split(new RegExp(`--(?:${boundary}|${within})`))
    .filter((part) => !part.includes('multipart/related'))
    .map((part) => {
      const [, encoded = ''] = part.split('\r\n\r\n');
      return Buffer.from(encoded, 'base64');
    });
  const [, text, html, picture] = parts;
  return {
    headers,
    text: String(text ?? ''),
    html: String(html ?? ''),
    picture: within === boundary ? null : (picture ?? null),
  };
};

const decodeWords = (value: string): string =>
  value
    .replaceAll(/\?= =\?/g, '?==?')
    .replaceAll(/=\?utf-8\?B\?([^?]*)\?=/g, (_, word: string) =>
      Buffer.from(word, 'base64').toString(),
    );
