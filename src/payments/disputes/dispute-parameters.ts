import {
  boolean,
  id,
  listParameters,
  metadata,
  object,
  oneOf,
  timestampRange,
} from '#platform/http';
import { evidenceParameters } from './evidence.ts';

export const updateParameters = object({
  evidence: evidenceParameters,
  intended_submission_method: oneOf(
    'manual',
    'prefer_manual',
    'prefer_smart_disputes',
    'smart_disputes',
  ),
  metadata: metadata(),
  submit: boolean(),
});

/** Of disputes and of warnings alike. */
export const disputeFilters = listParameters({
  charge: id(),
  created: timestampRange(),
  payment_intent: id(),
});
