// HTTP written by hand on one connection that is kept open, so that a test may send what no client
// would. Reads exactly one answer for each request.

import { connect, type Socket } from 'node:net';

export type RawAnswer = {
  readonly status: number;
  readonly headers: ReadonlyMap<string, string>;
  readonly text: string;
};

export type RawConnection = {
  /** Null: the server closed the connection without a word. */
  send(bytes: Buffer, method: string, limitMs: number): Promise<RawAnswer | null>;
  close(): void;
};

export const createRawConnection = (port: number): RawConnection => {
  let socket: Socket | null = null;

  const send: RawConnection['send'] = (bytes, method, limitMs) => {
    socket ??= connect(port, '127.0.0.1').setNoDelay();
    const current = socket;
    return new Promise((resolve, reject) => {
      let received: Buffer = Buffer.alloc(0);
      const finish = (end: () => void): void => {
        clearTimeout(limit);
        current.removeAllListeners();
        current.on('error', () => {});
        end();
      };
      const limit = setTimeout(
        () => finish(() => reject(new Error(`No answer within ${limitMs} ms.`))),
        limitMs,
      );
      current.on('data', (chunk: Buffer) => {
        received = Buffer.concat([received, chunk]);
        const answer = readAnswer(received, method);
        if (answer === null) return;
        if (answer.headers.get('connection') === 'close') drop(current);
        finish(() => resolve(answer));
      });
      const gone = (): void => {
        drop(current);
        finish(() => resolve(null));
      };
      current.on('error', gone);
      current.on('close', gone);
      current.write(bytes);
    });
  };

  const drop = (which: Socket): void => {
    which.destroy();
    if (socket === which) socket = null;
  };
  return { send, close: () => socket?.destroy() };
};

/** Null while it is not complete. */
const readAnswer = (bytes: Buffer, method: string): RawAnswer | null => {
  const end = bytes.indexOf('\r\n\r\n');
  if (end === -1) return null;
  const [first = '', ...lines] = bytes.subarray(0, end).toString('latin1').split('\r\n');
  const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(first)?.[1] ?? Number.NaN);
  const rest = bytes.subarray(end + 4);
  // `100 Continue` announces the answer and is none.
  if (status < 200) return readAnswer(rest, method);

  const headers = new Map(
    lines.map((line) => {
      const colon = line.indexOf(':');
      return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
    }),
  );
  if (method === 'HEAD' || status === 204) return { status, headers, text: '' };
  const length = Number(headers.get('content-length') ?? Number.NaN);
  if (Number.isNaN(length)) throw new Error(`An answer of unknown length: ${first}`);
  if (rest.length < length) return null;
  return { status, headers, text: rest.subarray(0, length).toString() };
};
