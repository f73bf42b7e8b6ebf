// What really happened to one payment, told from the journal: every fact that is about it, in order, in a
// sentence each. It is asked for by the retrieval reference or by the merchant's own name for it.

import { lettersOf, spellAmount } from '../bank/currencies.ts';
import type { Fact, JournalLine } from './fact.ts';
import type { State } from './state.ts';

export type Chapter = {
  readonly seq: number;
  readonly at: string;
  readonly what: Fact['fact'];
  readonly says: string;
};

/** Facts about the payments of this reference; a fault is about the request that it met. */
export const factsAbout = (
  state: State,
  lines: readonly JournalLine[],
  reference: string,
): readonly JournalLine[] => {
  const isNamed = (rrn: string | undefined, name: string | undefined): boolean =>
    rrn === reference || name === reference;
  const keys = new Set<string>();
  for (const { identity } of state.known.values()) {
    if (isNamed(identity.rrn, identity.paymentReference)) keys.add(identity.key);
  }
  const isApprovalNamed = (id: string): boolean => {
    const approval = state.approvals.get(id);
    return isNamed(approval?.rrn, approval?.paymentReference);
  };
  const isBatchNamed = (id: string): boolean =>
    state.bank.batches
      .get(id)
      ?.items.some((item) => isNamed(item.rrn, item.reference || undefined)) ?? false;
  return lines.filter(({ fact }) => {
    if ('request' in fact) return keys.has(fact.request.key);
    if ('approvalId' in fact) return isApprovalNamed(fact.approvalId);
    if (fact.fact === 'fault') return keys.has(fact.key);
    if (fact.fact === 'batch_closed') return isBatchNamed(fact.batch.id);
    return fact.fact === 'batch_funded' && isBatchNamed(fact.batchId);
  });
};

export const storyOf = (
  state: State,
  lines: readonly JournalLine[],
  reference: string,
): readonly Chapter[] =>
  factsAbout(state, lines, reference)
    // Only the world itself has to remember that there was a plan.
    .filter(({ fact }) => fact.fact !== 'plan_done')
    .map(({ seq, at, fact }) => ({ seq, at, what: fact.fact, says: sentenceOf(state, fact) }));

const sentenceOf = (state: State, fact: Fact): string => {
  const money = (amountMinor: bigint, currency: string): string =>
    `${spellAmount(amountMinor, currency)} ${lettersOf(currency)}`;
  const approvalOf = (id: string) => state.approvals.get(id);
  if ('request' in fact) {
    const { kind, mti, amountMinor, currency, stan, exemption, name } = fact.request;
    const claimed = exemption === undefined ? '' : `, exemption ${exemption} claimed`;
    const named = name === undefined ? '' : `, to be read as ${name}`;
    const asked = `${mti} ${kind} of ${money(amountMinor, currency)}, STAN ${stan}${claimed}${named}`;
    return `${asked}: ${sentences[fact.fact] ?? fact.fact} (${fact.answer[39] ?? 'no code'}).`;
  }
  switch (fact.fact) {
    case 'fault':
      return `Arrival ${fact.arrival} of the message met the fault ${fact.kind} (rule ${fact.rule}).`;
    case 'disputed': {
      const { dispute, movedMinor } = fact;
      const taken = movedMinor === 0n ? 'no money moved' : 'the money was taken back';
      const { stage, reason, reasonCode, amountMinor, currency } = dispute;
      return `${stage} over ${money(amountMinor, currency)}, ${reason} (${reasonCode}); ${taken}.`;
    }
    case 'dispute_moved': {
      const moved = fact.movedMinor;
      const money =
        moved === 0n ? '' : moved > 0n ? '; the money came back' : '; the money was taken';
      return `The dispute is ${fact.status} (${fact.event})${money}.`;
    }
    case 'fraud_warned':
      return 'The issuer warned of fraud.';
    case 'refund_failed':
      return 'The refund did not reach the holder; the money went back to the merchant.';
    case 'refund_settled':
      return 'The refund reached the holder.';
    case 'expired': {
      const { currency = '', approvedMinor = 0n } = approvalOf(fact.approvalId) ?? {};
      return `The hold of ${money(approvedMinor, currency)} ended by itself.`;
    }
    case 'batch_closed': {
      const { id, valueDay, netMinor, currency } = fact.batch;
      return `Cleared in batch ${id} (net ${money(netMinor, currency)}), value date ${valueDay}.`;
    }
    case 'batch_funded':
      return `The batch was paid: ${money(fact.amountMinor, fact.currency)} to ${fact.to}.`;
    default:
      return fact.fact.replaceAll('_', ' ');
  }
};

const sentences: Readonly<Record<string, string>> = {
  approved: 'approved',
  incremented: 'the authorization was raised',
  completed: 'completed',
  refunded: 'refunded',
  reversed: 'reversed, the money is back',
  verified: 'the card was vouched for',
  declined: 'declined',
  nothing_to_reverse: 'there was nothing to reverse',
  reversal_kept: 'kept for an original that had not come',
  totals_compared: 'totals compared',
};
