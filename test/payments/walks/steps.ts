// What merchants do with their payments: each step draws what it asks for, asks, and holds the answer against
// the model.

import { setTimeout as pause } from 'node:timers/promises';
import { codeIn, submit, toTheBank, untilBack } from '../../three-ds/support.ts';
import { type Answer, failed, type Story, tried } from './model.ts';
import {
  amountUpTo,
  type DrawPlan,
  planCancel,
  planCapture,
  planConfirm,
  planIncrement,
  planUpdate,
  tryingOf,
  unitOf,
} from './plans.ts';
import type { Payment, Walk } from './walk.ts';

export type Act = (walk: Walk, payment: Payment) => Promise<void>;

const ask = async (draw: DrawPlan, walk: Walk, payment: Payment): Promise<Answer> => {
  const { path, data, of } = draw(walk, payment);
  const answer = await walk.post(payment.seller, path, data, payment);
  walk.settle(payment, answer, of);
  return answer;
};

const doing =
  (draw: DrawPlan): Act =>
  async (walk, payment) =>
    void (await ask(draw, walk, payment));

export const increment = doing(planIncrement);
const cancel = doing(planCancel);

/** Nobody knows what became of it, and its merchant does not want to know. */
export const regret = async (walk: Walk, payment: Payment, { body }: Answer): Promise<void> => {
  if (body?.status === 'processing' && walk.random.chance(0.4)) await cancel(walk, payment);
};

const confirm: Act = async (walk, payment) => {
  const { path, data, of, card = null, saved = null } = planConfirm(walk, payment);
  const before = walk.now(payment);
  const answer = await walk.post(payment.seller, path, data, payment);
  const isTried =
    before.some(({ status }) => status.startsWith('requires_')) && answer.status !== 400;
  walk.settle(payment, answer, of);
  if (isTried) Object.assign(payment, { card, saved });
  await regret(walk, payment, answer);
};

const capture: Act = async (walk, payment) => {
  const { status, body } = await ask(planCapture, walk, payment);
  const isPart = status === 200 && body.status === 'requires_capture';
  if (isPart && walk.random.chance(0.6)) await capture(walk, payment);
};

/** The holder answers their bank's question, or goes away from it. */
const answerBank: Act = async (walk, payment) => {
  const { body } = await walk.get(payment.seller, `/v1/payment_intents/${payment.id}`, payment);
  const url = body.next_action?.redirect_to_url?.url as string | undefined;
  await walk.look(payment);
  if (url === undefined || payment.stories[0]?.status !== 'requires_action') return;
  const isConfirmed = walk.random.chance(0.7);
  payment.history.push(`  its holder ${isConfirmed ? 'agrees' : 'does not agree'}`);
  const { port } = walk.town.gateway;
  const acs = `http://127.0.0.1:${walk.town.bank.ports.threeDs}/`;
  // What goes on then is done by a worker.
  await walk.town.work(true);
  const page = await submit(await toTheBank(url), url);
  // Ten minutes have passed, or another question has taken the place of this one.
  if (!page.html.includes('one-time code')) return;
  const given: Record<string, string> = isConfirmed
    ? { code: codeIn(page), do: 'confirm' }
    : { do: 'cancel' };
  const back = await submit(await submit(page, acs, given), acs);
  await untilBack(back, `http://127.0.0.1:${port}`);
  const trying = { ...tryingOf(walk, payment), ending: { ends: 'paid' } as const };
  const underWay = { what: 'payment', isCancelWanted: false, mayAsk: false } as const;
  const answered = payment.stories.flatMap((story) => [
    story,
    ...(isConfirmed
      ? [
          { ...story, status: 'processing' as const, doing: underWay },
          ...tried(story, trying).map((outcome) => outcome.story),
        ]
      : [failed(story)]),
    // What was given up while they were asked may pay, or not.
    ...(payment.saved?.state === 'detached' ? [failed(story)] : []),
  ]);
  for (let tries = 0; tries < 400; tries += 1) {
    payment.stories = answered;
    await walk.look(payment);
    if (payment.stories[0]?.status !== 'requires_action') return;
    await pause(25);
  }
  walk.disagree(payment, 'Nothing became of the answer of its holder');
};

/** What it still may give back, in each case that is possible. */
const restsOf = (payment: Payment, { received }: Story): readonly number[] => {
  let rests = [received];
  for (const { amount, status } of payment.refunds.values()) {
    if (status === 'failed') continue;
    const isBack = payment.card?.later === 'refund_fails' || payment.mayComeBack;
    const mayFail = status === 'pending' || isBack;
    rests = rests.flatMap((rest) => (mayFail ? [rest, rest - amount] : [rest - amount]));
  }
  return [...new Set(rests)];
};

/** Nobody wants it any more, and it was approved: its merchant may give it back, as it would by itself. */
const isGoingBack = ({ doing, status }: Story, http: number): boolean =>
  http === 200 && ((doing?.what === 'payment' && doing.isCancelWanted) || status === 'canceled');

const taking = new Set(['needs_response', 'under_review', 'lost']);

/** Of the disputes: whether one must be in the way of a refund, or may be. */
const contestedBy = (walk: Walk, payment: Payment): { must: boolean; may: boolean } => {
  const heard = [...payment.disputes.values()].map(({ status }) => status);
  const atBank = disputesAtBank(walk, payment).map(({ status }) => status as string);
  return {
    must:
      heard.includes('lost') ||
      (heard.length > 0 &&
        heard.every((status) => taking.has(status)) &&
        atBank.every((status) => taking.has(status))),
    may: [...heard, ...atBank].some(
      (status) => taking.has(status) || status === 'won' || status.startsWith('warning'),
    ),
  };
};

export const referencesOf = async (walk: Walk, payment: Payment): Promise<readonly string[]> => {
  const path = `/v1/payment_intents/${payment.id}/trace`;
  const { body } = await walk.get(payment.seller, path, payment);
  return (body.operations as { kind: string; reference: string }[])
    .filter(({ kind }) => kind === 'sale' || kind === 'authorize')
    .map(({ reference }) => reference);
};

export const disputesAtBank = (walk: Walk, payment: Payment) => {
  const references = new Set(payment.references);
  return [...walk.town.bank.journal().state().disputes.disputes.values()].filter(({ reference }) =>
    references.has(reference),
  );
};

const refund: Act = async (walk, payment) => {
  const { random, town } = walk;
  const { seller, currency, card } = payment;
  await walk.lookAtRefunds(payment);
  await walk.lookAtDisputes(payment);
  payment.references = await referencesOf(walk, payment);
  const stories = walk.now(payment);
  const most = Math.max(...stories.flatMap((story) => restsOf(payment, story)), 0);
  const share = random.next();
  const amount =
    share < 0.3
      ? undefined
      : share < 0.85
        ? amountUpTo(random, currency, most || 500)
        : most + unitOf(currency) * (1 + random.below(20));
  const { body: intent } = await walk.get(seller, `/v1/payment_intents/${payment.id}`, payment);
  const byCharge = intent.latest_charge !== null && random.chance(0.4);
  const answer = await walk.post(
    seller,
    '/v1/refunds',
    {
      ...(byCharge ? { charge: intent.latest_charge } : { payment_intent: payment.id }),
      ...(amount === undefined ? {} : { amount }),
    },
    payment,
  );
  const { status, body } = answer;
  const { must, may } = contestedBy(walk, payment);
  const code = body?.error?.code as string | undefined;
  const isAllowed = walk.now(payment).some((story) => {
    const isUnderWay = story.doing?.what === 'payment' || story.doing?.what === 'capture';
    if (status === 409 && code === 'payment_intent_outcome_unknown') return isUnderWay;
    if (code === 'lock_timeout') return walk.now(payment).length > 1;
    if (isGoingBack(story, status)) {
      const whole = { ...story, received: story.amount };
      return restsOf(payment, whole).some((rest) => body.amount === (amount ?? rest));
    }
    if (story.received === 0) return status === 400;
    return restsOf(payment, story).some((rest) => {
      if (code === 'charge_disputed') return status === 400 && may;
      if (must) return false;
      if (rest <= 0) return status === 400 && code === 'charge_already_refunded';
      if (amount !== undefined && amount > rest)
        return status === 400 && body.error.param === 'amount';
      return status === 200 && body.amount === (amount ?? rest);
    });
  });
  if (!isAllowed) walk.disagree(payment, `Nothing allows this refund: ${answer.text}`);
  if (status !== 200) return;
  payment.goesBack ||= walk.now(payment).every((story) => isGoingBack(story, status));
  const usual = card?.later === 'refund_pends' ? 'pending' : 'succeeded';
  const isStrange = body.status !== usual && !town.isDisturbed() && !may;
  if (isStrange && card?.later !== 'refund_fails') {
    walk.disagree(payment, `The refund is ${body.status}`);
  }
  payment.refunds.set(body.id, { amount: body.amount, status: body.status });
};

const cancelRefund: Act = async (walk, payment) => {
  const [id] = payment.refunds.keys();
  if (id === undefined) return;
  const { status } = await walk.post(payment.seller, `/v1/refunds/${id}/cancel`, {}, payment);
  if (status !== 400) walk.disagree(payment, `A refund to a card was canceled: ${status}`);
};

export const acts: Readonly<Record<string, readonly [weight: number, act: Act]>> = {
  confirm: [10, confirm],
  capture: [14, capture],
  cancel: [4, cancel],
  increment: [9, increment],
  update: [3, doing(planUpdate)],
  answerBank: [6, answerBank],
  refund: [12, refund],
  cancelRefund: [1, cancelRefund],
};
