// Why a payment came to what it is, for whoever has to explain it: what was tried with whom, what each
// provider said (masked: codes and ids, nothing of the card), and what the world was told.

import type { Context } from '#kit/context';
import { spellId, uuidMs } from '#kit/ids';
import { CHARGE, loadChargesOfIntent } from '#payments/charges';
import { type EventKinds, type Trace, type TraceSource, traceEvents } from '#platform/events';
import type { ApiRequest, Outcome } from '#platform/http';
import { CONNECTOR_ACCOUNT } from '#rails/connectors';
import {
  type Evidence,
  loadKnown,
  loadOfIntent,
  type Operation,
  spellOperation,
} from '#rails/operations';
import { findIntent } from './find-intent.ts';
import { loadIntent } from './intents.store.ts';
import { renderIntent } from './render-intent.ts';

export const traceIntent =
  (trace: Trace) =>
  async (
    context: Context,
    { scope, path }: Pick<ApiRequest, 'scope' | 'path'>,
  ): Promise<Outcome> => {
    const intent = await findIntent(context, scope, path['intent'] ?? '');
    const [timeline, operations, charges] = await Promise.all([
      trace(context, scope, intent.id),
      loadOfIntent(context, scope, intent.id),
      loadChargesOfIntent(context, scope, intent.id),
    ]);
    const known = await Promise.all(operations.map(({ id }) => loadKnown(context, scope, id)));
    return {
      body: {
        object: 'payment_intent.trace',
        payment_intent: renderIntent(intent, scope.livemode).id,
        status: intent.status,
        under_way: intent.doing,
        cancel_wanted: intent.cancelWanted !== null,
        charges: charges.map((charge) => ({
          id: spellId(CHARGE, charge.id),
          attempt: charge.attempt,
          status: charge.status,
          amount: Number(charge.amount),
          captured: Number(charge.captured),
          refunded: Number(charge.refunded),
          unwanted: charge.isUnwanted,
          decline_code: charge.failure?.declineCode ?? null,
        })),
        operations: known.flatMap((each) => (each === undefined ? [] : [operationOf(each)])),
        timeline: timeline.map(({ atMs, what, says, details }) => ({
          at: seconds(atMs),
          at_ms: atMs,
          what,
          says,
          details,
        })),
      },
    };
  };

/** The registration, and what the world was told of it. */
export const traceOfIntent =
  ({ eventKinds }: { readonly eventKinds: EventKinds }): TraceSource =>
  async (context, scope, { intentId }) => {
    const [intent, operations] = await Promise.all([
      loadIntent(context, scope, intentId),
      loadOfIntent(context, scope, intentId),
    ]);
    if (intent === undefined) return [];
    const { amount, currency, orderReference, madeBy } = intent;
    return [
      {
        atMs: uuidMs(intent.id),
        leads: 2,
        what: 'registered',
        says: 'The payment is registered.',
        details: {
          amount: Number(amount - raisedBy(operations)),
          currency,
          order_reference: orderReference,
          made_by: madeBy?.object ?? null,
        },
      },
      ...(await traceEvents(context, scope, eventKinds, {
        objectId: intent.id,
        count: intent.events,
      })),
    ];
  };

/** What its authorization was raised by since, each time told further on. */
const raisedBy = (operations: readonly Operation[]): bigint =>
  operations
    .filter(({ kind, state }) => kind === 'increment' && state === 'approved')
    .reduce((sum, { amount }) => sum + amount, 0n);

type Known = NonNullable<Awaited<ReturnType<typeof loadKnown>>>;

const operationOf = ({ operation, evidence }: Known) => ({
  id: spellOperation(operation.id),
  kind: operation.kind,
  ordinal: operation.ordinal,
  attempt: operation.attempt,
  connector_account: spellId(CONNECTOR_ACCOUNT, operation.connectorAccountId),
  reference: operation.reference,
  amount: Number(operation.amount),
  currency: operation.currency,
  state: operation.state,
  code: operation.code,
  why: whyOf(operation.state),
  alerts: operation.alerts,
  first_sent_at: seconds(operation.firstSentAtMs),
  next_look_at: operation.dueAtMs === null ? null : seconds(operation.dueAtMs),
  evidence: evidence.map(evidenceOf),
});

const evidenceOf = ({ kind, atMs, says }: Evidence) => ({
  kind,
  at: seconds(atMs),
  outcome: says.outcome,
  code: 'code' in says ? (says.code ?? null) : null,
  provider_id: 'providerId' in says ? (says.providerId ?? null) : null,
  network_code: 'told' in says ? (says.told?.networkCode ?? null) : null,
});

const seconds = (ms: number): number => Math.floor(ms / 1000);

const sentences: Readonly<Record<string, string>> = {
  created: 'It was begun and not sent yet.',
  sending: 'It was sent, and nobody has answered yet.',
  approved: 'The provider said yes.',
  declined: 'The provider said no.',
  action_required: 'The provider waits for the payer.',
  pending: 'The provider works on it.',
  not_sent: 'Provably nothing left this house, so another could be asked.',
  unknown: 'Nobody knows what became of it. It is asked for, and nothing else is begun meanwhile.',
  reversed: 'It was taken back.',
  human: 'Nobody could say what became of it: a person has to look.',
};

const whyOf = (state: string): string => sentences[state] ?? '';
