// One event, posted as a webhook to a server of yours, signed as an endpoint's are.

import { InvalidArgumentError, Option } from 'commander';
import { systemClock } from '#kit/context';
import { signatureHeaders, USER_AGENT } from '#outward/webhooks';
import type { Event } from './follow-events.ts';
import { paint } from './with-runtime.ts';

const TIMEOUT_MS = 30_000;

export const forwardTo = (): Option =>
  new Option('--forward-to <url>', 'where to: http://localhost:3000/webhook').argParser(parseUrl);

export const secretOption = (description: string): Option =>
  new Option('--secret <whsec>', description).env('STRIPE_WEBHOOK_SECRET');

/** What it answered, in a word. */
export const forward = async (
  event: Event,
  /** Its number among the events of its object, where that is known. */
  sequence: number | undefined,
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
        ...(sequence === undefined ? {} : { 'tollgate-sequence': String(sequence) }),
        ...headers,
      },
      body,
      redirect: 'manual',
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    await answer.body?.cancel();
    return answer.ok ? `${answer.status}` : paint.bold(`${answer.status}`);
  } catch (error) {
    const { cause, name } = error as { cause?: { code?: string }; name?: string };
    return paint.bold(name === 'TimeoutError' ? 'no answer in time' : (cause?.code ?? 'no answer'));
  }
};

const parseUrl = (text: string): string => {
  const url = URL.parse(/^[a-z]+:\/\//.test(text) ? text : `http://${text}`);
  if (url === null || !['http:', 'https:'].includes(url.protocol)) {
    throw new InvalidArgumentError('Write it like http://localhost:3000/webhook.');
  }
  return url.href;
};
