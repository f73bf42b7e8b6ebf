// One call to a provider: through the gates, into the send journal, out, and back by its deadline. It
// says what was heard and writes nothing of it; no transaction is open while it runs.

import { type Context, type CrashPoint, inTime, late, type Scope, type Write } from '#kit/context';
import { Unavailable, Unclear } from '#kit/failure';
import { NotSent } from '#kit/http-client';
import type { Outcome } from './evidence.ts';
import type { Gates } from './gates.ts';
import type { Operation } from './operation.ts';
import { lineOf, type SendJournal } from './send-journal.ts';

/** What a connector does for one kind of operation. It makes one call, and no other after it. */
export type ConnectorPort = {
  (call: {
    readonly operation: Operation;
    /** Milliseconds since 1970. */
    readonly deadline: number;
    readonly signal: AbortSignal;
  }): Promise<Outcome>;
  /** Committed with the operation: what has to be durable before its card is opened. */
  entries?(operation: Operation): readonly Write[];
  /** What it will need is made ready while the journal is written, once they are committed. Nothing leaves. */
  ahead?(operation: Operation): void;
};

/** What all calls of a process share. */
export type Outgoing = {
  readonly journal: SendJournal;
  readonly gates: Gates;
  /** Whether this process may call in live mode now. */
  readonly isLiveSafe: () => boolean;
  /**
   * How often another server took over from the database, and whether what it may have forgotten is still being looked
   * for. What was committed to the one before may be gone, and nothing is sent because of it.
   */
  readonly takeOvers: { count: number; areOpen: boolean };
  /** Answers that were given up on and may still come; awaited before a process ends. */
  readonly late: Set<Promise<void>>;
};

export const createOutgoing = (
  parts: Pick<Outgoing, 'journal' | 'gates'> & Partial<Pick<Outgoing, 'isLiveSafe'>>,
): Outgoing => ({
  isLiveSafe: () => true,
  ...parts,
  takeOvers: { count: 0, areOpen: false },
  late: new Set(),
});

type Call = {
  readonly scope: Scope;
  readonly operation: Operation;
  readonly port: ConnectorPort;
  readonly deadlineMs: number;
  /** A look-up moves no money and stands in no journal. */
  readonly movesMoney: boolean;
  readonly points: { readonly journaled: CrashPoint; readonly answered: CrashPoint };
  /** Hears what comes after the deadline, unless it is nothing. */
  readonly late?: (outcome: Outcome) => Promise<unknown>;
};

export const callOut = async (
  context: Context,
  outgoing: Outgoing,
  call: Call,
): Promise<Outcome> => {
  if (call.scope.livemode && !outgoing.isLiveSafe()) {
    return { outcome: 'not_sent', code: 'live_mode_stopped' };
  }
  const { takeOvers } = outgoing;
  const { count } = takeOvers;
  if (takeOvers.areOpen) return takenOver;
  const passage = await outgoing.gates.pass(call.operation.connectorAccountId);
  if (!passage.ok) return { outcome: 'not_sent', code: passage.why };

  call.port.ahead?.(call.operation);
  if (call.movesMoney) {
    try {
      const asked = context.askedUnder?.();
      await outgoing.journal.append(lineOf(call.scope, call.operation, context.clock.now(), asked));
    } catch (error) {
      passage.leave(null);
      context.log.error({ error }, 'The send journal cannot be written: nothing is sent');
      return { outcome: 'not_sent', code: 'journal_unavailable' };
    }
  }
  context.crashPoint(call.points.journaled);

  if (takeOvers.count !== count) {
    passage.leave(null);
    return takenOver;
  }
  if (context.clock.now() >= call.deadlineMs) {
    passage.leave(null);
    return { outcome: 'not_sent', code: 'deadline_before_call' };
  }
  context.goesOut?.();
  const { outcome, answered } = await callInTime(context, outgoing, call);
  passage.leave(answered);
  context.crashPoint(call.points.answered);
  return outcome;
};

const takenOver: Outcome = { outcome: 'not_sent', code: 'database_taken_over' };

type Heard = {
  readonly outcome: Outcome;
  /** As gates count it; null: the provider was not even asked. */
  readonly answered: boolean | null;
};

const callInTime = async (context: Context, outgoing: Outgoing, call: Call): Promise<Heard> => {
  const { operation, deadlineMs, port } = call;
  const givenUp = new AbortController();

  const answer = ask(context, () =>
    port({ operation, deadline: deadlineMs, signal: givenUp.signal }),
  );
  const heard = await inTime(context, answer, deadlineMs - context.clock.now());
  if (heard !== late) return heard;

  givenUp.abort();
  if (call.late) outgoing.late.add(hearLate(context, outgoing, answer, call.late));
  return { outcome: { outcome: 'unknown', code: 'deadline' }, answered: false };
};

/** An error proves nothing, but for the one that says what was proven. */
const ask = async (context: Context, port: () => Promise<Outcome>): Promise<Heard> => {
  try {
    const outcome = await port();
    return { outcome, answered: answeredIn(outcome) };
  } catch (error) {
    if (error instanceof NotSent) {
      const outcome = { outcome: 'not_sent', code: error.why } as const;
      // A deleted card or a vault that is away is our own affair: another payment may well go through.
      return { outcome, answered: error.isUnreached ? false : null };
    }
    context.log.warn({ error }, 'A call to a provider failed: its outcome is unknown');
    // Where our own database or vault was away in the middle of it, nothing was learned of the provider.
    const isOurs = error instanceof Unavailable || error instanceof Unclear;
    const answered = isOurs ? null : false;
    return { outcome: { outcome: 'unknown', code: 'failed' }, answered };
  }
};

/** A word that our table does not know is an answer all the same, and so is a no that decides nothing. Null: it was not asked. */
export const answeredIn = (outcome: Outcome): boolean | null => {
  if (outcome.outcome === 'not_sent') return null;
  if (outcome.outcome !== 'unknown') return true;
  return outcome.unmapped !== undefined || outcome.isAnswer === true;
};

const hearLate = (
  context: Context,
  outgoing: Outgoing,
  answer: Promise<Heard>,
  record: (outcome: Outcome) => Promise<unknown>,
): Promise<void> => {
  const hear = async (): Promise<void> => {
    try {
      const { outcome } = await answer;
      if (outcome.outcome !== 'unknown') await record(outcome);
    } catch (error) {
      context.log.error(
        { error },
        'A late answer could not be recorded: it will be asked for again',
      );
    } finally {
      outgoing.late.delete(hearing);
    }
  };
  const hearing = hear();
  return hearing;
};
