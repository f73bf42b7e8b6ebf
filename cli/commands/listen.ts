// tollgate listen --forward-to URL: webhooks for a shop that is being written on this machine. It reads
// events through the API and posts them, signed as an endpoint's are.

import type { Command } from 'commander';
import { systemRandom } from '#kit/context';
import { apiClient, type Where, withWhere } from '../api-client.ts';
import { type Event, followEvents, type Sequence } from '../follow-events.ts';
import { forward, forwardTo, secretOption } from '../forward-event.ts';
import { paint, say } from '../say.ts';

type Options = Where & {
  readonly forwardTo: string;
  readonly events?: string;
  readonly secret?: string;
};

export const addListen = (program: Command): void => {
  withWhere(program.command('listen'))
    .description('post events to a server of yours as they happen, signed like webhooks')
    .addOption(forwardTo().makeOptionMandatory())
    .option('--events <types>', 'only these: payment_intent.succeeded,charge.*')
    .addOption(secretOption('sign with this one rather than with a new one'))
    .action(listen);
};

const listen = async (options: Options): Promise<void> => {
  const client = apiClient(options);
  const secret = options.secret ?? `whsec_${systemRandom.bytes(32).toString('base64')}`;
  const receiver = { to: options.forwardTo, secret };
  const post = async (event: Event, sequence: Sequence): Promise<void> => {
    const about = event.data.object.id ?? '';
    say(`${clockOf(event)}  --> ${event.type.padEnd(40)} ${about}  ${paint.dim(event.id)}`);
    say(`${' '.repeat(8)}  <-- ${await forward(event, sequence, receiver)}`);
  };
  await followEvents(client, options.events, post, () =>
    say(
      `Forwarding events of ${client.url} to ${options.forwardTo}. Ctrl-C ends it.`,
      `Signing secret: ${paint.bold(secret)}`,
      '',
    ),
  );
};

const clockOf = (event: Event): string =>
  new Date(event.created * 1000).toISOString().slice(11, 19);
