// The owner of what is not known. Takes what is due, one worker at a time for each operation, does what
// the provider's recovery class allows, and writes down what was learned. It never gives up: an old
// operation is shown to a person as well, and what the provider lets one ask is still asked.

import type { Context, Scope, Write } from '#kit/context';
import type { Uuid } from '#kit/ids';
import { answeredIn, type ConnectorPort, callOut, type Outgoing } from './call-out.ts';
import { conclude } from './conclude.ts';
import type { Outcome } from './evidence.ts';
import { type Operation, spellOperation } from './operation.ts';
import { type Known, type Leased, leaseOperations, loadKnown } from './operations.store.ts';
import { type BudgetSettings, nextLookMs } from './pace.ts';
import {
  type Change,
  type NewEvidence,
  postpone,
  type Recorded,
  recordEvidence,
} from './record-evidence.ts';
import { chooseStep, isForHuman, type Recovery, type RecoveryStep } from './recovery.ts';
import { createTurns } from './turns.ts';
import type { Usual } from './usual.ts';
import { updateOperation } from './write-operation.store.ts';

export type ResolverSettings = {
  readonly outgoing: Outgoing;
  readonly recoveryOf: (scope: Scope, operation: Operation) => Recovery | Promise<Recovery>;
  /** What others commit with a change of state, as in `sendOperation`. */
  readonly writes?: (scope: Scope, change: Change) => readonly Write[] | Promise<readonly Write[]>;
  /** Of each connector account, at most. */
  readonly budget?: BudgetSettings;
  /** What is usual there. Without it as little is done as where nothing is. */
  readonly usual?: (scope: Scope, connectorAccountId: Uuid) => Promise<Usual>;
  /** Of all accounts. */
  readonly atOnce?: number;
  /** Longer than any call of a recovery may take. */
  readonly leaseMs?: number;
};

export type Resolver = {
  /** Begins to look at what is due, as far as it is its turn, and says at how many. Whoever is slow holds up no other. */
  round(): Promise<number>;
  /** Resolves when nothing that was begun is under way. */
  idle(): Promise<void>;
};

const points = { journaled: 'resolve.journaled', answered: 'resolve.answered' } as const;
const GATE_WAIT_MS = 5_000;
/** Where only those are due whose turn it is not, all of them are read past: that takes so much of the time at most. */
const READING_PAST_SHARE = 0.05;
/** But no longer: what took a second waited for the database rather than read, and everybody rests with it. */
const RESTS_MS_MAX = 5_000;
const USUAL_FOR_MS = 60_000;
/** What could not be read is read again so soon. */
const USUAL_AGAIN_MS = 10_000;

export const createResolver = (context: Context, settings: ResolverSettings): Resolver => {
  const { atOnce = 100, leaseMs = 120_000, budget = { perSecond: 10, burst: 20 } } = settings;
  const { clock } = context;
  const { outgoing } = settings;
  const turns = createTurns(clock, { budget, atOnce });
  const underWay = new Set<Promise<void>>();
  const learnedMs = new Map<Uuid, number>();
  let restsUntilMs = Number.NEGATIVE_INFINITY;

  const learnUsual = async ({ scope, connectorAccountId: account }: Leased): Promise<void> => {
    const nowMs = clock.monotonicMs();
    if (nowMs < (learnedMs.get(account) ?? Number.NEGATIVE_INFINITY) + USUAL_FOR_MS) return;
    learnedMs.set(account, nowMs);
    try {
      const usual = await settings.usual?.(scope, account);
      if (usual !== undefined) turns.usual(account, usual);
    } catch (error) {
      learnedMs.set(account, nowMs - USUAL_FOR_MS + USUAL_AGAIN_MS);
      context.log.warn({ error }, 'What is usual at a provider could not be read');
    }
  };

  const leaseAndBegin = async (atMost: number, butOf: readonly Uuid[]): Promise<number> => {
    const begunMs = clock.monotonicMs();
    const leased = await context.database.system((tx) =>
      leaseOperations(tx, {
        nowMs: clock.now(),
        atMost,
        leaseMs,
        // By a wrong clock, what others have only just sent would seem to have been left unanswered.
        withLive: outgoing.isLiveSafe(),
        butOf,
      }),
    );
    context.crashPoint('resolve.leased');
    for (const each of leased) begin(each);
    if (leased.length === 0 && butOf.length > 0) {
      const nowMs = clock.monotonicMs();
      restsUntilMs = nowMs + Math.min((nowMs - begunMs) / READING_PAST_SHARE, RESTS_MS_MAX);
    }
    return leased.length;
  };

  const begin = (leased: Leased): void => {
    const { connectorAccountId } = leased;
    const end = turns.begin(connectorAccountId);
    const heard = (answered: boolean): void => turns.heard(connectorAccountId, answered);
    const looking = resolveOne({ context, settings, leased, heard, recovery: null }).finally(end);
    for (const each of [looking, learnUsual(leased)]) {
      const going = each.finally(() => underWay.delete(going));
      underWay.add(going);
    }
  };

  return {
    round: async () => {
      if (outgoing.takeOvers.areOpen || clock.monotonicMs() < restsUntilMs) return 0;
      let begun = 0;
      for (;;) {
        const { gates } = outgoing;
        const { atMost, butOf, isFirst } = turns.next(gates.failing());
        if (atMost < 1) return begun;
        const taken = await leaseAndBegin(atMost, [...butOf, ...gates.shut()]);
        begun += taken;
        if (taken === atMost) continue;
        turns.again();
        if (isFirst) return begun;
      }
    },
    idle: async () => {
      while (underWay.size > 0) await Promise.all(underWay);
    },
  };
};

/** One that fails is looked at later, as one of which nothing was learned, and does not disturb its neighbours. */
const resolveOne = async (look: Look): Promise<void> => {
  const { context, leased } = look;
  try {
    await lookAt(look);
  } catch (error) {
    context.log.error(
      { about: spellOperation(leased.id), error },
      'An operation could not be resolved for now',
    );
    await putOff(context, leased);
  }
};

/** Ends the lease, or a person would be told for ever that somebody is at work. No state changes, and nobody hears of it. */
const putOff = async (context: Context, { scope, id, leaseEpoch }: Leased): Promise<void> => {
  try {
    const known = await loadKnown(context, scope, id);
    if (known === undefined) return;
    // Whoever was sending is past its deadline, by which it would be due at once.
    const next = {
      ...known.operation,
      state: 'unknown',
      tries: known.operation.tries + 1,
    } as const;
    await postpone(context, scope, {
      operationId: id,
      leaseEpoch,
      known,
      isTry: true,
      toHuman: false,
      dueAtMs: nextLookMs(context, next),
    });
  } catch (error) {
    context.log.error(
      { about: spellOperation(id), error },
      'An operation stays leased until its time is over',
    );
  }
};

const lookAt = async (look: Look): Promise<void> => {
  const { context, settings, leased } = look;
  const { scope, id } = leased;
  const known = await loadKnown(context, scope, id);
  if (known === undefined || known.operation.leaseEpoch !== leased.leaseEpoch) return;

  const settled = known.operation.state === 'sending' ? await endSending(look, known) : known;
  if (settled === null) return;
  const recovery = await settings.recoveryOf(scope, settled.operation);
  const step = chooseStep(settled.operation, recovery, context.clock.now());
  await takeStep({ ...look, recovery }, settled, step);
};

type Look = {
  readonly context: Context;
  readonly settings: ResolverSettings;
  readonly leased: Leased;
  /** Whether the provider answered. */
  readonly heard: (answered: boolean) => void;
  readonly recovery: Recovery | null;
};

/** Nobody answered by the deadline, and whoever sent it may be dead: that is not known, and no more. */
const endSending = async (look: Look, known: Known): Promise<Known | null> => {
  const { sends } = known.operation;
  const says: Outcome = { outcome: 'unknown', code: 'no_answer' };
  const recorded = await record(look, known, { kind: 'answer', says, send: sends }, true);
  if (!recorded.ok || recorded.change.evidence === undefined) return null;
  return {
    operation: recorded.change.after,
    evidence: [...known.evidence, recorded.change.evidence],
  };
};

const takeStep = async (look: Look, known: Known, step: RecoveryStep | null): Promise<void> => {
  if (step === null) return wait(look, known, {});
  if (step.class === 'A') return sendAgain(look, known, step.port);
  return ask(look, known, step);
};

const sendAgain = async (look: Look, known: Known, port: ConnectorPort): Promise<void> => {
  const { context, leased } = look;
  const again = await claim(look, {
    ...known.operation,
    sends: known.operation.sends + 1,
    deadlineMs: deadlineOf(look),
  });
  if (again === null) return;

  const evidenceOf = (says: Outcome): NewEvidence => ({ kind: 'answer', says, send: again.sends });
  const says = await call(look, again, port, true, (outcome) => evidenceOf(outcome));
  const recorded = await record(look, { ...known, operation: again }, evidenceOf(says), false);
  context.crashPoint('resolve.recorded');
  if (recorded.ok && isForHuman(recorded.change.after, context.clock.now())) {
    await postpone(context, leased.scope, { ...ownedBy(look), toHuman: true });
  }
};

/** Null when the lease has ended, or somebody has decided meanwhile: a worker that slept sends nothing. */
const claim = async ({ context, leased }: Look, given: Operation): Promise<Operation | null> => {
  const claimed: Operation = { ...given, version: given.version + 1 };
  const intent = updateOperation(leased.scope, claimed, { keepLease: true });
  return (await context.database.commit(leased.scope, [intent])).ok ? claimed : null;
};

/** Looking up, or cancelling: what changes nothing of what is known is not kept. */
const ask = async (look: Look, found: Known, step: RecoveryStep): Promise<void> => {
  const { context } = look;
  const isLookUp = step.class === 'B';
  const operation = isLookUp ? found.operation : await claim(look, found.operation);
  if (operation === null) return;
  const { evidence } = found;
  const known: Known = { operation, evidence };
  const askedAtMs = context.clock.now();
  const evidenceOf = (says: Outcome): NewEvidence => ({
    kind: isLookUp ? 'look_up' : 'answer',
    says,
    atMs: askedAtMs,
  });
  const asked = { ...operation, deadlineMs: deadlineOf(look) };
  const says = await call(look, asked, step.port, !isLookUp, isLookUp ? null : evidenceOf);

  if (says.outcome === 'not_sent') {
    const isGate = says.code === 'circuit_open' || says.code === 'too_many_at_once';
    return wait(look, known, isGate ? { dueAtMs: soon(context) } : {});
  }
  const learned = evidenceOf(says);
  const before = conclude(operation, evidence);
  const after = conclude(operation, [
    ...evidence,
    { id: '', atMs: askedAtMs, send: null, sourceKey: null, considered: [], ...learned },
  ]);
  if (after.state === operation.state && String(after.alerts) === String(before.alerts)) {
    return wait(look, known, {});
  }
  await record(look, known, learned, false);
  context.crashPoint('resolve.recorded');
};

const call = async (
  look: Look,
  operation: Operation,
  port: ConnectorPort,
  movesMoney: boolean,
  late: ((outcome: Outcome) => NewEvidence) | null,
): Promise<Outcome> => {
  const { context, settings, leased } = look;
  const { scope, id } = leased;
  const says = await callOut(context, settings.outgoing, {
    scope,
    operation,
    port,
    deadlineMs: operation.deadlineMs,
    movesMoney,
    points,
    ...(late === null
      ? {}
      : {
          late: (outcome) =>
            recordEvidence(context, scope, {
              operationId: id,
              evidence: late(outcome),
              writes: (change) => settings.writes?.(scope, change) ?? [],
            }),
        }),
  });
  const answered = answeredIn(says);
  if (answered !== null) look.heard(answered);
  return says;
};

const record = (
  look: Look,
  known: Known,
  evidence: NewEvidence,
  keepLease: boolean,
): Promise<Recorded> =>
  recordEvidence(look.context, look.leased.scope, {
    ...ownedBy(look),
    known,
    evidence,
    keepLease,
    isTry: !keepLease,
  });

const wait = async (
  look: Look,
  known: Known,
  { dueAtMs }: { readonly dueAtMs?: number },
): Promise<void> => {
  await postpone(look.context, look.leased.scope, {
    ...ownedBy(look),
    known,
    isTry: dueAtMs === undefined,
    toHuman: isForHuman(known.operation, look.context.clock.now()),
    ...(dueAtMs === undefined ? {} : { dueAtMs }),
  });
};

const ownedBy = ({ leased, settings }: Look) => ({
  operationId: leased.id,
  leaseEpoch: leased.leaseEpoch,
  writes: (change: Change) => settings.writes?.(leased.scope, change) ?? [],
});

const deadlineOf = ({ context, recovery }: Look): number =>
  context.clock.now() + (recovery?.timeoutMs ?? 0);

const soon = ({ clock, random }: Context): number =>
  clock.now() + Math.round(GATE_WAIT_MS * (1 + random.bytes(1).readUInt8(0) / 255));
