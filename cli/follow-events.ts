import { setTimeout as wait } from 'node:timers/promises';
import { type ApiClient, NotNow } from './api-client.ts';
import { CliError } from './errors.ts';
import { impossible, recipes } from './recipes.ts';

export type Event = {
  id: string;
  type: string;
  created: number;
  data: { object: { id?: string } };
};

/** Which of its object's changes it was, and of what object. */
export type Sequence = { readonly sequence: number; readonly sequence_of: string | null };
type Feed = {
  data: (Sequence & { position: number; event: Event | null })[];
  has_more: boolean;
  next: number;
  /** Not of a gateway of before. */
  next_event?: string | null;
};

const POLL_MS = 1_000;

/**
 * Each event from now on, oldest first, until the process is ended or nobody reads what it prints; none is missed,
 * also where the gateway is started anew meanwhile.
 */
export const followEvents = async (
  client: ApiClient,
  types: string | undefined,
  see: (event: Event, sequence: Sequence) => Promise<void> | void,
  /** From now on: what happens afterwards is seen. */
  begins: () => void = () => {},
): Promise<never> => {
  const isWanted = matching(types);
  endWhenUnheard();
  let { next, next_event: last } = await client.get<Feed>('/v1/event_feed');
  begins();
  for (;;) {
    const known: Record<string, string> = typeof last === 'string' ? { after_event: last } : {};
    const from = { after: String(next), limit: '100', ...known };
    const feed = await patiently(client.url, () => client.get<Feed>('/v1/event_feed', from));
    const forgotten = (feed.data[0]?.position ?? next + 1) - next - 1;
    if (forgotten > 0) {
      process.stderr.write(`${forgotten} events were forgotten before they could be read here.\n`);
    }
    for (const { event, position: _, ...sequence } of feed.data) {
      if (event !== null && isWanted(event.type)) await see(event, sequence);
    }
    ({ next, next_event: last } = feed);
    if (!feed.has_more) await wait(POLL_MS);
  }
};

/** A `| head` that has seen enough hangs up, and nothing is under way here that would have to be finished. */
const endWhenUnheard = (): void => {
  process.stdout.once('error', ({ code, message }: NodeJS.ErrnoException) => {
    if (code !== 'EPIPE') process.stderr.write(`What is printed cannot be written: ${message}.\n`);
    process.exit(code === 'EPIPE' ? 0 : 1);
  });
};

const patiently = async <T>(url: string, ask: () => Promise<T>): Promise<T> => {
  for (let tries = 1; ; tries += 1) {
    try {
      const answer = await ask();
      if (tries > 1) process.stderr.write(`${url} answers again.\n`);
      return answer;
    } catch (error) {
      if (!(error instanceof NotNow)) throw error;
      if (tries === 1)
        process.stderr.write(`${error.message} Waiting for it; nothing is missed.\n`);
      await wait(POLL_MS);
    }
  }
};

/** `customer.created`, or `customer.*` for all that begin like it; several with commas between them. */
const matching = (types: string | undefined): ((name: string) => boolean) => {
  const wanted = (types ?? '*').split(',').map((type) => matchingOne(type.trim()));
  return (name) => wanted.some((isWanted) => isWanted(name));
};

const matchingOne = (type: string): ((name: string) => boolean) => {
  const stem = type.slice(0, -1);
  const isWanted = (name: string): boolean =>
    type.endsWith('*') ? name.startsWith(stem) : name === type;
  // Whoever waits for a name that is misspelt would wait for ever.
  if (told.some(isWanted)) return isWanted;
  throw new CliError(`No event is called "${type}"; there are ${told.join(', ')}.`);
};

const told = [...Object.keys(recipes), ...Object.keys(impossible)];
