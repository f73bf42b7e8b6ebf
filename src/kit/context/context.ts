// Every effect enters through the first argument of a verb. What is not in here (a clock, a random
// byte, a byte sent to the outside) is not available to the product, which is what lets the seeded
// simulation, the movable clock and the crash tests run the very code that runs live.

import type { CrashPoint } from './crash-points.ts';
import type { Database } from './database.ts';

export type Context = {
  readonly clock: Clock;
  readonly random: Random;
  readonly network: Network;
  readonly log: Log;
  readonly database: Database;
  /** Who acts. It is written into the audit log and into events. */
  readonly actor: Actor;
  /** Under which idempotency key it was asked for. Absent: nobody can ask for the same again. */
  readonly askedUnder?: () => AskedUnder;
  /** Says that a call to the outside begins: nobody waits any more until whoever asked for this is through. */
  readonly goesOut?: () => void;
  /** Ends the process on purpose at a numbered point; a function without a body when off. */
  readonly crashPoint: (point: CrashPoint) => void;
};

/** Digests of an idempotency key and of what was asked under it, as they are stored. */
export type AskedUnder = { readonly key: string; readonly fingerprint: string };

export type Clock = {
  /** Wall time in whole milliseconds since 1970. A user of test mode may move it. */
  now(): number;
  /** Milliseconds that only ever rise, for timers and durations. Nobody moves it. */
  monotonicMs(): number;
  /** Resolves after that much monotonic time, or at once when the signal fires. */
  sleep(durationMs: number, signal?: AbortSignal): Promise<void>;
  /**
   * Rings after that much monotonic time, unless what it gives is called before. For a limit that is hardly
   * ever reached: it costs a timer, and no promise, signal or event.
   */
  alarm(durationMs: number, ring: () => void): () => void;
};

export type Random = {
  bytes(count: number): Buffer;
};

/** The only way to the outside. The client for providers and webhooks is built on it. */
export type Network = {
  /** Fails before it connects where a name leads to an address out of reach. Without `reach` anywhere will do. */
  fetch(url: string, init: RequestInit & { signal: AbortSignal }, reach?: Reach): Promise<Response>;
  /** The same for what is said often: one request, and its answer as bytes. Nothing is followed. */
  exchange(exchange: Exchange, reach?: Reach): Promise<HttpAnswer>;
  /** To an address that somebody else chose. Throws `AddressRefused` before it connects where it may not. */
  post(post: GuardedPost): Promise<HttpAnswer>;
};

/** Which addresses a name may lead to: of the public internet, of this machine, or wherever its operator has it. */
export type Reach = 'public' | 'loopback' | 'anywhere';

export type Exchange = {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
  /** Of the answer; with more it is none. */
  readonly bytesMax: number;
  readonly signal: AbortSignal;
};

export type HttpAnswer = {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
};

export type GuardedPost = {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** A text needs no copy of its own on its way: for what is told often. */
  readonly body: string | Buffer;
  /** Judges each address that the name resolves to. */
  readonly mayConnect: (address: string) => boolean;
  readonly connectTimeoutMs: number;
  /** Of the whole. */
  readonly timeoutMs: number;
  /** No more than that is read. */
  readonly answerBytesMax: number;
};

export type Log = {
  debug(fields: LogFields, message: string): void;
  info(fields: LogFields, message: string): void;
  warn(fields: LogFields, message: string): void;
  error(fields: LogFields, message: string): void;
};

/** Names are from a fixed list (see `kit/log`); a name that is not on it is not printed. */
export type LogFields = Readonly<Record<string, unknown>>;

export type Actor = {
  readonly kind: 'system' | 'operator' | 'api_key' | 'payer';
  /** The key's id, the operator's name, the job's name. Never a secret. */
  readonly id: string;
  readonly requestId?: string;
  readonly address?: string;
  /** Whom the world can send: present where no secret key vouches for the request. */
  readonly visitor?: Visitor;
};

/** A payer's browser, or a program in its place, as far as can be told from outside. */
export type Visitor = {
  /** One address of IPv4, one /64 of IPv6. */
  readonly network: string;
  /** What our own page gave its browser; null for who has none. */
  readonly device: string | null;
  /** Of work, as it was sent. */
  readonly proof: string | null;
};

/** Unix seconds, the unit of every timestamp on the wire. */
export const unixSeconds = (clock: Clock): number => Math.floor(clock.now() / 1000);
