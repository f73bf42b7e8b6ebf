// A load on loopback that costs little itself: plain sockets kept open, one request at a time on each,
// bounded in time.

import { connect, type Socket } from 'node:net';

export type Load = {
  readonly port: number;
  readonly concurrency: number;
  readonly seconds: number;
  /** The whole request, head and body; `n` counts up. */
  readonly request: (n: number) => string;
  /** Begun so many a second, whoever is still waiting; as fast as it goes when absent. */
  readonly perSecond?: number;
};

export type Measured = {
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly answers: number;
  readonly notOk: number;
  /** What else than 200 was answered, with the code of the error, and how often. */
  readonly others: ReadonlyMap<string, number>;
};

export const measure = async (load: Load): Promise<Measured> => {
  const durations: number[] = [];
  let next = 0;
  const others = new Map<string, number>();
  const startedMs = performance.now();
  const endsMs = startedMs + load.seconds * 1000;

  const one = async (): Promise<void> => {
    const caller = await open(load.port);
    while (performance.now() < endsMs) {
      const n = next++;
      // A request that had to wait for a free connection is late from the moment at which it was due.
      const dueMs = load.perSecond === undefined ? 0 : startedMs + (n * 1000) / load.perSecond;
      if (dueMs >= endsMs) break;
      const waitMs = dueMs - performance.now();
      if (waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs));
      const sentMs = load.perSecond === undefined ? performance.now() : Math.max(dueMs, 0);
      const other = await caller.ask(load.request(n));
      durations.push(performance.now() - sentMs);
      if (other !== null) others.set(other, (others.get(other) ?? 0) + 1);
    }
    caller.close();
  };
  await Promise.all(Array.from({ length: load.concurrency }, one));

  const seconds = (performance.now() - startedMs) / 1000;
  durations.sort((a, b) => a - b);
  const at = (share: number): number => durations[Math.floor(durations.length * share)] ?? 0;
  return {
    perSecond: durations.length / seconds,
    p50Ms: at(0.5),
    p99Ms: at(0.99),
    answers: durations.length,
    notOk: [...others.values()].reduce((sum, count) => sum + count, 0),
    others,
  };
};

type Caller = {
  /** Null where the answer was 200. */
  ask(request: string): Promise<string | null>;
  close(): void;
};

/** Where every answer is read: it is looked at before the next one is. */
const lent = Buffer.allocUnsafeSlow(65_536);
const [endOfHead, OK] = ['\r\n\r\n', '200'];

const open = (port: number): Promise<Caller> =>
  new Promise((resolve, reject) => {
    let waiting: ((other: string | null) => void) | null = null;
    /** Of a 200 that is known by its head. */
    let bytesLeft = 0;
    /** Of any other, or of one whose head is not whole yet. */
    let received = '';

    const hear = (bytes: number): void => {
      if (bytesLeft > 0) {
        bytesLeft -= bytes;
        if (bytesLeft === 0) waiting?.(null);
        return;
      }
      received += lent.toString('latin1', 0, bytes);
      const headEnd = received.indexOf(endOfHead);
      if (headEnd < 0) return;
      const length = lengthIn(received.slice(0, headEnd));
      const left = headEnd + endOfHead.length + length - received.length;
      const status = received.slice(9, 12);
      if (left > 0 && status !== OK) return;
      const other = status === OK ? null : `${status} ${saidIn(received)}`.trim();
      received = '';
      bytesLeft = left;
      if (left === 0) waiting?.(other);
    };
    const callback = (bytes: number): boolean => {
      hear(bytes);
      return true;
    };
    const onread = { buffer: lent, callback };
    const socket: Socket = connect({ port, host: '127.0.0.1', noDelay: true, onread });
    socket.on('error', reject);
    socket.on('connect', () =>
      resolve({
        ask: (request) =>
          new Promise((answered) => {
            waiting = answered;
            socket.write(request, 'latin1');
          }),
        close: () => socket.destroy(),
      }),
    );
  });

const lengthIn = (head: string): number => Number(/content-length: (\d+)/i.exec(head)?.[1] ?? 0);

/** The code of an error; what has none says what it is in words. */
const saidIn = (answer: string): string =>
  (/"code":\s*"(\w+)"/.exec(answer) ?? /"message":\s*"([^"]+)"/.exec(answer))?.[1] ?? '';

export const post = (path: string, key: string, body: string, headers = ''): string =>
  `POST ${path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${key}\r\n${headers}` +
  `Content-Type: application/x-www-form-urlencoded\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;

export const get = (path: string, key: string): string =>
  `GET ${path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${key}\r\n\r\n`;
