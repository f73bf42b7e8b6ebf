import type { Context, Tx, Write } from '#kit/context';
import { newUuid, type Uuid } from '#kit/ids';
import { insertRows, type LeaseLimits, rank, spellTime, statement } from '#platform/db';
import type { JobPayload, PeriodicJob } from './job.ts';

export type LeasedJob = {
  readonly id: Uuid;
  readonly name: string;
  readonly payload: JobPayload;
  readonly lease_epoch: number;
  readonly attempts: number;
};

/** Queues work in the transaction of the change that makes it necessary. */
export const enqueue = (
  context: Pick<Context, 'clock' | 'random'>,
  job: { readonly name: string; readonly payload?: JobPayload; readonly runAtMs?: number },
): Write => ({
  into: insertJob,
  row: [
    newUuid(context),
    job.name,
    JSON.stringify(job.payload ?? {}),
    spellTime(job.runAtMs ?? context.clock.now()),
  ],
});

/** The same for a transaction that is not a commit of writes. */
export const enqueueWith = async (
  context: Pick<Context, 'clock' | 'random'>,
  tx: Tx,
  jobs: readonly Parameters<typeof enqueue>[1][],
): Promise<void> => {
  const rows = jobs.map((job) => enqueue(context, job).row);
  const columns = insertJob.types.map((_, at) => rows.map((row) => row[at]));
  await tx.query(insertJob, columns);
};

const insertJob = insertRows({
  name: 'jobs.enqueue',
  table: 'platform.jobs',
  columns: { id: 'uuid', name: 'text', payload: 'json', run_at: 'timestamptz' },
  key: 'id',
  ownedBy: 'nobody',
  rank: rank.log,
});

// Those of an account that are found beyond its room are left to whoever asks next. In an outage all that are due are
// looked at and hundreds of accounts have no room: these are found by hash with `in (select ...)`, which PostgreSQL looks
// through once for a statement whatever it plans, and with `any ($6)` one by one for each job.
const leaseJobs = statement(
  'jobs.lease',
  `update platform.jobs j
      set leased_until = clock_timestamp() + make_interval(secs => $3::float8 / 1000),
          lease_epoch = j.lease_epoch + 1, attempts = j.attempts + 1,
          holder = case when j.name <> all ($5::text[]) then $4::uuid end
     from (select due.id, due.account,
                  row_number() over (partition by due.account order by due.run_at, due.id) as nth
             from (select id, payload->>'accountId' as account, run_at from platform.jobs
                    where failed_at is null and run_at <= $1::timestamptz
                      and (leased_until is null or leased_until < clock_timestamp())
                      and (coalesce(payload->>'accountId', '') in (select unnest($6::text[])))
                            = ($9::integer = 0)
                    order by run_at limit $2 for update skip locked) due) due
     left join unnest($7::text[], $8::integer[]) as own(account, room) on own.account = due.account
    where j.id = due.id
      and (due.account is null or due.nth <= coalesce(own.room, $9::integer))
   returning j.id, j.name, j.payload, j.lease_epoch, j.attempts`,
);

/** As a worker asks in its rounds. */
export const areJobsDue = `exists (
  select from platform.jobs
   where failed_at is null and run_at <= now.at
     and (leased_until is null or leased_until < clock_timestamp()))`;

// Later with each try, as when a job fails: one that kills its worker must not do so at once again.
const takeOver = statement(
  'jobs.take_over',
  `update platform.jobs
      set leased_until = least(leased_until,
            clock_timestamp() + make_interval(secs => 2 ^ least(attempts, 8)))
    where holder = any ($1::uuid[]) and leased_until is not null`,
);

const endJob = statement(
  'jobs.end',
  'delete from platform.jobs where id = $1 and lease_epoch = $2 returning id',
);

const retryJob = statement(
  'jobs.retry',
  `update platform.jobs
      set run_at = $3::timestamptz, leased_until = null, last_error = $4,
          failed_at = case when $5::boolean then clock_timestamp() end
    where id = $1 and lease_epoch = $2
   returning id`,
);

const keepLeaseRows = statement(
  'jobs.keep_leases',
  `update platform.jobs j set leased_until = clock_timestamp() + make_interval(secs => $3::float8 / 1000)
     from unnest($1::uuid[], $2::integer[]) as own(id, lease_epoch)
    where j.id = own.id and j.lease_epoch = own.lease_epoch`,
);

const startPeriod = statement(
  'jobs.start_period',
  `insert into platform.periods (name, period) values ($1, $2)
   on conflict (name) do update set period = excluded.period, claimed_at = clock_timestamp()
     where platform.periods.period < excluded.period
        or (platform.periods.period > excluded.period
            and platform.periods.claimed_at < clock_timestamp() - make_interval(secs => 2 * $3::float8 / 1000))
   returning period`,
);

const beat = statement(
  'jobs.beat',
  `insert into platform.heartbeats (id, role, version) values ($1, $2, $3)
   on conflict (id) do update set seen_at = clock_timestamp()`,
);
const forgetBeats = statement(
  'jobs.forget_beats',
  `delete from platform.heartbeats where id = any ($1::uuid[]) or seen_at < clock_timestamp() - interval '1 day'`,
);
const versionOfBeating = statement(
  'jobs.version_of_beating',
  `select version from platform.heartbeats
    where id = $1 and seen_at > clock_timestamp() - interval '30 seconds'`,
);
const aliveWorkers = statement(
  'jobs.alive_workers',
  `select count(*)::integer as alive from platform.heartbeats
    where role = 'worker' and seen_at > clock_timestamp() - interval '10 seconds'`,
);

export const lease = (
  tx: Tx,
  wanted: LeaseLimits & {
    readonly holder: Uuid | null;
    /** Of these names nobody else takes one over before its lease has ended. */
    readonly waitedOut: readonly string[];
    /** How many are taken at most of these accounts; of some none. */
    readonly rooms: ReadonlyMap<string, number>;
    /** Of each other. */
    readonly roomOfOthers: number;
  },
): Promise<LeasedJob[]> => {
  // Either all but some, or none but some, and those of no account.
  const othersHaveRoom = wanted.roomOfOthers > 0;
  const apart = wanted.rooms
    .entries()
    .flatMap(([account, room]) => (room > 0 === othersHaveRoom ? [] : [account]));
  return tx.query<LeasedJob>(leaseJobs, [
    spellTime(wanted.nowMs),
    wanted.atMost,
    wanted.leaseMs,
    wanted.holder,
    wanted.waitedOut,
    [...apart, ...(othersHaveRoom ? [] : [''])],
    [...wanted.rooms.keys()],
    [...wanted.rooms.values()],
    wanted.roomOfOthers,
  ]);
};

export const takeOverJobs = (tx: Tx, dead: readonly Uuid[]): Promise<unknown> =>
  tx.query(takeOver, [dead]);

/** Of jobs that take longer than a lease; one that was taken over is not taken back. */
export const keepLeases = (
  tx: Tx,
  jobs: readonly LeasedJob[],
  leaseMs: number,
): Promise<unknown[]> =>
  tx.query(keepLeaseRows, [jobs.map((job) => job.id), jobs.map((job) => job.lease_epoch), leaseMs]);

export const end = (tx: Tx, job: LeasedJob): Promise<unknown[]> =>
  tx.query(endJob, [job.id, job.lease_epoch]);

export const retry = (
  tx: Tx,
  job: LeasedJob,
  next: { readonly runAtMs: number; readonly error: string; readonly giveUp: boolean },
): Promise<unknown[]> =>
  tx.query(retryJob, [job.id, job.lease_epoch, spellTime(next.runAtMs), next.error, next.giveUp]);

/** True for the one worker that may start this period. */
export const claimPeriod = async (
  tx: Tx,
  { name, everyMs }: Pick<PeriodicJob, 'name' | 'everyMs'>,
  period: number,
): Promise<boolean> => (await tx.query(startPeriod, [name, period, everyMs])).length === 1;

export const heartbeat = (tx: Tx, id: Uuid, role: string, version: string): Promise<unknown[]> =>
  tx.query(beat, [id, role, version]);
export const endHeartbeats = (tx: Tx, ids: readonly Uuid[]): Promise<unknown[]> =>
  tx.query(forgetBeats, [ids]);

/** Of a process that lives, by what this database has heard of it. */
export const versionOfProcess = async (tx: Tx, name: Uuid): Promise<string | undefined> =>
  (await tx.query<{ version: string }>(versionOfBeating, [name]))[0]?.version;

export const countAliveWorkers = async (tx: Tx): Promise<number> =>
  (await tx.query<{ alive: number }>(aliveWorkers))[0]?.alive ?? 0;
