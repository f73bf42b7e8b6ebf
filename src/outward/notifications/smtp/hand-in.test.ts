// Handing mails in, against a server on a real socket.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type Behaviour, readMessage, startMailSink } from '../for-tests-sink.ts';
import { MailRefused, NoAnswer, openSession, stuffed } from './hand-in.ts';
import { encodeWords, messageId, spellMessage } from './message.ts';
import { readMailbox, readSmtpUrl, type SmtpServer } from './smtp-server.ts';

const waits = { connectMs: 2_000, answerMs: 500 };

const aMessage = {
  id: '018f0000-0000-7000-8000-000000000001',
  atMs: Date.UTC(2026, 0, 15, 12),
  from: { name: 'Fern & Tide', address: 'receipts@pay.example' },
  to: 'jenny@example.com',
  replyTo: null,
  subject: 'Ihr Beleg für „Tee“, größer als je zuvor und darum in mehr als einem Wort',
  locale: 'de',
  html: '<p>.\r\n.\r\n</p>',
  text: '.\nHello\n..\n',
};
const envelope = {
  from: aMessage.from.address,
  to: aMessage.to,
  message: spellMessage(aMessage),
};

const sinkWith = async (how: Behaviour, changes: Partial<SmtpServer> = {}) => {
  const sink = await startMailSink(how);
  const server: SmtpServer = {
    host: '127.0.0.1',
    port: sink.port,
    isSecure: false,
    isLoopback: true,
    login: null,
    ca: sink.ca,
    ...changes,
  };
  return { sink, server };
};

const refused = (code: number, permanent: boolean) => (error: unknown) => {
  assert.ok(error instanceof MailRefused, String(error));
  assert.deepEqual([error.code, error.permanent], [code, permanent]);
  return true;
};

describe('a mail', () => {
  test('arrives as it was written, in both forms, under the id it has', async () => {
    const { sink, server } = await sinkWith({});
    const session = await openSession(server, waits);
    await session.send(envelope);
    await session.send({ ...envelope, to: 'second@example.com' });
    session.close();
    assert.deepEqual(
      sink.taken.map(({ from, to }) => [from, to]),
      [
        ['receipts@pay.example', 'jenny@example.com'],
        ['receipts@pay.example', 'second@example.com'],
      ],
    );
    const { headers, text, html } = readMessage(sink.taken[0]?.message ?? '');
    assert.equal(headers['subject'], aMessage.subject);
    assert.equal(headers['from'], '"Fern & Tide" <receipts@pay.example>');
    assert.equal(headers['message-id'], messageId(aMessage));
    assert.equal(headers['date'], 'Thu, 15 Jan 2026 12:00:00 +0000');
    assert.equal(text, '.\r\nHello\r\n..\r\n');
    assert.equal(html, aMessage.html);
    assert.ok((sink.taken[0]?.message ?? '').split('\r\n').every((line) => line.length <= 78));
  });

  test('whose line is a point alone is not cut off there', () => {
    const bytes = stuffed(Buffer.from('a\r\n.\r\n.b\r\nc'));
    assert.equal(bytes.toString(), 'a\r\n..\r\n..b\r\nc\r\n.\r\n');
  });

  test('with a line break in a header is not written', () => {
    for (const change of [
      { to: 'a@b.c\r\nBcc: everybody@example.com' },
      { replyTo: 'a@b.c\nX: y' },
      { from: { name: '', address: 'a@b.c\rX: y' } },
    ]) {
      assert.throws(() => spellMessage({ ...aMessage, ...change }), /would have been two/);
    }
    const hidden = spellMessage({ ...aMessage, subject: 'A\r\nBcc: everybody@example.com' });
    assert.doesNotMatch(hidden.toString(), /^Bcc/m);
  });

  test('to somebody beyond ASCII goes only where the server takes that', async () => {
    const to = 'jürgen@example.com';
    const plain = await sinkWith({});
    const session = await openSession(plain.server, waits);
    await assert.rejects(session.send({ ...envelope, to }), refused(0, true));
    session.close();
    const utf8 = await sinkWith({ utf8: true });
    const other = await openSession(utf8.server, waits);
    await other.send({ ...envelope, to });
    other.close();
    assert.equal(Buffer.from(utf8.sink.taken[0]?.to ?? '', 'latin1').toString(), to);
  });

  test('that is refused is told apart from a server that is busy, and the next one goes', async () => {
    for (const [says, code, permanent] of [
      [{ RCPT: '550 no such user' }, 550, true],
      [{ RCPT: '451 come back later' }, 451, false],
      [{ 'DATA.': '554 spam' }, 554, true],
      [{ 'DATA.': '452 full' }, 452, false],
      [{ MAIL: '553 not you' }, 553, false],
    ] as const) {
      const { sink, server } = await sinkWith({ says: says as Record<string, string> });
      const session = await openSession(server, waits);
      await assert.rejects(session.send(envelope), refused(code, permanent));
      sink.behave({});
      await session.send(envelope);
      session.close();
      assert.equal(sink.taken.length, 1);
    }
  });
});

describe('a connection', () => {
  test('goes under TLS before anything is told, and logs in there', async () => {
    const { sink, server } = await sinkWith(
      { offersTls: true, password: 'sesame' },
      { host: 'localhost', isLoopback: false, login: { user: 'shop', password: 'sesame' } },
    );
    const session = await openSession(server, waits);
    await session.send(envelope);
    session.close();
    assert.deepEqual(
      sink.taken.map(({ wasSecure, login }) => [wasSecure, login]),
      [[true, 'shop']],
    );
    assert.deepEqual(
      sink.heard.map((line) => line.split(' ')[0]),
      ['EHLO', 'STARTTLS', 'EHLO', 'AUTH', 'MAIL', 'RCPT', 'DATA'],
    );
  });

  test('without TLS to another machine is not used, and no password is sent', async () => {
    const { sink, server } = await sinkWith(
      { password: 'sesame' },
      { isLoopback: false, login: { user: 'shop', password: 'sesame' } },
    );
    await assert.rejects(openSession(server, waits), refused(0, false));
    assert.deepEqual(sink.heard, ['EHLO localhost']);
  });

  test('with a certificate that nobody knows is not used', async () => {
    const { sink, server } = await sinkWith({ offersTls: true }, { ca: '' });
    const { ca: _, ...unknowing } = server;
    await assert.rejects(openSession(unknowing, waits), NoAnswer);
    assert.deepEqual(sink.taken, []);
  });

  test('forgets what somebody on the way said before TLS began', async () => {
    const { sink, server } = await sinkWith(
      { offersTls: true, injects: '250-AUTH PLAIN\r\n250 fine\r\n' },
      { host: 'localhost', isLoopback: false },
    );
    // The bytes break the handshake, or are dropped; never are they an answer.
    const opened = await openSession(server, waits).catch((error: unknown) => error);
    if (opened instanceof Error) assert.ok(opened instanceof NoAnswer);
    assert.deepEqual(sink.taken, []);
  });

  test('with a wrong password fails as ours, not as the mail’s, and the password is not in what is said', async () => {
    const { server } = await sinkWith(
      { password: 'sesame' },
      { login: { user: 'shop', password: 'open-please' } },
    );
    const error = await openSession(server, waits).catch((each: unknown) => each);
    refused(535, false)(error);
    assert.doesNotMatch(String(error), /open-please|c2hvcA/);
  });

  test('to a server that is silent, talks nonsense, or is not there ends by itself', async () => {
    for (const how of [{ isSilent: true }, { says: { CONNECT: 'HTTP/1.1 200 OK' } }] as const) {
      const { server } = await sinkWith(how);
      await assert.rejects(openSession(server, waits), NoAnswer);
    }
    const { server } = await sinkWith({ says: { CONNECT: '554 go away' } });
    await assert.rejects(openSession(server, waits), refused(554, false));
    await assert.rejects(openSession({ ...server, port: 1 }, waits), NoAnswer);
  });

  test('that breaks after the last byte leaves open whether the mail was taken', async () => {
    const { sink, server } = await sinkWith({ hangsUpAtEnd: true });
    const session = await openSession(server, waits);
    await assert.rejects(session.send(envelope), NoAnswer);
    session.close();
    assert.equal(sink.taken.length, 1);
  });
});

describe('a setting', () => {
  test('names a server by its address, and nothing else does', () => {
    assert.deepEqual(readSmtpUrl('smtps://me%40x.y:p%2Fw@mail.example.com'), {
      host: 'mail.example.com',
      port: 465,
      isSecure: true,
      isLoopback: false,
      login: { user: 'me@x.y', password: 'p/w' },
    });
    assert.equal(readSmtpUrl('smtp://localhost:2525')?.isLoopback, true);
    assert.equal(readSmtpUrl('smtp://[::1]')?.port, 587);
    assert.equal(readSmtpUrl('smtp://127.0.0.1.evil.example')?.isLoopback, false);
    for (const wrong of [
      'http://mail.example.com',
      'mail.example.com:25',
      'smtp://user@mail.example.com',
      'smtp://a:b%0d%0aRSET@mail.example.com',
      'smtp://mail.example.com/path',
      'smtp://',
      '',
    ]) {
      assert.equal(readSmtpUrl(wrong), null, wrong);
    }
  });

  test('names a sender with or without a name', () => {
    assert.deepEqual(readMailbox('Fern & Tide <a@b.example>'), {
      name: 'Fern & Tide',
      address: 'a@b.example',
    });
    assert.deepEqual(readMailbox('a@b.example'), { name: '', address: 'a@b.example' });
    for (const wrong of ['a', 'a@b@c d', 'a@b\r\nX: y', '<a@b>x', 'a@b, c@d', '']) {
      assert.equal(readMailbox(wrong), null, wrong);
    }
  });
});

test('a long word of any alphabet is encoded without tearing a character apart', () => {
  const text = '領収書 🧾 '.repeat(20);
  const words = encodeWords(text, 9).split('\r\n ');
  const decoded = words.map((word) => {
    const [, inside = ''] = /^=\?utf-8\?B\?(.+)\?=$/.exec(word) ?? [];
    assert.ok(word.length <= 75, word);
    return Buffer.from(inside, 'base64').toString();
  });
  assert.equal(decoded.join(''), text);
  assert.equal(encodeWords('Plain words', 9), 'Plain words');
});
