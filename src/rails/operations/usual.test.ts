// How much is added by looking to what providers hear anyway: a bank that is back from an outage has its usual crowd before it.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { newUuid } from '#kit/ids';
import { testAccount } from '../../for-tests.ts';
import { manualClock } from '../../kit/context/for-tests.ts';
import { createOutgoing } from './call-out.ts';
import { charging, lost, newBook } from './for-tests-bank.ts';
import { MINUTE, noJournal, openResolverWorld, SECOND } from './for-tests-resolver.ts';
import { createGates, usualGates } from './gates.ts';
import { createTurns } from './turns.ts';
import { type Usual, usualAt } from './usual.ts';

const { context, clock, resolverOf, alone, send, sendFor } = await openResolverWorld('usual');
const unguarded = () =>
  createOutgoing({
    journal: noJournal,
    gates: createGates(context, { ...usualGates, failuresMax: 1e9 }),
  });

/** How many are begun in a minute, of accounts at which so much is usual. */
const inAMinute = (accounts: number, usual: Usual | null): number => {
  const ofTurns = manualClock();
  const turns = createTurns(ofTurns, { budget: { perSecond: 10, burst: 20 }, atOnce: 100 });
  let begun = 0;
  for (let passedMs = 0; passedMs < MINUTE; passedMs += 100) {
    for (;;) {
      const { atMost, butOf, isFirst } = turns.next([]);
      const account = Array.from({ length: accounts }, (_, n) => `account ${n}`).find(
        (each) => !butOf.includes(each),
      );
      const taken = account === undefined ? 0 : atMost;
      for (let n = 0; n < taken; n += 1) turns.begin(account as string)();
      if (taken > 0 && usual !== null) turns.usual(account as string, usual);
      begun += taken;
      if (atMost < 1) break;
      if (taken > 0) continue;
      turns.again();
      if (isFirst) break;
    }
    ofTurns.advance(100);
  }
  return begun;
};

for (const [what, accounts, usual, perSecond] of [
  ['a tenth of it is added at one account', 1, { perSecond: 60, workers: 1 }, 6],
  ['a tenth of it is added at many', 20, { perSecond: 20, workers: 1 }, 40],
  ['many at which little is have half of the most', 100, { perSecond: 0.6, workers: 1 }, 25],
  ['one account has its most at last', 1, { perSecond: 1_000, workers: 1 }, 10],
  ['all of them have five times that at last', 100, { perSecond: 1_000, workers: 1 }, 50],
  ['where little is half of the most is added', 1, { perSecond: 0.01, workers: 1 }, 5],
  ['nor is it more where nothing is known', 1, null, 5],
  ['workers share what is added', 20, { perSecond: 20, workers: 4 }, 10],
] as const) {
  test(`A17: ${what}`, () => {
    const begun = inAMinute(accounts, usual);
    const most = perSecond * 60 + 2 * Math.max(perSecond, 10);
    assert.ok(begun <= most && begun >= perSecond * 55, `${begun}, and not ${most}`);
  });
}

test('A17: however many workers there are, each has its turn', () => {
  const ofTurns = manualClock();
  const turns = createTurns(ofTurns, { budget: { perSecond: 10, burst: 20 }, atOnce: 100 });
  turns.usual('account', { perSecond: 0, workers: 1_000 });
  ofTurns.advance(10 * MINUTE);
  const { atMost } = turns.next([]);
  for (let n = 0; n < atMost; n += 1) turns.begin('account')();
  assert.equal(turns.next([]).atMost, 0);
  ofTurns.advance(10 * MINUTE);
  assert.equal(turns.next([]).atMost, atMost);
});

test('A17: what is usual is not forgotten where it could not be learned again once', () => {
  const ofTurns = manualClock();
  const turns = createTurns(ofTurns, { budget: { perSecond: 10, burst: 20 }, atOnce: 100 });
  const inTenSeconds = (): number => {
    let begun = 0;
    for (let passedMs = 0; passedMs < 10 * SECOND; passedMs += 100) {
      ofTurns.advance(100);
      const { atMost, butOf } = turns.next([]);
      const taken = butOf.includes('account') ? 0 : atMost;
      for (let n = 0; n < taken; n += 1) turns.begin('account')();
      turns.again();
      begun += taken;
    }
    return begun;
  };
  turns.usual('account', { perSecond: 1_000, workers: 1 });
  for (let passed = 0; passed < 120; passed += 10) assert.ok(inTenSeconds() >= 95, `${passed} s`);
  ofTurns.advance(MINUTE);
  inTenSeconds();
  assert.ok(inTenSeconds() <= 55, 'Nobody looked at it since');
});

test('What is usual is what was sent lately of that account, whatever became of it', async () => {
  const own = await testAccount(context);
  const account = newUuid(context);
  const at = (of: string) => usualAt(context, own, of);
  assert.deepEqual(await at(account), { perSecond: 0, workers: 0 });
  const over = unguarded();
  for (let n = 0; n < 40; n += 1) {
    const connectorAccountId = n % 4 === 0 ? newUuid(context) : account;
    await sendFor(
      own,
      charging(newBook(), () => lost),
      { connectorAccountId, over },
    );
    clock.advance(SECOND);
  }
  assert.equal((await at(account)).perSecond, 0.75);
  clock.advance(40 * SECOND);
  assert.equal((await at(account)).perSecond, 0.375);
});

test('What is usual is asked for once a minute, and soon again where it could not be read: as little as may be is done meanwhile', async () => {
  await alone();
  const connectorAccountId = newUuid(context);
  const over = unguarded();
  const port = charging(newBook(), () => lost);
  for (let n = 0; n < 8; n += 1) await send(port, { connectorAccountId, over });
  clock.advance(MINUTE);
  let asked = 0;
  const resolver = resolverOf([{ class: 'B', port: async () => lost }], {
    budget: { perSecond: 10, burst: 4 },
    usual: async () => {
      asked += 1;
      if (asked === 1) throw new Error('The database is away.');
      return { perSecond: 0, workers: 1 };
    },
  });
  assert.equal(await resolver.round(), 4);
  assert.equal(asked, 1);
  clock.advance(0.5 * SECOND);
  assert.equal(await resolver.round(), 0, 'At its most it would have a whole turn by now');
  clock.advance(0.5 * SECOND);
  assert.equal(await resolver.round(), 4);
  assert.equal(asked, 1);
  clock.advance(10 * SECOND);
  await resolver.round();
  assert.equal(asked, 2, 'Sooner than it is forgotten');
  clock.advance(MINUTE - 1);
  await resolver.round();
  assert.equal(asked, 2);
  clock.advance(MINUTE);
  await resolver.round();
  assert.equal(asked, 3);
});
