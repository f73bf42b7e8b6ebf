// One exchange over the runtime's own client, below `fetch`. What `fetch` puts around it (streams, copies, promises,
// registries that are told of what is collected) takes ten times the processor of the exchange itself. Nothing is
// followed, and the answer is read as bytes, up to a limit.

import { promisify } from 'node:util';
import { brotliDecompress, gunzip, inflate, inflateRaw } from 'node:zlib';
import type { Exchange, HttpAnswer } from './context.ts';

/** More came than is wanted of it. */
export class AnswerTooLarge extends Error {
  override readonly name = 'AnswerTooLarge';
}

/** The other side wrote its answer in a way that was not asked for, and that cannot be read. */
export class AnswerUnreadable extends Error {
  override readonly name = 'AnswerUnreadable';
}

/** As far as it is used here. */
export type Dispatcher = {
  dispatch(
    options: {
      readonly origin: string;
      readonly path: string;
      readonly method: string;
      readonly headers: Readonly<Record<string, string>>;
      readonly body: string | Buffer | null;
    },
    handler: Handler,
  ): boolean;
};

type Controller = { abort(reason: Error): void };
type Heads = Readonly<Record<string, string | readonly string[]>>;

type Handler = {
  onRequestStart(controller: Controller): void;
  onResponseStart(controller: Controller, status: number, headers: Heads): void;
  onResponseData(controller: Controller, chunk: Buffer): void;
  onResponseEnd(): void;
  onResponseError(controller: Controller | null, error: Error): void;
};

// A server may write its answer as it likes where nobody says how.
const usual = { accept: '*/*', 'accept-encoding': 'identity', 'user-agent': 'Tollgate/1.0' };

export const exchangeOver = async (
  dispatcher: Dispatcher,
  { method, url, headers, body, bytesMax, signal }: Exchange,
): Promise<HttpAnswer> => {
  const { origin, pathname, search, username, password } = new URL(url);
  if (username !== '' || password !== '') throw new TypeError('The address names a user');
  const own = Object.fromEntries(
    // As `fetch` does: who keeps a key with the end of its line would find that nothing can be said with it.
    Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value.trim()]),
  );
  const answer = new Answer(bytesMax, signal);
  const whole = { origin, path: `${pathname}${search}`, method, headers: { ...usual, ...own } };
  dispatcher.dispatch({ ...whole, body: body ?? null }, answer);
  return decoded(await answer.exchanged, bytesMax);
};

class Answer implements Handler {
  readonly exchanged: Promise<HttpAnswer>;
  readonly #bytesMax: number;
  readonly #signal: AbortSignal;
  readonly #giveUp = (): void => this.#fail(new Error('It was given up on'));
  #resolve!: (exchanged: HttpAnswer) => void;
  #reject!: (error: Error) => void;
  #controller: Controller | null = null;
  #failed: Error | null = null;
  #status = 0;
  #headers: Heads = {};
  readonly #chunks: Buffer[] = [];
  #size = 0;

  constructor(bytesMax: number, signal: AbortSignal) {
    this.#bytesMax = bytesMax;
    this.#signal = signal;
    this.exchanged = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    if (signal.aborted) this.#giveUp();
    else signal.addEventListener('abort', this.#giveUp);
  }

  /** Just before its head is written. Whoever gave up while it connected is kept from being sent here. */
  onRequestStart(controller: Controller): void {
    if (this.#controller !== null) this.#fail(new Error('It was begun before'));
    this.#controller = controller;
    if (this.#failed !== null) controller.abort(this.#failed);
  }

  onResponseStart(_: Controller, status: number, headers: Heads): void {
    // It says that it goes on.
    if (status < 200) return;
    this.#status = status;
    this.#headers = headers;
  }

  onResponseData(_: Controller, chunk: Buffer): void {
    this.#size += chunk.length;
    if (this.#size > this.#bytesMax) this.#fail(new AnswerTooLarge());
    else this.#chunks.push(chunk);
  }

  onResponseEnd(): void {
    this.#end();
    const [only] = this.#chunks;
    const body =
      only !== undefined && this.#chunks.length === 1 ? only : Buffer.concat(this.#chunks);
    this.#resolve({ status: this.#status, headers: joined(this.#headers), body });
  }

  onResponseError(_: Controller | null, error: Error): void {
    this.#end();
    this.#reject(error);
  }

  #fail(error: Error): void {
    if (this.#failed !== null) return;
    this.#failed = error;
    this.#end();
    this.#reject(error);
    this.#controller?.abort(error);
  }

  #end(): void {
    this.#signal.removeEventListener('abort', this.#giveUp);
  }
}

const joined = (headers: Heads): Record<string, string> =>
  Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [
      name,
      typeof value === 'string' ? value : value.join(', '),
    ]),
  );

const [inflated, bare] = [promisify(inflate), promisify(inflateRaw)];
/** How a stream of zlib begins. Some leave it out. */
const [LOW_BITS, DEFLATED] = [0x0f, 8];

const decoders: Readonly<
  Record<string, (bytes: Buffer, limits: { maxOutputLength: number }) => Promise<Buffer>>
> = {
  gzip: promisify(gunzip),
  'x-gzip': promisify(gunzip),
  deflate: (bytes, limits) =>
    (bytes.readUInt8(0) & LOW_BITS) === DEFLATED ? inflated(bytes, limits) : bare(bytes, limits),
  br: promisify(brotliDecompress),
};

/** Some write it shorter whether asked to or not. */
const decoded = async (answer: HttpAnswer, bytesMax: number): Promise<HttpAnswer> => {
  const coding = answer.headers['content-encoding']?.trim().toLowerCase() ?? 'identity';
  if (coding === 'identity' || coding === '' || answer.body.length === 0) return answer;
  const decode = decoders[coding];
  if (decode === undefined) throw new AnswerUnreadable(`Its encoding is not known: ${coding}`);
  try {
    return { ...answer, body: await decode(answer.body, { maxOutputLength: bytesMax }) };
  } catch (error) {
    const isLong = (error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE';
    throw isLong ? new AnswerTooLarge() : new AnswerUnreadable('Its body is not as encoded');
  }
};
