// The common suite: every provider's folder, by what its definition declares. Each scenario ends with
// what the other side's own books say. What an other side cannot play waits as a todo.

import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import type { Connector, ConnectorOperation } from '#rails/connectors';
import type { Operation } from '#rails/operations';
import { discoverConnectors } from '#rails/psp';
import {
  type AwayAct,
  type FaultName,
  faults,
  type Happened,
  type OtherSideStarter,
} from '../../src/rails/connectors/for-tests-suite.ts';
import { otherSideOf, type Stage, stageOf } from './support.ts';

type Expected = Partial<Happened>;

const suiteFor = ({ definition }: Connector, stage: Stage): void => {
  const { other } = stage;
  const can = (operation: ConnectorOperation): boolean =>
    definition.operations[operation] !== undefined;
  const told = definition.operations;
  const it = (
    name: string,
    promised: boolean,
    playable: boolean,
    run: () => Promise<void>,
  ): void => {
    if (!promised) return;
    if (playable) test(name, run);
    else void test.todo(name);
  };
  const plays = (...names: FaultName[]): boolean =>
    names.every((name) => other.faults.includes(name));
  const assertHappened = async (reference: string, expected: Expected): Promise<void> => {
    const happened = await other.happened(reference);
    assert.deepEqual({ ...happened, ...expected }, happened);
  };
  after(() => other.close());

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

  test('at the end everything is concluded, and no card stands anywhere', () => stage.end());
};

/** Of what was refused on purpose nothing is held against the connector. */
const expectRefusals = ({ other }: Stage): void => {
  (other.refusals as string[] | undefined)?.splice(0);
};

const missing: OtherSideStarter | null = null;

for (const connector of await discoverConnectors()) {
  const { name } = connector.definition;
  const starter = await otherSideOf(name);
  if (starter === missing) {
    void test.todo(`${name} has no other side for the common suite`);
    continue;
  }
  const played = starter.connector ?? connector;
  const stage = await stageOf(played, starter);
  describe(`the provider ${name}:`, () => suiteFor(played, stage));
}
