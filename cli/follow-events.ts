import { setTimeout as wait } from 'node:timers/promises';
import type { ApiClient } from './api-client.ts';

export type Event = {
  id: string;
  type: string;
  created: number;
  data: { object: { id?: string } };
};

type Feed = { data: { event: Event | null; sequence: number }[]; has_more: boolean; next: number };

const POLL_MS = 1_000;

/** Each event from now on, oldest first, until the process is ended; none is missed. */
export const followEvents = async (
  client: ApiClient,
  type: string | undefined,
  /** With its number among the events of its object. */
  see: (event: Event, sequence: number) => Promise<void> | void,
): Promise<never> => {
  const isWanted = matching(type);
  let { next } = await client.get<Feed>('/v1/event_feed');
  for (;;) {
    const feed = await client.get<Feed>('/v1/event_feed', { after: String(next), limit: '100' });
    for (const { event, sequence } of feed.data) {
      if (event !== null && isWanted(event.type)) await see(event, sequence);
    }
    ({ next } = feed);
    if (!feed.has_more) await wait(POLL_MS);
  }
};

/** `customer.created`, or `customer.*` for all that begin like it. */
const matching = (type: string | undefined): ((name: string) => boolean) => {
  if (type === undefined || type === '*') return () => true;
  if (!type.endsWith('*')) return (name) => name === type;
  const stem = type.slice(0, -1);
  return (name) => name.startsWith(stem);
};
