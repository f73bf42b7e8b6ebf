import { present } from '#kit/assert';
import type { Context } from '#kit/context';
import { loadCharge } from '#payments/charges';
import {
  ApiError,
  mergeMetadata,
  type Outcome,
  resourceMissing,
  type TypedRequest,
} from '#platform/http';
import { enqueue } from '#platform/jobs';
import { ANSWER_JOB } from './answer-provider.ts';
import { stepDispute } from './conclude-dispute.ts';
import type { Dispute } from './dispute.ts';
import type { updateParameters } from './dispute-parameters.ts';
import { after } from './dispute-states.ts';
import { disputeUpdated } from './events.ts';
import {
  EVIDENCE_CHARACTERS_MAX,
  fileNames,
  lengthOf,
  mergeEvidence,
  programmeNames,
} from './evidence.ts';
import { findDispute } from './find-dispute.ts';
import { renderDispute } from './render-dispute.ts';
import { writeDispute } from './write-dispute.ts';

type Request = TypedRequest<typeof updateParameters>;

/** Evidence is submitted unless the caller says that it is only to be kept. */
export const updateDispute = async (context: Context, request: Request): Promise<Outcome> => {
  const { scope, parameters: asked } = request;
  const before = await findDispute(context, scope, request.path['dispute'] ?? '');
  const kept = keep(before, asked);
  const submits = asked.submit ?? asked.evidence !== undefined;
  if (asked.evidence !== undefined || submits) refuseByState(before);
  if (submits) refuseEmpty(kept);

  const chargeBefore = present(await loadCharge(context, scope, before.chargeId), 'The charge');
  const known = { dispute: kept, charge: chargeBefore };
  const isChanged = JSON.stringify(shownOf(kept)) !== JSON.stringify(shownOf(before));
  if (!submits && !isChanged) return { body: renderDispute(before, scope.livemode, now(context)) };
  const decided = submits
    ? present(
        stepDispute(known, 'submitted', { nowMs: now(context) }),
        'A dispute that takes evidence',
      )
    : { ...known, kinds: [disputeUpdated], booked: null, lost: 0n };
  const { dispute, writes } = await writeDispute(context, scope, {
    before,
    chargeBefore,
    decided,
    cause: { requestId: request.requestId, idempotencyKey: request.idempotencyKey },
  });
  return {
    body: renderDispute(dispute, scope.livemode, now(context)),
    writes: [
      ...writes,
      ...(submits
        ? [enqueue(context, { name: ANSWER_JOB, payload: { ...scope, dispute: dispute.id } })]
        : []),
    ],
  };
};

const now = ({ clock }: Context): number => clock.now();

const shownOf = ({ metadata, evidence, intendedSubmissionMethod }: Dispute): unknown[] => [
  metadata,
  evidence,
  intendedSubmissionMethod,
];

const keep = (before: Dispute, asked: Request['parameters']): Dispute => {
  for (const name of fileNames) {
    const given = asked.evidence?.[name];
    if (given === undefined || given === null) continue;
    throw resourceMissing({ noun: 'file upload', id: given, param: `evidence[${name}]` });
  }
  for (const name of programmeNames) {
    const given = asked.evidence?.[name];
    if (given === undefined || given === null) continue;
    const param = `evidence[${name}]`;
    throw new ApiError(
      400,
      `Evidence for programmes and appeals is not part of this installation yet: remove '${param}' from your request.`,
      { param, code: 'not_supported_yet' },
    );
  }
  const evidence = mergeEvidence(before.evidence, asked.evidence ?? {});
  if (lengthOf(evidence) > EVIDENCE_CHARACTERS_MAX) {
    throw new ApiError(
      400,
      `The combined character count of all text evidence must be at most ${EVIDENCE_CHARACTERS_MAX}.`,
      { param: 'evidence' },
    );
  }
  return {
    ...before,
    evidence,
    metadata: mergeMetadata(before.metadata, asked.metadata),
    intendedSubmissionMethod: asked.intended_submission_method ?? before.intendedSubmissionMethod,
  };
};

const refuseByState = ({ status }: Dispute): void => {
  if (after(status, 'submitted') !== null) return;
  throw new ApiError(
    400,
    `The evidence of a dispute cannot be changed while it has a status of ${status}. Only a dispute with one of the following statuses takes evidence: needs_response, warning_needs_response.`,
    { param: 'evidence' },
  );
};

const refuseEmpty = ({ evidence }: Dispute): void => {
  if (lengthOf(evidence) > 0) return;
  throw new ApiError(400, 'There is no evidence to submit: add some to `evidence`.', {
    param: 'submit',
  });
};
