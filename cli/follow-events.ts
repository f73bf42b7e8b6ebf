import { setTimeout as wait } from 'node:timers/promises';
import type { ApiClient } from './api-client.ts';

export type Event = {
  id: string;
  type: string;
  created: number;
  data: { object: { id?: string } };
};

const POLL_MS = 1_000;
const PAGE = '100';

/** Each event from now on, oldest first, until the process is ended. */
export const followEvents = async (
  client: ApiClient,
  type: string | undefined,
  see: (event: Event) => Promise<void> | void,
): Promise<never> => {
  const wanted: Record<string, string> = type === undefined ? {} : { type };
  const list = async (query: Record<string, string>): Promise<Event[]> =>
    (await client.get<{ data: Event[] }>('/v1/events', { ...wanted, ...query })).data;

  let [last] = (await list({ limit: '1' })).map(({ id }) => id);
  for (;;) {
    const fresh = await list({
      limit: PAGE,
      ...(last === undefined ? {} : { ending_before: last }),
    });
    for (const event of fresh.toReversed()) {
      await see(event);
      last = event.id;
    }
    if (fresh.length < Number(PAGE)) await wait(POLL_MS);
  }
};
