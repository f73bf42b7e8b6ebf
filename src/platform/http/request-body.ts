// The body of a request: bounded, valid UTF-8, and decoded by what it says it is. Parameters may also
// stand in the query, for every method; both together are one set, so a name in both is refused.

import { isUtf8 } from 'node:buffer';
import type { IncomingMessage } from 'node:http';
import { Passing } from '#kit/passing';
import { ApiError } from './errors.ts';
import { decodeForm } from './form.ts';
import { parseJson } from './json.ts';
import type { RawMap } from './raw.ts';
import { givenTwice } from './raw.ts';

/** The caller hung up before the body was complete: nothing was executed, nobody waits. */
export class CallerGone extends Error {}

const noBytes = Buffer.alloc(0);

/**
 * So many bodies may be on their way, of all who call. Then who has taken longest goes: whoever sends slowly, with no key
 * or with one that every payer knows, would otherwise have all the places of a full server.
 */
const ARRIVING_MAX = 1_000;
const arriving = new Passing<number, IncomingMessage>();
let arrived = 0;
const hungUpOn = new WeakSet<IncomingMessage>();

/** Whether we did, to make room for others: else nobody would be told of it. */
export const wasHungUpOn = (request: IncomingMessage): boolean => hungUpOn.has(request);

const makeRoom = (): void => {
  if (arriving.size < ARRIVING_MAX) return;
  const [first] = arriving;
  if (first === undefined) return;
  const [number, slowest] = first;
  arriving.delete(number);
  hungUpOn.add(slowest);
  slowest.destroy();
};

export const readBody = (request: IncomingMessage, bytesMax: number): Promise<Buffer> => {
  const { 'content-length': length, 'transfer-encoding': encoding } = request.headers;
  if (encoding === undefined && (length === undefined || length === '0')) {
    return Promise.resolve(noBytes);
  }
  if (Number(length) > bytesMax) return Promise.reject(bodyTooLarge(bytesMax));
  // Then nothing is to be heard of it any more.
  if (request.destroyed) return Promise.reject(new CallerGone('The caller hung up.'));

  makeRoom();
  arrived += 1;
  const number = arrived;
  arriving.set(number, request);
  return new Promise<Buffer>((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;

    request.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size <= bytesMax) chunks.push(chunk);
      else {
        chunks.length = 0;
        reject(bodyTooLarge(bytesMax));
      }
    });
    request.on('end', () => resolve(chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks)));
    request.on('close', () => {
      if (!request.complete) reject(new CallerGone('The caller hung up.'));
    });
    request.on('error', () => reject(new CallerGone('The caller hung up.')));
  }).finally(() => arriving.delete(number));
};

/** Everything the request carries as parameters, still untyped. */
export const decodeParameters = (
  query: string,
  body: Buffer,
  headers: IncomingMessage['headers'],
): RawMap => {
  const queryText = query === '' ? '' : textOf(Buffer.from(query, 'latin1'));
  if (body.length === 0) return decodeForm(queryText);

  const encoding = headers['content-encoding'];
  if (encoding !== undefined && encoding !== 'identity') throw bodyUnreadable();

  const bodyText = textOf(body);
  switch (mediaType(headers['content-type'])) {
    case 'application/x-www-form-urlencoded':
      return decodeForm(queryText === '' ? bodyText : `${queryText}&${bodyText}`);
    case 'application/json':
      return together(decodeForm(queryText), parseJson(bodyText));
    default:
      throw bodyUnreadable();
  }
};

const mediaType = (header = 'application/x-www-form-urlencoded'): string => {
  const end = header.indexOf(';');
  return (end === -1 ? header : header.slice(0, end)).trim().toLowerCase();
};

const textOf = (bytes: Buffer): string => {
  if (!isUtf8(bytes)) throw new ApiError(400, 'The parameters are not valid UTF-8.');
  return bytes.toString('utf8');
};

const together = (query: RawMap, body: RawMap): RawMap => {
  for (const [name, value] of query) {
    if (body.has(name)) throw givenTwice(name);
    body.set(name, value);
  }
  return body;
};

const bodyTooLarge = (bytesMax: number): ApiError =>
  new ApiError(413, `The request body is too large: at most ${bytesMax} bytes are accepted.`);

const bodyUnreadable = (): ApiError =>
  new ApiError(
    400,
    'Invalid request (check that your POST content type is application/x-www-form-urlencoded).',
  );
