// Somebody tries thousands of cards at one account, from hundreds of addresses, first carelessly and then
// with every proof that is asked for. They are stopped step by step; a payer who comes meanwhile still pays.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { parseId } from '#kit/ids';
import { goOn, provideAuthentication } from '#payments/intents';
import { listAttacks, standardLadder } from '#payments/risk';
import { testBank } from '../../src/payments/intents/for-tests-bank.ts';
import type { Answer } from '../support/ask.ts';
import { formOf, twoTeas } from '../support/checkout.ts';
import { isFull } from '../support/full.ts';
import { openShop } from '../support/payments.ts';
import { prove } from '../support/prove.ts';
import { stripeFor } from '../support/stripe.ts';

const CARDS = isFull ? 5_000 : 100;
const ADDRESSES = isFull ? 500 : 20;
const AT_ONCE = 4;
/** From when on the account is defended, and those who were on their way by then. */
const { proof, three_ds: threeDs } = standardLadder.account_in_vain;
/** The goal for all of them over longer than the account's ten minutes. */
const REACHED_MAX = isFull ? 100 : Number(threeDs) + 2 * AT_ONCE;
const REACHED_WITHOUT_PROOF_MAX = isFull ? 100 : Number(proof) + AT_ONCE;

const stolen = new Set<string>();
const bank = testBank();
const reached: string[] = [];
const open = bank.connector.open;
const connector = {
  ...bank.connector,
  open: (...given: Parameters<typeof open>) => {
    const port = open(...given);
    return {
      ...port,
      sale: async (call: Parameters<NonNullable<typeof port.sale>>[0]) => {
        const number = await call.withCard(async (card) => card.number.toString());
        if (!stolen.has(number)) return port.sale!(call);
        reached.push(number);
        return { outcome: 'declined', code: 'generic_decline' } as const;
      },
    };
  },
};

const withCheckDigit = (digits: string): string => {
  const sum = [...digits]
    .toReversed()
    .map(Number)
    .map((digit, at) => (at % 2 === 0 ? (digit * 2 > 9 ? digit * 2 - 9 : digit * 2) : digit))
    .reduce((all, each) => all + each, 0);
  return digits + ((10 - (sum % 10)) % 10);
};
const cardAt = (at: number): string =>
  withCheckDigit(
    `${at % 2 === 0 ? 455673 : 543210}${String(100_000_000 + at * 7_919).slice(0, 9)}`,
  );

describe('somebody who tries cards', async () => {
  const { gateway, merchant } = await openShop([{ ...bank, connector }], {
    env: { TOLLGATE_PROXIES: '1' },
  });
  const { ask } = gateway;
  const live = stripeFor(gateway.port, merchant.liveKey);
  const scope = merchant.liveScope;
  provideAuthentication(gateway.context, async (_context, _scope, { demandedBy }) =>
    demandedBy === 'defence'
      ? { ok: false, why: 'challenge', url: 'https://bank.test/challenge' }
      : { ok: true, authentication: null },
  );

  const pay = async (
    session: string,
    card: { readonly number: string; readonly address: string; readonly proves: boolean },
  ): Promise<Answer> => {
    const send = (headers: Readonly<Record<string, string>>) =>
      ask('POST', `/v1/payment_pages/${session}/confirm`, {
        form: formOf({ number: card.number }),
        headers: { 'x-forwarded-for': card.address, ...headers },
      });
    const first = await send({});
    const challenge: unknown = first.body.error?.proof;
    if (typeof challenge !== 'string' || !card.proves) return first;
    return send({ 'tollgate-proof': prove(challenge) });
  };
  const outcomeOf = ({ status, body }: Answer): string =>
    status === 200 ? String(body.page.state) : String(body.error.code);

  const attack = async (
    from: number,
    to: number,
    proves: boolean,
  ): Promise<Map<string, number>> => {
    const outcomes = new Map<string, number>();
    let at = from;
    const attacker = async (): Promise<void> => {
      while (at < to) {
        const mine = at;
        at += 1;
        const number = cardAt(mine);
        stolen.add(number);
        const { id } = await live.checkout.sessions.create(twoTeas);
        const address = `198.18.${Math.floor((mine % ADDRESSES) / 250)}.${(mine % ADDRESSES) % 250}`;
        const outcome = outcomeOf(await pay(id, { number, address, proves }));
        outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, attacker));
    return outcomes;
  };

  test('carelessly, is soon asked for work, and gets no further without it', async (t) => {
    const outcomes = await attack(0, CARDS / 2, false);
    t.diagnostic(`${reached.length} reached their banks; ${JSON.stringify([...outcomes])}`);
    assert.ok((outcomes.get('proof_required') ?? 0) > CARDS / 4, JSON.stringify([...outcomes]));
    assert.ok(
      reached.length <= REACHED_WITHOUT_PROOF_MAX,
      `${reached.length} cards reached their banks`,
    );
  });

  test('with every proof, meets a question to the holder that nobody can answer, and is blocked', async (t) => {
    const outcomes = await attack(CARDS / 2, CARDS, true);
    t.diagnostic(`${reached.length} reached their banks; ${JSON.stringify([...outcomes])}`);
    assert.ok((outcomes.get('action') ?? 0) > 0, JSON.stringify([...outcomes]));
    assert.ok(reached.length <= REACHED_MAX, `${reached.length} cards reached their banks`);
    // One address that goes on is blocked in the words of any bank.
    const last = { number: cardAt(CARDS + 1), address: '198.18.0.1', proves: true };
    stolen.add(last.number);
    let answer: Answer | null = null;
    for (let more = 0; more < 20 && answer?.body.error?.code !== 'card_declined'; more += 1) {
      const { id } = await live.checkout.sessions.create(twoTeas);
      answer = await pay(id, last);
    }
    assert.deepEqual(answer?.body.error, {
      code: 'card_declined',
      decline_code: 'generic_decline',
      doc_url: answer?.body.error.doc_url,
      message: 'Your card was declined.',
      type: 'card_error',
    });
  });

  test('does not keep anybody else from paying: another address proves work, answers its bank, and pays', async () => {
    const { id } = await live.checkout.sessions.create(twoTeas);
    const honest = { number: '4556737586899855', address: '203.0.113.77', proves: true };
    const asked = await pay(id, honest);
    assert.equal(asked.body.page?.state, 'action', asked.text);
    const { payment_intent: intent } = await live.checkout.sessions.retrieve(id);
    const uuid = parseId('pi', String(intent)) ?? '';
    await goOn(gateway.context, scope, uuid, { ok: true, authentication: null });
    assert.equal((await live.checkout.sessions.retrieve(id)).payment_status, 'paid');
  });

  test('is told of to who runs the installation, and counted', async () => {
    const [latest] = await listAttacks(gateway.context, scope);
    assert.ok(latest !== undefined && latest.inVain >= 20);
    assert.deepEqual(await listAttacks(gateway.context, merchant.scope), []);
  });
});
