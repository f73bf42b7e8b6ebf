import { present } from '#kit/assert';
import type { Context } from '#kit/context';
import { loadCharge } from '#payments/charges';
import { ApiError, type ApiRequest, type Outcome } from '#platform/http';
import { enqueue } from '#platform/jobs';
import { ANSWER_JOB } from './answer-provider.ts';
import { stepDispute } from './conclude-dispute.ts';
import { findDispute } from './find-dispute.ts';
import { renderDispute } from './render-dispute.ts';
import { writeDispute } from './write-dispute.ts';

/** The merchant gives in: for it that is final at once, whatever the bank says when. */
export const closeDispute = async (
  context: Context,
  request: Pick<ApiRequest, 'scope' | 'path' | 'requestId' | 'idempotencyKey'>,
): Promise<Outcome> => {
  const { scope, requestId, idempotencyKey } = request;
  const before = await findDispute(context, scope, request.path['dispute'] ?? '');
  const chargeBefore = present(await loadCharge(context, scope, before.chargeId), 'The charge');
  const decided = stepDispute({ dispute: before, charge: chargeBefore }, 'conceded', {
    nowMs: context.clock.now(),
  });
  if (decided === null) {
    throw new ApiError(
      400,
      `This dispute cannot be closed because it has a status of ${before.status}. Only a dispute with one of the following statuses may be closed: needs_response, warning_needs_response.`,
    );
  }
  const { dispute, writes } = await writeDispute(context, scope, {
    before,
    chargeBefore,
    decided,
    cause: { requestId, idempotencyKey },
  });
  return {
    body: renderDispute(dispute, scope.livemode, context.clock.now()),
    writes: [
      ...writes,
      enqueue(context, { name: ANSWER_JOB, payload: { ...scope, dispute: dispute.id } }),
    ],
  };
};
