// Two banks that may say yes after a no, and what is asked of them and of the payments that they were told of.

import assert from 'node:assert/strict';
import type Stripe from 'stripe';
import { present } from '#kit/assert';
import { newUuid, parseId } from '#kit/ids';
import { explainLine, heardBy, listLines } from '#rails/connectors';
import {
  type Change,
  decideByPerson,
  loadForPerson,
  loadOfIntent,
  type Operation,
  type PersonSays,
  recordEvidence,
} from '#rails/operations';
import { asOwner } from '../../src/for-tests.ts';
import { operationListeners } from '../../src/modules.ts';
import { says } from '../../src/payments/intents/for-tests-bank.ts';
import { hearOfSettlements } from '../../src/rails/connectors/hear-of-settlements.ts';
import { insertLine } from '../../src/rails/connectors/settlement-lines.store.ts';
import { openTwoBanks } from './two-banks.ts';

export const PATIENCE_MS = 60_000;
export const declined = says({ outcome: 'declined', code: 'generic_decline' });
export const amountsOf = ({ status, amount_capturable, amount_received }: Stripe.PaymentIntent) => [
  status,
  amount_capturable,
  amount_received,
];
export const APPROVED = /Not healthy: what is captured was approved by operations/;

export const openLateWords = async () => {
  const { gateway, merchant, stripe, first, happened, held, statusOf, resolveUntil, bookingOf } =
    await openTwoBanks();
  const { paymentIntents, charges, refunds } = stripe;
  const { context, on, errors } = gateway;
  const { scope } = merchant;

  const uuid = (id: string): string => present(parseId('pi', id), id);
  const writes = (change: Change) => heardBy(operationListeners, context, scope, change);
  const operationOf = async (id: string, kind: string, which: 'first' | 'last' = 'first') => {
    const all = await loadOfIntent(context, scope, uuid(id));
    const ofKind = all.filter((each) => each.kind === kind);
    return present(which === 'first' ? ofKind[0] : ofKind.at(-1), `its ${kind}`);
  };
  /** What its bank has refused is held there all the same. */
  const takenAfterAll = async (id: string): Promise<Operation> => {
    const older = await operationOf(id, 'authorize');
    const { amount } = older;
    const holds = {
      kind: 'authorize',
      amount,
      captured: 0n,
      refunded: 0n,
      isVoided: false,
    } as const;
    first.book.set(older.reference, holds);
    return older;
  };
  /** The bank says yes to what it had refused. */
  const saysYes = async (
    { id: operationId, amount, currency, reference }: Operation,
    kind: 'webhook' | 'settlement_line' = 'webhook',
  ) => {
    const heard = await recordEvidence(context, scope, {
      operationId,
      evidence: {
        kind,
        sourceKey: `late word of ${reference}`,
        says: { outcome: 'approved', amount, currency, reference },
      },
      writes,
    });
    assert.equal(heard.ok, true);
  };
  const saysNo = async ({ id: operationId, reference }: Operation) => {
    const heard = await recordEvidence(context, scope, {
      operationId,
      evidence: {
        kind: 'webhook',
        sourceKey: `no to ${reference}`,
        says: { outcome: 'declined', code: 'generic_decline' },
      },
      writes,
    });
    assert.equal(heard.ok, true);
  };
  const decide = async ({ id: operationId }: Operation, word: PersonSays) => {
    const why = 'seen at the bank';
    const said = await decideByPerson(context, scope, { operationId, says: word, why, writes });
    assert.equal(said.ok, true);
  };
  /** A settlement names it; what is said of that line once it was heard. */
  const settle = async ({ connectorAccountId, reference, amount, currency, kind }: Operation) => {
    const named = {
      key: `settled ${reference}`,
      kind: kind === 'refund' ? 'refund' : 'payment',
      reference,
      providerId: null,
    } as const;
    const gross = kind === 'refund' ? -amount : amount;
    const money = { currency, gross, fee: 0n, net: gross };
    const rest = { bookedAtMs: 0, availableOn: null, batch: null, raw: {} };
    const row = { ...named, ...money, ...rest };
    const received = { receivedAtMs: context.clock.now() - 1000, state: 'waiting' } as const;
    const line = { id: newUuid(context), connectorAccountId, row, ...received };
    await context.database.commit(scope, [insertLine(scope, line)]);
  };
  const settledAs = async ({ reference }: Operation) => {
    await hearOfSettlements(gateway.rails.parts, context);
    const lines = await listLines(context, scope, { onlyForPerson: false, limit: 100 });
    return present(
      lines.find(({ row }) => row.reference === reference),
      'its line',
    ).state;
  };
  const again = () =>
    asOwner(
      on,
      `update rails.settlement_lines set due_at = now() - interval '1 second', leased_until = null
      where due_at is not null`,
    );
  const explain = async () => {
    const [line] = await listLines(context, scope, { onlyForPerson: true, limit: 1 });
    const explanation = { id: present(line, 'the line').id, explanation: 'got back', atMs: 0 };
    await context.database.commit(scope, [explainLine(scope, explanation)]);
  };
  /** What waits for a person is said in the log. */
  const assertReviewed = async (operation: Operation) => {
    const waiting = await loadForPerson(context, scope, { alsoUnknown: false, limit: 100 });
    assert.ok(waiting.some(({ id }) => id === operation.id));
    assert.ok(errors.length > 0);
    errors.length = 0;
  };

  return {
    gateway,
    merchant,
    stripe,
    first,
    happened,
    held,
    statusOf,
    resolveUntil,
    bookingOf,
    paymentIntents,
    charges,
    refunds,
    context,
    on,
    errors,
    scope,
    uuid,
    writes,
    operationOf,
    takenAfterAll,
    saysYes,
    saysNo,
    decide,
    settle,
    settledAs,
    again,
    explain,
    assertReviewed,
  };
};
