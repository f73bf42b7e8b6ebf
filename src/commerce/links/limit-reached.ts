// A link that was paid as often as it may be is inactive from then on, and says so to whoever asks or
// listens. That no more is paid is not this job's doing: places are, before any bank is asked.

import { completedOf, LINK_PAID_JOB } from '#commerce/checkout';
import { assert } from '#kit/assert';
import type { Context } from '#kit/context';
import { appendChange } from '#platform/events';
import type { JobKind } from '#platform/jobs';
import { linkSnapshot, linkUpdated } from './events.ts';
import type { PaymentLink } from './link.ts';
import { loadLink, updateLink } from './links.store.ts';

export const isUsedUp = ({ limit }: Pick<PaymentLink, 'limit'>, completed: number): boolean =>
  limit !== null && completed >= limit;

const ROUNDS_MAX = 10;

export const linkPaidJob: JobKind = {
  name: LINK_PAID_JOB,
  run: async (context: Context, { accountId, livemode, link: id }) => {
    assert(typeof accountId === 'string' && typeof id === 'string', 'Whose, and which');
    const scope = { accountId, livemode: livemode === true };
    for (let round = 1; round <= ROUNDS_MAX; round += 1) {
      const before = await loadLink(context, scope, id);
      if (before === undefined || !before.isActive) return;
      const completed = await completedOf(context, scope, id);
      if (!isUsedUp(before, completed)) return;
      const link = { ...before, isActive: false, version: before.version + 1 };
      const { ok } = await context.database.commit(scope, [
        updateLink(scope, link),
        appendChange(context, {
          scope,
          objectId: link.id,
          sequence: link.version,
          kinds: [linkUpdated],
          snapshot: linkSnapshot(link, completed, before),
          request: null,
        }),
      ]);
      // Its merchant changed it meanwhile: it is looked at anew.
      if (ok) return;
    }
    throw new Error('The link was changed again and again');
  },
};
