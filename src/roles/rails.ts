// The rails of a process that speaks with providers, from its start to its end.

import { join } from 'node:path';
import { provideDetachListeners } from '#cards/methods';
import { provideMandates, providePaymentListeners } from '#payments/intents';
import { findMandate, provideSetupListeners } from '#payments/setup';
import { leaveOutForgotten } from '#rails/acquiring';
import { type OpenRails, openRails, provideRails } from '#rails/connectors';
import { spellOperation } from '#rails/operations';
import {
  detachListeners,
  disputeListeners,
  operationListeners,
  paymentListeners,
  setupListeners,
} from '../modules.ts';
import type { Runtime } from '../runtime.ts';

export const openGatewayRails = async (runtime: Runtime): Promise<OpenRails> => {
  const { context, settings, directory, masterSecret: master } = runtime;
  const rails = await openRails(context, {
    directory,
    master,
    journalFolder: join(settings.data, 'send-journal'),
    listeners: operationListeners,
    disputeListeners,
    isLiveSafe: () => runtime.live?.isSafe ?? true,
  });
  provideRails(context, rails);
  providePaymentListeners(context, paymentListeners);
  provideSetupListeners(context, setupListeners);
  provideMandates(context, findMandate);
  provideDetachListeners(context, detachListeners);
  return rails;
};

/**
 * A database that came back from a backup has forgotten calls that were made since. Nobody may guess
 * what became of them: they are named, and a person looks at each with its provider.
 */
export const reportForgotten = async ({ context }: Runtime, rails: OpenRails): Promise<void> => {
  const forgotten = await rails.forgotten();
  if (forgotten.length > 0) {
    const lastAtMs = forgotten.reduce((last, { atMs }) => Math.max(last, atMs), 0);
    await leaveOutForgotten(context, lastAtMs);
  }
  for (const { operationId, accountId, livemode } of forgotten) {
    context.log.error(
      { about: spellOperation(operationId), accountId, livemode },
      'A call that moves money was made, and the database knows nothing of it: was it restored from a backup?',
    );
  }
};
