// What a provider tells in other steps than the usual ones, and what it cannot mean.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Charge } from '#payments/charges';
import type { DisputeStatus, DisputeTold } from '#rails/connectors';
import { decideDispute, hearDispute, type PersonSays, stepDispute } from './conclude-dispute.ts';
import { withContested } from './contested.ts';
import type { Dispute } from './dispute.ts';
import { isInquiry } from './dispute-states.ts';
import { entryOf, freeOfCharge } from './postings.ts';

const AMOUNT = 5_000n;
const DISPUTE_ID = '019b0000-0000-7000-8000-0000000000ab';

const isTaken = (status: DisputeStatus): boolean =>
  status === 'needs_response' || status === 'under_review';

const known = (status: DisputeStatus, withdrawn = isTaken(status) ? AMOUNT : 0n) => {
  const counted = status === 'lost' ? AMOUNT : withdrawn;
  return {
    dispute: {
      status,
      currency: 'eur',
      amount: AMOUNT,
      withdrawn,
      counted,
      rounds: isInquiry(status) ? 0 : 1,
      needsReview: false,
      caseType: isInquiry(status) ? 'inquiry' : 'chargeback',
      bookings: [],
    } as unknown as Dispute,
    charge: {
      currency: 'eur',
      captured: AMOUNT,
      refunded: 0n,
      refunding: 0n,
      chargedBack: counted,
      chargedBackBeyond: 0n,
    } as Charge,
  };
};

const told = (status: DisputeStatus, moved: bigint, amount = AMOUNT) =>
  ({ status, moved, amount, currency: 'eur', respondByMs: null }) as unknown as DisputeTold;
const at = { fee: freeOfCharge, nowMs: 0 };

const hear = (from: DisputeStatus, status: DisputeStatus, moved: bigint, amount = AMOUNT) =>
  hearDispute(known(from), told(status, moved, amount), at);

const leftOut: readonly (readonly [DisputeStatus, DisputeStatus, bigint, string[]])[] = [
  ['needs_response', 'won', AMOUNT, ['closed', 'funds_reinstated']],
  ['warning_needs_response', 'under_review', -AMOUNT, ['updated', 'funds_withdrawn']],
  ['warning_under_review', 'lost', -AMOUNT, ['closed', 'funds_withdrawn']],
  ['won', 'lost', -AMOUNT, ['closed', 'funds_withdrawn']],
];

for (const [from, to, moved, kinds] of leftOut) {
  test(`From ${from} to ${to} a step was left out, and the money proves it`, () => {
    const decided = hear(from, to, moved);
    assert.deepEqual([decided?.dispute.status, decided?.dispute.needsReview], [to, false]);
    assert.deepEqual(
      decided?.kinds.map(({ type }) => type.replace('charge.dispute.', '')),
      kinds,
    );
    assert.equal(decided?.booked?.purpose, moved > 0n ? 'dispute_won' : 'dispute');
    assert.equal(decided?.lost, to === 'lost' ? AMOUNT : 0n);
    assert.equal(decided?.charge.chargedBack, to === 'won' ? 0n : AMOUNT);
  });
}

test('What no money proves, or another amount contradicts, is for a person, and moves nothing', () => {
  for (const decided of [
    hear('needs_response', 'won', 0n),
    hear('needs_response', 'won', -AMOUNT),
    hear('needs_response', 'won', AMOUNT - 1n),
    hear('needs_response', 'won', AMOUNT, AMOUNT + 1n),
    hear('warning_needs_response', 'won', AMOUNT),
    hear('lost', 'won', 0n),
    hear('lost', 'won', AMOUNT - 1n),
    hear('lost', 'needs_response', -AMOUNT),
    hear('prevented', 'lost', -AMOUNT),
    // The money is not where the word leaves it.
    hear('won', 'won', -AMOUNT),
    hear('under_review', 'won', 0n),
    hear('under_review', 'lost', AMOUNT),
    hear('needs_response', 'needs_response', AMOUNT),
    hear('warning_needs_response', 'warning_under_review', -AMOUNT),
    hearDispute(known('under_review', 0n), told('won', -AMOUNT), at),
  ]) {
    assert.equal(decided?.dispute.needsReview, true);
    assert.deepEqual([decided.kinds, decided.booked, decided.lost], [[], null, 0n]);
  }
});

test('What was for a person once is told as any other when it goes on as it should', () => {
  const { dispute, charge } = known('under_review');
  const odd = hearDispute({ dispute, charge }, told('won', 0n), at);
  assert.equal(odd?.dispute.status, 'under_review');
  const decided = hearDispute({ dispute: odd.dispute, charge }, told('won', AMOUNT), at);
  assert.deepEqual(
    [decided?.dispute.status, decided?.dispute.withdrawn, decided?.dispute.needsReview],
    ['won', 0n, true],
  );
  assert.deepEqual(
    decided?.kinds.map(({ type }) => type),
    ['charge.dispute.closed', 'charge.dispute.funds_reinstated'],
  );
});

test('Evidence is past due where it was submitted too late, and not where nobody answered', () => {
  const respondByMs = 1_000;
  const { dispute, charge } = known('needs_response');
  const open = { dispute: { ...dispute, respondByMs, submissions: 0, isLate: false }, charge };
  const submit = (nowMs: number) => stepDispute(open, 'submitted', { nowMs })?.dispute;
  assert.deepEqual([submit(1_000)?.isLate, submit(1_001)?.isLate], [false, true]);
  assert.equal(stepDispute(open, 'conceded', { nowMs: 2_000 })?.dispute.isLate, false);
});

test('What was lost and is given back after all is won: the provider owes it anew', () => {
  const decided = hear('lost', 'won', AMOUNT);
  assert.deepEqual(
    decided?.kinds.map(({ type }) => type),
    ['charge.dispute.closed', 'charge.dispute.funds_reinstated'],
  );
  const { dispute, charge, booked } = decided;
  assert.deepEqual([dispute.status, dispute.needsReview, dispute.counted], ['won', false, 0n]);
  assert.deepEqual([charge.chargedBack, booked?.wasLost, booked?.amount], [0n, true, 5_000]);
  assert.ok(booked !== null);
  assert.deepEqual(entryOf({ id: DISPUTE_ID, currency: 'eur' }, booked).postings, {
    provider_receivable: AMOUNT,
    merchant_available: -AMOUNT,
    fees_earned: 0n,
  });
});

const says = (from: DisputeStatus, said: PersonSays) => {
  const { dispute, charge } = known(from);
  return decideDispute({ dispute: { ...dispute, needsReview: true }, charge }, said, at, undefined);
};

const decisions: readonly (readonly [DisputeStatus, PersonSays, bigint, string | null])[] = [
  ['needs_response', 'won', AMOUNT, 'dispute_won'],
  ['under_review', 'won', AMOUNT, 'dispute_won'],
  ['under_review', 'lost', 0n, null],
  ['lost', 'won', AMOUNT, 'dispute_won'],
  ['won', 'lost', -AMOUNT, 'dispute'],
  ['warning_under_review', 'lost', -AMOUNT, 'dispute'],
  ['warning_under_review', 'warning_closed', 0n, null],
];

for (const [from, said, moved, purpose] of decisions) {
  test(`A person says that what is ${from} is ${said}, and the books follow`, () => {
    const decided = says(from, said);
    assert.deepEqual([decided?.dispute.status, decided?.dispute.needsReview], [said, false]);
    assert.equal(decided?.booked?.purpose ?? null, purpose);
    assert.equal(decided?.charge.chargedBack, said === 'lost' ? AMOUNT : 0n);
    assert.equal(decided?.dispute.withdrawn, 0n);

    // The bank tells the same later: it stands in the books already, once.
    const { dispute, charge } = decided;
    const confirmed = hearDispute({ dispute, charge }, told(said, moved), at);
    assert.equal(confirmed?.booked ?? null, null);
    assert.equal(confirmed?.dispute.needsReview ?? false, false);
    if (moved === 0n) return;
    // And what it tells after that moves money as ever.
    assert.ok(confirmed);
    const again = hearDispute({ dispute: confirmed.dispute, charge }, told(said, moved), at);
    assert.equal(again?.dispute.needsReview, true);
  });
}

test('A person says nothing that cannot have come', () => {
  for (const [from, said] of [
    ['won', 'won'],
    ['lost', 'lost'],
    ['warning_needs_response', 'won'],
    ['needs_response', 'warning_closed'],
    ['prevented', 'lost'],
    ['prevented', 'won'],
  ] as const) {
    assert.equal(says(from, said), null, `${from} to ${said}`);
  }
  const { dispute, charge } = known('under_review');
  const foreign = { dispute: { ...dispute, currency: 'usd' }, charge };
  assert.equal(decideDispute(foreign, 'won', at, undefined), null);
});

const rounds: readonly (readonly [
  string,
  DisputeStatus,
  bigint,
  PersonSays,
  readonly (readonly [DisputeStatus, bigint])[],
  bigint,
])[] = [
  [
    'What is contested again after it was won is taken again, also where a person had called it lost before',
    'needs_response',
    0n,
    'lost',
    [
      ['won', AMOUNT],
      ['needs_response', -AMOUNT],
      ['lost', 0n],
    ],
    AMOUNT,
  ],
  [
    'What is won in a second round comes back, also where a person had called the first one won',
    'under_review',
    AMOUNT,
    'won',
    [
      ['needs_response', -AMOUNT],
      ['won', AMOUNT],
    ],
    0n,
  ],
  [
    'A round that begins without its money is a new one as well',
    'under_review',
    AMOUNT,
    'won',
    [
      ['needs_response', 0n],
      ['needs_response', -AMOUNT],
      ['won', AMOUNT],
    ],
    0n,
  ],
];

for (const [name, from, withdrawn, said, words, counted] of rounds) {
  test(name, () => {
    const decided = decideDispute(known(from, withdrawn), said, at, undefined);
    assert.ok(decided?.booked);
    let { dispute, charge } = decided;
    for (const [status, moved] of words) {
      const heard = hearDispute({ dispute, charge }, told(status, moved), at);
      assert.ok(heard, `${status} is heard`);
      assert.equal(heard.booked === null, moved === 0n, `${status} moves ${moved}`);
      ({ dispute, charge } = heard);
    }
    assert.deepEqual(
      [dispute.counted, charge.chargedBack, dispute.needsReview, dispute.ahead],
      [counted, counted, false, undefined],
    );
  });
}

test('What a bank had told before a person booked it is not awaited again', () => {
  const decided = decideDispute(known('under_review'), 'won', at, told('won', AMOUNT));
  assert.deepEqual([decided?.booked?.amount, decided?.dispute.ahead], [5_000, undefined]);
});

for (const [name, withdrawn, lastTold, fee] of [
  ['Who takes back their own won pays no second fee', AMOUNT, told('needs_response', -AMOUNT), 0],
  ['What a bank had given back costs another fee', 0n, told('under_review', AMOUNT), 2_000],
] as const) {
  test(`${name} when a person calls lost what they had called won`, () => {
    const won = decideDispute(known('under_review', withdrawn), 'won', at, lastTold);
    assert.ok(won);
    const { dispute, charge } = won;
    const paid = { ...at, fee: { ...freeOfCharge, amount: 2_000n } };
    const lost = decideDispute({ dispute, charge }, 'lost', paid, lastTold);
    assert.deepEqual([lost?.dispute.status, lost?.booked?.fee], ['lost', fee]);
  });
}

test('A word without money does not end the wait for what a person said, and another currency is not it', () => {
  const decided = decideDispute(known('lost'), 'won', at, undefined);
  assert.ok(decided);
  const { dispute, charge } = decided;
  assert.equal(hearDispute({ dispute, charge }, told('won', 0n), at), null);
  const foreign = { ...told('won', AMOUNT), currency: 'usd' };
  assert.equal(hearDispute({ dispute, charge }, foreign, at)?.dispute.needsReview, true);
  assert.equal(hearDispute({ dispute, charge }, told('won', AMOUNT), at)?.booked, null);
});

test('Of what nobody wants a dispute keeps back what it may take yet, and nothing once it may take no more', () => {
  const of = (status: DisputeStatus, counted: bigint, contested?: Record<string, number>) => {
    const { dispute, charge } = known(status);
    const unwanted = { ...charge, isUnwanted: true, ...(contested && { contested }) };
    return withContested(unwanted, { ...dispute, id: DISPUTE_ID, counted }).contested;
  };
  const own = { [DISPUTE_ID]: Number(AMOUNT) };
  const other = { other: 300 };
  for (const status of ['needs_response', 'under_review', 'lost'] as const) {
    assert.deepEqual(of(status, 0n), own, status);
    assert.deepEqual(of(status, 0n, other), { ...other, ...own }, status);
    assert.deepEqual(of(status, AMOUNT, { ...other, ...own }), other, status);
    assert.deepEqual(of(status, AMOUNT, own), undefined, status);
  }
  for (const status of ['won', 'prevented', 'warning_needs_response', 'warning_closed'] as const) {
    assert.deepEqual(of(status, 0n), undefined, status);
    assert.deepEqual(of(status, 0n, own), undefined, status);
  }
  const { dispute, charge } = known('needs_response', 0n);
  assert.equal(withContested(charge, dispute), charge);
});
