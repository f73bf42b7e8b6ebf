import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { judge } from './judge.ts';
import { inVain, ladderFor, type Step, TEST_FACTOR } from './ladder.ts';
import { readRules } from './set-rules.ts';
import type { Tallies, Tally } from './tries.store.ts';

const none: Tally = { bad: 0, good: 0, cards: 0, collected: 0 };
const nobody: Tallies = {
  network: none,
  device: none,
  bin: none,
  account: none,
  card: 0,
  isKnown: false,
};
const live = ladderFor(true, {});

const cases: readonly (readonly [what: string, tallies: Partial<Tallies>, step: Step])[] = [
  ['who comes for the first time', {}, 'none'],
  ['two refusals', { network: { ...none, bad: 2, cards: 2 } }, 'none'],
  ['three refusals', { network: { ...none, bad: 3, cards: 1 } }, 'slow'],
  ['a device with four', { device: { ...none, bad: 4, cards: 1 } }, 'proof'],
  ['six cards of one address', { network: { ...none, bad: 6, cards: 6 } }, 'three_ds'],
  ['fifteen refusals of one address', { network: { ...none, bad: 15, cards: 2 } }, 'block'],
  ['an office where most succeed', { network: { ...none, bad: 30, good: 40, cards: 25 } }, 'none'],
  ['a card that is refused everywhere', { card: 12 }, 'block'],
  ['an account under attack', { account: { ...none, bad: 300 } }, 'three_ds'],
  ['first digits under attack', { bin: { ...none, bad: 300 } }, 'three_ds'],
  ['a known device meanwhile', { account: { ...none, bad: 300 }, isKnown: true }, 'none'],
  [
    'a known device that tries by itself',
    { device: { ...none, bad: 9 }, isKnown: true },
    'three_ds',
  ],
];

describe('the ladder', () => {
  for (const [what, tallies, step] of cases) {
    test(`${what}: ${step}`, () => {
      assert.equal(judge({ ...nobody, ...tallies }, live).step, step);
    });
  }

  test('names the signals that asked for the step, with their counts', () => {
    const { reasons } = judge({ ...nobody, network: { ...none, bad: 8, cards: 1 }, card: 3 }, live);
    assert.deepEqual(reasons, ['network_in_vain 8']);
  });

  test('is as high in test mode as people need who try refusals on purpose', () => {
    const tallies = { ...nobody, network: { ...none, bad: 15 * TEST_FACTOR - 1 } };
    assert.notEqual(judge(tallies, ladderFor(false, {})).step, 'block');
    assert.equal(judge({ ...nobody, card: 3 }, ladderFor(false, {})).step, 'none');
  });

  test('counts what went well twice', () => {
    assert.equal(inVain({ bad: 5, good: 2 }), 1);
    assert.equal(inVain({ bad: 1, good: 9 }), 0);
  });
});

test('an account says its own steps, and is told what is wrong with them', () => {
  const rungs = { slow: 1, proof: 2, three_ds: null, block: 2 };
  const read = readRules({ ladder: { card_in_vain: rungs } });
  assert.ok(read.ok);
  assert.equal(judge({ ...nobody, card: 2 }, ladderFor(true, read.own.ladder ?? {})).step, 'block');
  for (const [given, problem] of [
    [[], /one JSON object/],
    [{ enable: true }, /'enable' is no setting/],
    [{ enabled: 'yes' }, /true or false/],
    [{ ladder: { cards: rungs } }, /'cards' is no signal/],
    [{ ladder: { card_in_vain: { ...rungs, block: 1 } } }, /not smaller than the one before/],
    [{ ladder: { card_in_vain: { ...rungs, slow: 0 } } }, /whole number/],
    [{ ladder: { card_in_vain: { slow: 1 } } }, /needs slow, proof/],
  ] as const) {
    const answer = readRules(given);
    assert.match(answer.ok ? '' : answer.problem, problem);
  }
});
