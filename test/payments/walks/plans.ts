// What a merchant may ask of one payment: drawn here, asked alone (`steps.ts`) or together with another (`at-once.ts`).

import { askingCards, badCards, type Card, goodCards, laterCards, toldBadCards } from './cards.ts';
import {
  cancels,
  captures,
  confirmed,
  type Doing,
  increments,
  type Outcome,
  type Story,
  type Trying,
  updatesAmount,
} from './model.ts';
import type { Payment, Person, Random, SavedCard, Walk } from './walk.ts';

export type Plan = {
  readonly what: 'confirm' | 'capture' | 'cancel' | 'increment' | 'update';
  readonly path: string;
  readonly data: object;
  /** What may come of it, asked as late as its answer. */
  readonly of: (story: Story) => readonly Outcome[];
  /** As what it is under way until then. Null: it is done in one. */
  readonly doing: (story: Story) => Doing | null;
  /** With which it would be tried, and whether that was kept before. */
  readonly card?: Card | null;
  readonly saved?: SavedCard | null;
};

export type DrawPlan = (walk: Walk, payment: Payment) => Plan;

/** Currencies without, with two and with three decimals, and what their amounts are multiples of. */
export const currencies = [
  { currency: 'eur', unit: 1 },
  { currency: 'eur', unit: 1 },
  { currency: 'usd', unit: 1 },
  { currency: 'jpy', unit: 1 },
  { currency: 'kwd', unit: 10 },
] as const;

export const unitOf = (currency: string): number =>
  currencies.find((each) => each.currency === currency)?.unit ?? 1;

export const amountUpTo = ({ below }: Random, currency: string, most: number): number => {
  const unit = unitOf(currency);
  return unit * (1 + below(Math.max(1, Math.floor(most / unit))));
};

const drawCard = ({ next, pick }: Random): Card => {
  const share = next();
  if (share < 0.55) return pick(goodCards);
  if (share < 0.77) return pick(laterCards);
  return share < 0.9 ? pick(badCards) : pick(askingCards);
};

/** A provider has test cards of its own. */
export const drawCardFor = ({ teller }: Payment['seller'], random: Random): Card =>
  teller === null ? drawCard(random) : random.pick(random.chance(0.8) ? goodCards : toldBadCards);

export const RETURN_URL = 'https://shop.test/back';

export const tryingOf = (
  { town }: Walk,
  { card, terms }: Pick<Payment, 'card' | 'terms'>,
): Trying => ({
  ending: card?.ending ?? { ends: 'paid' },
  terms,
  nowMs: town.nowMs(),
  isShaky: town.isDisturbed(),
});

const pathOf = ({ id }: Payment, action: string): string =>
  `/v1/payment_intents/${id}${action === '' ? '' : `/${action}`}`;

const nothing = (): null => null;

/** Of which it is known whose they are. */
export const knownOf = ({ cards }: Person): readonly SavedCard[] =>
  cards.filter(({ state }) => state === 'attached' || state === 'detached');

type Method = { readonly card: Card | null; readonly saved: SavedCard | null };

/** With another card, mostly, or with the one that it has. */
const drawMethod = (walk: Walk, payment: Payment, draw: typeof drawCardFor): Method | null => {
  const { random } = walk;
  if (!random.chance(0.7)) return null;
  const kept = payment.person === null ? [] : knownOf(payment.person);
  const saved = kept.length > 0 && random.chance(0.4) ? random.pick(kept) : null;
  return { card: saved?.card ?? draw(payment.seller, random), saved };
};

export const planConfirm = (walk: Walk, payment: Payment, draw = drawCardFor): Plan => {
  const given = drawMethod(walk, payment, draw);
  const givesMethod = given !== null;
  const { card, saved } = given ?? payment;
  const method = givesMethod ? { payment_method: saved?.id ?? card?.method } : {};
  const tried = { card, terms: payment.terms };
  return {
    what: 'confirm',
    path: pathOf(payment, 'confirm'),
    data: { ...method, return_url: RETURN_URL },
    of: (story) => {
      const usual = confirmed(story, { ...tryingOf(walk, tried), givesMethod });
      const isTried = usual.some(({ http }) => http !== 400);
      // What was given up pays for nothing any more.
      return isTried && saved?.state === 'detached' ? [{ http: 400, story }] : usual;
    },
    doing: ({ status }) =>
      ['requires_payment_method', 'requires_confirmation', 'requires_action'].includes(status)
        ? { what: 'payment', isCancelWanted: false, mayAsk: card?.ending.ends === 'asked' }
        : null,
    card,
    saved,
  };
};

export const planCapture: DrawPlan = (walk, payment) => {
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
  return {
    what: 'capture',
    path: pathOf(payment, 'capture'),
    data: {
      ...(amount === undefined ? {} : { amount_to_capture: amount }),
      ...(isFinal ? {} : { final_capture: false }),
    },
    of: (story) => captures(story, tryingOf(walk, payment), { amount, isFinal }),
    doing: (story) =>
      story.status === 'requires_capture'
        ? { what: 'capture', amount: amount ?? story.capturable, isFinal }
        : null,
  };
};

export const planCancel: DrawPlan = (walk, payment) => ({
  what: 'cancel',
  path: pathOf(payment, 'cancel'),
  data: walk.random.chance(0.5) ? { cancellation_reason: 'abandoned' } : {},
  of: (story) => cancels(story, tryingOf(walk, payment)),
  doing: ({ status }) => (status === 'requires_capture' ? { what: 'void' } : null),
});

export const planIncrement: DrawPlan = (walk, payment) => {
  const { random } = walk;
  const [{ amount } = { amount: 0 }] = walk.now(payment);
  const unit = unitOf(payment.currency);
  const total = random.chance(0.85) ? amount + unit * (1 + random.below(200)) : amount;
  const ending = { ends: 'paid' } as const;
  return {
    what: 'increment',
    path: pathOf(payment, 'increment_authorization'),
    data: { amount: total },
    of: (story) => increments(story, { ...tryingOf(walk, payment), ending }, total),
    doing: ({ status }) => (status === 'requires_capture' ? { what: 'increment', total } : null),
  };
};

export const planUpdate: DrawPlan = (walk, payment) => {
  const { random } = walk;
  const plan = { what: 'update', path: pathOf(payment, ''), doing: nothing } as const;
  if (random.chance(0.5)) {
    const data = { metadata: { note: `n${random.below(10)}` }, description: 'Lamps' };
    return { ...plan, data, of: (story) => [{ http: 200, story }] };
  }
  const amount = 1_000 + unitOf(payment.currency) * random.below(900);
  return { ...plan, data: { amount }, of: (story) => updatesAmount(story, amount) };
};
