// What a provider promises where an answer is lost, or is not ours.

import assert from 'node:assert/strict';
import { describe } from 'node:test';
import type { ConnectorOperation } from '#rails/connectors';
import { type FaultName, faults } from '../../../src/rails/connectors/for-tests-suite.ts';
import type { Promised } from './promised.ts';

export const lostAnswersSuite = ({ stage, other, can, told, it, plays }: Promised): void => {
  describe('an answer that is lost', () => {
    const unanswered: readonly FaultName[] = ['lost_after', 'cut', 'reset', 'slow', 'error_after'];
    const first = can('authorize') ? 'authorize' : 'sale';
    const recovers = (operation: ConnectorOperation): boolean =>
      (told[operation]?.recovery.length ?? 0) > 0;
    const isReversing = told[first]?.recovery[0]?.class === 'C';

    for (const fault of unanswered) {
      it(
        `of a payment that was ${faults[fault]}: unknown first, then what the other side says`,
        recovers(first),
        plays(fault),
        async () => {
          await other.play(fault, first);
          const payment = await stage.pay(first, { isHasty: true });
          assert.notEqual(payment.state, 'declined');
          assert.notEqual(payment.state, 'not_sent');
          const ended = await stage.resolve(payment, ['approved', 'reversed']);
          const { bookings, held, captured } = await other.happened(payment.reference);
          assert.ok(bookings <= 1, 'It was charged once at most');
          assert.equal(held + captured, ended.state === 'approved' ? 2_500n : 0n);
        },
      );

      it(`of a raise that was ${faults[fault]}`, recovers('increment'), plays(fault), async () => {
        const payment = await stage.pay('authorize');
        await other.play(fault, 'increment');
        const raised = await stage.follow('increment', payment, { amount: 500n, isHasty: true });
        assert.notEqual(raised.state, 'declined');
        const ended = await stage.resolve(raised, ['approved', 'reversed']);
        const { bookings, held } = await other.happened(payment.reference);
        assert.equal(bookings, 1);
        assert.equal(held, ended.state === 'approved' ? 3_000n : 2_500n);
      });

      for (const kind of ['capture', 'refund', 'void'] as const) {
        it(`of a ${kind} that was ${faults[fault]}`, recovers(kind), plays(fault), async () => {
          const payment = await stage.pay(kind === 'refund' && can('sale') ? 'sale' : 'authorize');
          if (kind === 'refund' && !can('sale')) await stage.follow('capture', payment);
          await other.play(fault, kind);
          const following = await stage.follow(kind, payment, { isHasty: true });
          assert.notEqual(following.state, 'declined');
          const ended = await stage.resolve(following, ['approved', 'reversed']);
          const happened = await other.happened(payment.reference);
          if (ended.state !== 'approved') return;
          if (kind === 'capture') assert.equal(happened.captured, 2_500n);
          if (kind === 'refund') assert.equal(happened.refunded, 2_500n);
          if (kind === 'void') assert.equal(happened.held, 0n);
        });
      }
    }

    it(
      `of a payment that was ${faults.lost_before}: it never becomes a charge`,
      recovers(first),
      plays('lost_before'),
      async () => {
        await other.play('lost_before', first);
        const payment = await stage.pay(first, { isHasty: true });
        assert.equal(payment.state, 'unknown');
        if (isReversing) await stage.resolve(payment, ['reversed', 'declined']);
        const { bookings, held, captured } = await other.happened(payment.reference);
        assert.ok(bookings <= 1);
        if (isReversing) assert.equal(held + captured, 0n);
        assert.notEqual((await stage.look(payment)).state, 'approved');
      },
    );

    it(
      'cannot be doubled by another attempt beside it',
      recovers(first),
      plays('lost_after'),
      async () => {
        await other.play('lost_after', first);
        const payment = await stage.pay(first, { isHasty: true });
        assert.equal(payment.state, 'unknown');
        await assert.rejects(stage.pay(first, { intentId: payment.intentId }), /It was sent/);
        assert.ok((await other.happened(payment.reference)).bookings <= 1);
      },
    );
  });

  describe('an answer that is not ours', () => {
    const first = can('authorize') ? 'authorize' : 'sale';
    for (const fault of [
      'wrong_amount',
      'wrong_currency',
      'wrong_reference',
      'unknown_word',
    ] as const) {
      it(
        `decides nothing and is looked at: ${faults[fault]}`,
        can('authorize') || can('sale'),
        plays(fault),
        async () => {
          await other.play(fault, first);
          const payment = await stage.pay(first);
          assert.notEqual(payment.state, 'approved');
          assert.notEqual(payment.state, 'declined');
          assert.ok(payment.needsReview, 'A person is to look at it');
        },
      );
    }
  });
};
