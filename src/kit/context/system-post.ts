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
  const signal = AbortSignal.any([post.signal, AbortSignal.timeout(post.timeoutMs)]);
  const { address } = await resolveJudged(hostOf(post.url), post.mayConnect, signal);
  try {
    return await postTo(address, post, signal, agents);
  } catch (error) {
    // A receiver may close a connection that was kept open just as it is used again.
    if (!(error instanceof KeptConnectionGone)) throw error;
    return postTo(address, post, signal, noAgents);
  }
};

class KeptConnectionGone extends Error {}

// Connections are kept by the address that they go to, and by the name that a certificate was shown for: one
// that is used again goes where it was judged just now that it may go.
const kept = { keepAlive: true, maxFreeSockets: 8, timeout: 4_000 } as const;
const agents = { http: new HttpAgent(kept), https: new HttpsAgent(kept) };
const noAgents = { http: false, https: false } as const;

const hostOf = (url: URL): string => url.hostname.replace(/^\[|\]$/g, '');

const postTo = (
  address: string,
  post: GuardedPost,
  signal: AbortSignal,
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
    signal,
  };
  return new Promise((resolve, reject) => {
    const request = isTls
      ? requestHttps({ ...options, agent: using.https, servername: isIP(name) === 0 ? name : '' })
      : requestHttp({ ...options, agent: using.http });
    const silent = setTimeout(() => {
      request.destroy(new Error('It took too long to connect'));
    }, post.connectTimeoutMs);
    request.once('socket', (socket) => {
      if (request.reusedSocket) clearTimeout(silent);
      else socket.once(isTls ? 'secureConnect' : 'connect', () => clearTimeout(silent));
    });
    request.once('error', (error: NodeJS.ErrnoException) => {
      clearTimeout(silent);
      const isGone = request.reusedSocket && error.code === 'ECONNRESET';
      reject(isGone ? new KeptConnectionGone() : error);
    });
    request.once('response', (response) => {
      clearTimeout(silent);
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
  signal: AbortSignal,
): Promise<Resolved> => {
  const family = isIP(host);
  const found =
    family === 0 ? await within(signal, lookup(host, { all: true })) : [{ address: host, family }];
  const refused = found.find(({ address }) => !mayConnect(address));
  if (refused !== undefined) {
    throw new AddressRefused(`The address ${refused.address} is not one that may be connected to`);
  }
  const [first] = found;
  if (first === undefined) throw new AddressRefused('The name has no address');
  return first;
};

/** Name look-ups know no signal; what takes too long is given up on. */
const within = <T>(signal: AbortSignal, work: Promise<T>): Promise<T> =>
  new Promise((resolve, reject) => {
    const giveUp = (): void =>
      reject(signal.reason instanceof Error ? signal.reason : new Error('Aborted'));
    if (signal.aborted) return giveUp();
    signal.addEventListener('abort', giveUp, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', giveUp));
  });

const readUpTo = async (response: IncomingMessage, bytesMax: number): Promise<Buffer> => {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    length += chunk.length;
    if (length >= bytesMax) break;
  }
  // One that says more than is wanted is not heard to the end, and its connection is not kept.
  if (!response.complete) response.destroy();
  return Buffer.concat(chunks).subarray(0, bytesMax);
};

const flat = (headers: IncomingMessage['headers']): Record<string, string> =>
  Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [
      name,
      Array.isArray(value) ? value.join(', ') : (value ?? ''),
    ]),
  );
