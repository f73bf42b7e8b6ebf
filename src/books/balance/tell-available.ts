// The release of what is due says whom it concerns; they are told here, once, with the balance as it then is.

import { listUntoldReleases, loadBalances, loadUntoldReleases, tellReleases } from '#books/ledger';
import type { Context } from '#kit/context';
import { eachInTurn } from '#kit/failure';
import { appendChange } from '#platform/events';
import { balanceAvailable } from './events.ts';
import { renderBalance } from './render-balance.ts';

const AT_ONCE = 50;

/** A round of the worker; says how many it told. */
export const tellAvailable = async (context: Context): Promise<number> => {
  const scopes = await listUntoldReleases(context, AT_ONCE);
  let told = 0;
  await eachInTurn(scopes, async (scope) => {
    const releases = await loadUntoldReleases(context, scope);
    if (releases === undefined) return;
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
    told += Number(commit.ok);
  });
  return told;
};
