// tollgate listen --forward-to URL: webhooks for a shop that is being written on this machine. It reads
// events through the API and posts them, signed as an endpoint's are.

import { type Command, InvalidArgumentError, Option } from 'commander';
import { systemClock, systemRandom } from '#kit/context';
import { signatureHeaders } from '#outward/webhooks';
import { apiClient, type Where, withWhere } from '../api-client.ts';
import { type Event, followEvents } from '../follow-events.ts';
import { paint, say } from '../with-runtime.ts';

type Options = Where & {
  readonly forwardTo: string;
  readonly events?: string;
  readonly secret?: string;
};

const TIMEOUT_MS = 30_000;

export const addListen = (program: Command): void => {
  withWhere(program.command('listen'))
    .description('post events to a server of yours as they happen, signed like webhooks')
    .addOption(
      new Option('--forward-to <url>', 'where to: http://localhost:3000/webhook')
        .makeOptionMandatory()
        .argParser(parseUrl),
    )
    .option('--events <type>', 'only these: payment_intent.succeeded, or payment_intent.*')
    .addOption(
      new Option('--secret <whsec>', 'sign with this one rather than with a new one').env(
        'STRIPE_WEBHOOK_SECRET',
      ),
    )
    .action(listen);
};

const listen = async (options: Options): Promise<void> => {
  const client = apiClient(options);
  const secret = options.secret ?? `whsec_${systemRandom.bytes(32).toString('base64')}`;
  say(
    `Forwarding events of ${client.url} to ${options.forwardTo}. Ctrl-C ends it.`,
    `Signing secret: ${paint.bold(secret)}`,
    '',
  );
  await followEvents(client, options.events, async (event) => {
    say(`${clockOf(event)}  --> ${event.type.padEnd(36)} ${paint.dim(event.id)}`);
    say(`${' '.repeat(8)}  <-- ${await forward(event, options.forwardTo, secret)}`);
  });
};

const forward = async (event: Event, to: string, secret: string): Promise<string> => {
  const body = Buffer.from(JSON.stringify(event, null, 2));
  const headers = signatureHeaders(body, {
    eventId: event.id,
    nowMs: systemClock.now(),
    secrets: [secret],
  });
  try {
    const answer = await fetch(to, {
      method: 'POST',
      headers: { 'content-type': 'application/json; charset=utf-8', ...headers },
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

const clockOf = (event: Event): string =>
  new Date(event.created * 1000).toISOString().slice(11, 19);

const parseUrl = (text: string): string => {
  const url = URL.parse(/^[a-z]+:\/\//.test(text) ? text : `http://${text}`);
  if (url === null || !['http:', 'https:'].includes(url.protocol)) {
    throw new InvalidArgumentError('Write it like http://localhost:3000/webhook.');
  }
  return url.href;
};
