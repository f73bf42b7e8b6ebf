import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { conclude } from './conclude.ts';
import type { Evidence, Outcome } from './evidence.ts';
import { evidenceKinds } from './evidence.ts';
import { evidenceOf, operationOf } from './for-tests.ts';
import { operationStates, type StateEvent, transitions } from './operation-states.ts';

const operation = operationOf({ state: 'sending', sends: 1 });
const ours = {
  amount: operation.amount,
  currency: operation.currency,
  reference: operation.reference,
};
const approved: Outcome = { outcome: 'approved', ...ours };
const declined: Outcome = { outcome: 'declined', code: 'insufficient_funds' };
const unknown: Outcome = { outcome: 'unknown', code: 'timeout' };
const notSent: Outcome = { outcome: 'not_sent', code: 'refused' };
const notFound = (horizonMs: number | null): Outcome => ({ outcome: 'not_found', horizonMs });
const reversed: Outcome = { outcome: 'reversed' };
const HORIZON = 300_000;

type Line = readonly [
  story: string,
  evidence: readonly (Partial<Evidence> & { says: Outcome })[],
  state: string,
  alerts?: readonly string[],
];

const answer = (says: Outcome, more: Partial<Evidence> = {}) => ({ says, send: 1, ...more });
const told = (kind: Evidence['kind'], says: Outcome, more: Partial<Evidence> = {}) => ({
  kind,
  says,
  send: null,
  ...more,
});
const late = (ms: number) => ({ atMs: operation.deadlineMs + ms });

const table: readonly Line[] = [
  ['nothing was heard: it stays as it is, whatever the hour', [], 'sending'],
  ['A1: the answer was lost', [answer(unknown)], 'unknown'],
  ['A2: half an answer', [answer({ outcome: 'unknown', code: 'half_answer' })], 'unknown'],
  ['A3: refused before any byte', [answer(notSent)], 'not_sent'],
  ['A4: reset after a byte', [answer({ outcome: 'unknown', code: 'reset' })], 'unknown'],
  [
    'A5: a page of 502 after booking',
    [answer({ outcome: 'unknown', code: 'http_502' })],
    'unknown',
  ],
  ['A5: and then found', [answer(unknown), told('look_up', approved)], 'approved'],
  [
    'A10: the answer to another request',
    [answer({ ...approved, reference: 'op_other' })],
    'unknown',
    ['reference_differs'],
  ],
  [
    'A10: a refusal of another request decides nothing either',
    [answer({ ...declined, reference: 'op_other' })],
    'unknown',
    ['reference_differs'],
  ],
  [
    'A11: another amount',
    [answer({ ...approved, amount: operation.amount + 1n })],
    'unknown',
    ['amount_differs'],
  ],
  [
    'A11: another currency, in a settlement line',
    [answer(unknown), told('settlement_line', { ...approved, currency: 'usd' })],
    'unknown',
    ['currency_differs'],
  ],
  [
    'A11: a wrong amount, and the right one by look-up: approved, and still seen by a person',
    [answer({ ...approved, amount: 1n }), told('look_up', approved)],
    'approved',
    ['amount_differs'],
  ],
  [
    'A14: not found, too early',
    [answer(unknown), told('look_up', notFound(HORIZON), late(HORIZON - 1))],
    'unknown',
  ],
  [
    'A14: not found after the horizon',
    [answer(unknown), told('look_up', notFound(HORIZON), late(HORIZON))],
    'declined',
  ],
  [
    'A14: not found, where no horizon is known',
    [answer(unknown), told('look_up', notFound(null), late(1e12))],
    'unknown',
  ],
  [
    'A14: not found, and then found after all',
    [
      answer(unknown),
      told('look_up', notFound(HORIZON), late(HORIZON)),
      told('webhook', approved, late(HORIZON + 1)),
    ],
    'approved',
    ['contradiction'],
  ],
  ['A15: a late success by webhook', [answer(unknown), told('webhook', approved)], 'approved'],
  [
    'A20: a word that nobody knows',
    [answer({ outcome: 'unknown', code: 'unmapped', unmapped: 'sparkling' })],
    'unknown',
    ['unmapped_status'],
  ],
  [
    'it was taken back, and by the books its payer has it twice, whatever is said again',
    [told('webhook', reversed), told('books', unknown), told('settlement_line', approved)],
    'reversed',
    ['may_be_paid_back_twice'],
  ],
  [
    'H2: a late approval after the reversal',
    [told('answer', reversed), answer(approved)],
    'reversed',
  ],
  [
    'I4: a line for what was declined',
    [answer(declined), told('settlement_line', approved)],
    'approved',
    ['contradiction'],
  ],
  [
    'a sign of life of what provably never left',
    [answer(notSent), told('webhook', { outcome: 'pending' })],
    'pending',
    ['contradiction'],
  ],
  [
    'a refusal is not softened by a look-up that failed',
    [answer(declined), told('look_up', unknown)],
    'declined',
  ],
  [
    'the later of two words of the same strength counts',
    [
      told('webhook', { outcome: 'pending' }, { atMs: 2_000 }),
      answer({ outcome: 'action_required', code: 'redirect' }, { atMs: 1_000 }),
    ],
    'pending',
  ],
];

describe('what is concluded', () => {
  for (const [story, evidence, state, alerts = []] of table) {
    test(story, () => {
      const conclusion = conclude(operation, evidence.map(evidenceOf));
      assert.equal(conclusion.state, state);
      assert.deepEqual(conclusion.alerts, alerts);
      assert.equal(conclusion.needsReview, alerts.length > 0);
      assert.equal(conclusion.amount, state === 'approved' ? operation.amount : null);
    });
  }

  test('of a call sent twice, only two proofs that it stayed here count as not sent', () => {
    const twice = { ...operation, sends: 2, state: 'unknown' } as const;
    const second = evidenceOf({ says: notSent, send: 2 });
    assert.equal(conclude(twice, [second]).state, 'unknown');
    assert.equal(conclude(twice, [evidenceOf(answer(unknown)), second]).state, 'unknown');
    assert.equal(conclude(twice, [evidenceOf(answer(notSent)), second]).state, 'not_sent');
  });

  test('a person settles what nobody else could, and quiets what they have seen', () => {
    const wrong = evidenceOf(answer({ ...approved, amount: 1n }));
    const word = evidenceOf(told('person', declined, { considered: [wrong.id] }));
    const before = conclude(operation, [wrong]);
    assert.deepEqual([before.state, before.needsReview], ['unknown', true]);
    const after = conclude(operation, [wrong, word]);
    assert.deepEqual([after.state, after.needsReview], ['declined', false]);
    // What comes later was not before them.
    const news = evidenceOf(told('settlement_line', approved));
    const later = conclude(operation, [wrong, word, news]);
    assert.deepEqual([later.state, later.alerts], ['approved', ['contradiction']]);
    // Their yes answers the no that they knew of, and their no no yes.
    const known = [wrong, word, news];
    const considered = known.map(({ id }) => id);
    const yes = conclude(operation, [
      ...known,
      evidenceOf(told('person', approved, { considered })),
    ]);
    assert.deepEqual([yes.state, yes.needsReview], ['approved', false]);
    const no = conclude(operation, [
      ...known,
      evidenceOf(told('person', declined, { considered })),
    ]);
    assert.deepEqual([no.state, no.needsReview], ['approved', true]);
  });

  test('what waits says for whom', () => {
    const missing = (says: Outcome) => conclude(operation, [evidenceOf(answer(says))]).missing;
    assert.equal(missing(unknown), 'evidence');
    assert.equal(missing({ outcome: 'pending' }), 'provider');
    assert.equal(missing({ outcome: 'action_required', code: 'redirect' }), 'payer');
    assert.equal(missing(approved), null);
    assert.equal(conclude({ ...operation, state: 'human' }, []).missing, 'person');
  });
});

const anyEcho = fc.record({
  amount: fc.constantFrom(operation.amount, operation.amount, 1n),
  currency: fc.constantFrom(operation.currency, operation.currency, 'usd'),
  reference: fc.constantFrom(operation.reference, operation.reference, 'op_other'),
});
const anyOutcome: fc.Arbitrary<Outcome> = fc.oneof(
  anyEcho.map((echo): Outcome => ({ outcome: 'approved', ...echo })),
  anyEcho.map((echo): Outcome => ({ outcome: 'declined', code: 'no', ...echo })),
  anyEcho.map((echo): Outcome => ({ outcome: 'action_required', code: 'otp', ...echo })),
  anyEcho.map((echo): Outcome => ({ outcome: 'pending', ...echo })),
  fc.constantFrom<Outcome[]>(unknown, notSent, reversed, notFound(null), notFound(HORIZON), {
    outcome: 'unknown',
    code: 'unmapped',
    unmapped: 'odd',
  }),
);
const anyEvidence = fc
  .record({
    kind: fc.constantFrom(...(Object.keys(evidenceKinds) as Evidence['kind'][])),
    says: anyOutcome,
    atMs: fc.integer({ min: 0, max: 2 * HORIZON }).map((ms) => operation.deadlineMs - 1_000 + ms),
    send: fc.constantFrom(1, 2, null),
  })
  .map(evidenceOf);
const anySet = fc.array(anyEvidence, { maxLength: 12 });
const anySends = fc.constantFrom(1, 2);
const runs = process.env['TOLLGATE_TEST_FULL'] === '1' ? 100_000 : 3_000;

describe('of whatever evidence', () => {
  const sendingTimes = (sends: number) => ({ ...operation, sends });

  test('neither its order nor its repetition matters', () => {
    fc.assert(
      fc.property(
        anySends,
        anySet.chain((set) =>
          fc.tuple(
            fc.constant(set),
            fc.shuffledSubarray(set, { minLength: set.length, maxLength: set.length }),
            fc.subarray(set),
          ),
        ),
        (sends, [set, shuffled, repeated]) => {
          const once = conclude(sendingTimes(sends), set);
          assert.deepEqual(conclude(sendingTimes(sends), [...repeated, ...shuffled]), once);
        },
      ),
      { numRuns: runs },
    );
  });

  test('one after the other leads where all at once leads', () => {
    fc.assert(
      fc.property(anySends, anySet, (sends, set) => {
        let state = operation.state;
        for (let heard = 1; heard <= set.length; heard += 1) {
          ({ state } = conclude({ ...sendingTimes(sends), state }, set.slice(0, heard)));
        }
        assert.equal(state, conclude(sendingTimes(sends), set).state);
      }),
      { numRuns: runs },
    );
  });

  test('an end is reached by evidence that says so, and fits', () => {
    const fits = ({ says }: Evidence, outcome: Outcome['outcome']): boolean =>
      says.outcome === outcome &&
      (!('reference' in says) ||
        (says.amount === ours.amount &&
          says.currency === ours.currency &&
          says.reference === ours.reference));
    fc.assert(
      fc.property(anySends, anySet, (sends, set) => {
        const { state, alerts, needsReview } = conclude(sendingTimes(sends), set);
        const has = (outcome: Outcome['outcome']) => set.some((each) => fits(each, outcome));
        if (state === 'approved') assert.ok(has('approved'));
        if (state === 'declined') assert.ok(has('declined') || has('not_found'));
        if (state === 'not_sent') {
          const proofs = set.filter(({ says }) => says.outcome === 'not_sent');
          const stayed = new Set(proofs.map(({ send }) => send));
          for (let send = 1; send <= sends; send += 1) assert.ok(stayed.has(send));
        }
        // N8: what the bank approved is never called failed.
        if (has('approved')) assert.ok(state === 'approved' || state === 'reversed');
        if (has('approved') && has('declined')) assert.ok(alerts.includes('contradiction'));
        assert.equal(needsReview, alerts.length > 0);
      }),
      { numRuns: runs },
    );
  });
});

describe('the table of states', () => {
  const states = Object.keys(operationStates) as (keyof typeof operationStates)[];
  const waysOf = (state: keyof typeof operationStates) =>
    Object.entries(transitions[state]) as [StateEvent, string][];

  test('leads from every state that is not finished to a known end', () => {
    const ends = new Set<string>(['approved', 'declined', 'reversed']);
    for (const state of states.filter((name) => name !== 'created' && !ends.has(name))) {
      const reached = waysOf(state).map(([, to]) => to);
      for (const end of ends) assert.ok(reached.includes(end), `${state} cannot end as ${end}`);
    }
  });

  test('leads back to nothing that was before sending, and from a yes only to its reversal', () => {
    for (const state of states) {
      for (const [, to] of waysOf(state)) assert.notEqual(to, 'created');
      if (state !== 'created') {
        for (const [, to] of waysOf(state)) assert.notEqual(to, 'sending');
      }
    }
    assert.deepEqual(transitions.approved, { approved: 'approved', reversed: 'reversed' });
    assert.deepEqual(transitions.reversed, { reversed: 'reversed' });
  });

  test('sends nothing again from a state in which something may be alive, but under its own key', () => {
    const sending = states.filter((state) => transitions[state].send !== undefined);
    assert.deepEqual(sending.sort(), ['created', 'human', 'unknown']);
  });
});
