// One POST to an address that somebody else chose. Every address that the name resolves to is judged,
// and the connection goes to one that was: a name that answers differently the second time gains
// nothing. Nothing is followed, and no more of the answer is read than was asked for.

import { lookup } from 'node:dns/promises';
import { Agent as HttpAgent, type IncomingMessage, request as requestHttp } from 'node:http';
import { Agent as HttpsAgent, request as requestHttps } from 'node:https';
import { isIP } from 'node:net';
import type { GuardedAnswer, GuardedPost } from './context.ts';

/** The address was refused before a connection was tried. */
export class AddressRefused extends Error {
  override readonly name = 'AddressRefused';
}

export const postGuarded = async (post: GuardedPost): Promise<GuardedAnswer> => {
  const limit = timeLimit(post.timeoutMs);
  try {
    const { address } = await resolveJudged(hostOf(post.url), post.mayConnect, limit);
    try {
      return await postTo(address, post, limit, agents);
    } catch (error) {
      // A receiver may close a connection that was kept open just as it is used again.
      if (!(error instanceof KeptConnectionGone)) throw error;
      return await postTo(address, post, limit, noAgents);
    }
  } finally {
    limit.end();
  }
};

class KeptConnectionGone extends Error {}

class TimedOut extends Error {
  override readonly name = 'TimeoutError';
}

type TimeLimit = {
  /** What is to be given up when the time is over; at once when it is. */
  onOver(giveUp: (error: Error) => void): void;
  end(): void;
};

// One timer for the whole: a signal composed of others cost a tenth of what telling a receiver does.
const timeLimit = (ms: number): TimeLimit => {
  let over: Error | null = null;
  let giveUp: (error: Error) => void = () => {};
  const timer = setTimeout(() => {
    over = new TimedOut(`It took longer than ${ms} ms`);
    giveUp(over);
  }, ms);
  return {
    onOver: (next) => {
      giveUp = next;
      if (over !== null) next(over);
    },
    end: () => clearTimeout(timer),
  };
};

// Connections are kept by the address that they go to, and by the name that a certificate was shown for: one
// that is used again goes where it was judged just now that it may go. As many are kept as calls to one
// receiver are under way: with fewer kept, each pause closed some that the next moment opened again.
const kept = { keepAlive: true, maxFreeSockets: 16, timeout: 4_000 } as const;
const agents = { http: new HttpAgent(kept), https: new HttpsAgent(kept) };
const noAgents = { http: false, https: false } as const;

const hostOf = (url: URL): string => url.hostname.replace(/^\[|\]$/g, '');

const postTo = (
  address: string,
  post: GuardedPost,
  limit: TimeLimit,
  using: typeof agents | typeof noAgents,
): Promise<GuardedAnswer> => {
  const { url } = post;
  const isTls = url.protocol === 'https:';
  const name = hostOf(url);
  const options = {
    host: address,
    port: url.port === '' ? (isTls ? 443 : 80) : Number(url.port),
    path: `${url.pathname}${url.search}`,
    method: 'POST',
    headers: { ...post.headers, host: url.host, 'content-length': post.body.length },
  };
  return new Promise((resolve, reject) => {
    const request = isTls
      ? requestHttps({ ...options, agent: using.https, servername: isIP(name) === 0 ? name : '' })
      : requestHttp({ ...options, agent: using.http });
    let silent: NodeJS.Timeout | undefined;
    limit.onOver((error) => request.destroy(error));
    request.once('socket', (socket) => {
      if (request.reusedSocket) return;
      silent = setTimeout(() => {
        request.destroy(new Error('It took too long to connect'));
      }, post.connectTimeoutMs);
      socket.once(isTls ? 'secureConnect' : 'connect', () => clearTimeout(silent));
    });
    request.on('error', (error: NodeJS.ErrnoException) => {
      clearTimeout(silent);
      const isGone = request.reusedSocket && error.code === 'ECONNRESET';
      reject(isGone ? new KeptConnectionGone() : error);
    });
    request.once('response', (response) => {
      clearTimeout(silent);
      limit.onOver((error) => response.destroy(error));
      readUpTo(response, post.answerBytesMax).then(
        (body) =>
          resolve({ status: response.statusCode ?? 0, headers: flat(response.headers), body }),
        reject,
      );
    });
    request.end(post.body);
  });
};

type Resolved = { readonly address: string; readonly family: number };

const resolveJudged = async (
  host: string,
  mayConnect: GuardedPost['mayConnect'],
  limit: TimeLimit,
): Promise<Resolved> => {
  const family = isIP(host);
  const found =
    family === 0 ? await within(limit, lookup(host, { all: true })) : [{ address: host, family }];
  const refused = found.find(({ address }) => !mayConnect(address));
  if (refused !== undefined) {
    throw new AddressRefused(`The address ${refused.address} is not one that may be connected to`);
  }
  const [first] = found;
  if (first === undefined) throw new AddressRefused('The name has no address');
  return first;
};

/** Name look-ups cannot be stopped; what takes too long is given up on. */
const within = <T>(limit: TimeLimit, work: Promise<T>): Promise<T> =>
  new Promise((resolve, reject) => {
    limit.onOver(reject);
    work.then(resolve, reject);
  });

const readUpTo = (response: IncomingMessage, bytesMax: number): Promise<Buffer> =>
  new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let length = 0;
    const have = (): void => resolve(Buffer.concat(chunks).subarray(0, bytesMax));
    response.on('data', (chunk: Buffer) => {
      chunks.push(chunk);
      length += chunk.length;
      if (length < bytesMax) return;
      have();
      // One that says more than is wanted is not heard to the end, and its connection is not kept.
      if (!response.complete) response.destroy();
    });
    response.once('end', have);
    response.on('error', reject);
    // An error that nobody wants costs a trace of the stack.
    response.once('close', () => {
      if (!response.readableEnded) reject(new Error('The answer ended early'));
    });
  });

const flat = (headers: IncomingMessage['headers']): Record<string, string> =>
  Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [
      name,
      Array.isArray(value) ? value.join(', ') : (value ?? ''),
    ]),
  );
