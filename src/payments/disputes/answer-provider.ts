// Tells the provider what the merchant decided, until that is acknowledged. It may be told twice: a
// provider that has it says so, and the feed says what the dispute is. One that does not take it may have decided
// already, or have taken it from a call whose answer was lost: nobody here can tell, and a merchant who thinks that the
// bank has their evidence would wait for nothing.

import { assert } from '#kit/assert';
import type { Context, Scope } from '#kit/context';
import { spellId, type Uuid } from '#kit/ids';
import type { JobKind } from '#platform/jobs';
import { railsOf } from '#rails/connectors';
import { loadDispute, updateDispute } from './disputes.store.ts';
import { spellEvidence } from './evidence.ts';
import { DISPUTE } from './render-dispute.ts';

export const ANSWER_JOB = 'disputes.answer';

export const answerJob: JobKind = {
  name: ANSWER_JOB,
  // The call of a worker that has died may be under way still, and is over before the next one.
  leaseIsWaitedOut: true,
  run: async (context, payload) => {
    const { accountId, livemode, dispute: id } = payload;
    assert(typeof accountId === 'string' && typeof id === 'string', 'Whose, and which');
    await answer(context, { accountId, livemode: livemode === true }, id);
  },
};

const answer = async (context: Context, scope: Scope, id: Uuid): Promise<void> => {
  const dispute = await loadDispute(context, scope, id);
  if (dispute === undefined || dispute.owedAnswer === null) return;
  const { connectorAccountId, providerId, owedAnswer, evidence, version } = dispute;
  const said = await railsOf(context).answerDispute(context, scope, {
    connectorAccountId,
    providerId,
    evidence: owedAnswer === 'evidence' ? spellEvidence(evidence) : null,
  });
  const heard = { ...dispute, owedAnswer: null, version: version + 1 };
  const isRefused = said === 'refused';
  const { ok } = await context.database.commit(scope, [
    updateDispute(
      scope,
      isRefused ? { ...heard, needsReview: true, refusedAnswer: owedAnswer } : heard,
    ),
  ]);
  assert(ok, 'A dispute that changed meanwhile is answered again');
  if (!isRefused) return;
  context.log.error(
    { about: spellId(DISPUTE, id), accountId: scope.accountId, livemode: scope.livemode },
    'A provider did not take what its merchant answered to a dispute: a person has to look at it',
  );
};
