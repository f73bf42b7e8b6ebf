// What was asked of providers for a payment, and everything that was ever learned of it.

import { namedAmount } from '#books/currencies';
import { spellId, uuidMs } from '#kit/ids';
import type { TraceEntry, TraceSource } from '#platform/events';
import type { Evidence } from './evidence.ts';
import type { Operation, OperationKind } from './operation.ts';
import { spellOperation } from './operation.ts';
import { loadKnown, loadOfIntent } from './operations.store.ts';

export const traceOperations: TraceSource = async (context, scope, { intentId }) => {
  const operations = await loadOfIntent(context, scope, intentId);
  const known = await Promise.all(operations.map(({ id }) => loadKnown(context, scope, id)));
  const timeOf = houseTimeOf(operations);
  return known
    .flatMap((each) =>
      each === undefined
        ? []
        : [begun(each.operation), ...each.evidence.map((one) => learned(each.operation, one))],
    )
    .map((entry) => ({ ...entry, atMs: timeOf(entry.atMs) }));
};

/** Less than anybody moves a clock by; so much may lie between the naming of an operation and its sending. */
const TOGETHER_MS = 1_000;

/**
 * Calls go by the real time, and what else a trace tells by that of the installation, which may have been moved. An
 * operation is named at the one and sent at the other: by it, and those after it, the two are brought together.
 */
export const houseTimeOf = (
  operations: readonly Pick<Operation, 'id' | 'firstSentAtMs'>[],
): ((realMs: number) => number) => {
  const moves = operations
    .map(({ id, firstSentAtMs }) => ({ firstSentAtMs, aheadMs: uuidMs(id) - firstSentAtMs }))
    .filter(({ aheadMs }) => aheadMs >= TOGETHER_MS)
    .toSorted((a, b) => a.firstSentAtMs - b.firstSentAtMs);
  return (realMs) =>
    realMs + (moves.findLast(({ firstSentAtMs }) => firstSentAtMs <= realMs)?.aheadMs ?? 0);
};

const begun = (operation: Operation): TraceEntry => ({
  atMs: operation.firstSentAtMs,
  what: 'operation.begun',
  says: `A provider is asked to ${wishes[operation.kind](namedAmount(operation.amount, operation.currency))} (attempt ${operation.attempt}).`,
  details: {
    operation: spellOperation(operation.id),
    kind: operation.kind,
    ordinal: operation.ordinal,
    attempt: operation.attempt,
    connector_account: spellId('cna', operation.connectorAccountId),
    reference: operation.reference,
    amount: Number(operation.amount),
    currency: operation.currency,
  },
});

const wishes: Readonly<Record<OperationKind, (amount: string) => string>> = {
  authorize: (amount) => `hold ${amount}`,
  sale: (amount) => `take ${amount}`,
  capture: (amount) => `take ${amount} of what is held`,
  void: (amount) => `let go of ${amount}`,
  refund: (amount) => `give back ${amount}`,
  reversal: (amount) => `take back what it did, of ${amount}`,
  payout: (amount) => `pay out ${amount}`,
  inquire: (amount) => `say what became of ${amount}`,
  verify: () => 'say whether the card is good',
  increment: (amount) => `hold ${amount} more`,
};

const learned = (operation: Operation, { kind, atMs, says }: Evidence): TraceEntry => ({
  atMs,
  what: `operation.${kind}`,
  says: `${sources[kind]} ${meanings[says.outcome]}`,
  details: {
    operation: spellOperation(operation.id),
    outcome: says.outcome,
    code: 'code' in says ? (says.code ?? null) : null,
    provider_id: 'providerId' in says ? (says.providerId ?? null) : null,
    network_code: 'told' in says ? (says.told?.networkCode ?? null) : null,
    advice: 'told' in says ? (says.told?.advice ?? null) : null,
  },
});

const sources: Readonly<Record<Evidence['kind'], string>> = {
  answer: 'The provider answers:',
  look_up: 'The provider is asked what became of it:',
  webhook: 'A webhook of the provider says:',
  settlement_line: 'A line of a settlement says:',
  statement_line: 'A line of a bank statement says:',
  person: 'A person decides:',
  books: 'By the books, its payer may have that twice:',
};

const meanings: Readonly<Record<Evidence['says']['outcome'], string>> = {
  approved: 'yes.',
  declined: 'no.',
  action_required: 'the payer is needed first.',
  pending: 'it is being worked on.',
  not_sent: 'provably nothing had left.',
  unknown: 'nobody knows.',
  reversed: 'it was taken back.',
  not_found: 'it is not known there.',
};
