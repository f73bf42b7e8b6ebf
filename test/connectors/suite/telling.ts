// What a provider tells by itself: webhooks, and reports of what it settled.

import assert from 'node:assert/strict';
import { describe } from 'node:test';
import type { Promised } from './promised.ts';

export const tellingSuite = ({
  stage,
  other,
  definition,
  can,
  it,
  plays,
  assertHappened,
}: Promised): void => {
  describe('webhooks', () => {
    const { webhooks } = other;
    const has = webhooks !== undefined;
    const first = can('authorize') ? 'authorize' : 'sale';
    const lost = async () => {
      await other.play('lost_after', first);
      const payment = await stage.pay(first, { isHasty: true });
      assert.equal(payment.state, 'unknown');
      return payment;
    };
    const genuine = (reference: string, changes = {}) => {
      assert.ok(webhooks);
      return webhooks.genuine(reference, changes);
    };

    it(
      'tell what an answer did not, once, however often they come',
      has,
      plays('lost_after'),
      async () => {
        const payment = await lost();
        const before = await stage.stored();
        const webhook = await genuine(payment.reference);
        assert.deepEqual([await stage.receive(webhook), await stage.receive(webhook)], [200, 200]);
        assert.equal(await stage.stored(), before + 1);
        await stage.learn();
        const known = await stage.look(payment);
        assert.equal(known.state, 'approved');
        assert.equal(await stage.receive(webhook), 200);
        await stage.learn();
        assert.equal((await stage.look(payment)).version, known.version);
        await assertHappened(payment.reference, { bookings: 1 });
      },
    );

    it('that are forged are refused and leave nothing', has, true, async () => {
      const payment = await stage.pay(first);
      const before = await stage.stored();
      for (const { what, webhook } of (await webhooks?.forged(payment.reference)) ?? []) {
        assert.equal(await stage.receive(webhook), 400, what);
      }
      assert.equal(await stage.stored(), before);
    });

    it('that come before anybody knows what they speak of wait for it', has, true, async () => {
      const payment = await stage.pay(first);
      const webhook = await genuine(payment.reference, { reference: 'op_not_known_yet' });
      assert.equal(await stage.receive(webhook), 200);
      await stage.learn();
      const waiting = await stage.stored();
      assert.ok(waiting > 0);
      assert.equal((await stage.look(payment)).version, payment.version);
    });

    for (const [what, changes] of [
      ['another amount', { amount: 1n }],
      ['another currency', { currency: 'xaf' }],
    ] as const) {
      it(
        `that name ${what} decide nothing and are looked at`,
        has,
        plays('lost_after'),
        async () => {
          const payment = await lost();
          assert.equal(await stage.receive(await genuine(payment.reference, changes)), 200);
          await stage.learn();
          const known = await stage.look(payment);
          assert.equal(known.state, 'unknown');
          assert.ok(known.needsReview);
        },
      );
    }
  });

  describe('a settlement report', () => {
    const functions = stage.rails.parts.functions.get(definition.name);
    const reads = functions?.settlement !== undefined;

    it(
      'names what was paid by our reference, to the last unit',
      reads,
      other.settle !== undefined,
      async () => {
        const kind = can('sale') ? 'sale' : 'authorize';
        const payment = await stage.pay(kind);
        if (kind === 'authorize') await stage.follow('capture', payment);
        const rows = (await stage.report()) ?? [];
        const row = rows.find(({ reference }) => reference === payment.reference);
        assert.ok(row, 'The payment stands in it');
        assert.deepEqual([row.kind, row.gross, row.currency], ['payment', 2_500n, other.currency]);
        for (const { gross, fee, net } of rows) assert.equal(gross - fee, net);
        assert.equal(
          new Set(rows.map(({ key }) => key)).size,
          rows.length,
          'Every row has its key',
        );
      },
    );

    const polls = functions?.settlement?.poll !== undefined;
    it(
      'is asked for, and says what became of a payment whose answer was lost',
      polls,
      other.settle !== undefined && other.faults.includes('lost_after'),
      async () => {
        const kind = can('sale') ? 'sale' : 'authorize';
        await other.play('lost_after', kind);
        const lost = await stage.pay(kind, { isHasty: true });
        const paid = await stage.pay(kind);
        assert.equal(lost.state, 'unknown');
        await other.settle?.();

        const lines = (await stage.hearOfSettlements()) ?? [];
        assert.deepEqual(
          lines.filter(({ state }) => state === 'waiting' || state === 'fits_nothing'),
          [],
        );
        const known = await stage.look(lost);
        assert.deepEqual([known.state, known.needsReview], ['approved', false]);
        // Of what is known nothing is said again.
        assert.equal((await stage.look(paid)).version, paid.version);

        const again = (await stage.hearOfSettlements()) ?? [];
        assert.equal(again.length, lines.length);
        assert.deepEqual(await stage.look(lost), known);
      },
    );
  });
};
