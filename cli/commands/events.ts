// tollgate events tail: events as they happen, through the API like any other client.

import { setTimeout as wait } from 'node:timers/promises';
import { type Command, Option } from 'commander';
import { CliError } from '../errors.ts';
import { readQuickstart } from '../quickstart.ts';
import { settingsOfProject } from '../settings.ts';
import { paint, say } from '../with-runtime.ts';

type Options = {
  readonly url?: string;
  readonly key?: string;
  readonly type?: string;
  readonly json: boolean;
};
type Event = { id: string; type: string; created: number; data: { object: { id?: string } } };

const POLL_MS = 1_000;

export const addEvents = (program: Command): void => {
  program
    .command('events')
    .description('what happened')
    .command('tail')
    .description('print events as they happen, until Ctrl-C')
    .option('--url <url>', 'the gateway; that of the quick start when left out')
    .addOption(
      new Option('--key <key>', 'a secret key; that of the quick start when left out').env(
        'STRIPE_API_KEY',
      ),
    )
    .option('--type <type>', 'only these: customer.created, or customer.*')
    .option('--json', 'whole events, one a line', false)
    .action(tail);
};

const tail = async (options: Options): Promise<void> => {
  const quickstart = readQuickstart(settingsOfProject(process.env).data);
  const url = options.url ?? quickstart?.url;
  const key = options.key ?? quickstart?.secretKey;
  if (url === undefined || key === undefined) {
    throw new CliError('No gateway was found; start one with npm start, or give --url and --key.');
  }

  let [last] = (await ask(url, key, { ...typeOf(options), limit: '1' })).map((event) => event.id);
  for (;;) {
    const fresh = await ask(url, key, {
      ...typeOf(options),
      limit: '100',
      ...(last === undefined ? {} : { ending_before: last }),
    });
    for (const event of fresh.toReversed()) {
      say(options.json ? JSON.stringify(event) : lineOf(event));
      last = event.id;
    }
    if (fresh.length < 100) await wait(POLL_MS);
  }
};

const typeOf = ({ type }: Options): Record<string, string> => (type === undefined ? {} : { type });

const ask = async (url: string, key: string, query: Record<string, string>): Promise<Event[]> => {
  const address = `${url.replace(/\/$/, '')}/v1/events?${new URLSearchParams(query).toString()}`;
  const response = await fetch(address, { headers: { authorization: `Bearer ${key}` } }).catch(
    () => {
      throw new CliError(`Nothing answers at ${url}.`);
    },
  );
  const body = (await response.json()) as { data?: Event[]; error?: { message: string } };
  if (body.data === undefined)
    throw new CliError(body.error?.message ?? `${url} answered ${response.status}.`);
  return body.data;
};

const lineOf = (event: Event): string =>
  `${paint.dim(new Date(event.created * 1000).toISOString().slice(11, 19))}  ${event.type.padEnd(28)} ${event.data.object.id ?? ''}  ${paint.dim(event.id)}`;
