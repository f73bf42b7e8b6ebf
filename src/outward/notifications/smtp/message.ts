// A mail as the bytes that go over the wire. Nothing in it is drawn or read from a clock: a mail that is
// handed in twice is the same mail twice, under the same Message-ID, and a mailbox shows it once.

import type { Mailbox } from './smtp-server.ts';

export type Message = {
  /** Becomes the Message-ID, and the mark between the parts. */
  readonly id: string;
  readonly atMs: number;
  readonly from: Mailbox;
  readonly to: string;
  readonly replyTo: string | null;
  readonly subject: string;
  readonly locale: string;
  readonly html: string;
  readonly text: string;
  /** Shown in the HTML as `cid:` and its name: it comes along, and nothing is fetched. */
  readonly picture?: Picture | null;
};

export type Picture = { readonly cid: string; readonly type: string; readonly bytes: Buffer };

export const messageId = ({ id, from }: Pick<Message, 'id' | 'from'>): string =>
  `<${id}@${from.address.slice(from.address.lastIndexOf('@') + 1)}>`;

export const spellMessage = (message: Message): Buffer => {
  const boundary = `=_${message.id}`;
  const headers = [
    ['From', spellMailbox(message.from)],
    ['To', message.to],
    ...(message.replyTo === null ? [] : [['Reply-To', message.replyTo]]),
    ['Subject', encodeWords(message.subject, 'Subject: '.length)],
    ['Date', spellDate(message.atMs)],
    ['Message-ID', messageId(message)],
    ['MIME-Version', '1.0'],
    ['Content-Language', message.locale],
    // Answering machines keep still.
    ['Auto-Submitted', 'auto-generated'],
    ['Content-Type', `multipart/alternative;\r\n boundary="${boundary}"`],
  ];
  const lines = [
    ...headers.map(([name, value = '']) => `${name}: ${safe(value)}`),
    '',
    ...partOf(boundary, 'text/plain', message.text),
    ...htmlOf(boundary, message),
    `--${boundary}--`,
    '',
  ];
  return Buffer.from(lines.join('\r\n'));
};

const htmlOf = (boundary: string, { id, html, picture }: Message): string[] => {
  if (!picture) return partOf(boundary, 'text/html', html);
  const within = `=-${id}`;
  return [
    `--${boundary}`,
    `Content-Type: multipart/related;\r\n boundary="${within}"; type="text/html"`,
    '',
    ...partOf(within, 'text/html', html),
    `--${within}`,
    `Content-Type: ${safe(picture.type)}`,
    `Content-ID: <${safe(picture.cid)}>`,
    'Content-Disposition: inline',
    'Content-Transfer-Encoding: base64',
    '',
    ...inLines(picture.bytes),
    `--${within}--`,
  ];
};

// In base64 no line begins with a point, is too long, or ends in the middle of a line break: nothing in a
// mail can be taken for a command.
const partOf = (boundary: string, type: string, body: string): string[] => [
  `--${boundary}`,
  `Content-Type: ${type}; charset=utf-8`,
  'Content-Transfer-Encoding: base64',
  '',
  ...inLines(Buffer.from(body.replaceAll(/\r?\n/g, '\r\n'))),
];

const LINE = 76;

const inLines = (bytes: Buffer): string[] =>
  bytes.toString('base64').match(new RegExp(`.{1,${LINE}}`, 'g')) ?? [''];

/** The last line of defence: what would begin another header is refused, whoever let it in. */
const safe = (value: string): string => {
  if (/[\r\n](?![ \t])|\0/.test(value.replaceAll('\r\n ', ' '))) {
    throw new Error('A header of a mail would have been two.');
  }
  return value;
};

const spellMailbox = ({ name, address }: Mailbox): string => {
  if (name === '') return address;
  const isPlain = /^[\w !#$%&'*+/=?^`{|}~-]+$/.test(name) && name.length < 60;
  return `${isPlain ? `"${name}"` : encodeWords(name, 'From: '.length)} <${address}>`;
};

/** RFC 2047: text beyond ASCII as words of base64, none longer than 75, no character torn apart. */
export const encodeWords = (text: string, indent: number): string => {
  if (/^[\x20-\x7e]*$/.test(text) && !text.includes('=?') && text.length + indent < 76) return text;
  const words: string[] = [];
  let word = '';
  for (const character of text) {
    if (Buffer.byteLength(word + character) > 39) {
      words.push(word);
      word = '';
    }
    word += character;
  }
  words.push(word);
  return words.map((each) => `=?utf-8?B?${Buffer.from(each).toString('base64')}?=`).join('\r\n ');
};

const spellDate = (ms: number): string => new Date(ms).toUTCString().replace('GMT', '+0000');
