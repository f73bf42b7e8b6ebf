// One POST to an address that somebody else chose. Every address that the name resolves to is judged,
// and the connection goes to one that may be connected to: a name that answers differently the second time gains
// nothing, nor does one that leads inside as well. Where nobody is at one, or says in time who they are, the next is tried. Nothing is followed,
// and no more of the answer is read than was asked for.

import { isIP } from 'node:net';
import { assert } from '#kit/assert';
import type { GuardedPost, HttpAnswer } from './context.ts';
import {
  Connection,
  isUnreached,
  KeptConnectionGone,
  keptConnection,
  type Receiver,
  type Request,
  receiverAt,
  TimedOut,
} from './receivers.ts';
import { addressesOfReceivers } from './system-names.ts';

/** The address was refused before a connection was tried. */
export class AddressRefused extends Error {
  override readonly name = 'AddressRefused';
}

export const postGuarded = async (post: GuardedPost): Promise<HttpAnswer> => {
  const limit = new TimeLimit(post.timeoutMs);
  try {
    const target = targetOf(post.url);
    const addresses = await resolveJudged(target, post.mayConnect, limit);
    return await tellFirst(target, addresses, { post, limit });
  } finally {
    limit.end();
  }
};

/** Where a URL leads, and how what is posted there begins. */
type Target = {
  readonly isTls: boolean;
  readonly name: string;
  readonly port: number;
  readonly begins: string;
  /** At the address that it had last. */
  receiver: Receiver | null;
  /** Where nobody was: tried last, so that whoever is told much is not looked for there each time. */
  readonly silent: Set<string>;
};

// An endpoint is told thousands of things: its URL is taken apart once.
const TARGETS_MAX = 1_000;
const targets = new Map<string, Target>();

const targetOf = (text: string): Target => {
  const known = targets.get(text);
  if (known !== undefined) return known;
  const url = new URL(text);
  const isTls = url.protocol === 'https:';
  const target: Target = {
    isTls,
    name: url.hostname.replace(/^\[|\]$/g, ''),
    port: url.port === '' ? (isTls ? 443 : 80) : Number(url.port),
    begins: `POST ${url.pathname}${url.search} HTTP/1.1\r\nhost: ${url.host}\r\n`,
    receiver: null,
    silent: new Set(),
  };
  if (targets.size >= TARGETS_MAX) targets.clear();
  targets.set(text, target);
  return target;
};

const receiverOf = (target: Target, address: string): Receiver => {
  if (target.receiver?.address !== address) target.receiver = receiverAt({ ...target, address });
  return target.receiver;
};

type Telling = { readonly post: GuardedPost; readonly limit: TimeLimit };

/** A name may lead to as many as its owner likes, and to those of others. */
const TRIED_MAX = 3;
/** With more of them, all are tried again. */
const SILENT_MAX = 16;

/** Whoever is told anything is the last who is tried. */
const tellFirst = async (
  target: Target,
  addresses: readonly string[],
  telling: Telling,
): Promise<HttpAnswer> => {
  const request = spelled(target, telling.post);
  for (const [n, address] of addresses.entries()) {
    try {
      return await tell(receiverOf(target, address), request, telling);
    } catch (error) {
      if (!isUnreached(error)) throw error;
      noteSilent(target, address);
      const isLast = n + 1 >= Math.min(addresses.length, TRIED_MAX);
      if (isLast || telling.limit.isOver) throw error;
    }
  }
  throw new AddressRefused('The name has no address');
};

const noteSilent = ({ silent }: Target, address: string): void => {
  if (silent.size >= SILENT_MAX) silent.clear();
  silent.add(address);
};

/** Where nobody was at any, they are tried as if none had been. */
const silentLast = ({ silent }: Target, found: readonly string[]): readonly string[] => {
  if (silent.size === 0) return found;
  const others = found.filter((address) => !silent.has(address));
  if (others.length > 0) return [...others, ...found.filter((address) => silent.has(address))];
  silent.clear();
  return found;
};

// A connection goes to the address that it is kept by: one that is used again goes where it was judged just now
// that it may go.
const tell = async (
  to: Receiver,
  request: Request,
  { post, limit }: Telling,
): Promise<HttpAnswer> => {
  const over = (connection: Connection): Promise<HttpAnswer> => {
    const answer = connection.tell(request, post.answerBytesMax);
    limit.onOver((error) => connection.close(error));
    return answer;
  };
  const known = keptConnection(to);
  if (known !== undefined) {
    try {
      return await over(known);
    } catch (error) {
      // A receiver may close a connection that was kept open just as it is used again.
      if (!(error instanceof KeptConnectionGone)) throw error;
    }
  }
  return over(new Connection(to, post.connectTimeoutMs));
};

/** As one piece: two of them are two packets, or a call that gathers them. */
const spelled = ({ begins }: Target, { headers, body }: GuardedPost): Request => {
  let head = begins;
  let values = '';
  for (const name in headers) {
    head += `${name}: ${headers[name]}\r\n`;
    values += headers[name];
  }
  assert(!/[^\t\x20-\x7e]/.test(values), 'A header is one line of ASCII');
  const bytes = Buffer.byteLength(body);
  head += `content-length: ${bytes}\r\nconnection: keep-alive\r\n\r\n`;
  // A short text goes to the system without a buffer of its own, and letters of ASCII are its bytes.
  if (typeof body === 'string') {
    return { said: head + body, spelling: bytes === body.length ? 'latin1' : 'utf8' };
  }
  const request = Buffer.allocUnsafe(head.length + body.length);
  request.write(head, 0, 'latin1');
  body.copy(request, head.length);
  return { said: request };
};

// One timer for the whole: a signal composed of others cost a tenth of what telling a receiver does. A class, since V8 makes
// a shape of its own for each object that is written down with a getter, and keeps what that one closes over, which is all
// that is told, until the whole heap is looked through.
class TimeLimit {
  readonly #timer: NodeJS.Timeout;
  #over: Error | null = null;
  #giveUp: ((error: Error) => void) | null = null;

  constructor(ms: number) {
    this.#timer = setTimeout(() => {
      this.#over = new TimedOut(`It took longer than ${ms} ms`);
      this.#giveUp?.(this.#over);
    }, ms);
  }

  get isOver(): boolean {
    return this.#over !== null;
  }

  /** What is to be given up when the time is over; at once when it is. */
  onOver(giveUp: (error: Error) => void): void {
    this.#giveUp = giveUp;
    if (this.#over !== null) giveUp(this.#over);
  }

  end(): void {
    clearTimeout(this.#timer);
  }
}

const resolveJudged = async (
  target: Target,
  mayConnect: GuardedPost['mayConnect'],
  limit: TimeLimit,
): Promise<readonly string[]> => {
  const { name } = target;
  const found = isIP(name) === 0 ? await within(limit, addressesOfReceivers(name)) : [name];
  const allowed = found.filter(mayConnect);
  if (allowed.length === 0) {
    throw new AddressRefused(`None of its addresses may be connected to: ${found.join(', ')}`);
  }
  return silentLast(target, allowed);
};

/** Name look-ups cannot be stopped; what takes too long is given up on. */
const within = <T>(limit: TimeLimit, work: Promise<T>): Promise<T> =>
  new Promise((resolve, reject) => {
    limit.onOver(reject);
    work.then(resolve, reject);
  });
