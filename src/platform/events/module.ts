import type { EventKinds, Undelivered } from './event-kind.ts';
import { preparePartitions } from './hand-on.ts';
import { eventRoutes } from './routes.ts';

const DAY_MS = 24 * 60 * 60 * 1000;

export const module = {
  name: 'platform/events',
  migrations: new URL('./migrations/', import.meta.url),
  routes: ({
    eventKinds,
    undelivered,
  }: {
    readonly eventKinds: EventKinds;
    readonly undelivered: Undelivered;
  }) => eventRoutes(eventKinds, undelivered),
  periodicJobs: [{ name: 'events.prepare_partitions', everyMs: DAY_MS, run: preparePartitions }],
  resources: [{ object: 'event', permission: 'events' }],
  checks: [
    {
      name: 'the events of an object are numbered without gap or repetition',
      text: `select account_id, object_id, sequence from (
               select account_id, livemode, object_id, sequence,
                      lag(sequence + cardinality(kinds), 1, 1) over (
                        partition by account_id, livemode, object_id order by sequence, id) as expected
                 from platform.events) numbered
              where sequence <> expected`,
    },
    {
      name: 'what happened could be handed on',
      of: 'evt',
      text: `select account_id, event_id as id, failures from platform.outbox where failures is not null`,
    },
  ],
};
