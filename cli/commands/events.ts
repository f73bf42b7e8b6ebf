// tollgate events: as they happen, and again.

import type { Command } from 'commander';
import { apiClient, type Where, withWhere } from '../api-client.ts';
import { CliError } from '../errors.ts';
import { type Event, followEvents } from '../follow-events.ts';
import { paint, say } from '../with-runtime.ts';

export const addEvents = (program: Command): void => {
  const events = program.command('events').description('what happened');

  withWhere(events.command('tail'))
    .description('print events as they happen, until Ctrl-C')
    .option('--type <type>', 'only these: customer.created, or customer.*')
    .option('--json', 'whole events, one a line', false)
    .action(async (options: Where & { type?: string; json: boolean }) => {
      await followEvents(apiClient(options), options.type, (event) =>
        say(options.json ? JSON.stringify(event) : lineOf(event)),
      );
    });

  withWhere(events.command('resend <event>'))
    .description('tell an event again, to every endpoint it was told or owed to')
    .option('--webhook-endpoint <id>', 'only to this one')
    .action(resend);
};

const lineOf = (event: Event): string =>
  `${paint.dim(new Date(event.created * 1000).toISOString().slice(11, 19))}  ${event.type.padEnd(28)} ${event.data.object.id ?? ''}  ${paint.dim(event.id)}`;

type Delivery = { readonly id: string; readonly webhook_endpoint: string };

const resend = async (
  event: string,
  options: Where & { webhookEndpoint?: string },
): Promise<void> => {
  const client = apiClient(options);
  await client.get(`/v1/events/${encodeURIComponent(event)}`);
  const { data } = await client.get<{ data: Delivery[] }>('/v1/webhook_deliveries', {
    event,
    limit: '100',
    ...(options.webhookEndpoint === undefined ? {} : { webhook_endpoint: options.webhookEndpoint }),
  });
  if (data.length === 0)
    throw new CliError(`No endpoint was owed ${event}, so there is nothing to tell again.`);
  for (const { id, webhook_endpoint } of data) {
    await client.post(`/v1/webhook_deliveries/${id}/resend`);
    say(`Telling ${webhook_endpoint} again.`);
  }
};
