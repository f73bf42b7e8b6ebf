// One event, posted as a webhook to a server of yours, signed as an endpoint's are.

import { InvalidArgumentError, Option } from 'commander';
import { systemClock } from '#kit/context';
import {
  ANSWER_BYTES_MAX,
  DELIVERY_TIMEOUT_MS,
  signatureHeaders,
  USER_AGENT,
} from '#outward/webhooks';
import { beginningOf } from '#platform/http';
import { fromEnvironment } from './api-client.ts';
import type { Event, Sequence } from './follow-events.ts';
import { paint } from './say.ts';

const SAID_MAX = 200;

export const forwardTo = (): Option =>
  new Option('--forward-to <url>', 'where to: http://localhost:3000/webhook').argParser(parseUrl);

export const secretOption = (description: string): Option =>
  fromEnvironment(
    new Option('--secret <whsec>', description).argParser(parseSecret),
    'STRIPE_WEBHOOK_SECRET',
  );

/** What it answered: the status, and where that is no success what it says of it. */
export const forward = async (
  event: Event,
  /** Where it is known. */
  sequence: Sequence | undefined,
  { to, secret }: { readonly to: string; readonly secret: string },
): Promise<string> => {
  const body = Buffer.from(JSON.stringify(event, null, 2));
  const headers = signatureHeaders(body, {
    eventId: event.id,
    nowMs: systemClock.now(),
    secrets: [secret],
  });
  try {
    const answer = await fetch(to, {
      method: 'POST',
      headers: {
        'content-type': 'application/json; charset=utf-8',
        'user-agent': USER_AGENT,
        ...sequenceHeaders(sequence),
        ...headers,
      },
      body,
      redirect: 'manual',
      // As long as an endpoint has, so that who is too slow learns it here.
      signal: AbortSignal.timeout(DELIVERY_TIMEOUT_MS),
    });
    const said = await readBeginning(answer);
    return answer.ok
      ? `${answer.status}`
      : `${paint.bold(`${answer.status}`)} ${inOneLine(said)}`.trimEnd();
  } catch (error) {
    const { cause, name } = error as { cause?: { code?: string; message?: string }; name?: string };
    return paint.bold(
      name === 'TimeoutError'
        ? `no answer within ${DELIVERY_TIMEOUT_MS / 1_000} s`
        : (cause?.code ?? cause?.message ?? 'no answer'),
    );
  }
};

/** As much as is read of an endpoint's answer: one that never ends is an answer all the same. */
const readBeginning = async (answer: Response): Promise<string> => {
  const parts: Uint8Array[] = [];
  let bytes = 0;
  for await (const part of answer.body ?? []) {
    parts.push(part);
    bytes += part.length;
    if (bytes >= ANSWER_BYTES_MAX) break;
  }
  return Buffer.concat(parts).toString('utf8', 0, ANSWER_BYTES_MAX);
};

const sequenceHeaders = (of: Sequence | undefined): Record<string, string> =>
  of === undefined
    ? {}
    : {
        'tollgate-sequence': String(of.sequence),
        ...(of.sequence_of === null ? {} : { 'tollgate-sequence-of': of.sequence_of }),
      };

/** Nothing that a terminal would take for a command. */
const inOneLine = (text: string): string => {
  const line = beginningOf(text, 4 * SAID_MAX)
    .replaceAll(/[\s\p{Cc}]+/gu, ' ')
    .trim();
  return line.length > SAID_MAX ? `${beginningOf(line, SAID_MAX)} …` : line;
};

const parseUrl = (text: string): string => {
  const url = URL.parse(/^[a-z]+:\/\//.test(text) ? text : `http://${text}`);
  if (url === null || !['http:', 'https:'].includes(url.protocol)) {
    throw new InvalidArgumentError('Write it like http://localhost:3000/webhook.');
  }
  if (url.username !== '' || url.password !== '') {
    throw new InvalidArgumentError('No endpoint has a user name or a password: leave them out.');
  }
  return url.href;
};

const parseSecret = (text: string): string => {
  if (text === '') throw new InvalidArgumentError('It is empty.');
  return text;
};
