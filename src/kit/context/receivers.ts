// Connections to receivers. Each goes to an address that was judged; the name in the URL is shown to whoever
// answers there, and held against the certificate.

import { connect as connectTcp, isIP, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { AnswerReader } from './answer-reader.ts';
import type { HttpAnswer } from './context.ts';

/** As one piece. */
export type Request =
  | { readonly said: Buffer; readonly spelling?: undefined }
  | { readonly said: string; readonly spelling: 'latin1' | 'utf8' };

export type Receiver = {
  readonly isTls: boolean;
  readonly address: string;
  readonly port: number;
  /** What answers for one name is not asked for another. */
  readonly name: string;
  /** All of it in one. */
  readonly key: string;
};

export const receiverAt = (to: Omit<Receiver, 'key'>): Receiver => ({
  ...to,
  key: `${to.isTls ? 'https' : 'http'} ${to.address} ${to.port} ${to.name}`,
});

export class TimedOut extends Error {
  override readonly name = 'TimeoutError';
}

class ConnectTimedOut extends TimedOut {}

/** The connection was kept open, and closed without a word on what was told over it now. */
export class KeptConnectionGone extends Error {}

const nobodyThere: ReadonlySet<string | undefined> = new Set([
  'ECONNREFUSED',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENETDOWN',
  'EADDRNOTAVAIL',
  'ETIMEDOUT',
]);

/**
 * Nothing was told: nobody was there, or said in time who they are. Who cannot prove their name, or hangs up, is
 * somebody.
 */
export const isUnreached = (error: unknown): boolean =>
  error instanceof ConnectTimedOut ||
  (error instanceof Error &&
    'syscall' in error &&
    error.syscall === 'connect' &&
    nobodyThere.has((error as NodeJS.ErrnoException).code));

const IDLE_MS = 4_000;
/** Than the receiver says that it closes it. */
const EARLIER_MS = 1_000;
const SWEEP_MS = 500;
/**
 * As many as calls to one receiver are under way: with fewer kept, each pause closed some that the next moment
 * opened again.
 */
const KEPT_MAX = 16;

/** Those that nothing is told over just now. A receiver without one leaves with the next sweep. */
const kept = new Map<string, Connection[]>();
let sweeping: NodeJS.Timeout | undefined;

export const keptConnection = (to: Receiver): Connection | undefined => {
  const connection = kept.get(to.key)?.at(-1);
  connection?.take();
  return connection;
};

// One timer for all that are idle, and none to be set and called off with each call.
const sweep = (): void => {
  const nowMs = performance.now();
  for (const each of [...kept.values()].flat()) if (each.idleUntilMs <= nowMs) each.close();
  for (const [key, idle] of kept) if (idle.length === 0) kept.delete(key);
  sweeping = kept.size === 0 ? undefined : setTimeout(sweep, SWEEP_MS).unref();
};

type Call = {
  readonly reader: AnswerReader;
  readonly answered: (answer: HttpAnswer) => void;
  readonly failed: (error: Error) => void;
  isHeard: boolean;
};

/** Tells one thing at a time; afterwards it is kept where it can be, and closed where not. */
export class Connection {
  readonly #key: string;
  readonly #socket: Socket;
  readonly #silent: NodeJS.Timeout;
  #state: 'opening' | 'open' | 'closed' = 'opening';
  #call: Call | undefined;
  /** What waits until it is known who answers there. */
  #waiting: Request | undefined;
  #wasKept = false;
  #idleUntilMs = 0;

  constructor(to: Receiver, connectTimeoutMs: number) {
    this.#key = to.key;
    this.#socket = socketTo(to, (bytes) => this.#hear(bytes));
    this.#silent = setTimeout(() => {
      this.close(new ConnectTimedOut('It took too long to connect'));
    }, connectTimeoutMs);
    this.#socket
      .setNoDelay(true)
      .once(to.isTls ? 'secureConnect' : 'connect', () => this.#open())
      .on('end', () => this.#hearTheEnd())
      .on('error', (error) => this.close(error))
      .on('close', () => this.close());
  }

  get idleUntilMs(): number {
    return this.#idleUntilMs;
  }

  tell(request: Request, answerBytesMax: number): Promise<HttpAnswer> {
    return new Promise((answered, failed) => {
      const reader = new AnswerReader(answerBytesMax);
      this.#call = { reader, answered, failed, isHeard: false };
      if (this.#state === 'opening') this.#waiting = request;
      else this.#say(request);
    });
  }

  /** From among those that are kept. */
  take(): void {
    const idle = kept.get(this.#key) ?? [];
    if (idle.at(-1) === this) idle.pop();
    else idle.splice(idle.indexOf(this), 1);
    this.#idleUntilMs = 0;
    this.#socket.ref();
  }

  /** What is told over it just now fails; without an error it was the receiver who closed. */
  close(error?: Error): void {
    if (this.#state === 'closed') return;
    if (this.#state === 'opening') sessions.delete(this.#key);
    this.#state = 'closed';
    clearTimeout(this.#silent);
    if (this.#idleUntilMs > 0) this.take();
    this.#socket.destroy();
    const call = this.#call;
    this.#call = undefined;
    if (call === undefined) return;
    const isGone = this.#wasKept && !call.isHeard && isClosing(error);
    call.failed(isGone ? new KeptConnectionGone() : (error ?? closedByReceiver()));
  }

  #open(): void {
    this.#state = 'open';
    clearTimeout(this.#silent);
    if (this.#waiting !== undefined) this.#say(this.#waiting);
    this.#waiting = undefined;
  }

  #say({ said, spelling }: Request): void {
    if (spelling === undefined) this.#socket.write(said);
    else this.#socket.write(said, spelling);
  }

  #hear(bytes: Buffer): void {
    const call = this.#call;
    // Nobody asked.
    if (call === undefined) return this.close();
    call.isHeard = true;
    try {
      if (call.reader.read(bytes)) this.#answer(call);
    } catch (error) {
      this.close(error as Error);
    }
  }

  #hearTheEnd(): void {
    if (this.#call?.reader.end() === true) this.#answer(this.#call);
    else this.close();
  }

  #answer({ reader, answered }: Call): void {
    this.#call = undefined;
    answered(reader.answer);
    const isSent = this.#socket.writableLength === 0;
    const idleMs = Math.min(IDLE_MS, reader.keptMs - EARLIER_MS);
    const isEnough = (kept.get(this.#key)?.length ?? 0) >= KEPT_MAX;
    if (isSent && idleMs > 0 && !isEnough) this.#keep(idleMs);
    else this.close();
  }

  #keep(idleMs: number): void {
    const idle = kept.get(this.#key);
    if (idle === undefined) kept.set(this.#key, [this]);
    else idle.push(this);
    this.#wasKept = true;
    this.#idleUntilMs = performance.now() + idleMs;
    this.#socket.unref();
    sweeping ??= setTimeout(sweep, SWEEP_MS).unref();
  }
}

const isClosing = (error: NodeJS.ErrnoException | undefined): boolean =>
  error === undefined || error.code === 'ECONNRESET' || error.code === 'EPIPE';

const closedByReceiver = (): Error =>
  Object.assign(new Error('The receiver closed the connection'), { code: 'ECONNRESET' });

const SESSIONS_MAX = 100;
/** Of TLS: whoever is known from before need not prove itself at full price. */
const sessions = new Map<string, Buffer>();

/** Where every answer is read that comes in the clear: it is heard before the next one is read. */
const lent = Buffer.allocUnsafeSlow(65_536);

/** What is heard is lent: whoever wants to keep any of it copies that. */
const socketTo = (
  { isTls, address, port, name, key }: Receiver,
  hear: (bytes: Buffer) => void,
): Socket => {
  if (!isTls) {
    const callback = (bytes: number): boolean => {
      hear(lent.subarray(0, bytes));
      return true;
    };
    return connectTcp({ host: address, port, onread: { buffer: lent, callback } });
  }
  const session = sessions.get(key);
  const socket = connectTls({
    host: address,
    port,
    servername: isIP(name) === 0 ? name : '',
    ALPNProtocols: ['http/1.1'],
    ...(session === undefined ? {} : { session }),
  });
  return socket.on('data', hear).on('session', (next: Buffer) => {
    sessions.delete(key);
    sessions.set(key, next);
    const [oldest] = sessions.keys();
    if (sessions.size > SESSIONS_MAX && oldest !== undefined) sessions.delete(oldest);
  });
};
