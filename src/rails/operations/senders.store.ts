// Processes that send to providers, and with which server each has compared its send journal.

import type { Tx } from '#kit/context';
import type { Uuid } from '#kit/ids';
import { statement } from '#platform/db';

export type Sender = {
  readonly id: Uuid;
  /** Where its journal is. */
  readonly place: string;
};

const say = statement(
  'senders.say',
  `insert into rails.senders (id, place, compared_with) values ($1, $2, $3)
   on conflict (id) do update set heard_at = clock_timestamp(), compared_with = excluded.compared_with`,
);

/** That it is there, and that its journal was compared with the server of that timeline. */
export const saySender = async (tx: Tx, own: Sender, comparedWith: number): Promise<void> => {
  await tx.query(say, [own.id, own.place, comparedWith]);
};

// The moments are those of the server before, so they are compared with each other and with no clock of today.
const behind = statement(
  'senders.behind',
  `select id, place from rails.senders
    where compared_with < $2 and id <> $1
      and heard_at >= (select max(heard_at) - interval '1 minute' from rails.senders where compared_with < $2)`,
);

/** Those that lived when the server before was heard of last, and have not compared theirs with the one of that timeline. */
export const loadBehind = (tx: Tx, own: Uuid, timeline: number): Promise<Sender[]> =>
  tx.query<Sender>(behind, [own, timeline]);

const remaining = statement(
  'senders.remaining',
  'select id, place from rails.senders where id = any ($1::uuid[]) and compared_with < $2',
);

/** Of these, who has not said it yet. */
export const loadRemaining = (tx: Tx, ids: readonly Uuid[], timeline: number): Promise<Sender[]> =>
  tx.query<Sender>(remaining, [ids, timeline]);

const forgetBehind = statement(
  'senders.forget_behind',
  'delete from rails.senders where id <> $1 and compared_with < $2',
);

/** Nobody waits for them any more. One that lives after all says so again. */
export const forgetBehindSenders = async (tx: Tx, own: Uuid, timeline: number): Promise<void> => {
  await tx.query(forgetBehind, [own, timeline]);
};

// Those that were killed leave theirs behind.
const leave = statement(
  'senders.leave',
  `delete from rails.senders where id = $1 or heard_at < clock_timestamp() - interval '1 day'`,
);

export const leaveSenders = async (tx: Tx, own: Uuid): Promise<void> => {
  await tx.query(leave, [own]);
};
