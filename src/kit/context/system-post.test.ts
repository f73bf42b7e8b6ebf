import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { type AddressInfo, createServer as createTcpServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { systemNetwork } from '#kit/context';
import { oddServer } from '../http-client/for-tests.ts';
import { temporaryFolder } from './for-tests.ts';

type Asked = {
  body?: string | Buffer;
  mayConnect?: () => boolean;
  timeoutMs?: number;
  connectTimeoutMs?: number;
};

const post = (url: string, asked: Asked = {}) =>
  systemNetwork.post({
    url,
    headers: { 'content-type': 'text/plain' },
    body: asked.body ?? 'told',
    mayConnect: asked.mayConnect ?? (() => true),
    connectTimeoutMs: asked.connectTimeoutMs ?? 5_000,
    timeoutMs: asked.timeoutMs ?? 5_000,
    answerBytesMax: 100,
  });

/** Answers, unless it is told to hang up on what comes next over a connection that it knows, or to stop midway. */
const receiver = async () => {
  const sockets: Socket[] = [];
  let hangsUp = false;
  let stopsMidway = false;
  const server: Server = createServer((request, response) => {
    if (hangsUp && sockets.includes(request.socket)) {
      request.socket.destroy();
      return;
    }
    sockets.push(request.socket);
    request.resume().on('end', () => {
      if (stopsMidway) response.write('he');
      else response.end('heard');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    sockets,
    hangUp: () => {
      hangsUp = true;
    },
    stopMidway: () => {
      stopsMidway = true;
    },
    post: (mayConnect: () => boolean, timeoutMs = 5_000) =>
      post(`http://127.0.0.1:${port}/`, { mayConnect, timeoutMs }),
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
};

describe('a connection to a receiver', () => {
  test('is kept for what is told next', async () => {
    const told = await receiver();
    try {
      for (let n = 0; n < 3; n += 1) {
        assert.equal((await told.post(() => true)).body.toString(), 'heard');
      }
      assert.equal(new Set(told.sockets).size, 1);
    } finally {
      await told.close();
    }
  });

  test('is kept for each of as many calls as are under way at once', async () => {
    const told = await receiver();
    try {
      for (let n = 0; n < 3; n += 1) {
        await Promise.all(Array.from({ length: 16 }, () => told.post(() => true)));
      }
      assert.equal(new Set(told.sockets).size, 16);
    } finally {
      await told.close();
    }
  });

  test('that was kept is not used once it may not be connected to', async () => {
    const told = await receiver();
    try {
      await told.post(() => true);
      await assert.rejects(
        told.post(() => false),
        { name: 'AddressRefused' },
      );
      assert.equal(told.sockets.length, 1);
    } finally {
      await told.close();
    }
  });

  test('that was kept and is gone is opened anew', async () => {
    const told = await receiver();
    try {
      await told.post(() => true);
      told.hangUp();
      assert.equal((await told.post(() => true)).body.toString(), 'heard');
      assert.equal(new Set(told.sockets).size, 2);
    } finally {
      await told.close();
    }
  });
});

test('a receiver that stops in the middle of its answer is given up on when the time is over', async () => {
  const told = await receiver();
  try {
    told.stopMidway();
    await assert.rejects(
      told.post(() => true, 100),
      { name: 'TimeoutError' },
    );
  } finally {
    await told.close();
  }
});

/** Answers every request over one connection with the same text, and counts the connections. */
const saying = async (text: string, andThen: (socket: Socket) => unknown = () => {}) => {
  let connections = 0;
  let gone = 0;
  const server = await oddServer((socket, head) => {
    connections += 1;
    socket.on('close', () => {
      gone += 1;
    });
    const answer = (): void => {
      socket.write(text);
      andThen(socket);
    };
    const rest = head.slice(head.indexOf('\r\n\r\n') + 4);
    if (rest.endsWith('told')) answer();
    socket.on('data', (bytes: Buffer) => {
      if (bytes.toString().endsWith('told')) answer();
    });
  });
  return {
    ...server,
    url: `http://127.0.0.1:${server.port}/where?it=goes`,
    connections: () => connections,
    open: () => connections - gone,
  };
};

const closing = (socket: Socket): void => void socket.end();

const until = async (isSo: () => boolean): Promise<void> => {
  for (let n = 0; n < 3_000 && !isSo(); n += 1) await new Promise((done) => setTimeout(done, 10));
  assert.ok(isSo());
};

const texts = [
  ['of plain letters', 'told'],
  ['of any letters', 'tøld „10 €“ 💳'],
  ['that is long', 'tøld '.repeat(100_000)],
] as const;

describe('what a receiver is sent', () => {
  test('is one request with the name from the URL and the length of its body', async () => {
    const told = await saying('HTTP/1.1 204 Fine\r\n\r\n');
    try {
      await post(told.url);
      assert.equal(
        told.heard[0],
        `POST /where?it=goes HTTP/1.1\r\nhost: 127.0.0.1:${told.port}\r\ncontent-type: text/plain\r\ncontent-length: 4\r\nconnection: keep-alive\r\n\r\ntold`,
      );
    } finally {
      await told.close();
    }
  });

  for (const [what, text] of texts) {
    test(`is a text ${what} as its bytes, and their number`, async () => {
      const asked = Promise.withResolvers<readonly [length: string | undefined, body: Buffer]>();
      const server = createServer((request, response) => {
        const parts: Buffer[] = [];
        request.on('data', (part: Buffer) => void parts.push(part));
        request.on('end', () => {
          asked.resolve([request.headers['content-length'], Buffer.concat(parts)]);
          response.end();
        });
      });
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      const { port } = server.address() as AddressInfo;
      try {
        await post(`http://127.0.0.1:${port}/`, { body: text });
        const [length, body] = await asked.promise;
        assert.equal(length, `${Buffer.byteLength(text)}`);
        assert.ok(body.equals(Buffer.from(text)));
      } finally {
        server.closeAllConnections();
        server.close();
      }
    });
  }

  test('keeps no answer in the memory of the next', async () => {
    const [first, second] = [
      await saying('HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\none'),
      await saying('HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\ntwo'),
    ];
    try {
      const one = await post(first.url);
      const two = await post(second.url);
      assert.deepEqual([one.body.toString(), two.body.toString()], ['one', 'two']);
    } finally {
      await Promise.all([first.close(), second.close()]);
    }
  });

  test('has no line that came in with a value', async () => {
    const value = 'one\r\nhost: another';
    await assert.rejects(
      systemNetwork.post({
        url: 'http://127.0.0.1:9/',
        headers: { value },
        body: Buffer.alloc(0),
        mayConnect: () => true,
        connectTimeoutMs: 1_000,
        timeoutMs: 1_000,
        answerBytesMax: 1,
      }),
      { name: 'Bug' },
    );
  });

  test('is not sent on to where a redirect points', async () => {
    const elsewhere = await saying('HTTP/1.1 204 Fine\r\n\r\n');
    const told = await saying(
      `HTTP/1.1 307 There\r\nLocation: ${elsewhere.url}\r\nContent-Length: 0\r\n\r\n`,
    );
    try {
      const { status, headers } = await post(told.url);
      assert.deepEqual([status, headers['location']], [307, elsewhere.url]);
      assert.equal(elsewhere.connections(), 0);
    } finally {
      await Promise.all([told.close(), elsewhere.close()]);
    }
  });
});

describe('a connection is closed', () => {
  const closed: readonly (readonly [when: string, answer: string])[] = [
    ['when the receiver wishes it', 'Connection: close\r\nContent-Length: 1\r\n\r\nx'],
    ['when the receiver will close it soon', 'Keep-Alive: timeout=1\r\nContent-Length: 1\r\n\r\nx'],
    ['when its answer is longer than is wanted', `Content-Length: 999\r\n\r\n${'x'.repeat(200)}`],
    ['when more comes than the answer', 'Content-Length: 1\r\n\r\nxHTTP/1.1 200 OK\r\n\r\n'],
  ];
  for (const [when, answer] of closed) {
    test(when, async () => {
      const told = await saying(`HTTP/1.1 200 OK\r\n${answer}`);
      try {
        const { body } = await post(told.url);
        assert.ok(body.length <= 100);
        await until(() => told.open() === 0);
        await post(told.url);
        assert.equal(told.connections(), 2);
      } finally {
        await told.close();
      }
    });
  }

  test('when what was told is answered before all of it was taken', async () => {
    const early = await oddServer((socket) => {
      socket.pause().write('HTTP/1.1 413 Much\r\nContent-Length: 0\r\n\r\n');
    });
    const much = Buffer.alloc(8_000_000);
    try {
      for (let n = 0; n < 2; n += 1) {
        const url = `http://127.0.0.1:${early.port}/`;
        assert.equal((await post(url, { body: much })).status, 413);
      }
      assert.equal(early.heard.length, 2);
    } finally {
      await early.close();
    }
  });

  test('when something comes that nobody asked for', async () => {
    const told = await saying('HTTP/1.1 204 Fine\r\n\r\n', (socket) => {
      setTimeout(() => socket.write('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n'), 20);
    });
    try {
      await post(told.url);
      await until(() => told.open() === 0);
      assert.equal((await post(told.url)).status, 204);
    } finally {
      await told.close();
    }
  });

  test('a second before the receiver says that it closes it', async () => {
    const told = await saying(
      'HTTP/1.1 200 OK\r\nKeep-Alive: timeout=2\r\nContent-Length: 0\r\n\r\n',
    );
    try {
      await post(told.url);
      await post(told.url);
      assert.deepEqual([told.connections(), told.open()], [1, 1]);
      await until(() => told.open() === 0);
    } finally {
      await told.close();
    }
  });

  test('where sixteen others are kept', async () => {
    const told = await receiver();
    try {
      await Promise.all(Array.from({ length: 20 }, () => told.post(() => true)));
      assert.equal(new Set(told.sockets).size, 20);
      await until(() => told.sockets.filter(({ destroyed }) => !destroyed).length === 16);
    } finally {
      await told.close();
    }
  });
});

describe('a receiver', () => {
  test('whose answer is none is not asked again', async () => {
    const told = await saying('SSH-2.0-OpenSSH\r\n\r\n');
    try {
      await assert.rejects(post(told.url), { name: 'AnswerRefused' });
      assert.equal(told.connections(), 1);
    } finally {
      await told.close();
    }
  });

  test('that closes in the middle of its answer has not answered', async () => {
    const told = await saying('HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhea', closing);
    try {
      await assert.rejects(post(told.url), { code: 'ECONNRESET' });
      assert.equal(told.connections(), 1);
    } finally {
      await told.close();
    }
  });

  test('that closes a new connection without a word is not asked again', async () => {
    const told = await saying('', closing);
    try {
      await assert.rejects(post(told.url), { code: 'ECONNRESET' });
      assert.equal(told.connections(), 1);
    } finally {
      await told.close();
    }
  });

  test('that never says who it is is given up on when the time to connect is over, or all of it', async () => {
    const sockets: Socket[] = [];
    const server = createTcpServer((socket) => {
      sockets.push(socket.on('error', () => {}).resume());
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    try {
      const name = 'TimeoutError';
      const tooLong = { name, message: /too long to connect/ };
      await assert.rejects(post(url, { connectTimeoutMs: 50 }), tooLong);
      await assert.rejects(post(url, { timeoutMs: 50 }), { name });
      await until(() => sockets.length === 2 && sockets.every(({ destroyed }) => destroyed));
    } finally {
      for (const socket of sockets) socket.destroy();
      server.close();
    }
  });
});

describe('over TLS', () => {
  const folder = temporaryFolder('certificate');
  const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
  const args = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1'];
  const subject = ['-nodes', '-days', '2', '-subj', '/CN=localhost', '-keyout', key, '-out', cert];
  execFileSync('openssl', [...args, ...subject, '-addext', 'subjectAltName=DNS:localhost'], {
    stdio: 'ignore',
  });

  const receiverOverTls = async (answer: RequestListener) => {
    const resumed: boolean[] = [];
    const heard: string[] = [];
    const server = createTlsServer({ key: readFileSync(key), cert: readFileSync(cert) }, answer);
    server.on('secureConnection', (socket) => {
      resumed.push(socket.isSessionReused());
      socket.on('data', (bytes: Buffer) => heard.push(bytes.toString()));
    });
    server.on('tlsClientError', () => {});
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return {
      port: (server.address() as AddressInfo).port,
      resumed,
      heard,
      hangUp: () => server.closeAllConnections(),
      close: async () => {
        server.closeAllConnections();
        await new Promise((resolve) => server.close(resolve));
      },
    };
  };
  const trusting = async (work: () => Promise<void>): Promise<void> => {
    const before = getCACertificates();
    setDefaultCACertificates([...before, readFileSync(cert, 'utf8')]);
    try {
      await work();
    } finally {
      setDefaultCACertificates(before);
    }
  };
  const answered: RequestListener = (_, response) => void response.end('heard');

  test('nobody is told anything who cannot prove their name', async () => {
    const told = await receiverOverTls(answered);
    try {
      await assert.rejects(post(`https://localhost:${told.port}/`), {
        code: 'DEPTH_ZERO_SELF_SIGNED_CERT',
      });
      assert.deepEqual(told.heard, []);
    } finally {
      await told.close();
    }
  });

  test('nobody is told anything who proves another name', async () => {
    const told = await receiverOverTls(answered);
    try {
      await trusting(() =>
        assert.rejects(post(`https://127.0.0.1:${told.port}/`), {
          code: 'ERR_TLS_CERT_ALTNAME_INVALID',
        }),
      );
      assert.deepEqual(told.heard, []);
    } finally {
      await told.close();
    }
  });

  for (const [what, text] of texts) {
    test(`a text ${what} is told as its bytes`, async () => {
      const asked = Promise.withResolvers<Buffer>();
      const told = await receiverOverTls((request, response) => {
        const parts: Buffer[] = [];
        request.on('data', (part: Buffer) => void parts.push(part));
        request.on('end', () => {
          asked.resolve(Buffer.concat(parts));
          response.end();
        });
      });
      try {
        await trusting(async () => {
          await post(`https://localhost:${told.port}/`, { body: text });
          assert.ok((await asked.promise).equals(Buffer.from(text)));
        });
      } finally {
        await told.close();
      }
    });
  }

  test('who is known from before need not prove their name in full', async () => {
    const told = await receiverOverTls(answered);
    try {
      await trusting(async () => {
        for (let n = 0; n < 3; n += 1) {
          const { body } = await post(`https://localhost:${told.port}/`);
          assert.equal(body.toString(), 'heard');
          if (n === 1) told.hangUp();
        }
      });
      assert.deepEqual(told.resumed, [false, true]);
      assert.equal(told.heard.length, 3);
    } finally {
      await told.close();
    }
  });
});
