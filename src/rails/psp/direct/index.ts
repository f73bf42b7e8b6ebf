// An acquiring bank as a provider: the contract of a connector on top of `rails/acquiring`.

import type { Context } from '#kit/context';
import { NotSent } from '#kit/http-client';
import {
  type AcquirerProfile,
  type Acquiring,
  openAcquiring,
  type ProfileName,
  profiles,
  reverse,
  sendCompletion,
  sendIncrement,
  sendPayment,
  sendRefund,
  sendVoid,
} from '#rails/acquiring';
import {
  type Call,
  type Connector,
  type ConnectorFunctions,
  type FollowingRequest,
  placeAt,
} from '#rails/connectors';
import { callTo, type DirectCall, originalMessage } from './call.ts';
import { dayEnderOver } from './day-end.ts';
import { definition } from './definition.ts';
import { disputes } from './disputes.ts';
import { entryOf, factsOf } from './facts.ts';
import { exemptionTermsOf, holderTermsOf, settingsOf } from './settings.ts';
import { settlement } from './settlement.ts';

/** A test gives profiles of its own, with a patience of its own. */
export const directOver = (
  over: Readonly<Record<ProfileName, AcquirerProfile>>,
  changes: Partial<Connector['definition']> = {},
): Connector => ({
  definition: { ...definition, ...changes },
  open: (context, { reachable }) => functionsOver(openAcquiring(context, reachable), context, over),
});

export const connector: Connector = directOver(profiles);

const functionsOver = (
  acquiring: Acquiring,
  context: Context,
  over: Readonly<Record<ProfileName, AcquirerProfile>>,
): ConnectorFunctions => {
  const to = (call: DirectCall) => callTo(acquiring, over, call);

  const pay =
    (kind: 'authorize' | 'sale' | 'verify'): NonNullable<ConnectorFunctions['sale']> =>
    (call) => {
      const { request, account, operation } = call;
      const { profile } = settingsOf(account.settings);
      return sendPayment(to(call), {
        kind,
        facts: factsOf(request, operation.reference),
        entry: entryOf(over[profile], request),
        category: settingsOf(account.settings).merchant_category,
        country: 'country' in request.method ? request.method.country : null,
      });
    };

  return {
    authorize: pay('authorize'),
    sale: pay('sale'),
    verify: pay('verify'),
    increment: async (call) => {
      const { profile, merchant_category: category } = settingsOf(call.account.settings);
      return sendIncrement(to(call), {
        original: await originalMessage(call),
        authorizationCode: authorizationCodeOf(call),
        facts: { reference: call.operation.reference },
        entry: over[profile].entry.storedCredential,
        category,
      });
    },
    capture: async (call) =>
      sendCompletion(to(call), {
        original: await originalMessage(call),
        authorizationCode: authorizationCodeOf(call),
        isLast: call.request.isLast,
        reference: call.operation.reference,
        descriptor: call.request.descriptor,
      }),
    void: async (call) =>
      sendVoid(to(call), {
        original: await originalMessage(call),
        moves: call.original?.operation.kind === 'sale' ? ['debit_reversed'] : [],
        reference: call.operation.reference,
      }),
    refund: async (call) => {
      if (call.original === null) throw new NotSent('original_unknown');
      return sendRefund(to(call), {
        original: await originalMessage(call),
        facts: { reference: call.operation.reference },
        category: settingsOf(call.account.settings).merchant_category,
      });
    },
    disputes,
    settlement,
    dayEnd: dayEnderOver(context, acquiring, over),
    holderTerms: ({ settings: given, judge }) => {
      const terms = holderTermsOf(settingsOf(given));
      if (terms === null) return null;
      const judged = judge(placeAt(terms.directoryServer));
      return { ...terms, reach: judged.ok ? judged.reach : null };
    },
    exemptionTerms: ({ settings: given }) => exemptionTermsOf(settingsOf(given)),
    reverse: (call) => reverse(to(call), call.operation.reference),
    close: () => acquiring.close(),
  };
};

const authorizationCodeOf = ({ original }: Call<FollowingRequest>): string | null =>
  original?.conclusion.told?.authorizationCode ?? null;
