// Whether the gateway and the bank tell one story, payment by payment. The bank's journal is the judge.

import assert from 'node:assert/strict';
import type { Journal } from '../../../sandbox/books/journal.ts';
import { asOwner } from '../../../src/for-tests.ts';
import { operationStates } from '../../../src/rails/operations/operation-states.ts';
import { assertDecidedOnce } from '../../sandbox/support/verdict.ts';
import type { World } from './world.ts';

export type Verdict = {
  readonly operations: number;
  readonly byState: Readonly<Record<string, number>>;
  /** That are neither ended nor before a person. */
  readonly open: number;
};

type Row = {
  readonly id: string;
  readonly intent_id: string;
  readonly kind: number;
  readonly state: number;
  readonly reference: string;
  readonly amount: bigint | string;
  readonly needs_review: boolean;
};

const nameOf = (state: number): string =>
  Object.entries(operationStates).find(([, number]) => number === state)?.[0] ?? '?';

export const assertOneStory = async (world: World): Promise<Verdict> => {
  const rows = (await asOwner(
    world.context.on,
    'select id, intent_id, kind, state, reference, amount, needs_review from rails.operations',
  )) as unknown as Row[];
  // Read after what the gateway knows: a bank has written down what it answers before anybody hears of it.
  const journal: Journal = world.bank.journal();
  assertDecidedOnce(journal);

  const live = new Map<string, ReturnType<Journal['liveApprovals']>[number]>();
  for (const approval of journal.liveApprovals()) {
    const reference = approval.paymentReference ?? '';
    assert.ok(!live.has(reference), `${reference} is approved twice`);
    live.set(reference, approval);
  }
  const byIntent = Map.groupBy(rows, ({ intent_id }) => intent_id);
  const byState: Record<string, number> = {};
  let open = 0;
  for (const operations of byIntent.values()) {
    for (const { state } of operations) {
      byState[nameOf(state)] = (byState[nameOf(state)] ?? 0) + 1;
    }
    const isEnded = ({ state }: Row): boolean => [3, 4, 7, 9].includes(state);
    const unended = operations.filter((each) => !isEnded(each));
    open += unended.length;
    if (unended.length > 0) continue;

    const approved = (kind: number): readonly Row[] =>
      operations.filter((each) => each.kind === kind && each.state === operationStates.approved);
    const sum = (some: readonly Row[]): bigint =>
      some.reduce((total, { amount }) => total + BigInt(amount), 0n);
    const [payment] = operations.filter(({ kind }) => kind === 1 || kind === 2);
    assert.ok(payment);
    const found = live.get(payment.reference);
    live.delete(payment.reference);
    const isPaid = payment.state === operationStates.approved && approved(4).length === 0;
    assert.equal(found !== undefined, isPaid, `${payment.reference} is ${nameOf(payment.state)}`);
    if (found === undefined) continue;
    assert.equal(found.amountMinor, BigInt(payment.amount));
    const captured = payment.kind === 2 ? BigInt(payment.amount) : sum(approved(3));
    assert.equal(found.capturedMinor, captured, `${payment.reference} was captured`);
    assert.equal(found.refundedMinor, sum(approved(5)), `${payment.reference} was refunded`);
  }
  if (open === 0) assert.deepEqual([...live.keys()], [], 'approved there, and unknown here');
  return { operations: rows.length, byState, open };
};
