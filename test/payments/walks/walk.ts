// A walk: what one or two merchants do with their payments, drawn from a seed. It keeps what the model says of each
// payment, and stops at the first answer that the model does not allow, with the payment's history.

import assert from 'node:assert/strict';
import { formOf } from '../../support/ask.ts';
import type { Card } from './cards.ts';
import {
  type Answer,
  drifted,
  matching,
  mayBecome,
  type Outcome,
  type RefundStatus,
  refundMay,
  type Story,
  shows,
  type Terms,
  unique,
} from './model.ts';
import type { SetupStatus } from './model-saved.ts';
import type { Seller, Town } from './town.ts';

export type Refund = {
  readonly amount: number;
  status: RefundStatus;
};
export type Dispute = { readonly amount: number; status: string };

/** A customer, and the cards that are theirs or were. */
export type Person = {
  readonly id: string;
  readonly seller: Seller;
  isDeleted: boolean;
  readonly cards: SavedCard[];
  /** By which cards were set up for them, or not. */
  readonly setups: string[];
};

export type SavedCard = {
  readonly id: string;
  readonly card: Card;
  /** Unsure: it is kept if what is under way with it ends well. */
  state: 'attached' | 'detached' | 'unsure' | 'unattached';
  /** With which it is kept. */
  readonly by?: Payment;
};

export type Setup = {
  readonly id: string;
  readonly person: Person;
  readonly saved: SavedCard;
  status: SetupStatus;
};

export type Payment = {
  readonly id: string;
  readonly seller: Seller;
  /** Under which it was registered, and who pays. */
  readonly order: string | null;
  readonly person: Person | null;
  /** With whatever it is paid is theirs from then on. */
  readonly keeps: boolean;
  readonly currency: string;
  readonly history: string[];
  terms: Terms;
  /** With which it was tried last, or will be. */
  card: Card | null;
  /** The same, where it was kept before. */
  saved: SavedCard | null;
  stories: readonly Story[];
  readonly refunds: Map<string, Refund>;
  readonly disputes: Map<string, Dispute>;
  /** A refund of it that succeeded may have failed since, without a word of its card. */
  mayComeBack: boolean;
  /** It was approved when nobody wanted it any more: all of it goes back, whoever asks for that. */
  goesBack: boolean;
  /** All that were tried, as far as they were seen. */
  charges: readonly string[];
  /** By which its bank knows the tries to pay it. */
  references: readonly string[];
};

export type Sent = {
  readonly seller: Seller;
  readonly path: string;
  readonly form: string;
  readonly key: string;
  readonly answer: Answer;
  readonly atMs: number;
  readonly payment: Payment | null;
};

export type Walk = {
  readonly town: Town;
  readonly name: string;
  /** As a failure names it. */
  readonly named: string;
  readonly sellers: readonly Seller[];
  readonly payments: Payment[];
  readonly people: Person[];
  readonly setups: Setup[];
  readonly sent: Sent[];
  readonly random: Random;
  /** Its workers are killed now and then. */
  readonly isMortal: boolean;
  post(seller: Seller, path: string, data: object, about: Payment | null): Promise<Answer>;
  get(seller: Seller, path: string, about: Payment | null): Promise<Answer>;
  /** The answer is one of those that the model allows for a story of this payment. */
  settle(payment: Payment, answer: Answer, of: (story: Story) => readonly Outcome[]): void;
  /** What it may be now. */
  now(payment: Payment): readonly Story[];
  look(payment: Payment): Promise<void>;
  lookAtRefunds(payment: Payment): Promise<void>;
  lookAtDisputes(payment: Payment): Promise<void>;
  disagree(payment: Payment | null, says: string): never;
  /** Of which something was asked last. */
  last(): Payment | null;
  /** How far it is, said there as well. */
  at: string;
};

export type Random = {
  readonly next: () => number;
  below(limit: number): number;
  pick<T>(of: readonly T[]): T;
  chance(share: number): boolean;
};

/** mulberry32: small, and the same wherever it runs. */
export const randomOf = (seed: number): Random => {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const below = (limit: number): number => Math.floor(next() * limit);
  return {
    next,
    below,
    pick: (of) => of[below(of.length)] as (typeof of)[number],
    chance: (share) => next() < share,
  };
};

const briefly = ({ status, body }: Answer): string => {
  const error = body?.error;
  const shown = error?.payment_intent ?? body;
  const amounts = ['status', 'amount', 'amount_capturable', 'amount_received', 'amount_refunded'];
  const told = amounts
    .filter((name) => shown?.[name] !== undefined)
    .map((name) => `${name}=${shown[name]}`);
  const code = error === undefined ? [] : [error.code ?? '-', error.decline_code, error.message];
  return [status, ...code, shown?.id, ...told].filter((part) => part !== undefined).join(' ');
};

/** What was given back when another refund was made: one that has failed may have failed before, or after that. */
const restsBeside = (refunds: Payment['refunds']): readonly number[] =>
  [...refunds.values()].reduce<readonly number[]>(
    (sums, { amount, status }) => {
      const counted = sums.map((sum) => sum + amount);
      return [...new Set(status === 'failed' ? [...sums, ...counted] : counted)];
    },
    [0],
  );

export const startWalk = async (
  town: Town,
  { name, seed }: { readonly name: string; readonly seed: number },
): Promise<Walk> => {
  const sellers: Seller[] = [];
  // Two at the bank, or one there and one at a provider that tells.
  for (const isTold of [false, seed % 2 === 0]) sellers.push(await town.openShop({ isTold }));
  const payments: Payment[] = [];
  const sent: Sent[] = [];
  const random = randomOf(seed);
  const began = town.nowMs();
  let asked = 0;
  let last: Payment | null = null;
  const named = `walk ${name}, seed ${seed}`;
  const where = { at: 'its beginning' };

  const moment = (): string => {
    const minutes = Math.round((town.nowMs() - began) / 60_000);
    return `${Math.floor(minutes / 1_440)}d${minutes % 1_440}m${town.isDisturbed() ? ' shaky' : ''}`;
  };

  const disagree: Walk['disagree'] = (payment, says) =>
    assert.fail(
      [
        `${says} (${named}, ${where.at})`,
        ...(payment === null ? [] : [`History of ${payment.id} of ${payment.seller.account}:`]),
        ...(payment?.history ?? []),
        ...(payment?.stories.map((story) => `possible: ${JSON.stringify(story)}`) ?? []),
      ].join('\n'),
    );

  const note = (about: Payment | null, line: string): void => {
    about?.history.push(`  [${asked} ${moment()}] ${line}`);
  };

  const get: Walk['get'] = async (seller, path, about) => {
    asked += 1;
    last = about;
    const answer = await town.gateway.ask('GET', path, { key: seller.key });
    if (answer.status >= 500) disagree(about, `GET ${path}: ${answer.text}`);
    return answer;
  };

  const post: Walk['post'] = async (seller, path, data, about) => {
    asked += 1;
    last = about;
    const form = formOf(data as Record<string, unknown>);
    const key = `${name}-${asked}`;
    const send = (): Promise<Answer> =>
      town.gateway.ask('POST', path, { key: seller.key, form, idempotencyKey: key });
    const answer = random.chance(0.05) ? await twice(about, path, send) : await send();
    note(about, `POST ${path} ${decodeURIComponent(form)} -> ${briefly(answer)}`);
    if (answer.status >= 500) disagree(about, `POST ${path} ${form}: ${answer.text}`);
    sent.push({ seller, path, form, key, answer, atMs: town.nowMs(), payment: about });
    return answer;
  };

  /** At the same time, under one key: one of them does it, and the other is told the same or to come again. */
  const twice = async (
    about: Payment | null,
    path: string,
    send: () => Promise<Answer>,
  ): Promise<Answer> => {
    const [one, other] = await Promise.all([send(), send()]);
    const isInUse = ({ body }: Answer): boolean => body?.error?.code === 'idempotency_key_in_use';
    const answer = isInUse(one) ? other : one;
    const isSame = one.status === other.status && one.text === other.text;
    note(about, `twice at once: ${briefly(one)} | ${briefly(other)}`);
    if (isInUse(answer) || (!isSame && !isInUse(one) && !isInUse(other))) {
      disagree(about, `POST ${path} twice at once:\n${one.text}\n${other.text}`);
    }
    return answer;
  };

  const now: Walk['now'] = ({ stories, terms }) => drifted(stories, terms, town.nowMs());

  const settle: Walk['settle'] = (payment, answer, of) => {
    const before = now(payment);
    // Something else of it may be under way by itself for a moment.
    const isLocked = answer.body?.error?.code === 'lock_timeout' && before.length > 1;
    const left = isLocked ? before : before.flatMap((story) => matching(answer, of(story)));
    if (left.length === 0) disagree(payment, `Nothing allows ${answer.text}`);
    payment.stories = unique(left);
  };

  const look: Walk['look'] = async (payment) => {
    const { body } = await get(payment.seller, `/v1/payment_intents/${payment.id}`, payment);
    const left = now(payment).filter((story) => shows(body, story));
    note(
      payment,
      `is ${body.status} ${body.amount}/${body.amount_capturable}/${body.amount_received}`,
    );
    if (left.length === 0) disagree(payment, `It is shown as ${JSON.stringify(body)}`);
    payment.stories = left;
  };

  const lookAtRefunds: Walk['lookAtRefunds'] = async (payment) => {
    const { seller, refunds, id, card } = payment;
    const path = `/v1/refunds?payment_intent=${id}&limit=100`;
    const { body } = await get(seller, path, payment);
    const seen = body.data as { id: string; status: RefundStatus; amount: number }[];
    const isUnwanted = now(payment).some(
      ({ status, doing }) =>
        status === 'canceled' || (doing?.what === 'payment' && doing.isCancelWanted),
    );
    // First those that are known, then the oldest: what is given back by itself and does not arrive is given back anew.
    const inTurn = seen
      .toReversed()
      .toSorted((a, b) => Number(refunds.has(b.id)) - Number(refunds.has(a.id)));
    for (const { id: refund, status, amount } of inTurn) {
      const isRest = restsBeside(refunds).some(
        (given) => amount + given === payment.stories[0]?.amount,
      );
      if (!refunds.has(refund) && isUnwanted && isRest) {
        refunds.set(refund, { amount, status });
        payment.goesBack = true;
        note(payment, `is given back by itself: ${refund} of ${amount}, ${status}`);
      }
      const known =
        refunds.get(refund) ??
        disagree(payment, `Nobody asked for ${refund} of ${amount}, ${status}`);
      const isBack = card?.later === 'refund_fails' || payment.mayComeBack;
      const mayFail = isBack || payment.disputes.size > 0;
      const may = [...refundMay[known.status], ...(mayFail ? ['failed'] : [])];
      if (!may.includes(status) || amount !== known.amount) {
        disagree(payment, `${refund} of ${known.amount}, ${known.status}, is ${amount}, ${status}`);
      }
      known.status = status;
    }
    if (seen.length !== refunds.size) disagree(payment, `There are ${seen.length} refunds`);
  };

  const lookAtDisputes: Walk['lookAtDisputes'] = async (payment) => {
    const { seller, disputes, id } = payment;
    const { body } = await get(seller, `/v1/disputes?payment_intent=${id}&limit=100`, payment);
    for (const seen of body.data as { id: string; status: string; amount: number }[]) {
      const known = disputes.get(seen.id);
      if (known === undefined) {
        disputes.set(seen.id, { amount: seen.amount, status: seen.status });
        note(payment, `is contested: ${seen.id} over ${seen.amount}, ${seen.status}`);
        continue;
      }
      if (known.status !== seen.status) note(payment, `${seen.id} is ${seen.status}`);
      if (!mayBecome(known.status, seen.status) || known.amount !== seen.amount) {
        disagree(payment, `${seen.id} was ${known.status} and is ${seen.status}`);
      }
      known.status = seen.status;
    }
    if ((body.data as unknown[]).length !== disputes.size) {
      disagree(payment, 'A dispute is gone');
    }
  };

  return Object.assign(where, {
    town,
    name,
    named,
    sellers,
    payments,
    people: [],
    setups: [],
    sent,
    random,
    isMortal: seed % 3 === 0,
    post,
    get,
    settle,
    now,
    look,
    lookAtRefunds,
    lookAtDisputes,
    disagree,
    last: () => last,
  });
};
