// tollgate events: as they happen, and again.

import type { Command } from 'commander';
import { type ApiClient, apiClient, NotNow, type Where, withWhere } from '../api-client.ts';
import { CliError } from '../errors.ts';
import { type Event, followEvents, type Sequence } from '../follow-events.ts';
import { forward, forwardTo, secretOption } from '../forward-event.ts';
import { paint, say } from '../say.ts';

export const addEvents = (program: Command): void => {
  const events = program.command('events').description('what happened');

  withWhere(events.command('tail'))
    .description('print events as they happen, until Ctrl-C')
    .option('--type <types>', 'only these: customer.created,charge.*')
    .option('--json', 'whole events, one a line', false)
    .action(async (options: Where & { type?: string; json: boolean }) => {
      await followEvents(apiClient(options), options.type, (event) =>
        say(options.json ? JSON.stringify(event) : lineOf(event)),
      );
    });

  withWhere(events.command('resend <event>'))
    .description('tell an event again, to every endpoint it was told or owed to')
    .option('--webhook-endpoint <id>', 'only to this one')
    .addOption(forwardTo())
    .addOption(secretOption('for --forward-to: the one that listen showed'))
    .action(resend);
};

const lineOf = (event: Event): string =>
  `${paint.dim(new Date(event.created * 1000).toISOString().slice(11, 19))}  ${event.type.padEnd(40)} ${event.data.object.id ?? ''}  ${paint.dim(event.id)}`;

type Delivery = Sequence & { readonly id: string; readonly webhook_endpoint: string };

const deliveriesOf = async (
  client: ApiClient,
  event: string,
  more: Record<string, string>,
): Promise<readonly Delivery[]> => {
  const found: Delivery[] = [];
  for (;;) {
    const last = found.at(-1);
    const { data, has_more } = await client.get<{ data: Delivery[]; has_more: boolean }>(
      '/v1/webhook_deliveries',
      { event, limit: '100', ...more, ...(last === undefined ? {} : { starting_after: last.id }) },
    );
    found.push(...data);
    if (!has_more || data.length === 0) return found;
  }
};

const resend = async (
  event: string,
  options: Where & { webhookEndpoint?: string; forwardTo?: string; secret?: string },
): Promise<void> => {
  const client = apiClient(options);
  const found = await client.get<Event>(`/v1/events/${encodeURIComponent(event)}`);
  if (options.forwardTo !== undefined) {
    if (options.secret === undefined) {
      throw new CliError('Say with --secret which one to sign with: the one that listen showed.');
    }
    const [told] = await deliveriesOf(client, event, {});
    const receiver = { to: options.forwardTo, secret: options.secret };
    say(`${found.type} <-- ${await forward(found, told, receiver)}`);
    return;
  }
  const data = await deliveriesOf(
    client,
    event,
    options.webhookEndpoint === undefined ? {} : { webhook_endpoint: options.webhookEndpoint },
  );
  if (data.length === 0)
    throw new CliError(
      `No endpoint was owed ${event}, so there is nothing to tell again. To a server that listens with tollgate listen: --forward-to <url> --secret <whsec>.`,
    );
  const refusals: string[] = [];
  for (const { id, webhook_endpoint: to } of data) {
    try {
      await client.post(`/v1/webhook_deliveries/${id}/resend`);
      const { status } = await client.get<{ status: string }>(`/v1/webhook_endpoints/${to}`);
      say(
        status === 'disabled'
          ? `${to} is disabled: it is told when it is enabled again.`
          : `Telling ${to} again.`,
      );
    } catch (error) {
      // Others are told all the same.
      if (error instanceof NotNow || !(error instanceof CliError)) throw error;
      refusals.push(error.message);
    }
  }
  if (refusals.length === data.length) throw new CliError(refusals.join('\n'));
  for (const refusal of refusals) say(refusal);
};
