// What happens around payments on a walk: holders contest them, days go by, the bank is not itself, requests come
// again, and everything is read in between.

import type { FaultRule } from '../../../sandbox/faults/fault.ts';
import { bothAtOnce } from './at-once.ts';
import { lookAtLists, lookAtTrace, lookByQuery } from './lists.ts';
import { DAY_MS } from './model.ts';
import { pointsOfWorkers } from './mortal.ts';
import { disturbTeller, failRefund, hearNotices } from './notices.ts';
import { disputesAtBank, referencesOf } from './steps.ts';
import type { Payment, Sent, Walk } from './walk.ts';

type Act = (walk: Walk, payment: Payment) => Promise<void>;

const contest: Act = async (walk, payment) => {
  const { random, town } = walk;
  if (payment.seller.teller !== null) return;
  payment.references = await referencesOf(walk, payment);
  const reference = payment.references.at(-1);
  if (reference === undefined) return;
  const [{ received } = { received: 0 }] = walk.now(payment);
  const isPart = received > 0 && random.chance(0.4);
  const { status, body } = await town.holder.send('POST', '/disputes', {
    reference,
    stage: random.chance(0.3) ? 'inquiry' : 'chargeback',
    ...(isPart ? { amount_minor: 1 + random.below(received) } : {}),
  });
  payment.history.push(`  its holder contests it: ${status} ${JSON.stringify(body)}`);
};

/** What banks do with a dispute by themselves. */
const moveDispute: Act = async (walk, payment) => {
  const [dispute] = disputesAtBank(walk, payment);
  if (dispute === undefined) return;
  const what = walk.random.pick(['reopen', 'escalate']);
  const { status } = await walk.town.holder.send('POST', `/disputes/${dispute.id}/${what}`, {});
  payment.history.push(`  its bank would ${what} ${dispute.id}: ${status}`);
};

/** The merchant answers, keeps an answer for later, or gives in. */
const answerDispute: Act = async (walk, payment) => {
  await walk.lookAtDisputes(payment);
  const { random, town } = walk;
  const of = [...payment.disputes.entries()];
  if (of.length === 0) return;
  const [id, dispute] = random.pick(of);
  const takes = dispute.status.endsWith('needs_response');
  const isGivingIn = random.chance(0.25);
  const submits = random.chance(0.8);
  const text = random.pick(['winning_evidence', 'losing_evidence', 'We have sent it.']);
  const answer = isGivingIn
    ? await walk.post(payment.seller, `/v1/disputes/${id}/close`, {}, payment)
    : await walk.post(
        payment.seller,
        `/v1/disputes/${id}`,
        { evidence: { uncategorized_text: text }, ...(submits ? {} : { submit: false }) },
        payment,
      );
  const { status, body } = answer;
  if (status === 200) {
    const isInquiry = dispute.status.startsWith('warning');
    const expected = isGivingIn
      ? ['lost', 'warning_closed']
      : submits
        ? ['under_review', 'warning_under_review']
        : [isInquiry ? 'warning_needs_response' : 'needs_response'];
    // Its bank may have told of something in this very moment.
    const hasMoved = dispute.status !== 'needs_response' || town.isDisturbed();
    if (!expected.includes(body.status) && !hasMoved) {
      walk.disagree(payment, `The dispute is ${body.status}`);
    }
    dispute.status = body.status;
    return;
  }
  const isSettled = ['lost', 'prevented'].includes(dispute.status) || !takes;
  if (status !== 400) walk.disagree(payment, `A dispute is answered ${answer.text}`);
  if (!isSettled) {
    await walk.lookAtDisputes(payment);
    if (dispute.status.endsWith('needs_response')) {
      walk.disagree(payment, `A dispute that needs an answer takes none: ${answer.text}`);
    }
  }
};

/** As its object shows it, with what is given back of it. */
export const lookAtCharge: Act = async (walk, payment) => {
  await walk.look(payment);
  const { body } = await walk.get(
    payment.seller,
    `/v1/charges?payment_intent=${payment.id}&limit=100`,
    payment,
  );
  const charges = body.data as Record<string, unknown>[];
  payment.charges = charges.map(({ id }) => String(id));
  const alive = charges.filter(({ status }) => status === 'succeeded');
  if (alive.length > 1 && !walk.town.isDisturbed()) {
    walk.disagree(payment, `${alive.length} charges of it succeeded`);
  }
  await walk.lookAtRefunds(payment);
  const given = [...payment.refunds.values()]
    .filter(({ status }) => status !== 'failed')
    .reduce((sum, { amount }) => sum + amount, 0);
  const [newest] = charges;
  const shown = Number(newest?.['amount_refunded'] ?? 0);
  if (given === shown) return;
  // What was pending a moment ago may have failed since.
  const again = await walk.get(payment.seller, `/v1/charges/${String(newest?.['id'])}`, payment);
  if (again.body.amount_refunded !== given) {
    walk.disagree(payment, `Given back are ${given}, and its charge says ${shown}`);
  }
};

const lookEverywhere: Act = async (walk, payment) => {
  const { seller, id } = payment;
  const { random, sellers } = walk;
  await walk.look(payment);
  await lookAtCharge(walk, payment);
  await walk.lookAtDisputes(payment);
  await lookAtLists(walk, payment);
  await lookByQuery(walk, payment);
  await lookAtTrace(walk, payment);
  const balance = await walk.get(seller, '/v1/balance', payment);
  if (balance.status !== 200) walk.disagree(payment, balance.text);
  const other = random.pick(sellers);
  if (other === seller) return;
  const { status } = await walk.get(other, `/v1/payment_intents/${id}`, payment);
  if (status !== 404) walk.disagree(payment, `Another merchant is answered ${status}`);
};

export const actsAround: Readonly<Record<string, readonly [weight: number, act: Act]>> = {
  look: [6, (walk, payment) => walk.look(payment)],
  lookEverywhere: [5, lookEverywhere],
  lookAtCharge: [6, lookAtCharge],
  contest: [3, contest],
  moveDispute: [1, moveDispute],
  answerDispute: [5, answerDispute],
  bothAtOnce: [7, bothAtOnce],
  hearNotices: [6, hearNotices],
  failRefund: [4, failRefund],
};

const A_DAY_LESS_MS = 22 * 3_600_000;

const isKept = ({ answer: { status, body } }: Sent): boolean =>
  status === 200 || status === 402 || body?.error?.code === 'payment_intent_unexpected_state';

const expandable = (path: string): string => {
  if (path === '/v1/customers') return 'default_source';
  return /intents|payment_methods/.test(path) ? 'customer' : 'charge';
};

/** What was asked before comes again under its key: the same bytes, and nothing is done. */
export const repeat = async (walk: Walk): Promise<void> => {
  const { random, town } = walk;
  const young = walk.sent.filter(
    (sent) => town.nowMs() - sent.atMs < A_DAY_LESS_MS && isKept(sent),
  );
  if (young.length === 0) return;
  const { seller, path, form, key, answer, payment } = random.pick(young);
  const asked = { key: seller.key, form, idempotencyKey: key };
  const again = await town.gateway.ask('POST', path, asked);
  payment?.history.push(`  ${key} again -> ${again.status}`);
  const isSame = again.status === answer.status && again.text === answer.text;
  if (!isSame || again.headers['idempotent-replayed'] !== 'true') {
    walk.disagree(payment, `${key} POST ${path} again:\n${answer.text}\n${again.text}`);
  }
  if (random.chance(0.6)) return;
  const other = { ...asked, form: `${form}&expand[0]=${expandable(path)}` };
  const refused = await town.gateway.ask('POST', path, other);
  if (refused.status !== 400 || refused.body.error.type !== 'idempotency_error') {
    walk.disagree(payment, `${key} with another body: ${refused.text}`);
  }
};

export const letTimeGoBy = async (walk: Walk): Promise<void> => {
  const { random, town } = walk;
  const ms = random.pick([
    60_000,
    60_000,
    3_600_000,
    6 * 3_600_000,
    DAY_MS,
    2 * DAY_MS,
    4 * DAY_MS,
  ]);
  await town.goBy(ms);
};

/** Not those after which a person has to decide: nothing here does. */
const kinds = [
  'slow',
  'hang',
  'reset',
  'cut',
  'twice',
  'down',
  'issuer_down',
  'late_after_reversal',
] as const;

/** The bank is not itself for a while, or is itself again. */
export const disturb = (walk: Walk): void => {
  const { random, town } = walk;
  if (town.isDisturbed()) return town.disturb([]);
  const rules = Array.from({ length: 1 + random.below(3) }, (_, at): FaultRule => {
    const mti = random.pick([undefined, '01', '02', '022', '04']);
    return {
      id: `${walk.name}-${walk.sent.length}-${at}`,
      kind: random.pick(kinds),
      times: 1 + random.below(2),
      delayMs: 50 + random.below(600),
      when: { probability: 0.7, ...(mti === undefined ? {} : { mti }) },
    };
  });
  for (const { history } of walk.payments) {
    history.push(
      `  the bank: ${rules.map(({ kind, when }) => `${kind} ${when?.mti ?? ''}`).join()}`,
    );
  }
  town.disturb(rules);
  disturbTeller(walk);
};

/** Nobody does what nobody waits for, until another worker begins; or one is killed in the middle of it. */
export const restOrWork = async (walk: Walk): Promise<void> => {
  const { random } = walk;
  if (walk.isMortal && random.chance(0.8)) {
    const [point, pass] = [random.pick(pointsOfWorkers), 1 + random.below(6)];
    const death = random.chance(0.7) ? { point, pass } : null;
    const told = death === null ? 'is killed' : `is killed, and the next one at ${point}, ${pass}`;
    for (const { history } of walk.payments) history.push(`  a worker ${told}`);
    return walk.town.kill(death);
  }
  const does = random.chance(0.6);
  for (const { history } of walk.payments) history.push(`  a worker ${does ? 'works' : 'rests'}`);
  await walk.town.work(does);
};
