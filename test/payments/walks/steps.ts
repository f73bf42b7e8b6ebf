// What merchants do with their payments: each step draws what it asks for, asks, and holds the answer against
// the model.

import { setTimeout as pause } from 'node:timers/promises';
import { codeIn, submit, toTheBank, untilBack } from '../../three-ds/support.ts';
import { askingCards, badCards, type Card, goodCards, laterCards } from './cards.ts';
import {
  type Answer,
  cancels,
  captures,
  confirmed,
  failed,
  increments,
  type Story,
  type Trying,
  tried,
  updatesAmount,
} from './model.ts';
import type { Payment, Random, Walk } from './walk.ts';

/** Currencies without, with two and with three decimals, and what their amounts are multiples of. */
const currencies = [
  { currency: 'eur', unit: 1 },
  { currency: 'eur', unit: 1 },
  { currency: 'usd', unit: 1 },
  { currency: 'jpy', unit: 1 },
  { currency: 'kwd', unit: 10 },
] as const;

const unitOf = (currency: string): number =>
  currencies.find((each) => each.currency === currency)?.unit ?? 1;

const amountUpTo = ({ below }: Random, currency: string, most: number): number => {
  const unit = unitOf(currency);
  return unit * (1 + below(Math.max(1, Math.floor(most / unit))));
};

const drawCard = ({ next, pick }: Random): Card => {
  const share = next();
  if (share < 0.55) return pick(goodCards);
  if (share < 0.77) return pick(laterCards);
  return share < 0.9 ? pick(badCards) : pick(askingCards);
};

const RETURN_URL = 'https://shop.test/back';

const blank: Omit<Story, 'amount'> = {
  status: 'requires_payment_method',
  capturable: 0,
  received: 0,
  doing: null,
  updates: 0,
  failures: 0,
  parts: 0,
  sinceMs: 0,
};

const tryingOf = ({ town }: Walk, { card, terms }: Payment): Trying => ({
  ending: card?.ending ?? { ends: 'paid' },
  terms,
  nowMs: town.nowMs(),
  isShaky: town.isDisturbed(),
});

export const create = async (walk: Walk): Promise<void> => {
  const { random } = walk;
  const { pick, chance, below } = random;
  const seller = pick(walk.sellers);
  const { currency, unit } = pick(currencies);
  const amount = 1_000 + unit * below(900);
  const isManual = chance(0.5);
  const terms = {
    isManual,
    mayBeSplit: isManual && chance(0.6),
    mayBeRaised: isManual && chance(0.6),
  };
  const confirms = chance(0.85);
  const card = confirms || chance(0.6) ? drawCard(random) : null;
  const options = {
    ...(terms.mayBeSplit ? { request_multicapture: 'if_available' } : {}),
    ...(terms.mayBeRaised ? { request_incremental_authorization: 'if_available' } : {}),
  };
  const isAway = confirms && chance(0.15);
  const data = {
    amount,
    currency,
    capture_method: isManual ? 'manual' : pick(['automatic', 'automatic_async']),
    metadata: { walk: walk.name },
    ...(card === null ? {} : { payment_method: card.method }),
    ...(Object.keys(options).length === 0 ? {} : { payment_method_options: { card: options } }),
    ...(confirms ? { confirm: true, return_url: RETURN_URL } : {}),
    ...(isAway ? { off_session: true } : {}),
  };
  const history: string[] = [];
  const made: Omit<Payment, 'id'> = {
    seller,
    currency,
    history,
    terms,
    card,
    stories: [{ ...blank, amount, status: card === null ? blank.status : 'requires_confirmation' }],
    refunds: new Map(),
    disputes: new Map(),
    charges: [],
    references: [],
  };
  const started: Payment = { ...made, id: '?' };
  const answer = await walk.post(seller, '/v1/payment_intents', data, started);
  const shown = answer.body?.error?.payment_intent ?? answer.body;
  const payment = { ...made, id: String(shown?.id) };
  walk.settle(payment, answer, (story) =>
    confirms ? tried(story, { ...tryingOf(walk, payment), isAway }) : [{ http: 200, story }],
  );
  walk.payments.push(payment);
  const isHeld = answer.body?.status === 'requires_capture';
  if (isHeld && terms.mayBeRaised && chance(0.4)) await increment(walk, payment);
  await regret(walk, payment, answer);
};

type Act = (walk: Walk, payment: Payment) => Promise<void>;

/** Nobody knows what became of it, and its merchant does not want to know. */
const regret = async (walk: Walk, payment: Payment, { body }: Answer): Promise<void> => {
  if (body?.status === 'processing' && walk.random.chance(0.4)) await cancel(walk, payment);
};

const confirm: Act = async (walk, payment) => {
  const { random } = walk;
  const givesMethod = random.chance(0.7);
  const card = givesMethod ? drawCard(random) : payment.card;
  const path = `/v1/payment_intents/${payment.id}/confirm`;
  const method = givesMethod && card !== null ? { payment_method: card.method } : {};
  const before = walk.now(payment);
  const answer = await walk.post(
    payment.seller,
    path,
    { ...method, return_url: RETURN_URL },
    payment,
  );
  const isTried =
    before.some(({ status }) => status.startsWith('requires_')) && answer.status !== 400;
  const trying = tryingOf(walk, { ...payment, card });
  walk.settle(payment, answer, (story) => confirmed(story, { ...trying, givesMethod }));
  if (isTried) payment.card = card;
  await regret(walk, payment, answer);
};

const capture: Act = async (walk, payment): Promise<void> => {
  const { random } = walk;
  const { capturable, amount: whole } = walk.now(payment)[0] as Story;
  const isFinal = random.chance(payment.terms.mayBeSplit ? 0.3 : 0.7);
  const share = random.next();
  const unit = unitOf(payment.currency);
  const amount =
    share < (payment.terms.mayBeSplit ? 0.15 : 0.35)
      ? undefined
      : share < 0.85
        ? amountUpTo(random, payment.currency, Math.ceil((capturable || whole) / (isFinal ? 1 : 2)))
        : (capturable || whole) + unit * (1 + random.below(50));
  const data = {
    ...(amount === undefined ? {} : { amount_to_capture: amount }),
    ...(isFinal ? {} : { final_capture: false }),
  };
  const path = `/v1/payment_intents/${payment.id}/capture`;
  const answer = await walk.post(payment.seller, path, data, payment);
  const trying = tryingOf(walk, payment);
  walk.settle(payment, answer, (story) => captures(story, trying, { amount, isFinal }));
  const isPart = answer.status === 200 && answer.body.status === 'requires_capture';
  if (isPart && random.chance(0.6)) await capture(walk, payment);
};

const cancel: Act = async (walk, payment) => {
  const path = `/v1/payment_intents/${payment.id}/cancel`;
  const data = walk.random.chance(0.5) ? { cancellation_reason: 'abandoned' } : {};
  const answer = await walk.post(payment.seller, path, data, payment);
  const trying = tryingOf(walk, payment);
  walk.settle(payment, answer, (story) => cancels(story, trying));
};

const increment: Act = async (walk, payment) => {
  const { random } = walk;
  const [{ amount } = { amount: 0 }] = walk.now(payment);
  const unit = unitOf(payment.currency);
  const total = random.chance(0.85) ? amount + unit * (1 + random.below(200)) : amount;
  const path = `/v1/payment_intents/${payment.id}/increment_authorization`;
  const answer = await walk.post(payment.seller, path, { amount: total }, payment);
  const trying = { ...tryingOf(walk, payment), ending: { ends: 'paid' } as const };
  walk.settle(payment, answer, (story) => increments(story, trying, total));
};

const update: Act = async (walk, payment) => {
  const { random } = walk;
  const path = `/v1/payment_intents/${payment.id}`;
  if (random.chance(0.5)) {
    const data = { metadata: { note: `n${random.below(10)}` }, description: 'Lamps' };
    const answer = await walk.post(payment.seller, path, data, payment);
    return walk.settle(payment, answer, (story) => [{ http: 200, story }]);
  }
  const amount = 1_000 + unitOf(payment.currency) * random.below(900);
  const answer = await walk.post(payment.seller, path, { amount }, payment);
  walk.settle(payment, answer, (story) => updatesAmount(story, amount));
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
  ]);
  for (let tries = 0; tries < 200; tries += 1) {
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
    const mayFail = status === 'pending' || payment.card?.later === 'refund_fails';
    rests = rests.flatMap((rest) => (mayFail ? [rest, rest - amount] : [rest - amount]));
  }
  return [...new Set(rests)];
};

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
  update: [3, update],
  answerBank: [6, answerBank],
  refund: [12, refund],
  cancelRefund: [1, cancelRefund],
};
