// A word that contradicts the one before it: for each call that follows an authorization, at each moment of its payment.
// What it makes of them is decided by pure functions, so every moment is one line.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Charge } from '#payments/charges';
import type { Operation } from '#rails/operations';
import { concludePayment } from './conclude-payment.ts';
import type { Known } from './ends.ts';
import { blankIntent, type PaymentIntent } from './payment-intent.ts';

const DAYS_MS = 7 * 24 * 60 * 60_000;
const nowMs = Date.UTC(2026, 10, 30);

const CHARGE_ID = '01a226a3-d705-7009-a87c-ca8b75902410';
const charge = {
  id: CHARGE_ID,
  attempt: 1,
  status: 'succeeded',
  kind: 'authorize',
  amount: 5000n,
  captured: 0n,
  capturing: 0n,
  refunded: 0n,
  refunding: 0n,
  chargedBack: 0n,
  chargedBackBeyond: 0n,
  captures: 1,
  isUnwanted: false,
  isCaptureOver: false,
  mayBeSplit: true,
  captureBeforeMs: nowMs + DAYS_MS,
  method: { id: 'pm_1', type: 'card' },
} as Charge;
const intent: PaymentIntent = {
  ...blankIntent('intent', { amount: 5000n, currency: 'eur', secret: 's' }),
  captureMethod: 'manual',
  status: 'requires_capture',
  capturable: 5000n,
  latestChargeId: CHARGE_ID,
  increments: 1,
  voids: 1,
};

type Moment = { readonly intent?: Partial<PaymentIntent>; readonly charge?: Partial<Charge> };
const doing = (what: PaymentIntent['doing'], more: Partial<Charge> = {}): Moment => ({
  intent: { status: 'processing', doing: what },
  charge: more,
});

const idle: Moment = {};
const inPart: Moment = {
  intent: { received: 2000n, capturable: 3000n },
  charge: { captured: 2000n, captures: 2 },
};
const refundedInPart: Moment = {
  ...inPart,
  charge: { ...inPart.charge, refunded: 500n, chargedBack: 1500n },
};
const raising = doing('increment');
const lettingGo = doing('void');
const takingPart: Moment = doing('capture', { captures: 2, capturing: 1000n });
const takingAll: Moment = doing('capture', { captures: 2, capturing: 5000n, isCaptureOver: true });
const takenByAnother: Moment = {
  intent: { status: 'succeeded', received: 5000n, capturable: 0n },
  charge: { captured: 5000n, captures: 2, isCaptureOver: true },
};
const canceled: Moment = {
  intent: { status: 'canceled', capturable: 0n },
  charge: { isCaptureOver: true },
};
const givenUp: Moment = {
  intent: { captureMethod: 'automatic', status: 'processing', doing: 'void', capturable: 0n },
  charge: { isUnwanted: true },
};
const heldToTake: Moment = {
  intent: { captureMethod: 'automatic', status: 'processing', doing: 'capture' },
  charge: { captures: 2 },
};

const hear = (
  kind: Operation['kind'],
  amount: bigint,
  moment: Moment,
  more: Partial<Known> & {
    readonly state?: Operation['state'];
    readonly ordinal?: number;
  } = {},
) => {
  const { state = 'approved', ordinal = 1, ...known } = more;
  const after = { kind, ordinal, attempt: 1, amount, state, code: null, reference: 'op_1' };
  return concludePayment({
    intent: { ...intent, ...moment.intent },
    charge: { ...charge, ...moment.charge },
    change: { before: after, after, conclusion: { state, code: null, told: null } },
    nowMs,
    isReroutable: false,
    isAwaited: false,
    late: { isLast: false, isPersons: false },
    shownMethod: () => null,
    ...known,
  } as unknown as Known);
};

/** What the payment says, what can be taken, what was, and what the books and the world hear of it. */
const told = (decided: ReturnType<typeof hear>) =>
  decided === null
    ? 'waits for a person'
    : [
        `${decided.intent.status}${decided.intent.doing === null ? '' : ` (${decided.intent.doing})`}`,
        `${decided.intent.received} of ${decided.intent.amount}, ${decided.intent.capturable} held`,
        `booked ${decided.moved.map(({ amount }) => amount).join(' and ') || 0}${decided.release ? ', goes back' : ''}`,
        decided.kinds.map(({ type }) => type).join(' '),
      ].join('; ');

const approved = (reference: string, amount: bigint): Operation =>
  ({ kind: 'capture', ordinal: 1, amount, reference }) as Operation;
const referencesOf = (decided: ReturnType<typeof hear>) =>
  decided?.moved.map(({ reference }) => reference);

/** What the tables refuse, and `verify` would find. */
const assertSound = (decided: ReturnType<typeof hear>): void => {
  if (decided === null) return;
  const { intent: i, charge: c } = decided;
  assert.ok(i.received + i.capturable <= i.amount, 'Not more than was asked');
  assert.ok(i.capturable === 0n || i.status === 'processing' || i.status === 'requires_capture');
  assert.ok(c.captured + c.capturing <= c.amount, 'Not more than was authorized');
  assert.equal(i.received, c.isUnwanted ? 0n : c.captured);
  if (i.status === 'requires_capture') {
    assert.equal(i.capturable, c.amount - c.captured);
    assert.equal(c.isCaptureOver, false, 'It can be captured');
  }
  if (i.status === 'canceled' || i.status === 'succeeded') {
    assert.ok(c.isUnwanted || c.isCaptureOver, 'Nothing is held any more');
  }
};

const paid = 'charge.captured payment_intent.succeeded';
const partly = 'charge.updated payment_intent.amount_capturable_updated';

describe('a yes to a capture that was said to have come to nothing', () => {
  const cases: readonly (readonly [string, Moment, bigint, string])[] = [
    ['of all that is held', idle, 5000n, `succeeded; 5000 of 5000, 0 held; booked 5000; ${paid}`],
    ['of a part', idle, 2000n, `requires_capture; 2000 of 5000, 3000 held; booked 2000; ${partly}`],
    ['beside a part', inPart, 3000n, `succeeded; 5000 of 5000, 0 held; booked 3000; ${paid}`],
    ['of more than is left', inPart, 4000n, 'waits for a person'],
    [
      'beside a part that was refunded and contested',
      refundedInPart,
      1000n,
      `requires_capture; 3000 of 5000, 2000 held; booked 1000; ${partly}`,
    ],
    [
      'while it is being raised',
      raising,
      5000n,
      'processing (increment); 5000 of 5000, 0 held; booked 5000; charge.updated',
    ],
    [
      'while it is being let go of',
      lettingGo,
      5000n,
      'processing (void); 5000 of 5000, 0 held; booked 5000; charge.updated',
    ],
    [
      'while another part is being taken',
      takingPart,
      3000n,
      'processing (capture); 3000 of 5000, 2000 held; booked 3000; charge.updated',
    ],
    ['while all is being taken once more', takingAll, 5000n, 'waits for a person'],
    ['after another took all', takenByAnother, 5000n, 'waits for a person'],
    [
      'after it was canceled',
      canceled,
      5000n,
      'canceled; 0 of 5000, 0 held; booked 5000, goes back; charge.captured',
    ],
    [
      'after it was given up',
      givenUp,
      5000n,
      'processing (void); 0 of 5000, 0 held; booked 5000, goes back; charge.captured',
    ],
    [
      'of a purchase that was to be taken once more',
      heldToTake,
      5000n,
      'succeeded; 5000 of 5000, 0 held; booked 5000; charge.succeeded payment_intent.succeeded',
    ],
  ];
  for (const [when, moment, amount, expected] of cases) {
    test(when, () => {
      const decided = hear('capture', amount, moment);
      assert.equal(told(decided), expected);
      assertSound(decided);
    });
  }

  test('that left a rest which was let go of is the payment', () => {
    const decided = hear('capture', 2000n, idle, { late: { isLast: true, isPersons: false } });
    assert.equal(told(decided), `succeeded; 2000 of 5000, 0 held; booked 2000; ${paid}`);
    assertSound(decided);
  });

  test('is counted once', () => {
    assert.equal(hear('capture', 1000n, inPart, { late: null }), null);
  });

  for (const [whose, moment, kinds] of [
    ['a merchant', takingAll, paid],
    [
      'a provider without a purchase',
      { intent: { ...heldToTake.intent }, charge: { ...takingAll.charge } },
      'charge.succeeded payment_intent.succeeded',
    ],
  ] as const) {
    test(`is booked once the second capture of ${whose} comes to nothing`, () => {
      const decided = hear('capture', 5000n, moment, {
        state: 'declined',
        ordinal: 2,
        beside: { operations: [approved('op_first', 5000n)], isLast: true },
      });
      assert.equal(told(decided), `succeeded; 5000 of 5000, 0 held; booked 5000; ${kinds}`);
      assert.deepEqual(referencesOf(decided), ['op_first']);
      assertSound(decided);
    });
  }

  for (const [isLast, expected] of [
    [false, `requires_capture; 4000 of 5000, 1000 held; booked 3000 and 1000; ${partly}`],
    [true, `succeeded; 4000 of 5000, 0 held; booked 3000 and 1000; ${paid}`],
  ] as const) {
    test(`is booked beside another such once what had their place comes to nothing, ${isLast ? 'and the rest stays let go of' : 'and the rest stays held'}`, () => {
      const operations = [approved('op_first', 3000n), approved('op_second', 1000n)];
      const decided = hear('capture', 5000n, takingAll, {
        state: 'declined',
        ordinal: 2,
        beside: { operations, isLast },
      });
      assert.equal(told(decided), expected);
      assert.deepEqual(referencesOf(decided), ['op_first', 'op_second']);
      assertSound(decided);
    });
  }
});

describe('a capture that is under way while a late yes to another lets go of the rest', () => {
  const letGoOf: Moment = {
    intent: { status: 'processing', doing: 'capture', received: 3000n, capturable: 0n },
    charge: { captures: 3, captured: 3000n, capturing: 1000n, isCaptureOver: true },
  };

  for (const state of ['declined', 'not_sent', 'reversed'] as const) {
    test(`ends the payment with what was taken when it is ${state}`, () => {
      const decided = hear('capture', 1000n, letGoOf, { state, ordinal: 3 });
      assert.equal(told(decided), `succeeded; 3000 of 5000, 0 held; booked 0; ${paid}`);
      assert.equal(decided?.charge.capturing, 0n);
      assertSound(decided);
    });
  }

  test('is paid too when it is approved', () => {
    const decided = hear('capture', 1000n, letGoOf, { ordinal: 3 });
    assert.equal(told(decided), `succeeded; 4000 of 5000, 0 held; booked 1000; ${paid}`);
    assertSound(decided);
  });

  test('is not the last that may be heard of', () => {
    const decided = hear('capture', 1000n, letGoOf, { ordinal: 2 });
    assert.equal(
      told(decided),
      'processing (capture); 4000 of 5000, 0 held; booked 1000; charge.updated',
    );
    assertSound(decided);
  });

  test('leaves its place to one that had no room before', () => {
    const decided = hear('capture', 1000n, letGoOf, {
      state: 'declined',
      ordinal: 3,
      beside: { operations: [approved('op_first', 2000n)], isLast: false },
    });
    assert.equal(told(decided), `succeeded; 5000 of 5000, 0 held; booked 2000; ${paid}`);
    assertSound(decided);
  });
});

describe('a yes to letting go that was said to have come to nothing', () => {
  const canceledNow = 'canceled; 0 of 5000, 0 held; booked 0; payment_intent.canceled';
  const cases: readonly (readonly [string, Moment, string])[] = [
    ['ends what is only held', idle, canceledNow],
    ['ends one whose next void is under way', lettingGo, canceledNow],
    [
      'ends with what was captured in part',
      inPart,
      `succeeded; 2000 of 5000, 0 held; booked 0; ${paid}`,
    ],
    [
      'waits for a capture that is under way',
      takingPart,
      'processing (capture); 0 of 5000, 5000 held; booked 0; ',
    ],
    [
      'waits for a raise that is under way',
      raising,
      'processing (increment); 0 of 5000, 5000 held; booked 0; ',
    ],
    ['changes nothing of what was captured', takenByAnother, 'waits for a person'],
    ['changes nothing of what was canceled', canceled, 'waits for a person'],
  ];
  for (const [what, moment, expected] of cases) {
    test(what, () => {
      const decided = hear('void', 5000n, moment);
      assert.equal(told(decided), expected);
      assertSound(decided);
    });
  }

  const released: Partial<Charge> = { isReleased: true };
  test('leaves nothing to a capture that comes to nothing afterwards', () => {
    const moment = doing('capture', { ...takingPart.charge, ...released });
    const decided = hear('capture', 1000n, moment, { state: 'declined', ordinal: 2 });
    assert.equal(told(decided), canceledNow);
    assertSound(decided);
  });

  test('leaves what a capture that is approved afterwards has taken', () => {
    const moment = doing('capture', { ...takingPart.charge, ...released });
    const decided = hear('capture', 1000n, moment, { ordinal: 2 });
    assert.equal(told(decided), `succeeded; 1000 of 5000, 0 held; booked 1000; ${paid}`);
    assertSound(decided);
  });

  for (const state of ['declined', 'approved'] as const) {
    test(`ends a payment once its raise is ${state}`, () => {
      const decided = hear('increment', 2000n, doing('increment', released), { state });
      assert.equal(decided?.intent.status, 'canceled');
      assertSound(decided);
    });
  }

  // As an earlier version left it: this void was sent although nothing was held any more.
  for (const state of ['approved', 'declined', 'not_sent'] as const) {
    test(`ends a payment whose later void is ${state}`, () => {
      const decided = hear('void', 5000n, doing('void', { isCaptureOver: true }), { state });
      assert.equal(told(decided), canceledNow);
      assertSound(decided);
    });
  }
});

describe('a no to letting go that is said once more', () => {
  // The next void is on its way, and may let go of everything: nothing else may begin meanwhile.
  for (const state of ['declined', 'not_sent'] as const) {
    test(`leaves the next void under way when it was ${state}`, () => {
      assert.equal(hear('void', 5000n, lettingGo, { state, isOutrun: true }), null);
    });

    test(`ends the trial that it is said of when it was ${state}`, () => {
      const decided = hear('void', 5000n, lettingGo, { state });
      assert.equal(told(decided), 'requires_capture; 0 of 5000, 5000 held; booked 0; ');
      assertSound(decided);
    });
  }
});

describe('a yes to a raise that was declined', () => {
  test('waits for a person, since the merchant was told that they must not take it', () => {
    assert.equal(told(hear('increment', 2000n, idle)), 'waits for a person');
  });

  for (const [when, moment] of [
    ['idle', idle],
    ['being let go of', lettingGo],
    ['being taken', takingPart],
  ] as const) {
    test(`is held when a person says so of one that is ${when}`, () => {
      const late = { isLast: false, isPersons: true };
      const decided = hear('increment', 2000n, moment, { late });
      assert.match(told(decided), /0 of 7000, 7000 held; booked 0/);
      assert.equal(decided?.charge.amount, 7000n);
      assertSound(decided);
    });
  }

  for (const moment of [takenByAnother, canceled]) {
    test(`changes nothing of one that is ${moment.intent?.status}`, () => {
      const late = { isLast: false, isPersons: true };
      assert.equal(hear('increment', 2000n, moment, { late }), null);
    });
  }
});

describe('a capture that began while something else took what was held', () => {
  test('and whose void is declined is paid', () => {
    const moment: Moment = {
      intent: { status: 'processing', doing: 'void', received: 5000n, capturable: 0n },
      charge: { captured: 5000n, isCaptureOver: true },
    };
    const decided = hear('void', 5000n, moment, { state: 'declined' });
    assert.equal(told(decided), `succeeded; 5000 of 5000, 0 held; booked 0; ${paid}`);
    assertSound(decided);
  });
});

describe('a no after a yes', () => {
  for (const kind of ['capture', 'void', 'increment'] as const) {
    for (const moment of [idle, inPart, takenByAnother, canceled]) {
      test(`changes nothing of a ${kind} of what is ${moment.intent?.status ?? 'held'}`, () => {
        // What is known stays approved: see `rails/operations`.
        for (const state of ['declined', 'not_sent', 'reversed'] as const) {
          if (kind === 'void' && state === 'reversed') continue;
          assert.equal(hear(kind, 1000n, moment, { state, late: null }), null);
        }
      });
    }
  }
});

describe('what is held and could not be taken', () => {
  const notSent = (code: string, captureBeforeMs: number, captures = 1) =>
    concludePayment({
      intent: { ...intent, ...heldToTake.intent },
      charge: { ...charge, captures, captureBeforeMs, capturing: 5000n },
      change: {
        after: { kind: 'capture', ordinal: captures, amount: 5000n },
        conclusion: { state: 'not_sent', code, told: null },
      },
      nowMs,
      isReroutable: false,
      isAwaited: false,
      shownMethod: () => null,
    } as unknown as Known);

  test('is taken less and less often, and once an hour at last', () => {
    const waits = [1, 2, 3, 7, 40].map(
      (captures) =>
        ((notSent('refused', nowMs + DAYS_MS, captures)?.intent.dueAtMs ?? 0) - nowMs) / 60_000,
    );
    assert.deepEqual(waits, [1, 2, 4, 60, 60]);
  });

  test('is looked at when its days are over, and then given up', () => {
    assert.equal(notSent('refused', nowMs + 1000)?.intent.dueAtMs, nowMs + 1000);
    const over = notSent('refused', nowMs);
    assert.deepEqual(
      [over?.intent.doing, over?.charge.isUnwanted, over?.release],
      ['void', true, true],
    );
  });

  test('is given up at once where its provider is there no more', () => {
    const gone = notSent('account_gone', nowMs + DAYS_MS);
    assert.deepEqual(
      [gone?.intent.doing, gone?.charge.isUnwanted, gone?.release],
      ['void', true, true],
    );
  });
});
