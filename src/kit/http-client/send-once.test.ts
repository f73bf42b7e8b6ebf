import assert from 'node:assert/strict';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { after, describe, test } from 'node:test';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { deflateRawSync, deflateSync, gzipSync } from 'node:zlib';
import { type Reach, systemClock, systemNetwork } from '#kit/context';
import {
  closingServer,
  http2Server,
  type OddServer,
  oddServer,
  untrustedServer,
} from './for-tests.ts';
import { NoAnswer, NotSent, NumberText, parseJsonText, sendOnce } from './index.ts';

const context = { clock: systemClock, network: systemNetwork };
const servers: OddServer[] = [];
after(async () => {
  for (const server of servers) await server.close();
});
const opened = async (server: Promise<OddServer>): Promise<OddServer> => {
  servers.push(await server);
  return server;
};
const reacting = (react: (socket: Socket, head: string) => void) => opened(oddServer(react));

const send = (
  url: string,
  {
    withinMs = 5_000,
    signal,
    bytesMax,
    reach,
  }: { withinMs?: number; signal?: AbortSignal; bytesMax?: number; reach?: Reach } = {},
) =>
  sendOnce(
    context,
    { method: 'POST', url, headers: { 'x-one': '1' }, body: 'amount=1' },
    {
      deadlineMs: systemClock.now() + withinMs,
      ...(signal === undefined ? {} : { signal }),
      ...(bytesMax === undefined ? {} : { bytesMax }),
      ...(reach === undefined ? {} : { reach }),
    },
  );
const at = (server: OddServer, scheme = 'http') => `${scheme}://127.0.0.1:${server.port}/pay`;

const notSent = (why: string) => (error: unknown) => {
  assert.ok(error instanceof NotSent, String(error));
  assert.equal(error.why, why);
  return true;
};
const noAnswer =
  (...whys: string[]) =>
  (error: unknown) => {
    assert.ok(error instanceof NoAnswer, String(error));
    assert.ok(whys.includes(error.why), error.why);
    return true;
  };

const trusting = async (cert: string, work: () => Promise<void>): Promise<void> => {
  const trusted = getCACertificates();
  setDefaultCACertificates([...trusted, cert]);
  try {
    await work();
  } finally {
    setDefaultCACertificates(trusted);
  }
};

const answer = (body: string, head = ''): string =>
  `HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n${head}\r\n${body}`;

describe('an answer', () => {
  test('comes with its status, its headers and its very bytes', async () => {
    const server = await reacting((socket) =>
      socket.end(answer('a\u0000\u00e9', 'X-Two: 2\r\n'), 'latin1'),
    );
    const got = await send(at(server));
    assert.equal(got.status, 200);
    assert.equal(got.headers['x-two'], '2');
    assert.deepEqual(got.body, Buffer.from('a\u0000\u00e9', 'latin1'));
    assert.match(server.heard[0] ?? '', /^POST \/pay HTTP\/1\.1\r\n/);
    assert.match(server.heard[0] ?? '', /x-one: 1/i);
    assert.match(server.heard[0] ?? '', /user-agent: Tollgate/);
    assert.match(server.heard[0] ?? '', /amount=1$/);
  });

  test('that sends elsewhere is an answer: nobody follows it', async () => {
    const elsewhere = await reacting((socket) => socket.end(answer('stolen')));
    const server = await reacting((socket) =>
      socket.end(`HTTP/1.1 307 Go\r\nLocation: ${at(elsewhere)}\r\nContent-Length: 0\r\n\r\n`),
    );
    assert.equal((await send(at(server))).status, 307);
    assert.deepEqual(elsewhere.heard, []);
  });

  test('is no longer than its limit', async () => {
    const server = await reacting((socket) => socket.end(answer('x'.repeat(70_000))));
    await assert.rejects(send(at(server), { bytesMax: 60_000 }), noAnswer('too_large'));
    assert.equal((await send(at(server), { bytesMax: 70_000 })).body.length, 70_000);
  });

  test('is read, should it come shorter than it was asked for', async () => {
    const packed = gzipSync('{"paid":true}').toString('latin1');
    const writing = (coding: string, body: string) =>
      reacting((socket) => socket.end(answer(body, `Content-Encoding: ${coding}\r\n`), 'latin1'));
    const server = await writing('gzip', packed);
    assert.equal((await send(at(server))).body.toString(), '{"paid":true}');
    for (const write of [deflateSync, deflateRawSync]) {
      const other = await writing('deflate', write('{"paid":true}').toString('latin1'));
      assert.equal((await send(at(other))).body.toString(), '{"paid":true}');
    }
    assert.match(server.heard[0] ?? '', /accept-encoding: identity/);
    await assert.rejects(send(at(server), { bytesMax: 12 }), noAnswer('too_large'));
    await assert.rejects(send(at(await writing('gzip', 'no'))), noAnswer('not_readable'));
    await assert.rejects(send(at(await writing('zip', packed))), noAnswer('not_readable'));
  });

  test('has all that was said under one name', async () => {
    const server = await reacting((socket) =>
      socket.end(answer('', 'Set-Cookie: a=1\r\nX-Two: 2\r\nset-cookie: b=2\r\n')),
    );
    assert.equal((await send(at(server))).headers['set-cookie'], 'a=1, b=2');
  });

  test('without an end is stopped at the limit', async () => {
    const server = await reacting((socket) => {
      socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n');
      const more = setInterval(() => socket.write(`2710\r\n${'x'.repeat(10_000)}\r\n`), 1);
      socket.on('close', () => clearInterval(more));
    });
    await assert.rejects(send(at(server), { bytesMax: 100_000 }), noAnswer('too_large'));
  });
});

describe('nothing was sent, provably,', () => {
  test('when the connection is refused', async () => {
    const server = await oddServer(() => {});
    await server.close();
    await assert.rejects(send(at(server)), notSent('refused'));
  });

  test('when the name is not known', async () => {
    await assert.rejects(send('http://no-such-host.invalid/'), notSent('dns'));
  });

  test('when the name leads where it may not, be it that others have a connection open there', async () => {
    const server = await reacting((socket) => socket.end(answer('here', 'Keep-Alive: 60\r\n')));
    const url = `http://localhost:${server.port}/pay`;
    assert.equal((await send(url, { reach: 'loopback' })).status, 200);
    assert.equal((await send(url, { reach: 'anywhere' })).status, 200);
    await assert.rejects(send(url, { reach: 'public' }), notSent('address_refused'));
    assert.equal(server.heard.length, 2);
  });

  test('when the certificate is not to be trusted', async () => {
    await assert.rejects(send(at(await opened(untrustedServer()), 'https')), notSent('tls'));
  });

  test('when the other side ends the handshake', async () => {
    const server = await opened(closingServer());
    await assert.rejects(send(at(server, 'https')), (error: unknown) => error instanceof NotSent);
  });

  test('when the handshake hangs until the deadline', async () => {
    const server = await opened(oddServer(() => {}));
    await assert.rejects(send(at(server, 'https'), { withinMs: 200 }), notSent('timeout'));
  });

  test('nor later, when the handshake ends after the deadline', async () => {
    const server = await http2Server();
    servers.push(server);
    const kept: (() => void)[] = [];
    // Whoever connects reaches the server once it is let through.
    const door = createServer((socket) => {
      kept.push(() => socket.pipe(connect(server.port, '127.0.0.1')).pipe(socket));
    });
    await new Promise<void>((resolve) => door.listen(0, '127.0.0.1', resolve));
    const url = `https://127.0.0.1:${(door.address() as AddressInfo).port}/pay`;
    try {
      await trusting(server.cert, async () => {
        await assert.rejects(send(`${url}?late`, { withinMs: 200 }), notSent('timeout'));
        const inTime = send(`${url}?in_time`);
        for (const letThrough of kept) letThrough();
        door.on('connection', () => kept.at(-1)?.());
        assert.equal((await inTime).status, 200);
        // What left before would be heard before.
        assert.equal((await send(`${url}?in_time`)).status, 200);
      });
      assert.deepEqual(server.heard, ['HTTP/1.1 /pay?in_time', 'HTTP/1.1 /pay?in_time']);
    } finally {
      door.close();
    }
  });

  test('when the time is over before it begins', async () => {
    const server = await reacting((socket) => socket.end(answer('')));
    await assert.rejects(send(at(server), { withinMs: 0 }), notSent('deadline'));
    const signal = AbortSignal.abort();
    await assert.rejects(send(at(server), { signal }), notSent('deadline'));
    assert.deepEqual(server.heard, []);
  });
});

describe('nobody knows what became of it', () => {
  test('when the connection is reset after the request', async () => {
    const server = await reacting((socket) => socket.resetAndDestroy());
    await assert.rejects(send(at(server)), noAnswer('reset', 'cut'));
  });

  test('when the connection is closed without a word', async () => {
    const server = await reacting((socket) => socket.end());
    await assert.rejects(send(at(server)), noAnswer('cut'));
  });

  test('when the answer ends in its middle', async () => {
    const server = await reacting((socket) => socket.end(answer('{"paid":true}').slice(0, -3)));
    await assert.rejects(send(at(server)), noAnswer('cut', 'reset'));
  });

  test('when a chunked answer ends in its middle', async () => {
    const server = await reacting((socket) =>
      socket.end('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{"a"'),
    );
    await assert.rejects(send(at(server)), noAnswer('cut', 'reset'));
  });

  test('when nothing comes until the deadline, or only half', async () => {
    const silent = await reacting(() => {});
    await assert.rejects(send(at(silent), { withinMs: 200 }), noAnswer('timeout'));
    const half = await reacting((socket) => socket.write(answer('whole').slice(0, -2)));
    await assert.rejects(send(at(half), { withinMs: 200 }), noAnswer('timeout'));
  });

  describe('when it stood still while it connected: nothing leaves after its time,', () => {
    /** As of a process that stood still after it had begun, and whose alarm has not rung yet. */
    const late = (url: string) => {
      const deadlineMs = systemClock.now() + 5_000;
      let asked = 0;
      const clock = {
        ...systemClock,
        now: () => (asked++ === 0 ? systemClock.now() : deadlineMs + 1),
        alarm: () => () => {},
      };
      return sendOnce(
        { clock, network: systemNetwork },
        { method: 'POST', url, body: 'amount=1' },
        { deadlineMs },
      );
    };

    test('over HTTP/1.1', async () => {
      const server = await reacting((socket) => socket.end(answer('')));
      await assert.rejects(late(at(server)), noAnswer('timeout'));
      assert.equal(server.heard.join(''), '');
    });

    test('over TLS, on a connection that is new or was used', async () => {
      const server = await http2Server();
      servers.push(server);
      await trusting(server.cert, async () => {
        const url = at(server, 'https');
        await assert.rejects(late(`${url}?late`), noAnswer('timeout'));
        // What left before would be heard before.
        const answered = async () => (await send(`${url}?in_time`)).body.toString();
        assert.equal(await answered(), '1.1');
        await assert.rejects(late(`${url}?late`), noAnswer('timeout'));
        assert.equal(await answered(), '1.1');
      });
      assert.deepEqual(server.heard, ['HTTP/1.1 /pay?in_time', 'HTTP/1.1 /pay?in_time']);
    });
  });

  test('when it is given up on from outside', async () => {
    const giveUp = new AbortController();
    const server = await reacting(() => giveUp.abort());
    await assert.rejects(send(at(server), { signal: giveUp.signal }), noAnswer('timeout'));
  });

  test('when what comes is no HTTP', async () => {
    const server = await reacting((socket) => socket.end('220 mail.example.com ESMTP\r\n'));
    await assert.rejects(send(at(server)), noAnswer('no_http', 'cut'));
  });

  test('when a network that tells nothing of its sockets fails', async () => {
    const network = {
      ...systemNetwork,
      exchange: () => Promise.reject(new TypeError('It failed')),
    };
    const request = { method: 'POST', url: 'http://somewhere.test/' } as const;
    const limits = { deadlineMs: systemClock.now() + 1_000 };
    await assert.rejects(
      sendOnce({ ...context, network }, request, limits),
      (error: unknown) => error instanceof NoAnswer,
    );
  });
});

test('a call that is given up beside another, to who could speak HTTP/2, holds up nobody', async () => {
  const server = await http2Server();
  servers.push(server);
  await trusting(server.cert, async () => {
    assert.equal((await send(at(server, 'https'))).body.toString(), '1.1');
    const giveUp = new AbortController();
    const given = send(at(server, 'https'), { signal: giveUp.signal });
    const other = send(at(server, 'https'));
    giveUp.abort();
    await assert.rejects(given, Error);
    assert.equal((await other).body.toString(), '1.1');
  });
});

test('a header whose value ends in a line break is said without it', async () => {
  const server = await reacting((socket) => socket.end(answer('')));
  const headers = { authorization: 'Bearer sk_test_1\n' };
  const request = { method: 'GET', url: at(server), headers } as const;
  await sendOnce(context, request, { deadlineMs: systemClock.now() + 5_000 });
  assert.match(server.heard[0] ?? '', /authorization: Bearer sk_test_1\r\n/);
});

test('calls beside each other are told apart', async () => {
  const reset = await reacting((socket) => socket.resetAndDestroy());
  const good = await reacting((socket) => socket.end(answer('yes')));
  const refused = await oddServer(() => {});
  await refused.close();
  const ends = await Promise.all(
    Array.from({ length: 90 }, async (_, n) => {
      const server = [reset, good, refused][n % 3] ?? good;
      try {
        return String((await send(at(server))).status);
      } catch (error) {
        return (error as Error).name;
      }
    }),
  );
  ends.forEach((end, n) => {
    assert.equal(end, ['NoAnswer', '200', 'NotSent'][n % 3]);
  });
});

test('numbers keep the text in which they came', () => {
  const read = parseJsonText('{"a":100.050,"b":9007199254740993,"c":[1e3],"d":"5"}') as Record<
    string,
    unknown
  >;
  assert.equal((read['a'] as NumberText).text, '100.050');
  assert.equal((read['b'] as NumberText).text, '9007199254740993');
  assert.deepEqual(read['c'], [new NumberText('1e3')]);
  assert.equal(read['d'], '5');
  assert.equal(parseJsonText('<html>'), undefined);
  assert.equal(parseJsonText(''), undefined);
});
