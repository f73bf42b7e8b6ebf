// tollgate trigger EVENT: makes an event happen in test mode, by asking the API for what causes it.

import { setTimeout } from 'node:timers/promises';
import type { Command } from 'commander';
import { type ApiClient, apiClient, type Where, withWhere } from '../api-client.ts';
import { CliError } from '../errors.ts';
import { daysOf, impossible, type Request, recipes, type Step } from '../recipes.ts';
import { paint, say } from '../say.ts';

const CLOCK = '/v1/test_helpers/clock';
const DAY_S = 86_400;

type Options = Where & { readonly moveClock?: boolean };

export const addTrigger = (program: Command): void => {
  withWhere(program.command('trigger <event>'))
    .description('make an event happen in test mode')
    .option('--move-clock', 'move the clock of test mode where the event takes days')
    .addHelpText(
      'after',
      `\nEvents: ${Object.keys(recipes).join(', ')}\n\nWith --move-clock only: ${patient.join(', ')}`,
    )
    .action(trigger);
};

const patient = Object.keys(recipes).filter((event) => daysOf(recipes[event] ?? []) > 0);

type Run = {
  readonly client: ApiClient;
  readonly event: string;
  /** Ids by the names that the recipe gives them. */
  readonly known: Record<string, string>;
  /** The last event of that type before. */
  readonly before: string | undefined;
  /** Where the last answer sends the payer. */
  away: string | undefined;
};

const trigger = async (event: string, options: Options): Promise<void> => {
  const steps = stepsFor(event, options);
  const client = apiClient(options);
  if (client.livemode) {
    throw new CliError(
      'This key is of live mode, where nothing is made up: trigger takes one of test mode.',
    );
  }
  const run: Run = {
    client,
    event,
    known: steps.some(usesTime) ? await momentsAt(client) : {},
    before: await lastOf(client, event),
    away: undefined,
  };
  for (const step of steps) {
    if ('atBank' in step) await answerBank(run, step.atBank);
    else if (!('comes' in step)) await request(run, step);
  }
  say(`${paint.bold(event)}  ${await waitFor(run, daysOf(steps))}`);
};

const stepsFor = (event: string, { moveClock }: Options): readonly Step[] => {
  const reason = impossible[event];
  if (reason !== undefined) throw new CliError(`"${event}" cannot be triggered: ${reason}.`);
  const steps = recipes[event];
  if (steps === undefined) {
    throw new CliError(
      `There is no recipe for "${event}"; there are ${Object.keys(recipes).join(', ')}.`,
    );
  }
  const days = daysOf(steps);
  if (days === 0 || moveClock === true) return steps;
  throw new CliError(
    `"${event}" comes by time: --move-clock moves the clock of test mode by ${days} days, for all that this installation has. It is never moved back.`,
  );
};

const usesTime = (step: Step): boolean => JSON.stringify(step).includes('{now');

const momentsAt = async (client: ApiClient): Promise<Record<string, string>> => {
  const { now } = await client.get<{ now: number }>(CLOCK);
  return { now: `${now}`, soon: `${now + 60}` };
};

const request = async (run: Run, { as, method: asks, path, form = {} }: Request) => {
  const filled = (text: string): string =>
    text.replaceAll(/\{(\w+)\}/g, (_, name: string) => run.known[name] ?? '');
  const asked = Object.fromEntries(
    Object.entries(form).map(([name, text]) => [name, filled(text)]),
  );
  const to = filled(path);
  const method = asks ?? 'POST';
  const id =
    method === 'POST'
      ? await ask(run, to, asked)
      : method === 'GET'
        ? await firstOf(run.client, to, asked)
        : (await run.client.del<{ id: string }>(to)).id;
  if (as !== undefined && id !== undefined) run.known[as] = id;
  say(`${paint.dim(method)} ${to}${id === undefined ? '' : `  ${id}`}`);
};

type Answered = {
  readonly id: string;
  readonly next_action?: { readonly redirect_to_url?: { readonly url?: string } } | null;
};

/** A decline is what some events are made of. */
const ask = async (
  run: Run,
  path: string,
  form: Readonly<Record<string, string>>,
): Promise<string | undefined> => {
  try {
    const answer = await run.client.post<Answered>(path, form);
    run.away = answer.next_action?.redirect_to_url?.url;
    return answer.id;
  } catch (error) {
    if (error instanceof CliError && run.event.endsWith('failed') && /declined/.test(error.message))
      return undefined;
    throw error;
  }
};

/** As a browser would: answers, and goes where the bank sends it; there the gateway asks what came of it. */
const answerBank = async ({ away }: Run, does: string): Promise<void> => {
  if (away === undefined) throw new CliError('The payer was sent to no bank.');
  const answer = await fetch(away, {
    method: 'POST',
    body: new URLSearchParams({ do: does }),
    redirect: 'manual',
  });
  const back = answer.headers.get('location');
  if (back === null) {
    throw new CliError(`No test bank answers at ${away}: this takes the sandbox of npm start.`);
  }
  await fetch(back, { redirect: 'manual' });
  say(`${paint.dim('POST')} ${away}  ${does}`);
};

/** The bank tells of a dispute in a feed of its own, which is read every few seconds. */
const ROUNDS_MAX = 120;
const PAUSE_MS = 500;
/** What has to reach the bank first may be late for a move of the clock; then it takes another. */
const ROUNDS_A_MOVE = 60;
const ROUNDS_BEFORE = 6;

/** The event that was wanted, and of which its cause alone is no proof. */
const waitFor = async ({ client, event, before }: Run, days: number): Promise<string> => {
  for (let round = 0; round < ROUNDS_MAX; round += 1) {
    const last = await lastOf(client, event);
    if (last !== undefined && last !== before) return last;
    if (days > 0 && round % ROUNDS_A_MOVE === ROUNDS_BEFORE) {
      await client.post(CLOCK, { advance: `${days * DAY_S}` });
      say(`${paint.dim('POST')} ${CLOCK}  ${days} days on`);
    }
    await setTimeout(PAUSE_MS);
  }
  throw new CliError(`No ${event} came within a minute; it may come later.`);
};

const lastOf = async (client: ApiClient, type: string): Promise<string | undefined> => {
  const { data } = await client.get<{ data: { id: string }[] }>('/v1/events', { type, limit: '1' });
  return data[0]?.id;
};

const firstOf = async (
  client: ApiClient,
  path: string,
  query: Readonly<Record<string, string>>,
): Promise<string> => {
  for (let round = 1; round <= ROUNDS_MAX; round += 1) {
    const { data } = await client.get<{ data: { id: string }[] }>(path, query);
    if (data[0] !== undefined) return data[0].id;
    await setTimeout(PAUSE_MS);
  }
  throw new CliError(`Nothing came at ${path} within a minute; the event may come later.`);
};
