// Walks at random through the whole API of payments, each held against a model of its own and, at its end, against
// the bank's journal. A walk is drawn from a seed, and goes the same way again but for what takes its time.

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
  for (const [weight, act] of Object.values(ofPayments)) {
    at -= weight;
    if (at < 0) return act;
  }
  throw new Error('Some act is drawn');
};

/** Those of late are more often on somebody's mind. */
const drawPayment = ({ random, payments }: Walk): Payment | undefined => {
  const from = random.chance(0.6) ? Math.max(0, payments.length - 4) : 0;
  return payments[from + random.below(payments.length - from)];
};

const step = async (walk: Walk): Promise<void> => {
  const share = walk.random.next();
  if (share < 0.16) return create(walk);
  if (share < 0.2) return letTimeGoBy(walk);
  if (share < 0.23) return disturb(walk);
  if (share < 0.26) return repeat(walk);
  if (share < 0.36) return careForCards(walk);
  if (share < 0.375) return restOrWork(walk);
  const payment = drawPayment(walk);
  if (payment === undefined) return create(walk);
  await drawAct(walk)(walk, payment);
};

/** A clock is moved by ten years at most, and a walk may take some months. */
const TOGETHER_MAX = 25;

export const open = async () => {
  let town = await openTown();
  let number = 0;

  const go = async ({ seed, walks, steps }: Asked): Promise<Walked> => {
    let payments = 0;
    for (let at = 0; at < walks; at += 1) {
      if (number > 0 && number % TOGETHER_MAX === 0) {
        await judgeTown({ town });
        town = await openTown();
      }
      number += 1;
      const named = { name: `w${number}`, seed: seed + at };
      const walk = await startWalk(town, named);
      try {
        for (let taken = 0; taken < steps; taken += 1) await step(walk);
        await conclude(walk);
      } catch (error) {
        // What ended otherwise than by a disagreement says nothing of its walk.
        if (error instanceof Error && error.message.includes(`seed ${named.seed}`)) throw error;
        walk.disagree(
          walk.last(),
          `It ended: ${error instanceof Error ? error.stack : String(error)}`,
        );
      }
      payments += walk.payments.length;
    }
    await judgeTown({ town });
    return { walks, steps: walks * steps, payments };
  };

  return { go };
};

export type WalksSide = Awaited<ReturnType<typeof open>>;
