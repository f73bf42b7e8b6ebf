// Walks at random through the whole API of payments, each held against a model of its own and, at its end, against
// the bank's journal. A walk is drawn from a seed, and goes the same way again but for what takes its time.

import assert from 'node:assert/strict';
import { actsAround, disturb, letTimeGoBy, repeat, restOrWork } from './walks/around.ts';
import { create } from './walks/create.ts';
import { careForCards } from './walks/saved.ts';
import { acts } from './walks/steps.ts';
import { openTown } from './walks/town.ts';
import { conclude, judgeTown } from './walks/verdict.ts';
import { type Payment, startWalk, type Walk } from './walks/walk.ts';

export type Asked = {
  readonly seed: number;
  readonly walks: number;
  readonly steps: number;
};

export type Walked = { readonly walks: number; readonly steps: number; readonly payments: number };

const ofPayments = { ...acts, ...actsAround };
const WEIGHT = Object.values(ofPayments).reduce((sum, [weight]) => sum + weight, 0);

const drawAct = ({ random }: Walk) => {
  let at = random.below(WEIGHT);
  for (const [name, [weight, act]] of Object.entries(ofPayments)) {
    at -= weight;
    if (at < 0) return { name, act };
  }
  throw new Error('Some act is drawn');
};

/** Those of late are more often on somebody's mind. */
const drawPayment = ({ random, payments }: Walk): Payment | undefined => {
  const from = random.chance(0.6) ? Math.max(0, payments.length - 4) : 0;
  return payments[from + random.below(payments.length - from)];
};

type Step = readonly [what: string, does: () => unknown];

const drawStep = (walk: Walk): Step => {
  const share = walk.random.next();
  if (share < 0.16) return ['create', () => create(walk)];
  if (share < 0.2) return ['time', () => letTimeGoBy(walk)];
  if (share < 0.23) return ['faults', () => disturb(walk)];
  if (share < 0.26) return ['repeat', () => repeat(walk)];
  if (share < 0.36) return ['cards', () => careForCards(walk)];
  if (share < (walk.isMortal ? 0.43 : 0.375)) return ['worker', () => restOrWork(walk)];
  const payment = drawPayment(walk);
  if (payment === undefined) return ['create', () => create(walk)];
  const { name, act } = drawAct(walk);
  return [name, () => act(walk, payment)];
};

/** A clock is moved by ten years at most, and a walk may take some months. */
const TOGETHER_MAX = 25;

export const open = async () => {
  let town = await openTown();
  let number = 0;
  /** Of the walks that went through this town. */
  let seeds: number[] = [];

  const judge = async (): Promise<void> => {
    try {
      await judgeTown({ town });
    } catch (error) {
      const told = error instanceof Error ? error.stack : String(error);
      assert.fail(`After the walks of seeds ${seeds.join(', ')}: ${told}`);
    }
  };

  const go = async ({ seed, walks, steps }: Asked): Promise<Walked> => {
    let payments = 0;
    for (let at = 0; at < walks; at += 1) {
      if (number > 0 && number % TOGETHER_MAX === 0) {
        await judge();
        town = await openTown();
        seeds = [];
      }
      number += 1;
      seeds.push(seed + at);
      const walk = await startWalk(town, { name: `w${number}`, seed: seed + at });
      try {
        await take(walk, steps);
      } catch (error) {
        // What is under way is not waited for as long as a bank that is not itself might take.
        town.disturb([]);
        throw error;
      }
      payments += walk.payments.length;
    }
    await judge();
    return { walks, steps: walks * steps, payments };
  };

  return { go };
};

const take = async (walk: Walk, steps: number): Promise<void> => {
  try {
    for (let taken = 1; taken <= steps; taken += 1) {
      const [what, does] = drawStep(walk);
      walk.at = `step ${taken} of ${steps}: ${what}`;
      await does();
    }
    walk.at = 'its end';
    await conclude(walk);
  } catch (error) {
    // What ended otherwise than by a disagreement says nothing of its walk.
    if (error instanceof Error && error.message.includes(walk.named)) throw error;
    walk.disagree(walk.last(), `It ended: ${error instanceof Error ? error.stack : String(error)}`);
  }
};

export type WalksSide = Awaited<ReturnType<typeof open>>;
