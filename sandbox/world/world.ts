// The world while it runs. Requests that wait are decided together, one after the other: their facts go
// to the journal and to the disk, then into the books, and only then is anybody answered. When either
// fails the world ends, because what it has in memory may no longer be what is written.

import { join } from 'node:path';
import { assert } from '#kit/assert';
import { dayOf } from '../bank/calendar.ts';
import { type Books, openBooks } from '../books/books.ts';
import {
  FIRST_CHAIN,
  type Journal,
  type JournalWriter,
  journalOf,
  openJournal,
} from '../books/journal.ts';
import type { SandboxContext } from '../context.ts';
import type { FaultRule, Faults } from '../faults/fault.ts';
import { expire } from '../issuer/approval.ts';
import { networkOf } from '../networks/networks.ts';
import { catchUp, isDue } from './agenda.ts';
import { type DecideSettings, type Disturbance, decide } from './decide.ts';
import type { Fact, JournalLine } from './fact.ts';
import { spellHostDay } from './host-day.ts';
import type { Answer, Request } from './request.ts';
import { applyFact, emptyState, type State } from './state.ts';

export type Outcome = {
  readonly answer: Answer;
  /** What to do to the answer, instead of just sending it. */
  readonly fault?: FaultRule;
};

export type SandboxWorld = {
  readonly state: State;
  readonly books: Books;
  now(): number;
  /** Resolves when all that follows from the request is written. */
  ask(request: Request, mti: string): Promise<Outcome>;
  /** Notes what is not asked by a message: a limit, a move of the clock, a fault of the link. */
  note(fact: Fact): Promise<void>;
  /** Facts that depend on what the world knows by the time it is their turn. */
  act(decide: (state: State, nowMs: number) => readonly Fact[]): Promise<void>;
  journal(): Journal;
  /** Resolves, with the reason, when the world cannot go on. */
  readonly broken: Promise<Error>;
  close(): Promise<void>;
};

export type WorldSettings = DecideSettings & {
  readonly databaseUrl: string;
  readonly dataFolder: string;
};

export const journalFile = (dataFolder: string): string => join(dataFolder, 'journal.jsonl');

type Waiting = {
  readonly prepare: (nowMs: number) => Prepared;
  readonly resolve: (outcome: Outcome) => void;
  readonly reject: (error: Error) => void;
};
type Prepared = { readonly facts: readonly Fact[]; readonly outcome: Outcome };

const BATCH_MAX = 256;
const REPLAY_LINES = 1_000;
const LOOK_EVERY_MS = 500;

export const openWorld = async (
  context: SandboxContext,
  faults: Faults,
  settings: WorldSettings,
): Promise<SandboxWorld> => {
  const { promise: broken, resolve: breakDown } = Promise.withResolvers<Error>();
  const writer = await openJournal(journalFile(settings.dataFolder));
  const books = await openBooks(settings.databaseUrl, breakDown).catch(async (error: unknown) => {
    await writer.close();
    throw error;
  });
  try {
    const state = await replay(books, writer.lines);
    return await run({ context, faults, settings, writer, books, state, broken, breakDown });
  } catch (error) {
    await Promise.all([writer.close(), books.close()]);
    throw error;
  }
};

/** The books may be behind the journal by what a killed world had no time for, and never ahead. */
const replay = async (books: Books, lines: readonly JournalLine[]): Promise<State> => {
  const { appliedSeq, appliedChain } = books;
  const chain = appliedSeq === 0 ? FIRST_CHAIN : lines[appliedSeq - 1]?.chain;
  assert(chain === appliedChain, 'The books were made from another journal');
  const state = emptyState();
  let pending: JournalLine[] = [];
  for (const line of lines) {
    applyFact(state, line.fact, Date.parse(line.at));
    if (line.seq <= appliedSeq) continue;
    pending.push(line);
    if (pending.length < REPLAY_LINES) continue;
    await books.apply(pending, state);
    pending = [];
  }
  await books.apply(pending, state);
  return state;
};

type Parts = {
  readonly context: SandboxContext;
  readonly faults: Faults;
  readonly settings: WorldSettings;
  readonly writer: JournalWriter;
  readonly books: Books;
  readonly state: State;
  readonly broken: Promise<Error>;
  readonly breakDown: (error: Error) => void;
};

const run = async (parts: Parts): Promise<SandboxWorld> => {
  const { context, faults, settings, writer, books, state, broken, breakDown } = parts;
  const { seed } = context;
  assert(
    state.seed === undefined || state.seed === seed,
    'The journal was begun with another seed',
  );

  const lines: JournalLine[] = [...writer.lines];
  const arrivals = new Map<string, number>();
  let queue: Waiting[] = [];
  let working: Promise<void> | undefined;
  let end: Error | undefined;
  const now = (): number => context.clock.now() + state.clockOffsetMs;

  const prepareRequest = (request: Request, mti: string, nowMs: number): Prepared => {
    const { key } = request.identity;
    const arrival = (arrivals.get(key) ?? 0) + 1;
    arrivals.set(key, arrival);
    const network = networkOf(request.cardNumber ?? '');
    const fault = faults.choose({
      mti,
      key,
      arrival,
      ...(request.cardNumber === undefined ? {} : { cardNumber: request.cardNumber }),
      ...(network === undefined ? {} : { network }),
    });
    const noted: Fact[] =
      fault === undefined
        ? []
        : [{ fact: 'fault', kind: fault.kind, rule: fault.id, key, arrival }];
    if (fault?.kind === 'down') return { facts: noted, outcome: { answer: {}, fault } };
    const decided = decide({ state, seed, nowMs, settings }, request, disturbanceOf(fault));
    const day = request.upToDay ?? state.known.get(key)?.day ?? dayOf(nowMs);
    const answer = { 15: spellHostDay(day), ...decided.answer };
    const outcome = { answer, ...(fault === undefined ? {} : { fault }) };
    return { facts: [...noted, ...decided.facts], outcome };
  };

  const ended = (): Error => end ?? new Error('The world has ended');
  const work = async (): Promise<void> => {
    while (queue.length > 0 && end === undefined) {
      const batch = queue.slice(0, BATCH_MAX);
      queue = queue.slice(BATCH_MAX);
      try {
        await runBatch(batch);
      } catch (error) {
        end = error instanceof Error ? error : new Error(String(error));
        for (const { reject } of [...batch, ...queue]) reject(end);
        queue = [];
        breakDown(end);
      }
    }
    working = undefined;
  };

  const runBatch = async (batch: readonly Waiting[]): Promise<void> => {
    const facts: { fact: Fact; atMs: number }[] = [];
    const take = (fact: Fact, atMs: number): void => {
      applyFact(state, fact, atMs);
      facts.push({ fact, atMs });
    };
    expireHolds(state, now(), take);
    catchUp(state, seed, now(), take);
    const outcomes = batch.map(({ prepare }) => {
      const nowMs = now();
      const { facts, outcome } = prepare(nowMs);
      for (const fact of facts) take(fact, nowMs);
      return outcome;
    });
    // One of them may have moved the clock.
    catchUp(state, seed, now(), take);
    if (facts.length > 0) {
      const added = await writer.append(facts);
      await books.apply(added, state);
      lines.push(...added);
    }
    for (const [at, { resolve }] of batch.entries()) resolve(outcomes[at] as Outcome);
  };

  const enqueue = (prepare: Waiting['prepare']): Promise<Outcome> =>
    new Promise((resolve, reject) => {
      if (end !== undefined) {
        reject(ended());
        return;
      }
      queue.push({ prepare, resolve, reject });
      // Whatever arrives in the same turn is decided, written and booked together.
      working ??= Promise.resolve().then(work);
    });

  const act: SandboxWorld['act'] = async (decide) => {
    await enqueue((nowMs) => ({ facts: decide(state, nowMs), outcome: { answer: {} } }));
  };
  const note = (fact: Fact): Promise<void> => act(() => [fact]);
  if (state.seed === undefined) await note({ fact: 'opened', seed });
  const stopped = new AbortController();
  const keepTime = async (): Promise<void> => {
    while (end === undefined && !stopped.signal.aborted) {
      // Whoever waits for it is told by `broken`.
      if (isDue(state, seed, now())) await act(() => []).catch(() => {});
      await context.clock.sleep(LOOK_EVERY_MS, stopped.signal);
    }
  };
  void keepTime();

  return {
    state,
    books,
    now,
    broken,
    note,
    act,
    ask: (request, mti) => enqueue((nowMs) => prepareRequest(request, mti, nowMs)),
    journal: () => journalOf(lines),
    close: async () => {
      stopped.abort();
      await working;
      end ??= new Error('The world was stopped');
      await Promise.all([writer.close(), books.close()]);
    },
  };
};

const disturbanceOf = (fault: FaultRule | undefined): Disturbance | undefined => {
  if (fault?.kind === 'decline') return { kind: 'decline', code: fault.code ?? '05' };
  return fault?.kind === 'issuer_down' ? { kind: 'issuer_down' } : undefined;
};

/** A hold that came back when its completion was reversed stands behind younger ones, and waits for them. */
const expireHolds = (
  state: State,
  nowMs: number,
  take: (fact: Fact, atMs: number) => void,
): void => {
  for (const [approvalId, heldUntilMs] of state.holds) {
    if (heldUntilMs > nowMs) return;
    const approval = state.approvals.get(approvalId);
    assert(approval !== undefined, 'A hold belongs to an approval');
    take({ fact: 'expired', approvalId, change: expire(approval) }, nowMs);
  }
};
