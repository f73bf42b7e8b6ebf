// Reads one answer of HTTP/1.1 as its bytes come, and no more of its body than is wanted. What two readers could
// understand differently is refused: two lengths, a length beside chunks, a line that does not end as lines do.

import type { HttpAnswer } from './context.ts';

/** What came is no answer. */
export class AnswerRefused extends Error {
  override readonly name = 'AnswerRefused';
}

/** Of everything before the body, whatever informational answers come first. */
const HEAD_BYTES_MAX = 16_384;
const LINE_BYTES_MAX = 1_024;
const PIECES_MAX = 64;
const NOTHING = Buffer.alloc(0);

export class AnswerReader {
  readonly #bodyBytesMax: number;
  #step: 'head' | 'body' | 'size' | 'chunk' | 'after chunk' | 'trailers' | 'done' = 'head';
  /** The beginning of a line whose end has not come. */
  #held: Buffer = NOTHING;
  #headBytes = 0;
  #status = 0;
  #headers: Readonly<Record<string, string>> = {};
  readonly #body: Buffer[] = [];
  #bodyBytes = 0;
  /** Of the body or of the chunk; a body without a length ends with the connection. */
  #left = Infinity;
  #mayFollow = true;

  constructor(bodyBytesMax: number) {
    this.#bodyBytesMax = bodyBytesMax;
  }

  get answer(): HttpAnswer {
    const [only] = this.#body;
    const body = only !== undefined && this.#body.length === 1 ? only : Buffer.concat(this.#body);
    return { status: this.#status, headers: this.#headers, body };
  }

  /** How long the other side keeps the connection open for another answer. */
  get keptMs(): number {
    if (!this.#mayFollow) return 0;
    const seconds = /(?:^|,)[ \t]*timeout=(\d{1,9})/i.exec(this.#headers['keep-alive'] ?? '')?.[1];
    return seconds === undefined ? Infinity : Number(seconds) * 1_000;
  }

  /** Says whether all is here that is wanted. What is read is lent. */
  read(bytes: Buffer): boolean {
    const all = this.#held.length === 0 ? bytes : Buffer.concat([this.#held, bytes]);
    this.#held = NOTHING;
    let at = 0;
    while (this.#step !== 'done') {
      const next = this.#readOn(all, at);
      if (next === undefined) return false;
      at = next;
    }
    if (at < all.length) this.#mayFollow = false;
    return true;
  }

  /** The other side has closed: says whether that was the end of its answer. */
  end(): boolean {
    return this.#step === 'done' || (this.#step === 'body' && this.#left === Infinity);
  }

  /** Where to read on; undefined where more has to come before. */
  #readOn(all: Buffer, at: number): number | undefined {
    switch (this.#step) {
      case 'head':
        return this.#readHead(all, at);
      case 'size':
        return this.#readLine(all, at, (line) => this.#beginChunk(line));
      case 'after chunk':
        return this.#readLine(all, at, (line) => this.#endChunk(line));
      case 'trailers':
        return this.#readLine(all, at, (line) => this.#passTrailer(line));
      default:
        return this.#readBody(all, at);
    }
  }

  #readHead(all: Buffer, from: number): number | undefined {
    const end = all.indexOf('\r\n\r\n', from);
    const bytes = (end === -1 ? all.length : end) - from;
    if (this.#headBytes + bytes > HEAD_BYTES_MAX) throw new AnswerRefused('Its head is too long');
    if (end === -1) return this.#hold(all, from);
    this.#headBytes += bytes;
    const { status, headers, isKeptByDefault } = headOf(all.toString('latin1', from, end));
    this.#status = status;
    this.#headers = headers;
    const isFinal = status >= 200 || status === 101;
    if (isFinal) this.#beginBody(isKeptByDefault);
    return end + 4;
  }

  #beginBody(isKeptByDefault: boolean): void {
    const {
      connection = '',
      'transfer-encoding': coding,
      'content-length': length,
    } = this.#headers;
    const wishes = connection
      .toLowerCase()
      .split(',')
      .map((word) => word.trim());
    this.#mayFollow = isKeptByDefault ? !wishes.includes('close') : wishes.includes('keep-alive');
    this.#step = 'body';
    if (coding !== undefined && length !== undefined) {
      throw new AnswerRefused('It has a length and a coding');
    }
    if (bodiless.has(this.#status)) {
      this.#step = 'done';
      // Should a body come all the same, it would be read as the next answer.
      const isClear = coding === undefined && (length ?? '0') === '0' && this.#status !== 101;
      if (!isClear) this.#mayFollow = false;
    } else if (coding !== undefined) {
      if (/(?:^|,)[ \t]*chunked$/i.test(coding)) this.#step = 'size';
      else this.#mayFollow = false;
    } else if (length !== undefined) {
      if (!/^\d{1,15}$/.test(length)) throw new AnswerRefused('Its length is no number');
      this.#left = Number(length);
      if (this.#left === 0) this.#step = 'done';
    } else {
      this.#mayFollow = false;
    }
  }

  #readBody(all: Buffer, at: number): number | undefined {
    if (at === all.length) return undefined;
    const wanted = this.#bodyBytesMax - this.#bodyBytes;
    const bytes = Math.min(all.length - at, this.#left);
    this.#take(all.subarray(at, at + Math.min(bytes, wanted)));
    this.#bodyBytes += bytes;
    this.#left -= bytes;
    if (this.#left === 0) this.#step = this.#step === 'chunk' ? 'after chunk' : 'done';
    if (bytes >= wanted && this.#step !== 'done') {
      this.#step = 'done';
      this.#mayFollow = false;
    }
    return at + bytes;
  }

  /** Nothing is kept of what came with it. */
  #take(piece: Buffer): void {
    if (this.#body.length === PIECES_MAX) {
      this.#body.splice(0, PIECES_MAX, Buffer.concat(this.#body));
    }
    this.#body.push(Buffer.from(piece));
  }

  #readLine(all: Buffer, from: number, take: (line: string) => void): number | undefined {
    const end = all.indexOf('\r\n', from);
    const bytes = (end === -1 ? all.length : end) - from;
    if (bytes > LINE_BYTES_MAX) throw new AnswerRefused('A line between its chunks is too long');
    if (end === -1) return this.#hold(all, from);
    take(all.toString('latin1', from, end));
    return end + 2;
  }

  #beginChunk(line: string): void {
    const size = CHUNK_SIZE.exec(line)?.[1];
    if (size === undefined) throw new AnswerRefused('A chunk has no size');
    this.#left = Number.parseInt(size, 16);
    this.#step = this.#left === 0 ? 'trailers' : 'chunk';
  }

  #endChunk(line: string): void {
    if (line !== '') throw new AnswerRefused('A chunk is longer than it says');
    this.#step = 'size';
  }

  #passTrailer(line: string): void {
    this.#headBytes += line.length;
    if (this.#headBytes > HEAD_BYTES_MAX) throw new AnswerRefused('Its end is too long');
    if (line === '') this.#step = 'done';
    else headersOf([line]);
  }

  #hold(all: Buffer, from: number): undefined {
    this.#held = Buffer.from(all.subarray(from));
  }
}

const bodiless: ReadonlySet<number> = new Set([101, 204, 304]);
const STATUS_LINE = /^HTTP\/1\.([01]) ([1-9]\d\d)(?: [^\r\n\0]*)?$/;
const HEADER_LINE = /^([!#$%&'*+.^`|~\w-]+):[ \t]*([^\r\n\0]*)$/;
const CHUNK_SIZE = /^([\da-f]{1,8})[ \t]*(?:;[^\r\n\0]*)?$/i;

type Head = {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly isKeptByDefault: boolean;
};

// A receiver answers with the same head for as long as a second lasts: it is taken apart once.
const HEADS_MAX = 64;
const HEAD_KEPT_MAX = 512;
const heads = new Map<string, Head>();

const headOf = (text: string): Head => {
  const known = heads.get(text);
  if (known !== undefined) return known;
  const [first = '', ...lines] = text.split('\r\n');
  const [, minor, status] = STATUS_LINE.exec(first) ?? [];
  if (status === undefined) throw new AnswerRefused('It does not begin as an answer does');
  const isKeptByDefault = minor === '1';
  const head = { status: Number(status), headers: headersOf(lines), isKeptByDefault };
  if (text.length <= HEAD_KEPT_MAX) {
    if (heads.size >= HEADS_MAX) heads.clear();
    heads.set(text, head);
  }
  return head;
};

const headersOf = (lines: readonly string[]): Record<string, string> => {
  const headers: Record<string, string> = {};
  for (const line of lines) {
    const [, name = '', value = ''] = HEADER_LINE.exec(line) ?? [];
    if (name === '') throw new AnswerRefused('A line of its head is none');
    const key = name.toLowerCase();
    const before = headers[key];
    // Two lengths become one that is no number.
    headers[key] = before === undefined ? value.trimEnd() : `${before}, ${value.trimEnd()}`;
  }
  return headers;
};
