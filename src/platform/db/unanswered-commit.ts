// What became of a COMMIT that nobody answered. The transaction's number was learned before it was said, and a new
// connection asks for it; only the database may say. A server that has crashed in between may have given the number to
// another transaction, since ours left no trace if it was lost: where that can be, its word counts only against us.

import { setTimeout as wait } from 'node:timers/promises';
import type { Statement } from '#kit/context';
import { type Connection, isServerError } from './connection.ts';
import { CommitUnknown } from './transaction.ts';

/**
 * What a batch learned as it began: its transaction's number, which life of the server gave it, and how far its log was
 * then, on the disk and in all.
 */
export type Entered = {
  readonly xid: string;
  readonly server: string;
  readonly flushed: string;
  readonly written: string;
};

export const statusOf: Statement = {
  name: 'xact_status',
  // A recovery from a crash ends with a checkpoint, and the numbers after it are those that nobody remembers to have
  // given. Whether there was one since is told by the server's life and by where in the log the checkpoint begins, and by
  // no clock, which may be set back: a crash leaves at least what was on the disk, and a checkpoint that begins behind
  // all that was written knows our number unless it was lost.
  // A server that follows another has yet to hear what it will know, and says nothing; one that has taken over begins a
  // timeline, and has a checkpoint of the one before, older than ours may be, until it makes its own.
  text: `select case when follows then null else pg_xact_status($1::text::xid8) end as status,
                case when server = $2 and begins < $3::text::pg_lsn then 'same'
                     when (server <> $2 or begins > $4::text::pg_lsn)
                          and first_after <= $1::numeric and timeline = timeline_now then 'lost'
                     else 'unclear' end as history
           from (select pg_is_in_recovery() as follows, pg_postmaster_start_time()::text as server,
                        redo_lsn as begins,
                        split_part(next_xid, ':', 1)::numeric * 4294967296 + split_part(next_xid, ':', 2)::numeric as first_after,
                        upper(lpad(to_hex(timeline_id), 8, '0')) as timeline,
                        case when not pg_is_in_recovery() then left(pg_walfile_name(pg_current_wal_lsn()), 8) end as timeline_now
                   from pg_control_checkpoint()) now`,
};

type Status = {
  readonly status: string | null;
  /** Whether the number is still ours: nothing has crashed since, ours was lost in a crash, or nobody can know. */
  readonly history: 'same' | 'lost' | 'unclear';
};
type Told = 'committed' | 'aborted';

const NUMBER_OF_THE_FUTURE = '22023';
const WAIT_MS_MAX = 400;

/** Throws `CommitUnknown` where the database cannot say, or does not within the limit. */
export const outcomeOf = (
  connect: () => Promise<Connection>,
  entered: Entered,
  limitMs: number,
): Promise<Told> =>
  new Promise((resolve, reject) => {
    const unknown = (cause?: unknown): CommitUnknown =>
      new CommitUnknown(`transaction ${entered.xid}`, { cause });
    const look: Look = { connection: null, isOver: false };
    const end = (settle: () => void): void => {
      if (look.isOver) return;
      look.isOver = true;
      clearTimeout(limit);
      look.connection?.destroy();
      settle();
    };
    const limit = setTimeout(() => end(() => reject(unknown())), limitMs);
    lookUp(look, connect, entered).then(
      (told) => end(() => (told === 'unclear' ? reject(unknown()) : resolve(told))),
      (error: unknown) => end(() => reject(unknown(error))),
    );
  });

type Look = { connection: Connection | null; isOver: boolean };

const lookUp = async (
  look: Look,
  connect: () => Promise<Connection>,
  entered: Entered,
): Promise<Told | 'unclear'> => {
  for (let waitMs = 50; !look.isOver; waitMs = Math.min(2 * waitMs, WAIT_MS_MAX)) {
    try {
      const told = await ask(look, connect, entered);
      if (told !== null) return told;
    } catch (error) {
      if (isServerError(error)) throw error;
    }
    await wait(waitMs);
  }
  return 'unclear';
};

/** Null: it is under way, or who was asked cannot know yet. */
const ask = async (
  look: Look,
  connect: () => Promise<Connection>,
  { xid, server, flushed, written }: Entered,
): Promise<Told | 'unclear' | null> => {
  if (look.connection === null || look.connection.broken) look.connection = await connect();
  if (look.isOver) {
    look.connection.destroy();
    return null;
  }
  try {
    const [row] = await look.connection.send<Status>(statusOf, [xid, server, flushed, written]);
    if (row?.status === 'aborted') return 'aborted';
    if (row?.status !== 'committed') return null;
    if (row.history === 'same') return 'committed';
    return row.history === 'lost' ? 'aborted' : 'unclear';
  } catch (error) {
    // Not given out yet by a server that has crashed: then ours was lost with the crash.
    if (isServerError(error) && error.code === NUMBER_OF_THE_FUTURE) return 'aborted';
    throw error;
  }
};
