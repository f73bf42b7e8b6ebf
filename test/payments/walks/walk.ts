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
import type { Seller, Town } from './town.ts';

export type Refund = {
  readonly amount: number;
  status: RefundStatus;
  /** Nobody asked for it: what was cancelled while nobody knew of it goes back by itself. */
  readonly isAutomatic?: true;
};
export type Dispute = { readonly amount: number; status: string };

export type Payment = {
  readonly id: string;
  readonly seller: Seller;
  readonly currency: string;
  readonly history: string[];
  terms: Terms;
  /** With which it was tried last, or will be. */
  card: Card | null;
  stories: readonly Story[];
  readonly refunds: Map<string, Refund>;
  readonly disputes: Map<string, Dispute>;
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
  readonly sellers: readonly Seller[];
  readonly payments: Payment[];
  readonly sent: Sent[];
  readonly random: Random;
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

export const startWalk = async (
  town: Town,
  { name, seed, shops }: { readonly name: string; readonly seed: number; readonly shops: number },
): Promise<Walk> => {
  const sellers: Seller[] = [];
  for (let made = 0; made < shops; made += 1) sellers.push(await town.openShop());
  const payments: Payment[] = [];
  const sent: Sent[] = [];
  const began = town.nowMs();
  let asked = 0;
  let last: Payment | null = null;

  const moment = (): string => {
    const minutes = Math.round((town.nowMs() - began) / 60_000);
    return `${Math.floor(minutes / 1_440)}d${minutes % 1_440}m${town.isDisturbed() ? ' shaky' : ''}`;
  };

  const disagree: Walk['disagree'] = (payment, says) =>
    assert.fail(
      [
        `${says} (walk ${name}, seed ${seed})`,
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
    const answer = await town.gateway.ask('POST', path, {
      key: seller.key,
      form,
      idempotencyKey: key,
    });
    note(about, `POST ${path} ${decodeURIComponent(form)} -> ${briefly(answer)}`);
    if (answer.status >= 500) disagree(about, `POST ${path} ${form}: ${answer.text}`);
    sent.push({ seller, path, form, key, answer, atMs: town.nowMs(), payment: about });
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
    for (const { id: refund, status, amount } of seen) {
      const isWhole = refunds.size === 0 && payment.stories[0]?.amount === amount;
      if (!refunds.has(refund) && isUnwanted && isWhole) {
        refunds.set(refund, { amount, status, isAutomatic: true });
        note(payment, `is given back by itself: ${refund} of ${amount}, ${status}`);
      }
      const known = refunds.get(refund) ?? disagree(payment, `Nobody asked for ${refund}`);
      const mayFail = card?.later === 'refund_fails' || payment.disputes.size > 0;
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

  return {
    town,
    name,
    sellers,
    payments,
    sent,
    random: randomOf(seed),
    post,
    get,
    settle,
    now,
    look,
    lookAtRefunds,
    lookAtDisputes,
    disagree,
    last: () => last,
  };
};
