import type { Context } from '#kit/context';
import { appendChange } from '#platform/events';
import { mergeMetadata, type Outcome, type TypedRequest } from '#platform/http';
import { chargeRefundUpdated, refundSnapshot, refundUpdated } from './events.ts';
import { findRefund } from './find-refund.ts';
import type { updateParameters } from './refund-parameters.ts';
import { updateRefund as updateRow } from './refunds.store.ts';
import { renderRefund } from './render-refund.ts';

export const updateRefund = async (
  context: Context,
  request: TypedRequest<typeof updateParameters>,
): Promise<Outcome> => {
  const { scope, parameters: asked } = request;
  const before = await findRefund(context, scope, request.path['refund'] ?? '');
  const metadata = mergeMetadata(before.metadata, asked.metadata);
  if (JSON.stringify(metadata) === JSON.stringify(before.metadata)) {
    return { body: renderRefund(before) };
  }
  // Of one that nobody was told of yet, nothing is told but its beginning.
  const kinds = before.isTold ? [refundUpdated, chargeRefundUpdated] : [];
  const refund = {
    ...before,
    metadata,
    version: before.version + 1,
    events: before.events + kinds.length,
  };
  return {
    body: renderRefund(refund),
    writes: [
      updateRow(scope, refund),
      ...(kinds.length === 0
        ? []
        : [
            appendChange(context, {
              scope,
              objectId: refund.id,
              sequence: before.events + 1,
              kinds,
              snapshot: refundSnapshot(refund, before),
              request,
            }),
          ]),
    ],
  };
};
