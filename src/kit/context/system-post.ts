// One POST to an address that somebody else chose. Every address that the name resolves to is judged,
// and the connection goes to one that was: a name that answers differently the second time gains
// nothing. Nothing is followed, and no more of the answer is read than was asked for.

import { lookup } from 'node:dns/promises';
import { type IncomingMessage, request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { isIP, type LookupFunction } from 'node:net';
import type { GuardedAnswer, GuardedPost } from './context.ts';

/** The address was refused before a connection was tried. */
export class AddressRefused extends Error {
  override readonly name = 'AddressRefused';
}

export const postGuarded = async (post: GuardedPost): Promise<GuardedAnswer> => {
  const { url } = post;
  const signal = AbortSignal.any([post.signal, AbortSignal.timeout(post.timeoutMs)]);
  const address = await resolveJudged(
    url.hostname.replace(/^\[|\]$/g, ''),
    post.mayConnect,
    signal,
  );

  // The agent is new each time: a connection that was kept open was judged under another name.
  const send = url.protocol === 'https:' ? requestHttps : requestHttp;
  return new Promise((resolve, reject) => {
    const request = send(url, {
      method: 'POST',
      headers: { ...post.headers, 'content-length': post.body.length },
      agent: false,
      lookup: always(address),
      signal,
    });
    const silent = setTimeout(() => {
      request.destroy(new Error('It took too long to connect'));
    }, post.connectTimeoutMs);
    request.once('socket', (socket) => {
      const connected = url.protocol === 'https:' ? 'secureConnect' : 'connect';
      socket.once(connected, () => clearTimeout(silent));
    });
    request.once('error', (error) => {
      clearTimeout(silent);
      reject(error);
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

const always =
  ({ address, family }: Resolved): LookupFunction =>
  (_host, options, found) => {
    if (options.all === true) found(null, [{ address, family }]);
    else found(null, address, family);
  };

const readUpTo = async (response: IncomingMessage, bytesMax: number): Promise<Buffer> => {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    length += chunk.length;
    if (length >= bytesMax) break;
  }
  response.destroy();
  return Buffer.concat(chunks).subarray(0, bytesMax);
};

const flat = (headers: IncomingMessage['headers']): Record<string, string> =>
  Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [
      name,
      Array.isArray(value) ? value.join(', ') : (value ?? ''),
    ]),
  );
