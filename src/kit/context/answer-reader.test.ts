import assert from 'node:assert/strict';
import { request } from 'node:http';
import { type AddressInfo, createServer } from 'node:net';
import { after, describe, test } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { AnswerReader } from './answer-reader.ts';

type Heard = { readonly status: number; readonly body: string } | 'refused' | 'unfinished';

/** What is heard of pieces after which the other side closes; how long it is kept open, otherwise. */
const hear = (pieces: readonly string[], bytesMax = 1_000): { heard: Heard; keptMs: number } => {
  const reader = new AnswerReader(bytesMax);
  try {
    const isThere = pieces.some((piece) => {
      const lent = Buffer.from(piece, 'latin1');
      const isAll = reader.read(lent);
      // The next piece is read into the same memory.
      lent.fill('?');
      return isAll;
    });
    if (!isThere && !reader.end()) return { heard: 'unfinished', keptMs: 0 };
  } catch {
    return { heard: 'refused', keptMs: 0 };
  }
  const { status, body } = reader.answer;
  return { heard: { status, body: body.toString('latin1') }, keptMs: reader.keptMs };
};

const ok = (lines: string, body = ''): string => `HTTP/1.1 200 OK\r\n${lines}\r\n${body}`;
const said = (body: string, status = 200): Heard => ({ status, body });
const chunked = 'Transfer-Encoding: chunked\r\n';

const answers: readonly (readonly [what: string, bytes: string, heard: Heard, keptMs: number])[] = [
  ['a body of a length', ok('Content-Length: 5\r\n', 'heard'), said('heard'), Infinity],
  ['nothing', ok('Content-Length: 0\r\n'), said(''), Infinity],
  ['a body that ends with the connection', ok('X: y\r\n', 'heard'), said('heard'), 0],
  ['no reason', 'HTTP/1.1 204\r\n\r\n', said('', 204), Infinity],
  ['chunks', ok(chunked, '3\r\nhea\r\n2;a=b\r\nrd\r\n0\r\n\r\n'), said('heard'), Infinity],
  ['a size in capitals', ok(chunked, 'A\r\n0123456789\r\n0\r\n\r\n'), said('0123456789'), Infinity],
  ['lines behind the chunks', ok(chunked, '1\r\nx\r\n0\r\nA: b\r\n\r\n'), said('x'), Infinity],
  ['another coding', ok('Transfer-Encoding: gzip\r\n', 'heard'), said('heard'), 0],
  [
    'hints before it',
    `HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n${ok('Content-Length: 1\r\n', 'x')}`,
    said('x'),
    Infinity,
  ],
  [
    'a go-ahead that nobody asked for',
    `HTTP/1.1 100 Continue\r\n\r\n${ok('Content-Length: 1\r\n', 'x')}`,
    said('x'),
    Infinity,
  ],
  ['a redirect', 'HTTP/1.1 302 Found\r\nContent-Length: 0\r\n\r\n', said('', 302), Infinity],
  ['a wish to close', ok('Connection: Close\r\nContent-Length: 1\r\n', 'x'), said('x'), 0],
  ['an old version', `HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\nx`, said('x'), 0],
  [
    'an old version that keeps open',
    `HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 1\r\n\r\nx`,
    said('x'),
    Infinity,
  ],
  ['how long', ok('Keep-Alive: timeout=3, max=9\r\nContent-Length: 0\r\n'), said(''), 3_000],
  [
    'a body where there is none',
    `HTTP/1.1 304 Same\r\nContent-Length: 3\r\n\r\n`,
    said('', 304),
    0,
  ],
  ['another protocol next', 'HTTP/1.1 101 Yes\r\nUpgrade: x\r\n\r\n', said('', 101), 0],
  ['less than it promised', ok('Content-Length: 5\r\n', 'hea'), 'unfinished', 0],
  ['no last chunk', ok(chunked, '3\r\nhea\r\n'), 'unfinished', 0],
  ['half a head', 'HTTP/1.1 200 OK\r\nContent-', 'unfinished', 0],
  ['another protocol', 'SSH-2.0-OpenSSH_9.9\r\n\r\n', 'refused', 0],
  ['another version', 'HTTP/2.0 200 OK\r\n\r\n', 'refused', 0],
  ['a status of two digits', 'HTTP/1.1 20 OK\r\n\r\n', 'refused', 0],
  ['two lengths', ok('Content-Length: 1\r\nContent-Length: 1\r\n', 'x'), 'refused', 0],
  ['a length that is none', ok('Content-Length: 1x\r\n', 'x'), 'refused', 0],
  ['a negative length', ok('Content-Length: -1\r\n', 'x'), 'refused', 0],
  ['a length beside chunks', ok(`Content-Length: 1\r\n${chunked}`, '0\r\n\r\n'), 'refused', 0],
  ['a chunk without a size', ok(chunked, '\r\n0\r\n\r\n'), 'refused', 0],
  ['a chunk of a size that is none', ok(chunked, '0x1\r\nx\r\n0\r\n\r\n'), 'refused', 0],
  ['a chunk longer than it says', ok(chunked, '1\r\nxy\r\n0\r\n\r\n'), 'refused', 0],
  ['a space in a name', ok('Content-Length : 1\r\n', 'x'), 'refused', 0],
  ['a line without a name', ok(': 1\r\nContent-Length: 1\r\n', 'x'), 'refused', 0],
  ['a line that goes on', ok('X: a\r\n b\r\nContent-Length: 1\r\n', 'x'), 'refused', 0],
  ['a line that ends in half', ok('X: a\nContent-Length: 1\r\n', 'x'), 'refused', 0],
  ['a nought in a line', ok('X: \0\r\nContent-Length: 1\r\n', 'x'), 'refused', 0],
  ['a head without end', ok(`X: ${'a'.repeat(20_000)}\r\n`), 'refused', 0],
];

describe('an answer with', () => {
  for (const [what, bytes, heard, keptMs] of answers) {
    test(`${what} is ${typeof heard === 'string' ? heard : 'heard'}`, () => {
      assert.deepEqual(hear([bytes]), { heard, keptMs });
    });
  }
});

describe('however an answer is cut into pieces, what is heard is the same', () => {
  for (const [what, bytes, heard, keptMs] of answers) {
    test(what, () => {
      const cuts = fc.array(fc.nat({ max: bytes.length }), { maxLength: 8 });
      fc.assert(
        fc.property(cuts, (places) => {
          const at = [0, ...places.toSorted((a, b) => a - b), bytes.length];
          const pieces = at.slice(1).map((end, index) => bytes.slice(at[index], end));
          assert.deepEqual(hear(pieces), { heard, keptMs });
        }),
        { numRuns: 50 },
      );
      assert.deepEqual(hear([...bytes]), { heard, keptMs });
    });
  }
});

describe('the client of Node hears the same of an answer with', () => {
  let bytes = '';
  const server = createServer((socket) => {
    socket.on('error', () => {});
    socket.once('data', () => socket.end(bytes, 'latin1'));
  });
  const listening = new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  after(() => server.close());

  const heardByNode = async (): Promise<Heard> => {
    await listening;
    const { port } = server.address() as AddressInfo;
    return new Promise((resolve) => {
      const asked = request({ host: '127.0.0.1', port, method: 'POST', agent: false });
      const chunks: Buffer[] = [];
      const fail = ({ code }: NodeJS.ErrnoException): void =>
        resolve(code === 'ECONNRESET' ? 'unfinished' : 'refused');
      asked.on('error', fail);
      asked.on('response', (response) => {
        response.on('data', (chunk: Buffer) => chunks.push(chunk)).on('error', fail);
        response.on('end', () =>
          resolve(said(Buffer.concat(chunks).toString('latin1'), response.statusCode)),
        );
      });
      asked.end('told');
    });
  };

  for (const [what, given, heard] of answers) {
    // It believes whatever version the other side says it speaks.
    if (what === 'another version') continue;
    test(what, async () => {
      bytes = given;
      assert.deepEqual(await heardByNode(), heard);
    });
  }
});

test('no more is kept of a body than is wanted, and then nothing more is read', () => {
  for (const bytes of [
    ok('Content-Length: 99\r\n', '012345678'),
    ok(chunked, '9\r\n012345678\r\n0\r\n\r\n'),
    ok('', '012345678'),
  ]) {
    assert.deepEqual(hear([bytes], 4), { heard: said('0123'), keptMs: 0 });
    assert.deepEqual(hear([...bytes], 4), { heard: said('0123'), keptMs: 0 });
  }
});

test('what comes behind an answer is not taken for the next one', () => {
  const answer = ok('Content-Length: 1\r\n', 'x');
  assert.deepEqual(hear([`${answer}HTTP/1.1 200 OK\r\n`]), { heard: said('x'), keptMs: 0 });
});

test('a line between chunks that does not end is refused before it is long', () => {
  const reader = new AnswerReader(1_000);
  reader.read(Buffer.from(ok(chunked)));
  assert.throws(() => reader.read(Buffer.from(`1;${'a'.repeat(2_000)}`)), {
    name: 'AnswerRefused',
  });
});

test('lines behind the chunks that do not end are refused', () => {
  const reader = new AnswerReader(1_000);
  reader.read(Buffer.from(ok(chunked, '0\r\n')));
  const line = Buffer.from(`A: ${'b'.repeat(500)}\r\n`);
  assert.throws(
    () => {
      for (let n = 0; n < 40; n += 1) reader.read(line);
    },
    { name: 'AnswerRefused' },
  );
});

describe('an answer in chunks of one byte that does not end', () => {
  setFlagsFromString('--expose-gc');
  const gc = runInNewContext('gc') as () => void;
  const memory = (): number => {
    gc();
    const { heapUsed, arrayBuffers } = process.memoryUsage();
    return heapUsed + arrayBuffers;
  };
  const WANTED = 16_384;

  const times = 16_000;

  for (const [what, chunk] of [
    ['with little around them', '1\r\nx\r\n'],
    ['with much around them', `1;${'a'.repeat(1_000)}\r\nx\r\n`],
  ] as const) {
    test(`takes memory for what is wanted of it, ${what}`, () => {
      const segment = Math.min(1_000, Math.floor(65_536 / chunk.length));
      const before = memory();
      const readers = Array.from({ length: 8 }, () => new AnswerReader(WANTED));
      for (const reader of readers) {
        reader.read(Buffer.from(ok(chunked)));
        for (let told = 0; told + segment <= times; told += segment) {
          // As from a socket: memory of its own, whatever is used of it.
          const bytes = Buffer.allocUnsafeSlow(segment * chunk.length);
          bytes.write(chunk.repeat(segment), 'latin1');
          assert.equal(reader.read(bytes), false);
        }
      }
      const each = (memory() - before) / readers.length;
      assert.ok(each < 32 * WANTED, `each took ${Math.round(each / 1_024)} kB`);
      assert.equal(readers.length, 8);
    });
  }
});
