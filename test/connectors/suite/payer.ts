// What a provider promises where the payer is asked, or sent away to pay.

import assert from 'node:assert/strict';
import { describe } from 'node:test';
import type { Operation } from '#rails/operations';
import { type AwayAct } from '../../../src/rails/connectors/for-tests-suite.ts';
import { expectRefusals, type Promised } from './promised.ts';

export const payerSuite = ({ stage, other, can, it, assertHappened }: Promised): void => {
  describe('an action of the payer', () => {
    const kind = can('authorize') ? 'authorize' : 'sale';
    const card = other.cards.actionRequired;
    const asks = card !== undefined;
    const given = card === undefined ? {} : { card };

    it('is asked for, and approves when it was done', asks, other.act !== undefined, async () => {
      const payment = await stage.pay(kind, given);
      assert.equal(payment.state, 'action_required');
      await assertHappened(payment.reference, { bookings: 0 });
      await other.act?.(payment.reference, 'agree');
      await stage.resolve(payment, ['approved']);
      await assertHappened(payment.reference, { bookings: 1 });
    });

    it(
      'is asked for, and declines when it was refused',
      asks,
      other.act !== undefined,
      async () => {
        const payment = await stage.pay(kind, given);
        await other.act?.(payment.reference, 'refuse');
        await stage.resolve(payment, ['declined']);
        await assertHappened(payment.reference, { bookings: 0, held: 0n, captured: 0n });
      },
    );
  });

  describe('a payer who is sent away', () => {
    const { away } = other;
    const goes = async (how: AwayAct): Promise<Operation> => {
      const payment = await stage.payAway();
      assert.equal(payment.state, 'action_required', String(payment.code));
      assert.match((await stage.actionOf(payment)) ?? '', /^https?:/);
      await assertHappened(payment.reference, { bookings: 0 });
      await away?.act(payment.reference, how);
      return payment;
    };
    const isThere = away !== undefined;

    for (const how of ['agree', 'wait_then_agree'] as const) {
      it(`has paid: ${how}`, isThere, true, async () => {
        const payment = await goes(how);
        await stage.resolve(payment, ['approved']);
        await assertHappened(payment.reference, { bookings: 1, captured: 2_500n });
        const refunded = await stage.follow('refund', payment, { amount: 500n });
        assert.equal(refunded.state, 'approved', String(refunded.code));
        await assertHappened(payment.reference, { refunded: 500n });
      });
    }

    for (const how of ['refuse', 'wait_then_refuse', 'stay_away'] as const) {
      it(`has not paid: ${how}`, isThere, true, async () => {
        const payment = await goes(how);
        await stage.resolve(payment, ['declined']);
        await assertHappened(payment.reference, { bookings: 0, captured: 0n });
      });
    }

    it('is asked about at once when they are back', isThere, true, async () => {
      const payment = await goes('agree');
      await stage.rails.askNow(stage.context, stage.scope, payment.id);
      assert.equal((await stage.look(payment)).state, 'approved');
    });

    it('gives up, and it is ended there', isThere, true, async () => {
      const payment = await stage.payAway();
      await stage.rails.abandon(stage.context, stage.scope, payment.id);
      const now = await stage.look(payment);
      assert.deepEqual([now.state, now.code], ['declined', 'canceled']);
      await assertHappened(payment.reference, { bookings: 0 });
    });

    it('gives up after having paid, and has paid', isThere, true, async () => {
      const payment = await goes('agree');
      await stage.rails.abandon(stage.context, stage.scope, payment.id);
      assert.equal((await stage.look(payment)).state, 'approved');
      expectRefusals(stage);
    });
  });
};
