// The release of what is due says whom it concerns; they are told here, once, with the balance as it then is.

import { listUntoldReleases, loadBalances, loadUntoldReleases, tellReleases } from '#books/ledger';
import type { Scope } from '#kit/context';
import { spellId } from '#kit/ids';
import { appendChange } from '#platform/events';
import { lookAtEach } from '#platform/jobs';
import { balanceAvailable } from './events.ts';
import { renderBalance } from './render-balance.ts';

const AT_ONCE = 50;

/** A round of the worker; says how many it told. */
export const tellAvailable = lookAtEach<{ readonly scope: Scope }>({
  atOnce: AT_ONCE,
  find: async (context, atMost) =>
    (await listUntoldReleases(context, atMost)).map((scope) => ({ scope })),
  spell: ({ scope }) => spellId('acct', scope.accountId),
  look: async (context, { scope }) => {
    const releases = await loadUntoldReleases(context, scope);
    if (releases === undefined) return false;
    const balances = await loadBalances(context, scope, context.clock.now());
    const balance = renderBalance(balances, scope.livemode);
    const commit = await context.database.commit(scope, [
      tellReleases(scope, releases),
      appendChange(context, {
        scope,
        objectId: scope.accountId,
        sequence: releases.events + 1,
        kinds: [balanceAvailable],
        snapshot: { balance },
        request: null,
      }),
    ]);
    return commit.ok;
  },
});
