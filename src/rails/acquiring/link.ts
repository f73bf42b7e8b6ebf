// A link that lasts: it signs on before anything is sent over it, shows that it lives when it is idle,
// comes back by itself, and signs off on the way out. Many requests are under way at once; each answer
// finds its own by the numbers of the message. What nobody waits for is given to `stray`.

import type { Context } from '#kit/context';
import { NotSent } from '#kit/http-client';
import { answerOf, type Fields, type Mac, type Message, transmissionTime } from '#kit/iso8583';
import { type Connection, type Endpoint, openConnection } from './connection.ts';
import { networkCodes, networkMessage } from './messages.ts';
import type { AcquirerProfile } from './profile.ts';
import type { TraceNumbers } from './trace-numbers.ts';

export type Heard =
  | { readonly heard: 'answer'; readonly message: Message }
  /** Bytes have left, and this is all there is to say. */
  | { readonly heard: 'nothing'; readonly why: 'no_answer' | 'link_broken' | 'unreadable' };

export type Link = {
  readonly host: string;
  readonly profile: AcquirerProfile;
  readonly traceNumbers: TraceNumbers;
  isUp(): boolean;
  /** Throws `NotSent` when the link is not up in time: at once where it has been down for as long as it is waited for. */
  ready(deadlineMs: number): Promise<void>;
  /**
   * Writes at once, and throws `NotSent` when not a byte has left. What it resolves to is about a
   * message that may have arrived.
   */
  ask(message: Message, times: Times): { readonly answer: Promise<Heard> };
  /** Takes no more work, waits for what is under way, signs off. */
  close(): Promise<void>;
};

export type Times = {
  /** Nothing is written after it. */
  readonly deadlineMs: number;
  /** So long an answer is still heard: what comes after the deadline is late, and worth knowing. */
  readonly untilMs: number;
};

export type LinkSettings = {
  readonly profile: AcquirerProfile;
  readonly endpoint: Endpoint;
  /** What the trace numbers are counted for; links that share it share them. */
  readonly host: string;
  readonly traceNumbers: TraceNumbers;
  readonly stray: (message: Message) => void;
  /** Called whenever it has signed on. */
  readonly up?: () => void;
  /**
   * Session keys: asks the host for them after sign-on, and again when they are old, and gives the code
   * that proves each message from then on. When it fails nothing is sent: there is no way around it in
   * clear text.
   */
  readonly exchangeKeys?: (ask: (code: string, more?: Fields) => Promise<Message>) => Promise<Mac>;
};

type Pending = { readonly resolve: (heard: Heard) => void; readonly deadlineMs: number };

const UNDER_WAY_MAX = 20_000;

export const openLink = (context: Context, settings: LinkSettings): Link => {
  const { profile, host, traceNumbers } = settings;
  const { timing } = profile;
  const { clock, log } = context;
  const pending = new Map<string, Pending>();
  const waiting = new Set<() => void>();
  const stopping = new AbortController();
  let up: Connection | null = null;
  let current: Connection | null = null;
  let isDraining = false;
  let lastHeardMs = clock.monotonicMs();
  let answered = false;
  let keysTakenMs = 0;
  let downSinceMs = clock.monotonicMs();
  /** Somebody was not answered by the deadline, and nothing was heard of the host since it was asked. */
  let isDoubted = false;
  let wakeWatch = (): void => {};

  const keyOf = (mti: string, fields: Fields): string =>
    [mti, ...profile.matchedBy.map((field) => fieldText(fields[field]).trim())].join('/');

  const take = (message: Message): void => {
    lastHeardMs = clock.monotonicMs();
    const key = keyOf(message.mti, message.fields);
    const found = pending.get(key);
    if (found === undefined) {
      settings.stray(message);
      return;
    }
    pending.delete(key);
    found.resolve({ heard: 'answer', message });
  };

  const send = (connection: Connection, message: Message, times: Times): Promise<Heard> => {
    const { deadlineMs, untilMs } = times;
    const key = keyOf(answerOf(message.mti) ?? '', message.fields);
    if (pending.size >= UNDER_WAY_MAX) throw new NotSent('link_full');
    if (clock.now() >= deadlineMs) throw new NotSent('deadline_before_call');
    // A repeat has the numbers of what it repeats, and from now on listens in its place.
    const repeated = pending.get(key);
    const { promise, resolve } = Promise.withResolvers<Heard>();
    const mine: Pending = { resolve, deadlineMs };
    if (!connection.write(message)) throw new NotSent('link_down', { isUnreached: true });
    pending.set(key, mine);
    repeated?.resolve({ heard: 'nothing', why: 'no_answer' });
    const done = new AbortController();
    const sentMs = clock.monotonicMs();
    const giveUp = async (): Promise<void> => {
      await clock.sleep(deadlineMs - clock.now(), done.signal);
      if (!done.signal.aborted && lastHeardMs <= sentMs && connection === up) {
        isDoubted = true;
        wakeWatch();
      }
      await clock.sleep(Math.max(0, untilMs - clock.now()), done.signal);
      if (done.signal.aborted) return;
      if (pending.get(key) === mine) pending.delete(key);
      resolve({ heard: 'nothing', why: 'no_answer' });
    };
    void giveUp();
    return promise.finally(() => done.abort());
  };

  /** Of 0800; throws when the host does not say yes. */
  const manage = async (
    connection: Connection,
    code: string,
    more: Fields = {},
  ): Promise<Message> => {
    const stan = await traceNumbers.next();
    const transmittedAt = transmissionTime(new Date(clock.now()));
    const message = networkMessage({ stan, transmittedAt, code }, more);
    const deadlineMs = clock.now() + timing.networkMs;
    const heard = await send(connection, message, { deadlineMs, untilMs: deadlineMs });
    if (heard.heard === 'nothing') throw new Error(`The host did not answer: ${heard.why}`);
    const said = fieldText(heard.message.fields[39]);
    if (said !== '00') throw new Error(`The host answered ${said}`);
    return heard.message;
  };

  const keysLeftMs = (): number =>
    settings.exchangeKeys === undefined
      ? Number.POSITIVE_INFINITY
      : timing.keysMs - (clock.monotonicMs() - keysTakenMs);

  const begin = async (): Promise<Connection> => {
    const connection = await openConnection(profile, settings.endpoint, take, timing.connectMs);
    current = connection;
    const tellOfEnd = async (): Promise<void> => {
      const why = await connection.ended;
      if (current !== connection) return;
      if (up !== null) downSinceMs = clock.monotonicMs();
      up = null;
      current = null;
      const unreadable = why.startsWith('unreadable');
      for (const { resolve } of pending.values()) {
        resolve({ heard: 'nothing', why: unreadable ? 'unreadable' : 'link_broken' });
      }
      pending.clear();
      if (!stopping.signal.aborted) log.warn({ url: host, why }, 'A link to an acquirer has ended');
    };
    void tellOfEnd();
    try {
      await manage(connection, networkCodes.signOn);
      await takeKeys(connection);
      // Whether both sides took the same keys shows before money goes under them: an outcome that nobody knows costs more than an echo.
      if (settings.exchangeKeys !== undefined) await manage(connection, networkCodes.echo);
      return connection;
    } catch (error) {
      connection.end();
      await connection.ended;
      throw error;
    }
  };

  /** Messages go on meanwhile: under the old keys until the host has given new ones. */
  const takeKeys = async (connection: Connection): Promise<void> => {
    if (settings.exchangeKeys === undefined) return;
    const ask = (code: string, more?: Fields) => manage(connection, code, more);
    connection.useMac(await settings.exchangeKeys(ask));
    const takenMs = clock.monotonicMs();
    keysTakenMs = takenMs;
    const forget = async (): Promise<void> => {
      const over = new AbortController();
      void connection.ended.then(() => over.abort());
      await clock.sleep(timing.networkMs + timing.lateMs, over.signal);
      if (keysTakenMs === takenMs) connection.forgetLastMac();
    };
    void forget();
  };

  /** Until the connection ends. */
  const watch = async (connection: Connection): Promise<void> => {
    const over = new AbortController();
    const endWatch = async (): Promise<void> => {
      await connection.ended;
      over.abort();
      wakeWatch();
    };
    const ended = endWatch();
    isDoubted = false;
    while (!over.signal.aborted) {
      const idleMs = clock.monotonicMs() - lastHeardMs;
      const woken = new AbortController();
      wakeWatch = () => woken.abort();
      const restMs = isDoubted ? 0 : Math.min(timing.idleMs - idleMs, keysLeftMs());
      await clock.sleep(Math.max(1, restMs), woken.signal);
      if (over.signal.aborted || isDraining) break;
      if (keysLeftMs() <= 0) {
        await takeKeys(connection).catch((error: unknown) => {
          log.warn({ url: host, error }, 'A link to an acquirer got no new keys');
          connection.end();
        });
        continue;
      }
      if (!isDoubted && clock.monotonicMs() - lastHeardMs < timing.idleMs) continue;
      await manage(connection, networkCodes.echo).catch((error: unknown) => {
        log.warn({ url: host, error }, 'A link to an acquirer gave no sign of life');
        connection.end();
      });
      isDoubted = false;
    }
    await ended;
  };

  const run = async (): Promise<void> => {
    let failures = 0;
    while (!stopping.signal.aborted) {
      try {
        answered = false;
        const connection = await begin();
        if (isDraining) {
          connection.end();
          break;
        }
        // It may have ended in the moment in which it signed on.
        if (!connection.isOpen()) throw new Error('The link ended as it came up');
        up = connection;
        // Where somebody was told that it is down, they are told of its end as loudly.
        log[failures === 0 ? 'info' : 'warn']({ url: host }, 'A link to an acquirer is up');
        for (const wake of waiting) wake();
        settings.up?.();
        await watch(connection);
        // A link that signs on and then breaks, again and again, is no better than one that is down.
        failures = answered ? 1 : failures + 1;
      } catch (error) {
        failures += 1;
        log.warn({ url: host, error, attempts: failures }, 'A link to an acquirer cannot be had');
      }
      if (!stopping.signal.aborted) await clock.sleep(backOff(failures), stopping.signal);
    }
  };

  const backOff = (failures: number): number => {
    const longest = Math.min(
      timing.reconnectMsMax,
      timing.reconnectMs * 2 ** Math.min(failures - 1, 16),
    );
    return Math.round(longest * (0.5 + context.random.bytes(1).readUInt8(0) / 510));
  };

  const running = run();

  return {
    host,
    profile,
    traceNumbers,
    isUp: () => up !== null && up.isOpen() && !isDraining,
    ready: async (deadlineMs) => {
      if (isDraining) throw new NotSent('link_closing');
      if (up?.isOpen() === true) return;
      const inTime = new AbortController();
      const wake = (): void => inTime.abort();
      waiting.add(wake);
      // Of whichever account: who comes when others have waited that long in vain is told at once, and goes elsewhere.
      const waitedMs = clock.monotonicMs() - downSinceMs;
      const patienceMs = Math.min(timing.upMs - waitedMs, deadlineMs - clock.now());
      if (patienceMs > 0) await clock.sleep(patienceMs, inTime.signal);
      waiting.delete(wake);
      if (up === null) throw new NotSent('link_down', { isUnreached: true });
    },
    ask: (message, times) => {
      if (isDraining) throw new NotSent('link_closing');
      if (up === null) throw new NotSent('link_down', { isUnreached: true });
      const answer = send(up, message, times);
      const noteAnswer = async (): Promise<void> => {
        answered = (await answer).heard === 'answer' || answered;
      };
      void noteAnswer();
      return { answer };
    },
    close: async () => {
      if (stopping.signal.aborted) return;
      isDraining = true;
      const untilMs = clock.monotonicMs() + timing.drainMs;
      const isAwaited = ({ deadlineMs }: Pending): boolean => deadlineMs > clock.now();
      while ([...pending.values()].some(isAwaited) && clock.monotonicMs() < untilMs) {
        await clock.sleep(10);
      }
      const last = up;
      if (last?.isOpen() === true) {
        await manage(last, networkCodes.signOff).catch(() => {});
      }
      stopping.abort();
      current?.end();
      for (const wake of waiting) wake();
      await running;
    },
  };
};

const fieldText = (value: Fields[number]): string => (typeof value === 'string' ? value : '');
