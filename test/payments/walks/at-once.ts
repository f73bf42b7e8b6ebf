// Two requests for one payment in the same moment: their answers, and what comes of them, are those of one after the
// other, or of one while the other was under way.

import { badCards, type Card, goodCards, toldBadCards } from './cards.ts';
import { drifted } from './model.ts';
import { eitherOrder } from './model-at-once.ts';
import {
  type DrawPlan,
  type Plan,
  planCancel,
  planCapture,
  planConfirm,
  planIncrement,
  planUpdate,
} from './plans.ts';
import type { Act } from './steps.ts';
import type { Payment, Random } from './walk.ts';

/** Whose tries end at once, so that it is known with which of two it was paid. */
const plainCard = ({ teller }: Payment['seller'], { pick }: Random): Card =>
  pick([...goodCards, ...(teller === null ? badCards : toldBadCards)]);

const plans: readonly DrawPlan[] = [
  (walk, payment) => planConfirm(walk, payment, plainCard),
  planCapture,
  planCapture,
  planCancel,
  planIncrement,
  planUpdate,
];

export const bothAtOnce: Act = async (walk, payment) => {
  const { random, town } = walk;
  const drawn = [random.pick(plans)(walk, payment), random.pick(plans)(walk, payment)] as const;
  const before = walk.now(payment);
  const ask = ({ path, data }: Plan) => walk.post(payment.seller, path, data, payment);
  const answers = await Promise.all([ask(drawn[0]), ask(drawn[1])]);
  const left = eitherOrder(
    before,
    [
      { ...drawn[0], answer: answers[0] },
      { ...drawn[1], answer: answers[1] },
    ],
    (stories) => drifted(stories, payment.terms, town.nowMs()),
  );
  if (left.length === 0) {
    const told = answers.map(({ text }, at) => `${drawn[at]?.what}: ${text}`);
    walk.disagree(payment, `Nothing allows these two at once:\n${told.join('\n')}`);
  }
  payment.stories = left;
  const tried = [402, 200].flatMap((status) =>
    drawn.filter(({ card }, at) => card !== undefined && answers[at]?.status === status),
  );
  const { card = payment.card, saved = payment.saved } = tried.at(-1) ?? {};
  Object.assign(payment, { card, saved });
};
