// The end of a walk: the bank is itself again, days go by until nothing is open, and then the bank's journal, the
// books, the events and the API tell one story of each payment.

import assert from 'node:assert/strict';
import { setTimeout as pause } from 'node:timers/promises';
import { asOwner } from '../../../src/for-tests.ts';
import { assertOneStory, resolveAll } from '../support.ts';
import { lookAtCharge } from './around.ts';
import { assertTold } from './events.ts';
import { judgeEverything } from './everything.ts';
import { DAY_MS } from './model.ts';
import { tellAll } from './notices.ts';
import { judgePeople } from './saved.ts';
import { disputesAtBank, referencesOf } from './steps.ts';
import type { Teller } from './telling.ts';
import type { Payment, Walk } from './walk.ts';

const ROUNDS_MAX = 60;

export const conclude = async (walk: Walk): Promise<void> => {
  const { town, payments } = walk;
  town.disturb([]);
  await town.work(true);
  await town.goBy(60_000);
  await letHorizonsPass(walk);
  await resolveAll(town.gateway.on);
  await tellAll(walk);
  const over = new Set<Payment>();
  for (let round = 0; ; round += 1) {
    const open = await openOf(walk, over);
    if (open === undefined) break;
    if (round === ROUNDS_MAX) walk.disagree(open.payment, `It stays ${open.what}`);
    await town.goBy(longer[round] ?? (round % 4 === 3 ? 6 * DAY_MS : 120_000));
    await asOwner(
      town.gateway.on,
      `update platform.jobs set run_at = now() - interval '1 second' where name like 'payments.%'`,
    );
    await pause(40);
  }
  await town.goBy(120_000);
  await resolveAll(town.gateway.on);
  for (const payment of payments) await judge(walk, payment);
  await judgePeople(walk);
  await judgeBooks(walk);
  await assertTold(walk);
  // What becomes available by time alone is told as well, and every list is held against what was read before.
  await town.work(false);
  await judgeEverything(walk);
  await town.work(true);
};

/** Of what a provider was asked a while ago, and does not know, it was never told. */
const letHorizonsPass = async ({ town }: Walk): Promise<void> =>
  void (await asOwner(
    town.gateway.on,
    `update rails.operations set deadline_at = deadline_at - interval '3 hours' where state = 8`,
  ));

/** Authorizations expire, then banks decide what nobody answered. */
const longer = [8 * DAY_MS, 120_000, 38 * DAY_MS];

const openOf = async (
  walk: Walk,
  over: Set<Payment>,
): Promise<{ readonly payment: Payment; readonly what: string } | undefined> => {
  for (const payment of walk.payments) {
    if (over.has(payment)) continue;
    await walk.look(payment);
    const [story] = payment.stories;
    const isOpen = ['processing', 'requires_capture', 'requires_action'].includes(
      story?.status ?? '',
    );
    if (isOpen) return { payment, what: story?.status ?? '' };
    await walk.lookAtRefunds(payment);
    const isPending = [...payment.refunds.values()].some(({ status }) => status === 'pending');
    if (isPending) return { payment, what: 'one with a pending refund' };
    payment.references = await referencesOf(walk, payment);
    await walk.lookAtDisputes(payment);
    const here = [...payment.disputes.values()].map(({ amount, status }) => `${amount} ${status}`);
    const there = disputesAtBank(walk, payment).map(
      ({ amountMinor, status }) => `${amountMinor} ${status}`,
    );
    const isOver = there.every((each) => /won|lost|closed|prevented/.test(each));
    // Of what was taken back before anybody knew of it nothing can be contested, whatever its holder says.
    const isHeard = takenOf(payment) > 0 || here.length > 0;
    const isSame = !isHeard || here.toSorted().join() === there.toSorted().join();
    if (!isOver || !isSame) {
      return { payment, what: `disputed: here ${here.join()}, at the bank ${there.join()}` };
    }
    // What did not arrive is told later, as disputes are.
    const [given, givenThere] = [givenBack(payment), sumAtBank(walk, payment, 'refundedMinor')];
    if (given !== givenThere)
      return { payment, what: `given back: ${given} here, ${givenThere} there` };
    over.add(payment);
  }
  return undefined;
};

const givenBack = ({ refunds }: Payment): number =>
  [...refunds.values()]
    .filter(({ status }) => status !== 'failed')
    .reduce((total, { amount }) => total + amount, 0);

/** What arrived, and what nobody wanted any more when it was taken: its holder may have contested that. */
const takenOf = ({ stories: [story], goesBack, disputes }: Payment): number => {
  const isUnwanted = goesBack || (story?.status === 'canceled' && disputes.size > 0);
  return (isUnwanted ? story?.amount : story?.received) ?? 0;
};

type AtBank = 'heldMinor' | 'capturedMinor' | 'refundedMinor' | 'chargedBackMinor';

const sumAtBank = (walk: Walk, { references, seller }: Payment, what: AtBank): number => {
  if (seller.teller !== null) return sumAtTeller(seller.teller, references, what);
  const { approvals } = walk.town.bank.journal().state();
  return Number(
    [...approvals.values()]
      .filter(({ paymentReference = '' }) => references.includes(paymentReference))
      .reduce((total, approval) => total + approval[what], 0n),
  );
};

const sumAtTeller = (teller: Teller, references: readonly string[], what: AtBank): number => {
  const { held, captured, refunded } = teller.bookOf(references);
  const sums = { heldMinor: held, capturedMinor: captured, refundedMinor: refunded };
  return what === 'chargedBackMinor' ? 0 : sums[what];
};

/** What the bank took, gave back and took away again is what the API says of the payment. */
const judge = async (walk: Walk, payment: Payment): Promise<void> => {
  await lookAtCharge(walk, payment);
  const lost = [...payment.disputes.values()]
    .filter(({ status }) => status === 'lost')
    .reduce((total, { amount }) => total + amount, 0);
  const there = (what: AtBank): number => sumAtBank(walk, payment, what);
  const kept = takenOf(payment) - givenBack(payment);
  try {
    assert.equal(there('heldMinor'), 0, 'held');
    assert.equal(there('capturedMinor') - there('refundedMinor'), kept, 'kept');
    assert.equal(there('chargedBackMinor'), lost, 'charged back');
  } catch (error) {
    walk.disagree(payment, `Its bank tells another story. ${String(error)}`);
  }
};

type BalanceTransaction = {
  readonly id: string;
  readonly amount: number;
  readonly fee: number;
  readonly net: number;
  readonly currency: string;
  readonly source: string;
  readonly type: string;
};

const judgeBooks = async (walk: Walk): Promise<void> => {
  for (const seller of walk.sellers) {
    const all: BalanceTransaction[] = [];
    for (let after = ''; ; ) {
      const { body } = await walk.get(seller, `/v1/balance_transactions?limit=100${after}`, null);
      all.push(...body.data);
      if (!body.has_more) break;
      after = `&starting_after=${body.data.at(-1).id}`;
    }
    for (const each of all) assert.equal(each.net, each.amount - each.fee, each.id);
    const { body: balance } = await walk.get(seller, '/v1/balance', null);
    const owned = new Map<string, number>();
    for (const { currency, amount } of [...balance.available, ...balance.pending]) {
      owned.set(currency, (owned.get(currency) ?? 0) + amount);
    }
    for (const { currency, net } of all) owned.set(currency, (owned.get(currency) ?? 0) - net);
    for (const [currency, left] of owned) {
      assert.equal(left, 0, `The balance in ${currency} is not the sum of its transactions`);
    }
    const own = walk.payments.filter((payment) => payment.seller === seller);
    for (const payment of own) judgeSources(walk, payment, all);
    const sources = new Set(
      own.flatMap(({ charges, refunds, disputes }) => [
        ...charges,
        ...refunds.keys(),
        ...disputes.keys(),
      ]),
    );
    const stray = all.find(({ source }) => !sources.has(source));
    if (stray !== undefined) walk.disagree(null, `Of nothing: ${JSON.stringify(stray)}`);
  }
};

/** In the smallest unit: what the built-in rules add to 2.9 %. */
const fixedFees: Readonly<Record<string, number>> = { eur: 25, usd: 30, jpy: 0, kwd: 300 };

const judgeFee = (walk: Walk, payment: Payment, each: BalanceTransaction): void => {
  const { amount, fee, currency } = each;
  // A refund costs nothing, and what the payment cost is kept.
  const expected = amount > 0 ? amount * 0.029 + (fixedFees[currency] ?? 0) : 0;
  if (Math.abs(fee - expected) > 0.501) {
    walk.disagree(payment, `${each.id} of ${amount} ${currency} costs ${fee}, not ${expected}`);
  }
};

const judgeSources = (walk: Walk, payment: Payment, all: readonly BalanceTransaction[]): void => {
  const { currency, refunds, disputes, charges } = payment;
  const of = (source: string): number =>
    all
      .filter((each) => each.source === source)
      .reduce((sum, each) => {
        if (each.currency !== currency) walk.disagree(payment, `${each.id} is ${each.currency}`);
        return sum + each.amount;
      }, 0);
  const says = (what: string, booked: number, expected: number): void => {
    if (booked !== expected) walk.disagree(payment, `${what}: ${booked} booked, not ${expected}`);
  };
  for (const each of all) {
    const isPaid = charges.includes(each.source);
    const isGiven = refunds.get(each.source)?.status === 'succeeded';
    if (isPaid || isGiven) judgeFee(walk, payment, each);
  }
  const taken = charges.reduce((sum, charge) => sum + of(charge), 0);
  says('Taken', taken, takenOf(payment));
  for (const [id, { amount, status }] of refunds) {
    says(id, of(id), status === 'failed' ? 0 : -amount);
  }
  for (const [id, { amount, status }] of disputes) {
    says(id, of(id), status === 'lost' ? -amount : 0);
  }
};

/** Of the whole town, which many walks went through. */
export const judgeTown = async ({ town }: Pick<Walk, 'town'>): Promise<void> => {
  await assertOneStory(town.bank, town.gateway.on);
  assert.deepEqual(await town.bank.checkBooks(), []);
};
