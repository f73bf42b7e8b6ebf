// The rails of a process that speaks with providers, from its start to its end.

import { join } from 'node:path';
import { provideDetachListeners } from '#cards/methods';
import type { Write } from '#kit/context';
import { provideMandates, providePaymentListeners } from '#payments/intents';
import { findMandate, provideSetupListeners } from '#payments/setup';
import { newRequestId, refuse, renderError, toJson } from '#platform/http';
import { answersToLost } from '#platform/idempotency';
import { type OpenRails, openRails, provideRails } from '#rails/connectors';
import type { SentLine } from '#rails/operations';
import type { Settings } from '../config.ts';
import {
  detachListeners,
  disputeListeners,
  operationListeners,
  paymentListeners,
  setupListeners,
} from '../modules.ts';
import type { Runtime } from '../runtime.ts';

/** Under the key of a call that the database has forgotten. */
const outcomeUnknown = refuse('payment_intent_outcome_unknown', {
  message:
    'Money was moved, or was to be moved, under this idempotency key, and the database knows nothing of it: it was put back to an earlier state. Nothing is done under it again. Its operator finds out at the provider what became of it; if nothing was paid, ask under another key.',
});

export const journalFolderOf = ({ data }: Pick<Settings, 'data'>): string =>
  join(data, 'send-journal');

export const openGatewayRails = async (runtime: Runtime): Promise<OpenRails> => {
  const { context, settings, directory, masterSecret: master } = runtime;
  const rails = await openRails(context, {
    directory,
    master,
    journalFolder: journalFolderOf(settings),
    listeners: operationListeners,
    disputeListeners,
    isLiveSafe: () => runtime.live?.isSafe ?? true,
    answersLost: answersLostOf(runtime),
  });
  provideRails(context, rails);
  providePaymentListeners(context, paymentListeners);
  provideSetupListeners(context, setupListeners);
  provideMandates(context, findMandate);
  provideDetachListeners(context, detachListeners);
  return rails;
};

const answersLostOf = ({ context, settings, masterSecret }: Runtime) => {
  const answerTo = answersToLost(masterSecret);
  const publicUrl = settings.publicUrl || `http://localhost:${settings.port}`;
  const body = toJson(renderError(outcomeUnknown, { publicUrl }));
  return ({ asked, accountId, livemode }: SentLine): Write[] => {
    if (asked === undefined) return [];
    const requestId = newRequestId(context.random);
    const answer = { asked, requestId, status: outcomeUnknown.status, body };
    return [answerTo(context, { accountId, livemode }, answer)];
  };
};
