// What a provider promises of a payment, of what follows it, and of giving it back.

import assert from 'node:assert/strict';
import { describe } from 'node:test';
import { expectRefusals, type Promised } from './promised.ts';

export const payingSuite = ({ stage, other, can, told, it, assertHappened }: Promised): void => {
  describe('paying', () => {
    it('a hold is approved, once', can('authorize'), true, async () => {
      const payment = await stage.pay('authorize');
      assert.equal(payment.state, 'approved', String(payment.code));
      await assertHappened(payment.reference, { bookings: 1, held: 2_500n, captured: 0n });
    });

    it('a sale is approved and taken, once', can('sale'), true, async () => {
      const payment = await stage.pay('sale');
      assert.equal(payment.state, 'approved', String(payment.code));
      await assertHappened(payment.reference, { bookings: 1, held: 0n, captured: 2_500n });
    });

    it('a card is verified and nothing is held', can('verify'), true, async () => {
      const checked = await stage.pay('verify');
      assert.equal(checked.state, 'approved', String(checked.code));
      await assertHappened(checked.reference, { held: 0n, captured: 0n });
    });

    for (const { card, code } of other.cards.declined) {
      it(`a no is a no: ${code}`, can('authorize') || can('sale'), true, async () => {
        const payment = await stage.pay(can('authorize') ? 'authorize' : 'sale', { card });
        assert.deepEqual([payment.state, payment.code], ['declined', code]);
        await assertHappened(payment.reference, { bookings: 0, held: 0n, captured: 0n });
      });
    }
  });

  describe('after a hold', () => {
    it('all of it is captured', can('capture'), true, async () => {
      const payment = await stage.pay('authorize');
      const captured = await stage.follow('capture', payment);
      assert.equal(captured.state, 'approved', String(captured.code));
      await assertHappened(payment.reference, { bookings: 1, held: 0n, captured: 2_500n });
    });

    it('a part of it is captured', told.capture?.partial === true, true, async () => {
      const payment = await stage.pay('authorize');
      const captured = await stage.follow('capture', payment, { amount: 1_000n });
      assert.equal(captured.state, 'approved', String(captured.code));
      await assertHappened(payment.reference, { bookings: 1, captured: 1_000n });
    });

    it('it is captured in parts', told.capture?.multiple === true, true, async () => {
      const payment = await stage.pay('authorize');
      const parts = [1_000n, 700n, 800n];
      for (const [at, amount] of parts.entries()) {
        const more = { amount, ordinal: at + 1, isLast: at === parts.length - 1 };
        const captured = await stage.follow('capture', payment, more);
        assert.equal(captured.state, 'approved', String(captured.code));
      }
      await assertHappened(payment.reference, { bookings: 1, captured: 2_500n });
    });

    it('it is raised, and all of it is captured', can('increment'), true, async () => {
      const payment = await stage.pay('authorize');
      const raised = await stage.follow('increment', payment, { amount: 500n });
      assert.equal(raised.state, 'approved', String(raised.code));
      await assertHappened(payment.reference, { bookings: 1, held: 3_000n, captured: 0n });
      const captured = await stage.follow('capture', payment, { amount: 3_000n });
      assert.equal(captured.state, 'approved', String(captured.code));
      await assertHappened(payment.reference, { bookings: 1, held: 0n, captured: 3_000n });
    });

    it('it is raised, and all of it is let go', can('increment'), true, async () => {
      const payment = await stage.pay('authorize');
      await stage.follow('increment', payment, { amount: 500n });
      const released = await stage.follow('void', payment, { amount: 3_000n });
      assert.equal(released.state, 'approved', String(released.code));
      await assertHappened(payment.reference, { held: 0n, captured: 0n });
    });

    it(
      'what is left after a part of it is let go',
      can('void') && told.capture?.multiple === true,
      true,
      async () => {
        const payment = await stage.pay('authorize');
        await stage.follow('capture', payment, { amount: 1_000n, isLast: false });
        const released = await stage.follow('void', payment, { amount: 1_500n });
        assert.equal(released.state, 'approved', String(released.code));
        await assertHappened(payment.reference, { bookings: 1, held: 0n, captured: 1_000n });
      },
    );

    it('more than it is refused', can('capture'), true, async () => {
      const payment = await stage.pay('authorize');
      const captured = await stage.follow('capture', payment, { amount: 2_501n });
      assert.equal(captured.state, 'declined', String(captured.code));
      await assertHappened(payment.reference, { captured: 0n });
      expectRefusals(stage);
    });

    it('it is let go', can('void'), true, async () => {
      const payment = await stage.pay('authorize');
      const released = await stage.follow('void', payment);
      assert.equal(released.state, 'approved', String(released.code));
      await assertHappened(payment.reference, { held: 0n, captured: 0n });
    });
  });

  describe('giving back', () => {
    const paid = async () => {
      if (can('sale')) return stage.pay('sale');
      const payment = await stage.pay('authorize');
      await stage.follow('capture', payment);
      return payment;
    };

    it('all of it', can('refund'), true, async () => {
      const payment = await paid();
      const refunded = await stage.follow('refund', payment);
      assert.equal(refunded.state, 'approved', String(refunded.code));
      await assertHappened(payment.reference, { refunded: 2_500n });
    });

    it('a part of it', told.refund?.partial === true, true, async () => {
      const payment = await paid();
      const refunded = await stage.follow('refund', payment, { amount: 300n });
      assert.equal(refunded.state, 'approved', String(refunded.code));
      await assertHappened(payment.reference, { refunded: 300n });
    });

    it('in parts, which are not each other', told.refund?.multiple === true, true, async () => {
      const payment = await paid();
      for (const [at, amount] of [500n, 500n, 1_500n].entries()) {
        const refunded = await stage.follow('refund', payment, { amount, ordinal: at + 1 });
        assert.equal(refunded.state, 'approved', String(refunded.code));
      }
      await assertHappened(payment.reference, { refunded: 2_500n });
    });

    it('what was captured', can('refund') && can('capture'), true, async () => {
      const payment = await stage.pay('authorize');
      const captured = await stage.follow('capture', payment);
      const refunded = await stage.follow('refund', captured);
      assert.equal(refunded.state, 'approved', String(refunded.code));
      await assertHappened(payment.reference, { refunded: 2_500n });
    });
  });
};
