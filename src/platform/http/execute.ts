// From a checked request to an answer whose effect is committed. The handler decides, the body is
// rendered once, and the writes go together with the stored answer in one transaction: either both
// are there or neither. Who loses a race asks the handler again, or repeats the winner's bytes.

import { present } from '#kit/assert';
import type { Commit, Context, Write } from '#kit/context';
import { Unavailable, Unclear } from '#kit/failure';
import { ApiError, type ErrorPlace, isPassing } from './errors.ts';
import { type Ahead, type Expander, nothingAhead } from './expand.ts';
import type { AskedAgain, IdempotencyStore, Recollection } from './idempotency.ts';
import { keyOfPage } from './idempotency.ts';
import { giveBack, pause } from './pauses.ts';
import {
  idempotencyKeyInUse,
  idempotencyKeyReused,
  internalError,
  lockTimeout,
} from './refusals.ts';
import { type Decision, errorDecision, renderAnswer } from './render-answer.ts';
import type { ApiRequest, Route } from './route.ts';

export type Answer = {
  readonly status: number;
  readonly body: string;
  readonly error: ApiError | null;
  /** Kept under the idempotency key: asking again gives the same bytes. */
  readonly stored: boolean;
  /** The request that executed, where it was an earlier one. */
  readonly replayOf: string | null;
};

export type Execution = {
  readonly context: Context;
  readonly route: Route;
  readonly request: Omit<ApiRequest, 'begin' | 'claim' | 'claimed' | 'conclude' | 'resumes'>;
  /** Whether the version of the request has lists in its answers that nobody asked for. */
  readonly hasUnasked: boolean;
  /** Of the key and of what was asked; null without a key. */
  readonly fingerprint: string | null;
  readonly idempotency: IdempotencyStore;
  readonly expander: Expander;
  readonly place: ErrorPlace;
  /** By which older names parameters came. */
  readonly called?: ReadonlyMap<string, string> | undefined;
};

/** How often a handler may find that another request was faster. */
const triesMax = 40;

/** Thrown through the handler when its `begin` finds the key taken. */
class KeyTaken extends Error {}

export const execute = async (given: Execution): Promise<Answer> => {
  const run = createRun(given);
  const execution = namingKey(given, run);
  const early = await claimFirst(execution, run);
  if (early !== null) return early;

  for (let tries = 0; tries < triesMax; tries++) {
    const decision = await decide(execution, run);
    if (decision === 'key taken') {
      const recalled = await recall(execution, run);
      if (recalled !== null) return recalled;
      continue;
    }
    if (decision === 'concluded') {
      const concluded = present(run.concluded, 'What was concluded');
      return { ...answerOf(concluded), stored: run.keepsConcluded || run.asked === null };
    }

    const settled = await settle(execution, run, decision);
    if (settled === 'stored' || settled === 'not stored') {
      return { ...answerOf(decision), stored: settled === 'stored' };
    }
    if (settled === 'key taken' || settled === 'passing') {
      const recalled = await recall(execution, run);
      if (recalled !== null) return recalled;
      // Nobody has asked under the key before, and it is free for who asks later.
      if (settled === 'passing' && !run.claimed) return { ...answerOf(decision), stored: false };
    }
    await pause(execution.context, tries);
  }
  await release(execution, run);
  return refusalOf(execution, lockTimeout());
};

/** What is sent to the outside is noted with the key it was asked under: the database may forget both. */
const namingKey = (execution: Execution, { asked }: Run): Execution => {
  if (asked === null) return execution;
  const { context, idempotency } = execution;
  return { ...execution, context: { ...context, askedUnder: () => idempotency.spelled(asked) } };
};

/**
 * A handler that changes something outside the transaction (the vault) runs only for whoever holds the
 * key: a repeat, or the same key for something else, must not change it again.
 */
const claimFirst = async (execution: Execution, run: Run): Promise<Answer | null> => {
  const { context, idempotency, route, request } = execution;
  const { asked } = run;
  if (asked === null || route.claims?.(request.parameters) !== true) return null;

  const claim = { ...asked, requestId: request.requestId, passesOn: true };
  const commit = await commitClaim(execution, run, idempotency.claim(context, claim));
  if (commit.ok) {
    run.claimed = true;
    run.passesOn = true;
    return null;
  }
  const recalled = await recall(execution, run);
  if (recalled !== null || run.claimed) return recalled;
  return refusalOf(execution, idempotencyKeyInUse(request.idempotencyKey ?? ''));
};

/** What lasts over all tries of one request. */
type Run = {
  readonly asked: AskedAgain | null;
  request: ApiRequest;
  /** Whether the claim is committed: then the answer is stored by finishing it. */
  claimed: boolean;
  /**
   * Whether another who asks the same may begin anew, should this request come to nothing. Only until the
   * handler says by `begin` or `claim` that it now calls the outside: from there on nobody may guess.
   */
  passesOn: boolean;
  /** Whether the claim is part of a commit that another makes and whose end is not known here yet. */
  claiming: boolean;
  /** Whether something was begun under the key that whoever asks again can go on with. */
  hasSubject: boolean;
  /** What was read for the answer before anything was sent. */
  ahead: Ahead;
  /** What was handed out to be committed by another. */
  concluded: Decision | null;
  /** Whether it is kept under the key too. */
  keepsConcluded: boolean;
};

const askedBy = (
  { scope, principal, idempotencyKey }: Execution['request'],
  fingerprint: string | null,
): AskedAgain | null => {
  if (idempotencyKey === null || fingerprint === null) return null;
  const key = principal.kind === 'publishable' ? keyOfPage(idempotencyKey) : idempotencyKey;
  return { scope, key, fingerprint };
};

const createRun = (execution: Execution): Run => {
  const { context, request, fingerprint, idempotency } = execution;
  const { requestId } = request;
  const { scope } = request;
  const asked = askedBy(request, fingerprint);

  const run: Run = {
    asked,
    claimed: false,
    passesOn: false,
    claiming: false,
    hasSubject: false,
    ahead: nothingAhead,
    concluded: null,
    keepsConcluded: false,
    request: {
      ...request,
      resumes: null,
      begin: async (writes) => {
        const claims = asked === null ? [] : holdsOf(asked);
        const commit = await context.database.commit(scope, [...claims, ...writes]);

        if (commit.ok) {
          run.claimed ||= asked !== null;
          run.passesOn = false;
        } else if (idempotency.isClaim(commit.lost)) throw new KeyTaken();
        return commit;
      },
      claim: (subject) => {
        if (asked === null) return [];
        run.claiming = true;
        run.hasSubject = true;
        const linked = { ...asked, requestId, subject };
        return [
          run.claimed
            ? idempotency.link(context, linked)
            : idempotency.claim(context, { ...linked, passesOn: false }),
        ];
      },
      claimed: ({ ok, lost }) => {
        if (ok && run.claiming) {
          run.claimed = true;
          run.passesOn = false;
        }
        run.claiming = false;
        if (!ok && lost !== undefined && idempotency.isClaim(lost)) throw new KeyTaken();
      },
      conclude: async (outcome) => {
        const decision = await renderAnswer(execution, outcome, run.ahead);
        const { status, body } = decision;
        if (asked === null) {
          run.concluded = decision;
          return [];
        }
        const isClaimed = run.claimed || run.claiming;
        // Asked again because that commit lost: if it lost because another has taken the key over, what was
        // learned must be written all the same, and the answer is the other's to store.
        const holder = { ...asked, requestId };
        const isMine =
          run.concluded === null || !isClaimed || (await idempotency.isHeld(context, holder));
        run.concluded = decision;
        run.keepsConcluded = isMine;
        if (!isMine) return [];
        const answer = { ...holder, status, body };
        const keep = isClaimed ? idempotency.finish : idempotency.remember;
        return [keep(context, answer)];
      },
    },
  };
  const holdsOf = (asked: AskedAgain): Write[] => {
    const holder = { ...asked, requestId };
    if (!run.claimed) return [idempotency.claim(context, { ...holder, passesOn: false })];
    return run.passesOn ? [idempotency.hold(context, holder)] : [];
  };
  return run;
};

/** Asks the handler and renders what it says. A bug is a decision too: it may be stored. */
const decide = async (
  execution: Execution,
  run: Run,
): Promise<Decision | 'key taken' | 'concluded'> => {
  const { context, route } = execution;

  try {
    if (execution.hasUnasked && route.method !== 'GET') {
      run.ahead = await execution.expander.readAhead(context, route, run.request);
    }
    const outcome = await route.handle(context, run.request);
    if (outcome.concluded === true) return 'concluded';
    try {
      return await renderAnswer(execution, outcome);
    } catch (error) {
      await outcome.undo?.();
      throw error;
    }
  } catch (error) {
    if (error instanceof KeyTaken) return 'key taken';
    // The database or the vault is away: nothing was decided, so there is nothing to keep under the key. Nor is there
    // where nobody knows whether it was: whoever asks again hears what is.
    if (error instanceof Unavailable || error instanceof Unclear) {
      await release(execution, run, error);
      throw error;
    }
    if (error instanceof ApiError) return errorDecision(execution, error, []);

    const { requestId } = run.request;
    context.log.error({ requestId, operation: route.operation, error }, 'a handler failed');
    return errorDecision(execution, internalError(requestId), []);
  }
};

/**
 * Lets the next try have the key at once. A claim that was finished after all (by a COMMIT of which we never heard) is
 * not touched, nor one under which money may have moved and nothing can be gone on with. While the database is away, or
 * the claim not there yet (`after` a COMMIT of which nobody knows), that is tried again; a minute later it can be taken over.
 */
const release = async (execution: Execution, run: Run, after?: Error): Promise<void> => {
  if (!(run.claimed || run.claiming) || run.asked === null) return;
  const { context, idempotency, request } = execution;
  const write = idempotency.release(context, { ...run.asked, requestId: request.requestId });
  const mayAppear = after instanceof Unclear && !run.claimed;
  await giveBack(() => context.database.commit(request.scope, [write]), mayAppear);
};

/** Where nobody knows whether the key is ours now it is given back, for whoever asks again. */
const commitClaim = async (execution: Execution, run: Run, write: Write): Promise<Commit> => {
  run.claiming = true;
  try {
    return await execution.context.database.commit(execution.request.scope, [write]);
  } catch (error) {
    if (error instanceof Unclear) await release(execution, run, error);
    throw error;
  } finally {
    run.claiming = false;
  }
};

const answerOf = ({ status, body, error }: Decision): Answer => ({
  status,
  body,
  error,
  stored: true,
  replayOf: null,
});

const refusalOf = (execution: Execution, error: ApiError): Answer => {
  return { ...answerOf(errorDecision(execution, error, [])), stored: false };
};

type Settled = 'stored' | 'not stored' | 'passing' | 'key taken' | 'overtaken';

/** Commits what was decided, with the answer under the key where there is one. */
const settle = async (execution: Execution, run: Run, decision: Decision): Promise<Settled> => {
  const { context, idempotency, request } = execution;
  const { status, body, writes } = decision;
  const { asked, claimed, passesOn } = run;
  const answer = asked === null ? null : { ...asked, requestId: request.requestId, status, body };

  // A bug of ours after something was begun: it is not kept, so that whoever asks again is told the truth.
  if (run.hasSubject && decision.status >= 500) {
    await release(execution, run);
    return 'not stored';
  }

  const keeps = answer !== null && ((claimed && !passesOn) || isKept(decision));
  const keep = claimed ? idempotency.finish : idempotency.remember;
  const unit = keeps ? [...writes, keep(context, answer)] : writes;

  try {
    if (unit.length > 0) {
      const commit = await context.database.commit(request.scope, unit);
      if (!commit.ok) {
        await decision.undo?.();
        return idempotency.isClaim(commit.lost) ? 'key taken' : 'overtaken';
      }
    }
  } catch (error) {
    await release(execution, run);
    if (decision.error === null || decision.status < 500) throw error;
    // The store failed too: the caller learns of the bug, and may try again under the same key.
    return 'not stored';
  }
  if (keeps) return 'stored';
  // What is under way may be what an earlier request began under this very key.
  if (asked !== null && !claimed && !run.claiming && isPassed(decision)) return 'passing';
  await release(execution, run);
  return 'not stored';
};

/**
 * Not kept, so that the key stays usable: who may not, who is too fast, what holds for a moment, and our own
 * overload. What wrote something is always kept, or trying again would write it twice.
 */
const isKept = ({ status, writes, error }: Decision): boolean =>
  writes.length > 0 ||
  (status !== 401 && status !== 403 && status !== 429 && status !== 503 && !isPassed({ error }));

const isPassed = ({ error }: Pick<Decision, 'error'>): boolean =>
  error !== null && isPassing(error);

/** What the holder of the key answered. Null when there is no holder any more: then it is our turn. */
const recall = async (execution: Execution, run: Run): Promise<Answer | null> => {
  const { context, request, idempotency } = execution;
  const { asked } = run;
  if (asked === null) return null;
  const key = request.idempotencyKey ?? '';

  const found = await idempotency.recall(context, asked);
  switch (found.state) {
    case 'finished':
      return {
        status: found.status,
        body: found.body,
        error: null,
        stored: true,
        replayOf: found.requestId,
      };
    case 'in_flight':
      if (found.abandoned && (await takeOver(execution, run, found))) return null;
      return refusalOf(execution, idempotencyKeyInUse(key));
    case 'other_parameters':
      return refusalOf(execution, idempotencyKeyReused(key));
    case 'unknown':
      return null;
  }
};

/** From a request that is gone. One of those who ask again gets it. */
const takeOver = async (
  execution: Execution,
  run: Run,
  { subject, passesOn, requestId: gone }: Extract<Recollection, { state: 'in_flight' }>,
): Promise<boolean> => {
  if (run.asked === null) return false;
  const { context, idempotency, request } = execution;
  const taking = { ...run.asked, requestId: request.requestId, gone, passesOn, subject };
  const write = idempotency.takeOver(context, taking);
  const { ok } = await commitClaim(execution, run, write);
  if (ok) {
    run.claimed = true;
    run.passesOn = passesOn;
    run.hasSubject = subject !== null;
    run.request = { ...run.request, resumes: subject };
  }
  return ok;
};
