// An operation that was called reversed because the provider knew nothing of it, and that was approved
// after all, is reversed once more. Its state says so already; the provider has to hear it again.

import type { Context, Scope, Write } from '#kit/context';
import type { Uuid } from '#kit/ids';
import { enqueue } from '#platform/jobs';

export const REVERSE_AGAIN_JOB = 'rails.reverse_again';

export const reverseAgainLater = (context: Context, scope: Scope, operationId: Uuid): Write =>
  enqueue(context, { name: REVERSE_AGAIN_JOB, payload: { ...scope, operation: operationId } });
